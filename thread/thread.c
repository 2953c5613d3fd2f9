/* SPDX-License-Identifier: MIT */
#include <asm/irqflags.h>
#include <asm/page.h>
#include <asm/pagetable.h>
#include <asm/switch.h>
#include <asm/trap_frame.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/spinlock.h>
#include <lib/list.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>
#include <mm/shrinker.h>
#include <mm/vmalloc.h>
#include <sched/thread_list.h>
#include <thread/thread.h>

/*
 * Kernel threads: creation, end and joining.
 *
 * A thread is one vmalloc area. Its descriptor is at the upper end, and the stack grows down from
 * there. Below it is room for the registers of a program, which the CPU stores when the program
 * enters the kernel. vmalloc leaves a page unmapped between two areas, so a stack overflow hits a
 * guard page instead of the memory of another owner:
 *
 *	| guard | stack ◀───────────── | trap frame | struct thread | guard |
 *
 * An ending thread cannot free the stack that it runs on. It marks itself as finished and switches
 * away for the last time. The joining thread waits until no CPU uses the stack and then frees the
 * area. A thread of a program is joined by no other thread: it is in a list of ended threads, until
 * the next one is created or thread_reap() is called. The price: a thread costs at least 16 KiB,
 * and one that has ended keeps them for a while.
 */

/* --- stacks ----------------------------------------------------------------------------------- */

/*
 * Stacks of ended threads, for the next ones: a shell starts a thread for each command, and vmalloc
 * would make and remove four mappings each time.
 */
#define MAX_CACHED_STACKS 8

/* Guards the cached stacks and the list of ended threads. Interrupts off; innermost. */
static spinlock_t ended_lock;
static char *cached_stacks[MAX_CACHED_STACKS];
static unsigned int nr_cached_stacks;
static LIST_HEAD(ended_threads); /* by run_link; some may still have their CPU */

static char *take_cached_stack(void)
{
	unsigned long flags = spin_lock_irqsave(&ended_lock);
	char *stack = nr_cached_stacks ? cached_stacks[--nr_cached_stacks] : NULL;

	spin_unlock_irqrestore(&ended_lock, flags);
	return stack;
}

static void put_stack(char *stack)
{
	unsigned long flags = spin_lock_irqsave(&ended_lock);
	bool cache = nr_cached_stacks < MAX_CACHED_STACKS;

	if (cache)
		cached_stacks[nr_cached_stacks++] = stack;
	spin_unlock_irqrestore(&ended_lock, flags);
	if (!cache)
		vfree(stack);
}

/* NULL if there is none, or if its CPU has not left it yet. */
static struct thread *take_ended(void)
{
	struct thread *thread, *found = NULL;
	unsigned long flags;

	/* A thread that ends at this moment is found next time. */
	if (list_empty(&ended_threads))
		return NULL;
	flags = spin_lock_irqsave(&ended_lock);
	list_for_each_entry(thread, &ended_threads, run_link) {
		if (!READ_ONCE(thread->on_cpu)) {
			list_del(&thread->run_link);
			found = thread;
			break;
		}
	}
	spin_unlock_irqrestore(&ended_lock, flags);
	return found;
}

void thread_drop(struct thread *thread)
{
	thread_list_remove(thread);
	put_stack(thread->stack);
}

void thread_reap(void)
{
	struct thread *thread;

	while ((thread = take_ended()))
		thread_drop(thread);
}

void thread_trim(void)
{
	char *stack;

	thread_reap();
	while ((stack = take_cached_stack()))
		vfree(stack);
}

static void scan_stacks(unsigned long nr)
{
	thread_trim();
}
SHRINKER(400, "kept stacks", NULL, scan_stacks);

/* --- the life of a thread --------------------------------------------------------------------- */

static void __noreturn end(int result)
{
	struct thread *me = current;
	unsigned int mappings;

	/* The stack is freed once no CPU uses it. Interrupts stay off up to the last switch,
	 * because a preempted thread would return to the run queue. */
	local_irq_disable();
	mappings = kmap_local_held();
	if (mappings)
		kmap_local_show_held(mappings, printk);
	if (mappings)
		panic("thread '%s' ends with %u kmap_local mapping%s not undone", me->name,
		      mappings, mappings == 1 ? "" : "s");
	me->result = result;
	me->user = NULL;
	pagetable_rest();
	me->state = THREAD_DEAD;
	__atomic_store_n(&me->finished, true, __ATOMIC_SEQ_CST);
	if (me->detached) {
		spin_acquire(&ended_lock);
		list_add_tail(&me->run_link, &ended_threads);
		spin_release(&ended_lock);
	} else if (READ_ONCE(me->joiner)) {
		wake_up_process(me->joiner);
	}
	schedule();
	panic("thread '%s' runs after its end", me->name);
}

void thread_end(void)
{
	end(0);
}

static void __noreturn thread_begin(void)
{
	sched_first();
	local_irq_enable();
	end(current->fn(current->arg));
}

/* The registers of a program are at the top, below the descriptor. */
u32 thread_stack_top(const struct thread *thread)
{
	return ALIGN_DOWN((u32)thread, 16);
}

/* A thread without a name, which no list contains yet. */
static struct thread *make_thread(int (*fn)(void *arg), void *arg)
{
	struct thread *thread;
	char *stack;
	u32 *top;

	thread_reap();
	stack = take_cached_stack();
	if (!stack)
		stack = vmalloc(THREAD_STACK_SIZE);
	if (!stack)
		return NULL;
	thread = (struct thread *)(stack + THREAD_STACK_SIZE) - 1;
	__builtin_memset(thread, 0, offsetof(struct thread, kmaps.use));
	thread->stack = stack;
	thread->stack_end = (char *)thread;
	thread->fn = fn;
	thread->arg = arg;
	thread->state = THREAD_SLEEPING;

	/* context_switch() pops edi, esi, ebx, ebp and its return address. Above them is the
	 * return address of thread_begin(). It is 0, as is ebp, and ends a backtrace. */
	top = (u32 *)ALIGN_DOWN(thread_stack_top(thread) - sizeof(struct trap_frame), 16);
	*--top = 0;
	*--top = (u32)thread_begin;
	for (int i = 0; i < 4; i++)
		*--top = 0;
	thread->esp = (u32)top;
	return thread;
}

struct thread *kthread_create(int (*fn)(void *arg), void *arg, const char *name, ...)
{
	struct thread *thread = make_thread(fn, arg);
	va_list args;

	if (!thread)
		return NULL;
	va_start(args, name);
	vsnprintf(thread->name, sizeof(thread->name), name, args);
	va_end(args);
	thread_list_add(thread);
	return thread;
}

struct thread *thread_create(int (*fn)(void *arg), void *arg, const char *name)
{
	struct thread *thread = make_thread(fn, arg);

	if (!thread)
		return NULL;
	if (name)
		strscpy(thread->name, name, sizeof(thread->name));
	thread->detached = true;
	thread_list_add(thread);
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
	thread_list_remove(thread);
	vfree(thread->stack);
	return result;
}

int kthread_stop(struct thread *thread)
{
	WRITE_ONCE(thread->should_stop, true);
	wake_up_process(thread);
	return kthread_join(thread);
}
