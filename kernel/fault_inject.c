/* SPDX-License-Identifier: MIT */
#include <asm/percpu.h>
#include <kernel/fault_inject.h>
#include <kernel/preempt.h>
#include <kernel/printk.h>
#include <kernel/spinlock.h>
#include <lib/errno.h>
#include <lib/parse.h>
#include <lib/random.h>

/*
 * Fault injection: allocations that fail on purpose.
 *
 * Error paths are rarely executed, because memory rarely runs out. Here an allocator asks at its
 * start whether this allocation shall fail. While no failure is wanted the question is one load and
 * a branch (see fault_injection_is_on()). The rest may be slow: all of it runs under one lock.
 *
 * The invariant: fault_injection is 1 exactly while a probability or a count is set, so that
 * setting it back to zero restores the fast path.
 */

u32 fault_injection;

/* Guards the variables below and all attributes. Only printk()'s lock is acquired inside. */
static spinlock_t fault_lock;
static unsigned int nr_by_chance; /* attributes with a probability that is not 0 */
static struct random random;
static u32 start = 1; /* start value of the random numbers */

static u32 nth;            /* counts down; the allocation that finds 1 fails; 0: none fails */
static bool and_all_after; /* ... and all later ones fail too */
static bool has_failed;
static const struct thread *nth_thread;

void fault_inject_seed(u32 seed)
{
	start = seed;
}

/*
 * --- the nth allocation -------------------------------------------------------------------------
 */

static void fail_at(u32 n, bool all_after)
{
	unsigned long flags = spin_lock_irqsave(&fault_lock);

	nth = n;
	and_all_after = all_after;
	has_failed = false;
	nth_thread = this_cpu(current_thread);
	fault_injection = n || nr_by_chance;
	spin_unlock_irqrestore(&fault_lock, flags);
}

void fault_inject_nth(u32 n)
{
	fail_at(n, false);
}

void fault_inject_from(u32 n)
{
	fail_at(n, true);
}

bool fault_inject_pending(void)
{
	return !READ_ONCE(has_failed);
}

static bool is_nth(void)
{
	if (!nth || in_interrupt() || this_cpu(current_thread) != nth_thread)
		return false;
	if (nth > 1) {
		nth--;
		return false;
	}
	has_failed = true;
	nth = and_all_after;
	return true;
}

/* --- by chance -------------------------------------------------------------------------------- */

static bool chance(struct fault_attr *attr, size_t size)
{
	if (!attr->probability || !attr->times)
		return false;
	if (attr->space > 0) {
		attr->space -= (s64)size;
		return false;
	}
	if (!random.state)
		random_seed(&random, start);
	if (++attr->questions % attr->interval != 0)
		return false;
	if (random_below(&random, 100) >= attr->probability)
		return false;
	if (attr->times > 0)
		attr->times--;
	return true;
}

/* Only the first failures are printed: a test may ask for thousands of them. */
#define MOST_MESSAGES 16u

static void say(const struct fault_attr *attr, size_t size)
{
	static u32 messages;
	u32 number = __atomic_fetch_add(&messages, 1, __ATOMIC_RELAXED);

	if (number < MOST_MESSAGES)
		pr_warn("FAULT_INJECTION: %s, %zu bytes, seed=%u%s\n", attr->name, size, start,
			number == MOST_MESSAGES - 1 ? "; further ones are not shown" : "");
}

bool should_fail(struct fault_attr *attr, size_t size)
{
	unsigned long flags;
	bool fail, by_chance;

	if (!fault_injection_is_on())
		return false;
	flags = spin_lock_irqsave(&fault_lock);
	by_chance = chance(attr, size);
	fail = is_nth() || by_chance;
	fault_injection = nth || nr_by_chance;
	spin_unlock_irqrestore(&fault_lock, flags);
	if (by_chance)
		say(attr, size);
	return fail;
}

/* Parses a number and the character that must follow it. The only negative number is -1. */
static int parse_part(const char **text, char follows, s64 *value)
{
	bool negative = **text == '-';
	const char *digits = *text + negative;
	char *end;
	u64 number = memparse(digits, &end);

	if (end == digits || *end != follows || number > INT_MAX || (negative && number != 1))
		return -EINVAL;
	*value = negative ? -1 : (s64)number;
	*text = end + (follows != '\0');
	return 0;
}

int fault_attr_set(struct fault_attr *attr, const char *text)
{
	s64 interval, probability, space, times;
	unsigned long flags;

	if (parse_part(&text, ',', &interval) || parse_part(&text, ',', &probability) ||
	    parse_part(&text, ',', &space) || parse_part(&text, '\0', &times) || interval < 1 ||
	    probability < 0 || probability > 100 || space < 0)
		return -EINVAL;
	flags = spin_lock_irqsave(&fault_lock);
	nr_by_chance += (probability != 0) - (attr->probability != 0);
	attr->interval = (u32)interval;
	attr->probability = (u32)probability;
	attr->space = space;
	attr->times = times;
	attr->questions = 0;
	fault_injection = nth || nr_by_chance;
	spin_unlock_irqrestore(&fault_lock, flags);
	return 0;
}
