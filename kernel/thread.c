/* SPDX-License-Identifier: MIT */
#include <asm/irqflags.h>
#include <asm/page.h>
#include <asm/switch.h>
#include <asm/traps.h>
#include <kernel/console.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/spinlock.h>
#include <kernel/thread.h>
#include <lib/command.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>
#include <mm/vmalloc.h>

/*
 * A thread is one vmalloc area: its descriptor at the upper end, the stack from there down, and below it
 * the page that vmalloc leaves unmapped between two areas:
 *
 *	| guard | stack ◀──────────────────────── | struct thread | guard |
 */

/* Guards the list of all threads, and the numbers. The scheduler's lock may be taken inside. */
static spinlock_t threads_lock;
static struct thread *threads;
static u32 next_id;

static struct thread idle_threads[NR_CPUS];

static void add(struct thread *thread)
{
	unsigned long flags = spin_lock_irqsave(&threads_lock);

	thread->id = next_id++;
	thread->next = threads;
	threads = thread;
	spin_unlock_irqrestore(&threads_lock, flags);
}

static void remove(struct thread *thread)
{
	unsigned long flags = spin_lock_irqsave(&threads_lock);
	struct thread **link = &threads;

	while (*link != thread)
		link = &(*link)->next;
	*link = thread->next;
	spin_unlock_irqrestore(&threads_lock, flags);
}

/* --- the life of a thread ------------------------------------------------------------------------ */

static void __noreturn end(int result)
{
	struct thread *me = current;
	unsigned int mappings;

	/* The thread that waits frees the stack when no CPU is on it. So nothing may come between here and the
	 * switch: a preempted thread would be in the queue. */
	local_irq_disable();
	mappings = kmap_local_held();
	if (mappings)
		kmap_local_show_held(mappings, printk);
	if (mappings)
		panic("thread '%s' ends with %u kmap_local mapping%s not undone", me->name,
		      mappings, mappings == 1 ? "" : "s");
	me->result = result;
	me->state = THREAD_DEAD;
	__atomic_store_n(&me->finished, true, __ATOMIC_SEQ_CST);
	if (READ_ONCE(me->joiner))
		sched_wake(me->joiner);
	schedule();
	panic("thread '%s' runs after its end", me->name);
}

static void __noreturn thread_begin(void)
{
	sched_first();
	local_irq_enable();
	end(current->fn(current->arg));
}

struct thread *kthread_create(int (*fn)(void *arg), void *arg, const char *name, ...)
{
	char *stack = vmalloc(THREAD_STACK_SIZE);
	struct thread *thread;
	va_list args;
	u32 *top;

	if (!stack)
		return NULL;
	thread = (struct thread *)(stack + THREAD_STACK_SIZE) - 1;
	memset(thread, 0, sizeof(*thread));
	va_start(args, name);
	vsnprintf(thread->name, sizeof(thread->name), name, args);
	va_end(args);
	thread->stack = stack;
	thread->stack_end = (char *)thread;
	thread->fn = fn;
	thread->arg = arg;
	thread->state = THREAD_SLEEPING;

	/* What context_switch() takes off a stack: edi, esi, ebx, ebp, and where to go; that function's
	 * own return address is 0, as is ebp: there a backtrace ends. */
	top = (u32 *)ALIGN_DOWN((unsigned long)thread, 16);
	*--top = 0;
	*--top = (u32)thread_begin;
	top -= 4;
	memset(top, 0, 4 * sizeof(*top));
	thread->esp = (u32)top;
	add(thread);
	return thread;
}

void kthread_bind(struct thread *thread, u32 cpu)
{
	thread->pinned = 1;
	thread->cpu = cpu;
}

bool kthread_should_stop(void)
{
	return READ_ONCE(current->should_stop);
}

int kthread_join(struct thread *thread)
{
	int result;

	might_sleep("kthread_join");
	if (thread->joiner)
		panic("kthread_join('%s'): '%s' waits for it already", thread->name,
		      thread->joiner->name);
	WRITE_ONCE(thread->joiner, current);
	for (;;) {
		set_current_state(THREAD_SLEEPING);
		if (READ_ONCE(thread->finished))
			break;
		schedule();
	}
	set_current_state(THREAD_RUNNABLE);
	spin_until(!READ_ONCE(thread->on_cpu));
	result = thread->result;
	remove(thread);
	vfree(thread->stack);
	return result;
}

int kthread_stop(struct thread *thread)
{
	WRITE_ONCE(thread->should_stop, true);
	sched_wake(thread);
	return kthread_join(thread);
}

const char *thread_name(const struct thread *thread, char name[THREAD_NAME])
{
	unsigned long flags = spin_lock_irqsave(&threads_lock);
	const struct thread *known = threads;

	while (known && known != thread)
		known = known->next;
	strscpy(name, known ? known->name : "ended", THREAD_NAME);
	spin_unlock_irqrestore(&threads_lock, flags);
	return name;
}

/* --- does anything go on? ------------------------------------------------------------------------- */

static bool is_idle_thread(const struct thread *thread)
{
	return thread >= idle_threads && thread < idle_threads + NR_CPUS;
}

/* With the list locked. */
static bool joins_another(const struct thread *thread)
{
	const struct thread *other = threads;

	while (other && (READ_ONCE(other->joiner) != thread || READ_ONCE(other->finished)))
		other = other->next;
	return other;
}

/* If a thread has ended, the one that waits for it will go on. */
static bool keeps_waiting(const struct thread *thread, bool (*waits)(const struct thread *thread))
{
	if (is_idle_thread(thread))
		return true;
	if (READ_ONCE(thread->finished))
		return !READ_ONCE(thread->joiner);
	return waits(thread) || joins_another(thread);
}

bool threads_all_wait(bool (*waits)(const struct thread *thread))
{
	unsigned long flags = spin_lock_irqsave(&threads_lock);
	const struct thread *thread = threads;

	while (thread && keeps_waiting(thread, waits))
		thread = thread->next;
	spin_unlock_irqrestore(&threads_lock, flags);
	return !thread;
}

static void show_current(printf_fn *out)
{
	if (this_cpu(current_thread))
		out("CPU %u, thread '%s'\n", smp_processor_id(), current->name);
}

/* Without the lock, which the code that faulted may hold. */
static const char *name_by_guard(unsigned long vaddr)
{
	for (const struct thread *thread = threads; thread; thread = thread->next)
		if (vaddr < (unsigned long)thread->stack &&
		    vaddr >= (unsigned long)thread->stack - PAGE_SIZE)
			return thread->name;
	return NULL;
}

void thread_adopt(char *stack, char *stack_end)
{
	u32 cpu = smp_processor_id();
	struct thread *idle = &idle_threads[cpu];

	snprintf(idle->name, sizeof(idle->name), "idle/%u", cpu);
	idle->stack = stack;
	idle->stack_end = stack_end;
	sched_init_cpu(idle);
	add(idle);
	trap_use_stack_names(name_by_guard);
	panic_use_context(show_current);
}

/* --- the report ---------------------------------------------------------------------------------- */

static const char *state_name(const struct thread *thread)
{
	if (thread->on_cpu)
		return "running";
	if (thread->state == THREAD_DEAD)
		return "dead";
	return thread->state == THREAD_SLEEPING && !thread->queued ? "sleeping" : "ready";
}

struct line {
	u32 id, cpu;
	const char *state;
	char name[16];
};

/* The thread with the smallest number from `id` on; false if there is none. */
static bool next_line(u32 id, struct line *line)
{
	unsigned long flags = spin_lock_irqsave(&threads_lock);
	const struct thread *best = NULL;

	for (const struct thread *thread = threads; thread; thread = thread->next)
		if (thread->id >= id && (!best || thread->id < best->id))
			best = thread;
	if (best) {
		*line = (struct line){ .id = best->id,
				       .cpu = best->cpu,
				       .state = state_name(best) };
		strscpy(line->name, best->name, sizeof(line->name));
	}
	spin_unlock_irqrestore(&threads_lock, flags);
	return best != NULL;
}

static int ps(int argc, char **argv)
{
	struct line line;

	console_printf("  PID CPU STATE    NAME\n");
	for (u32 id = 0; next_line(id, &line); id = line.id + 1)
		console_printf("%5u %3u %-8s %s\n", line.id, line.cpu, line.state, line.name);
	return 0;
}
PROMPT_COMMAND("ps", "", "the threads", ps);
