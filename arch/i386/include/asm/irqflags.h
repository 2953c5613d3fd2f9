/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * The interrupt flag of this CPU, and waiting.
 */

#define X86_EFLAGS_IF 0x200ul

/**
 * local_irq_save() - disable interrupts
 *
 * Return: the flags to give to local_irq_restore().
 */
static inline unsigned long local_irq_save(void)
{
	unsigned long flags;

	__asm__ volatile("pushfl; popl %0; cli" : "=r"(flags)::"memory");
	return flags;
}

/**
 * local_irq_restore() - interrupts as they were
 * @flags: from local_irq_save()
 */
static inline void local_irq_restore(unsigned long flags)
{
	__asm__ volatile("pushl %0; popfl" ::"r"(flags) : "memory", "cc");
}

static inline void local_irq_enable(void)
{
	__asm__ volatile("sti" ::: "memory");
}

static inline void local_irq_disable(void)
{
	__asm__ volatile("cli" ::: "memory");
}

static inline bool irqs_disabled(void)
{
	unsigned long flags;

	__asm__ volatile("pushfl; popl %0" : "=r"(flags));
	return !(flags & X86_EFLAGS_IF);
}

/* In every loop that waits: lets a hyperthread, or another emulated CPU, run. */
static inline void cpu_relax(void)
{
	__asm__ volatile("pause" ::: "memory");
}

/*
 * Halt until an interrupt. STI takes effect after the following instruction (Intel SDM 2B, STI), so
 * no interrupt fits between the two: what is tested with interrupts off cannot change unseen before
 * the CPU halts.
 */
static inline void cpu_wait_for_interrupt(void)
{
	__asm__ volatile("sti; hlt" ::: "memory");
}
