/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/layout.h>
#include <lib/types.h>

/*
 * Data of which every CPU has its own. A per-CPU variable is linked once, in a section of its own; each
 * CPU has a copy of that section, and a segment, %fs, whose base is the distance from the section to its
 * copy. So to reach one's own takes one instruction with a %fs prefix, which cannot be torn by being
 * moved to another CPU:
 *
 *	section      |a|b|c|        addresses of the symbols; is the boot CPU's copy, too (distance 0)
 *	             ...
 *	CPU 1        |a|b|c|        %fs:a is here
 *
 * A per-CPU variable begins as zeroes. What keeps a thread on its CPU while it uses more than one of
 * them is said at each: interrupts off, preemption off, or being pinned.
 */

#define DEFINE_PER_CPU(type, name)  __attribute__((section(".bss.percpu"))) __typeof__(type) name
#define DECLARE_PER_CPU(type, name) extern __typeof__(type) name

/* This CPU's, as something that can be read and assigned; each is one access. */
#define this_cpu(name) (*(volatile __seg_fs __typeof__(name) *)(unsigned long)&(name))

/* A 32-bit one, in one instruction. */
#define this_cpu_add(name, n) \
	__asm__ volatile("addl %1, %%fs:%0" : "+m"(name) : "ri"((u32)(n)) : "memory", "cc")
#define this_cpu_sub(name, n) \
	__asm__ volatile("subl %1, %%fs:%0" : "+m"(name) : "ri"((u32)(n)) : "memory", "cc")
#define this_cpu_and(name, n) \
	__asm__ volatile("andl %1, %%fs:%0" : "+m"(name) : "ri"((u32)(n)) : "memory", "cc")
#define this_cpu_or(name, n) \
	__asm__ volatile("orl %1, %%fs:%0" : "+m"(name) : "ri"((u32)(n)) : "memory", "cc")

/* Subtracts one; true if that gives 0. */
#define this_cpu_dec_and_test(name)                                                             \
	({                                                                                      \
		bool _zero;                                                                     \
		__asm__ volatile("subl $1, %%fs:%1" : "=@ccz"(_zero), "+m"(name) : : "memory"); \
		_zero;                                                                          \
	})

/* Subtracts one; true if it was 0, and is ~0 now. */
#define this_cpu_dec_borrows(name)                                                                \
	({                                                                                        \
		bool _borrow;                                                                     \
		__asm__ volatile("subl $1, %%fs:%1" : "=@ccc"(_borrow), "+m"(name) : : "memory"); \
		_borrow;                                                                          \
	})

/* True if any of the bits is set. */
#define this_cpu_test(name, bits)                                 \
	({                                                        \
		bool _any;                                        \
		__asm__ volatile("testl %2, %%fs:%1"              \
				 : "=@ccnz"(_any)                 \
				 : "m"(name), "ri"((u32)(bits))); \
		_any;                                             \
	})

/* Distance from the section to a CPU's copy. */
extern unsigned long per_cpu_offset[NR_CPUS];

/* Over the CPUs that have such data; the boot CPU always does. */
#define for_each_cpu_with_data(cpu)               \
	for ((cpu) = 0; (cpu) < NR_CPUS; (cpu)++) \
		if ((cpu) == 0 || per_cpu_offset[cpu])

/* A given CPU's. */
#define per_cpu(name, cpu) (*(__typeof__(name) *)((unsigned long)&(name) + per_cpu_offset[cpu]))

DECLARE_PER_CPU(u32, cpu_number);
DECLARE_PER_CPU(u32, cpu_tag_word);
DECLARE_PER_CPU(unsigned long, cpu_offset); /* the CPU's own per_cpu_offset[] */

/* For a struct of which several members are used: its address, as anybody sees it. */
#define this_cpu_ptr(name) ((__typeof__(name) *)((unsigned long)&(name) + this_cpu(cpu_offset)))

/**
 * smp_processor_id() - number of the CPU that this runs on, from 0
 *
 * The answer may be out of date at once, unless interrupts or preemption are off or the thread is pinned.
 */
static inline u32 smp_processor_id(void)
{
	return this_cpu(cpu_number);
}

/**
 * cpu_tag() - number of the CPU that this runs on, from 1: for words that say who has something, 0 if nobody
 *
 * The answer may be out of date as that of smp_processor_id().
 */
static inline u32 cpu_tag(void)
{
	return this_cpu(cpu_tag_word);
}
