/* SPDX-License-Identifier: MIT */
#include <asm/irqflags.h>
#include <asm/percpu.h>
#include <asm/sections.h>
#include <kernel/backtrace.h>
#include <kernel/lock_order.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/symbols.h>

#if DEBUG

/*
 * The lock order checker. It remembers a graph: an edge from A to B says that a CPU acquired B
 * while it held A, and keeps the calls that led there. Each CPU has a list of the locks that it
 * holds.
 *
 *	CPU 0:  A, then B     edge A ─▶ B
 *	CPU 1:  B, then A     edge B ─▶ A closes a circle: both CPUs could wait for ever
 *
 * The invariant: the graph has no circle. Before a new edge is added, the checker searches for a
 * path back along the known edges, and reports the first one that it finds. A kernel of this size
 * has some dozen edges, so each search is a loop over all of them. The price is paid in DEBUG
 * builds only.
 */

#define MAX_HELD  16
#define MAX_EDGES 256
#define CALLS     6

struct calls {
	unsigned long address[CALLS];
};

static struct edge {
	const struct spinlock *from, *to;
	struct calls calls;
} edges[MAX_EDGES];

static unsigned int nr_edges;
static bool reported;

/* Guards the edges. A raw lock, because the checker cannot check itself. Interrupts are off while
 * it is held. */
static u32 edges_busy;

/* Only its own CPU uses it. A thread that holds locks cannot migrate: preemption or interrupts are
 * off. */
struct held_locks {
	unsigned int nr;
	const struct spinlock *lock[MAX_HELD];
};
static DEFINE_PER_CPU(struct held_locks, held_locks);

static bool is_between(const struct spinlock *lock, const char *start, const char *end)
{
	return (const char *)lock >= start && (const char *)lock < end;
}

/* Freed memory of the image may have become objects with locks in them. */
static bool has_a_name(const struct spinlock *lock)
{
	return is_between(lock, data_start, kernel_end) &&
	       !is_between(lock, init_data_start, init_data_end) &&
	       !is_between(lock, init_bss_start, init_bss_end) &&
	       !is_between(lock, boot_stack, boot_stack_end);
}

static __always_inline struct calls calls_here(void)
{
	struct calls calls;

	/* This function is inlined, so depth 0 is the caller of lock_order_taken(). */
	for (unsigned int i = 0; i < CALLS; i++)
		calls.address[i] = caller_address(i);
	return calls;
}

static void show_acquiring_calls(const struct calls *calls)
{
	char text[SYMBOL_TEXT];

	for (unsigned int i = 0; i < CALLS && calls->address[i]; i++)
		pr_warn("  %08lx %s\n", calls->address[i],
			symbol_format(calls->address[i] - 1, text));
}

static const struct edge *find_edge(const struct spinlock *from, const struct spinlock *to)
{
	for (unsigned int i = 0; i < nr_edges; i++)
		if (edges[i].from == from && edges[i].to == to)
			return &edges[i];
	return NULL;
}

/* Returns the first edge of a path from one lock to another; NULL if there is no path. */
static const struct edge *find_way(const struct spinlock *from, const struct spinlock *to,
				   unsigned int depth)
{
	for (unsigned int i = 0; i < nr_edges && depth < MAX_HELD; i++) {
		if (edges[i].from != from)
			continue;
		if (edges[i].to == to || find_way(edges[i].to, to, depth + 1))
			return &edges[i];
	}
	return NULL;
}

static void report(const struct spinlock *held, const struct spinlock *taken,
		   const struct edge *back, const struct calls *now)
{
	char a[SYMBOL_TEXT], b[SYMBOL_TEXT];

	reported = true;
	warn("lock order: %s is taken while %s is held, and elsewhere the other way round",
	     symbol_format((unsigned long)taken, a), symbol_format((unsigned long)held, b));
	pr_warn("now, while %s is held:\n", b);
	show_acquiring_calls(now);
	pr_warn("earlier, while %s was held:\n", a);
	show_acquiring_calls(&back->calls);
}

static __always_inline void add_edge(const struct spinlock *from, const struct spinlock *to)
{
	struct calls calls = calls_here();
	const struct edge *back;

	if (find_edge(from, to) || nr_edges == MAX_EDGES)
		return;
	back = find_way(to, from, 0);
	edges[nr_edges++] = (struct edge){ .from = from, .to = to, .calls = calls };
	if (back && !reported)
		report(from, to, back, &calls);
}

void lock_order_taken(const struct spinlock *lock)
{
	struct held_locks *held;
	unsigned long flags;

	if (!has_a_name(lock))
		return;
	flags = local_irq_save();
	held = this_cpu_ptr(held_locks);
	while (held->nr && __atomic_exchange_n(&edges_busy, 1, __ATOMIC_ACQUIRE))
		cpu_relax();
	for (unsigned int i = 0; i < held->nr; i++)
		add_edge(held->lock[i], lock);
	if (held->nr)
		__atomic_store_n(&edges_busy, 0, __ATOMIC_RELEASE);
	BUG_ON(held->nr == MAX_HELD);
	held->lock[held->nr++] = lock;
	local_irq_restore(flags);
}

/* Usually the last lock of the list; locks may be released in any order. */
void lock_order_released(const struct spinlock *lock)
{
	unsigned long flags = local_irq_save();
	struct held_locks *held = this_cpu_ptr(held_locks);

	for (unsigned int i = held->nr; i-- > 0;) {
		if (held->lock[i] != lock)
			continue;
		for (held->nr--; i < held->nr; i++)
			held->lock[i] = held->lock[i + 1];
		break;
	}
	local_irq_restore(flags);
}

void lock_held_too_long(const struct spinlock *lock, u32 cpu)
{
	char text[SYMBOL_TEXT];

	warn("still waiting for %s, held by CPU %u", symbol_format((unsigned long)lock, text), cpu);
}

#endif
