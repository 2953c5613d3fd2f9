/* SPDX-License-Identifier: MIT */
#include <asm/irqflags.h>
#include <kernel/hook.h>
#include <kernel/panic.h>
#include <kernel/preempt.h>

/*
 * Only its own CPU changes these counts, and an interrupt handler leaves them as it found them.
 * Therefore adding and subtracting need no locked instruction.
 */

DEFINE_PER_CPU(u32, preempt_count);
DEFINE_PER_CPU(u32, pagefault_disabled);
DEFINE_PER_CPU(struct thread *, current_thread);

static void (*schedule_hook)(void);

void preempt_init(void)
{
	this_cpu(preempt_count) = PREEMPT_NO_RESCHED;
}

void preempt_use_scheduler(void (*schedule)(void))
{
	hook_set(schedule_hook, schedule);
}

void preempt_schedule(void)
{
	if (schedule_hook && !irqs_disabled())
		schedule_hook();
}

void preempt_schedule_irq(void)
{
	if (this_cpu(preempt_count) == 0 && schedule_hook)
		schedule_hook();
}

void sleep_forbidden(const char *what)
{
	if (in_interrupt())
		panic("%s() may sleep, and was called in an interrupt", what);
	if (in_atomic())
		panic("%s() may sleep, and was called with preemption disabled %u times", what,
		      this_cpu(preempt_count) & PREEMPT_MASK);
	if (schedule_hook)
		panic("%s() may sleep, and was called with interrupts disabled", what);
}
