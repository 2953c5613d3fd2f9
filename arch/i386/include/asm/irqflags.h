/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * The interrupt flag of this CPU, and waiting.
 */

#define X86_EFLAGS_TF 0x100ul
#define X86_EFLAGS_IF 0x200ul
#define X86_EFLAGS_ID 0x200000ul /* can be changed: the CPU has CPUID */

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
 * Waits for what another CPU does: looks at a condition until it holds. PAUSE comes once in so many looks,
 * not with each: an emulator leaves its fast path for it, and takes a lock that all CPUs share; when three
 * CPUs do nothing else the fourth, for whom they wait, gets that lock rarely or never.
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
 * no interrupt fits between the two: what is tested with interrupts off cannot change unseen before
 * the CPU halts.
 */
static inline void cpu_wait_for_interrupt(void)
{
	__asm__ volatile("sti; hlt" ::: "memory");
}
