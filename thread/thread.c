/* SPDX-License-Identifier: MIT */
#include <asm/irqflags.h>
#include <asm/page.h>
#include <asm/switch.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>
#include <mm/vmalloc.h>
#include <sched/thread_list.h>
#include <thread/thread.h>

/*
 * Kernel threads: creation, end and joining.
 *
 * A thread is one vmalloc area. Its descriptor is at the upper end, and the stack grows down from
 * there. vmalloc leaves a page unmapped between two areas, so a stack overflow hits a guard page
 * instead of the memory of another owner:
 *
 *	| guard | stack ◀──────────────────────── | struct thread | guard |
 *
 * An ending thread cannot free the stack that it runs on. It marks itself as finished and switches
 * away for the last time; the joining thread waits until no CPU uses the stack and then frees the
 * area. The price: each thread has to be joined, and costs at least 16 KiB.
 */

/* --- the life of a thread --------------------------------------------------------------------- */

static void __noreturn end(int result)
{
	struct thread *me = current;
	unsigned int mappings;

	/* The joiner frees the stack once no CPU uses it. Interrupts stay off up to the last
	 * switch, because a preempted thread would return to the run queue. */
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
		wake_up_process(me->joiner);
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

	/* context_switch() pops edi, esi, ebx, ebp and its return address. Above them is the
	 * return address of thread_begin(). It is 0, as is ebp, and ends a backtrace. */
	top = (u32 *)ALIGN_DOWN((unsigned long)thread, 16);
	*--top = 0;
	*--top = (u32)thread_begin;
	top -= 4;
	memset(top, 0, 4 * sizeof(*top));
	thread->esp = (u32)top;
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
