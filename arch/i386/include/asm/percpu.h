/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/layout.h>
#include <lib/types.h>

/*
 * Per-CPU data: variables of which each CPU has a copy. The linker puts them into a section of
 * their own. Each CPU has a copy of that section, and the base of its segment %fs is the distance
 * from the section to the copy. So one instruction with a %fs prefix reaches the CPU's own
 * variable. An interrupt or a move to another CPU cannot tear it:
 *
 *	section      |a|b|c|        addresses of the symbols, and the boot CPU's copy
 *	             ...
 *	CPU 1        |a|b|c|        %fs:a is here
 *
 * A per-CPU variable is zero at first. A thread that uses more than one of them must stay on its
 * CPU: interrupts off, preemption off, or pinned. The comment of each variable says which.
 */

#define DEFINE_PER_CPU(type, name)  __attribute__((section(".bss.percpu"))) __typeof__(type) name
#define DECLARE_PER_CPU(type, name) extern __typeof__(type) name

/* This CPU's variable, to read or to assign. Each use is one access. */
#define this_cpu(name) (*(volatile __seg_fs __typeof__(name) *)(unsigned long)&(name))

/* Add to a 32-bit variable, in one instruction. */
#define this_cpu_add(name, n) \
	__asm__ volatile("addl %1, %%fs:%0" : "+m"(name) : "ri"((u32)(n)) : "memory", "cc")
#define this_cpu_sub(name, n) \
	__asm__ volatile("subl %1, %%fs:%0" : "+m"(name) : "ri"((u32)(n)) : "memory", "cc")
#define this_cpu_and(name, n) \
	__asm__ volatile("andl %1, %%fs:%0" : "+m"(name) : "ri"((u32)(n)) : "memory", "cc")
#define this_cpu_or(name, n) \
	__asm__ volatile("orl %1, %%fs:%0" : "+m"(name) : "ri"((u32)(n)) : "memory", "cc")

/* Subtract one; true if the result is 0. */
#define this_cpu_dec_and_test(name)                                                             \
	({                                                                                      \
		bool _zero;                                                                     \
		__asm__ volatile("subl $1, %%fs:%1" : "=@ccz"(_zero), "+m"(name) : : "memory"); \
		_zero;                                                                          \
	})

/* Subtract one; true if the variable was 0, and is ~0 now. */
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

/* Loop over the CPUs that have per-CPU data. The boot CPU always has. */
#define for_each_cpu_with_data(cpu)               \
	for ((cpu) = 0; (cpu) < NR_CPUS; (cpu)++) \
		if ((cpu) == 0 || per_cpu_offset[cpu])

/* The variable of a given CPU. */
#define per_cpu(name, cpu) (*(__typeof__(name) *)((unsigned long)&(name) + per_cpu_offset[cpu]))

DECLARE_PER_CPU(u32, cpu_number);
DECLARE_PER_CPU(u32, cpu_tag_word);
DECLARE_PER_CPU(unsigned long, cpu_offset); /* the CPU's own per_cpu_offset[] */

/* Address of this CPU's copy of a struct, valid on all CPUs, for code that uses several members. */
#define this_cpu_ptr(name) ((__typeof__(name) *)((unsigned long)&(name) + this_cpu(cpu_offset)))

/**
 * smp_processor_id() - get the number of this CPU, from 0
 *
 * Context: any. The result may be out of date at once, unless interrupts or preemption are off or
 * the thread is pinned.
 * Return: the number.
 */
static inline u32 smp_processor_id(void)
{
	return this_cpu(cpu_number);
}

/**
 * cpu_tag() - get the number of this CPU, from 1, for a word that names an owner and is 0 without
 * one
 *
 * Context: as smp_processor_id().
 * Return: the number.
 */
static inline u32 cpu_tag(void)
{
	return this_cpu(cpu_tag_word);
}
