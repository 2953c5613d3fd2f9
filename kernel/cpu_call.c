/* SPDX-License-Identifier: MIT */
#include <asm/irqflags.h>
#include <kernel/cpu_call.h>
#include <kernel/preempt.h>

/* A hook, because the interrupts that reach other CPUs are sent by a layer far above. */

static unsigned int (*call_others)(void (*fn)(void *arg), void *arg);

unsigned int cpu_call_others(void (*fn)(void *arg), void *arg)
{
	return call_others ? call_others(fn, arg) : 0;
}

bool cpu_may_call_others(void)
{
	return !call_others || (!irqs_disabled() && !in_atomic());
}

void cpu_call_use(unsigned int (*call)(void (*fn)(void *arg), void *arg))
{
	call_others = call;
}
