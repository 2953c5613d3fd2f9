/* SPDX-License-Identifier: MIT */
#include <asm/irqflags.h>
#include <asm/user_work.h>
#include <kernel/hook.h>
#include <kernel/preempt.h>

/*
 * Exceptions of ring 3, and work before the return to it. Both need processes and signals, which
 * are layers above. They run with interrupts on, as system calls do: the registers of the program
 * are saved, so the thread may sleep and be preempted.
 */

static const struct user_work *user_work;

void trap_use_user_work(const struct user_work *work)
{
	hook_set(user_work, work);
}

bool user_trap(struct trap_frame *frame, unsigned long address)
{
	if (!user_mode(frame) || !user_work)
		return false;
	local_irq_enable();
	user_work->trap(frame, address);
	return true;
}

void user_return_work(struct trap_frame *frame)
{
	local_irq_enable();
	user_work->before_return(frame);
}

void user_resched(void)
{
	local_irq_enable();
	preempt_schedule();
}
