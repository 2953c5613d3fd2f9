/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * May the running code be interrupted by the scheduler, may it sleep? One word counts the reasons
 * why not:
 *
 *	bits 0-7    nested preempt_disable()
 *	bits 16-19  nested interrupt handlers
 *
 * and another the nested pagefault_disable().
 */

#define PREEMPT_MASK   0x000000ffu
#define HARDIRQ_OFFSET 0x00010000u
#define HARDIRQ_MASK   0x000f0000u

extern volatile u32 preempt_count;
extern volatile u32 pagefault_disabled;

static inline void preempt_disable(void)
{
	preempt_count++;
	barrier();
}

static inline void preempt_enable(void)
{
	barrier();
	preempt_count--;
}

/* Between these an access that faults is not resolved but fails: its fixup is taken. */
static inline void pagefault_disable(void)
{
	pagefault_disabled++;
	barrier();
}

static inline void pagefault_enable(void)
{
	barrier();
	pagefault_disabled--;
}

/* Around the handler of a device interrupt. */
static inline void irq_enter(void)
{
	preempt_count += HARDIRQ_OFFSET;
	barrier();
}

static inline void irq_exit(void)
{
	barrier();
	preempt_count -= HARDIRQ_OFFSET;
}

static inline bool in_interrupt(void)
{
	return preempt_count & HARDIRQ_MASK;
}

/* Neither may sleep nor be preempted. */
static inline bool in_atomic(void)
{
	return preempt_count != 0;
}

/**
 * might_sleep() - check that the caller may sleep
 * @what: the function that may, for the message
 *
 * Panics in an interrupt or with preemption disabled, whether it would sleep this time or not.
 */
void might_sleep(const char *what);
