/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/* The interrupt flag of this CPU, and ways to wait. */

#define X86_EFLAGS_TF     0x100ul
#define X86_EFLAGS_IF     0x200ul
#define X86_EFLAGS_AC     0x40000ul /* with SMAP: the kernel may access user pages */
#define X86_EFLAGS_ALWAYS 0x2ul     /* this bit is always 1 */
/* The flags that a program may set: CF PF AF ZF SF TF DF OF RF AC ID. */
#define X86_EFLAGS_USER   (0xdd5ul | 0x50000ul | X86_EFLAGS_ID)
#define X86_EFLAGS_ID     0x200000ul /* changeable if the CPU has CPUID */

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

/**
 * local_irq_enable() - enable interrupts on this CPU
 *
 * Context: not in interrupts; this CPU holds no lock that an interrupt handler acquires.
 */
static inline void local_irq_enable(void)
{
	__asm__ volatile("sti" ::: "memory");
}

/**
 * local_irq_disable() - disable interrupts on this CPU
 *
 * Context: any.
 */
static inline void local_irq_disable(void)
{
	__asm__ volatile("cli" ::: "memory");
}

/**
 * irqs_disabled() - are interrupts disabled on this CPU?
 *
 * Context: any.
 * Return: true if they are.
 */
static inline bool irqs_disabled(void)
{
	unsigned long flags;

	__asm__ volatile("pushfl; popl %0" : "=r"(flags));
	return !(flags & X86_EFLAGS_IF);
}

/**
 * cpu_relax() - let the CPU's other hyperthread, or another emulated CPU, run
 *
 * Each loop that waits for another CPU calls this.
 *
 * Context: any.
 */
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

/**
 * cpu_wait_for_interrupt() - enable interrupts, and halt until one arrives
 *
 * STI takes effect after the following instruction (Intel SDM 2B, STI), so no interrupt can arrive
 * between the two. A condition that was tested with interrupts off is thus still valid when the CPU
 * halts.
 *
 * Context: interrupts off; they are on afterwards. Preemption may be enabled.
 */
static inline void cpu_wait_for_interrupt(void)
{
	__asm__ volatile("sti; hlt" ::: "memory");
}
