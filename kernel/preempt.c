/* SPDX-License-Identifier: MIT */
#include <kernel/panic.h>
#include <kernel/preempt.h>

/*
 * The counts are changed only by the CPU that they belong to; an interrupt leaves them as it found
 * them. So adding and subtracting need no protection.
 */

volatile u32 preempt_count;
volatile u32 pagefault_disabled;

void might_sleep(const char *what)
{
	if (unlikely(in_interrupt()))
		panic("%s() may sleep, and was called in an interrupt", what);
	if (unlikely(in_atomic()))
		panic("%s() may sleep, and was called with preemption disabled %u times", what,
		      preempt_count & PREEMPT_MASK);
}
