/* SPDX-License-Identifier: MIT */
#include <asm/irqflags.h>
#include <asm/trap_frame.h>
#include <kernel/preempt.h>
#include <tests/kernel/ktest.h>
#include <tests/kernel/step.h>

/*
 * Single-stepping of one thread. The trap flag belongs to the thread: it is in the EFLAGS value
 * that the CPU pushes, and IRET restores it, whichever CPU runs the thread then. The handler itself
 * runs with the flag off.
 */

struct step step;

static bool stepping;

static bool one_step(struct trap_frame *frame)
{
	if (!READ_ONCE(stepping))
		return false;
	if (current != step.thread) {
		frame->eflags &= ~X86_EFLAGS_TF;
		return true;
	}
	if (step.looker != CPU && !(frame->eflags & X86_EFLAGS_IF))
		return true;
	if (step.looker == THREAD && in_atomic())
		return true;
	step.nr++;
	step.look();
	return true;
}
DEBUG_HANDLER(one_step);

void begin_steps(void (*look)(void), enum looker looker)
{
	step = (struct step){ .thread = current, .look = look, .looker = looker };
	WRITE_ONCE(stepping, true);
	__asm__ volatile("pushfl; orl %0, (%%esp); popfl" ::"i"(X86_EFLAGS_TF) : "memory", "cc");
}

void end_steps(void)
{
	__asm__ volatile("pushfl; andl %0, (%%esp); popfl" ::"i"(~X86_EFLAGS_TF) : "memory", "cc");
	WRITE_ONCE(stepping, false);
	EXPECT(step.nr > 3);
}

void step_through(void (*fn)(void), void (*look)(void), enum looker looker)
{
	begin_steps(look, looker);
	fn();
	end_steps();
}
