/* SPDX-License-Identifier: MIT */
#include <asm/irqflags.h>
#include <kernel/cpu_call.h>
#include <kernel/hook.h>
#include <kernel/preempt.h>

/* The interrupts that reach other CPUs are sent by a layer far above. NULL: no other CPU runs. */

static unsigned int (*call_others)(void (*fn)(void *arg), void *arg);

unsigned int cpu_call_others(void (*fn)(void *arg), void *arg)
{
	return call_others ? call_others(fn, arg) : 0;
}

bool cpu_may_call_others(void)
{
	return !call_others || (!irqs_disabled() && !in_atomic());
}

void cpu_call_use_interrupts(unsigned int (*call)(void (*fn)(void *arg), void *arg))
{
	hook_set(call_others, call);
}
