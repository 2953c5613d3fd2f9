/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/* The interrupt flag of this CPU, and ways to wait. */

#define X86_EFLAGS_TF 0x100ul
#define X86_EFLAGS_IF 0x200ul
#define X86_EFLAGS_ID 0x200000ul /* changeable if the CPU has CPUID */

/**
 * local_irq_save() - disable interrupts on this CPU
 *
 * Context: any.
 * Return: the previous flags, for local_irq_restore().
 */
static inline unsigned long local_irq_save(void)
{
	unsigned long flags;

	__asm__ volatile("pushfl; popl %0; cli" : "=r"(flags)::"memory");
	return flags;
}

/**
 * local_irq_restore() - restore the interrupt flag
 * @flags: from local_irq_save()
 *
 * Context: any.
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

/* Used in every loop that waits: lets the CPU's other hyperthread, or another emulated CPU, run. */
static inline void cpu_relax(void)
{
	__asm__ volatile("pause" ::: "memory");
}

/*
 * spin_until() checks a condition until another CPU makes it true. It pauses once in this many
 * checks, not each time: an emulator leaves its fast path for PAUSE and takes a lock that all CPUs
 * share. If three CPUs only wait, the fourth, for which they wait, would rarely get that lock.
 */
#define LOOKS_PER_PAUSE 16u

#define spin_until(condition)                                \
	do {                                                 \
		for (u32 _looks = 1; !(condition); _looks++) \
			if (_looks % LOOKS_PER_PAUSE == 0)   \
				cpu_relax();                 \
	} while (0)

/*
 * Halt until an interrupt. STI takes effect after the following instruction (Intel SDM 2B, STI), so
 * no interrupt can arrive between the two. A condition that was tested with interrupts off is thus
 * still valid when the CPU halts.
 */
static inline void cpu_wait_for_interrupt(void)
{
	__asm__ volatile("sti; hlt" ::: "memory");
}
