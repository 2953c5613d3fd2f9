/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/layout.h>
#include <lib/math.h>
#include <lib/types.h>

/*
 * Sets of CPUs, by number. The names are Linux's. All CPUs fit in one word, so a set is a struct
 * with one word, and a struct is copied by assignment. Context of all functions: any.
 *
 * Other CPUs may change a set while a function reads it. Each function reads the word once.
 */

_Static_assert(NR_CPUS <= 32, "a set of CPUs is one word");

struct cpumask {
	u32 bits; /* bit n: CPU n */
};

/* A set with one CPU, for arguments: the set ends with the block of code around it. */
#define cpumask_of(cpu) (&(const struct cpumask){ .bits = 1u << (cpu) })

/**
 * cpumask_test_cpu() - is a CPU in a set?
 * @cpu: number of the CPU
 * @mask: the set
 *
 * Context: any.
 * Return: true if it is.
 */
static inline bool cpumask_test_cpu(u32 cpu, const struct cpumask *mask)
{
	return READ_ONCE(mask->bits) >> cpu & 1;
}

/**
 * cpumask_empty() - is a set empty?
 * @mask: the set
 *
 * Context: any.
 * Return: true if it is.
 */
static inline bool cpumask_empty(const struct cpumask *mask)
{
	return READ_ONCE(mask->bits) == 0;
}

/**
 * cpumask_weight() - count the CPUs in a set
 * @mask: the set
 *
 * Context: any.
 * Return: their number.
 */
static inline unsigned int cpumask_weight(const struct cpumask *mask)
{
	return hweight32(READ_ONCE(mask->bits));
}

/**
 * cpumask_set_cpu(), cpumask_clear_cpu() - add a CPU to a set, or remove it
 * @cpu: number of the CPU
 * @mask: the set
 *
 * The change is one locked instruction: a full barrier.
 *
 * Context: any.
 */
static inline void cpumask_set_cpu(u32 cpu, struct cpumask *mask)
{
	__atomic_fetch_or(&mask->bits, 1u << cpu, __ATOMIC_SEQ_CST);
}

static inline void cpumask_clear_cpu(u32 cpu, struct cpumask *mask)
{
	__atomic_fetch_and(&mask->bits, ~(1u << cpu), __ATOMIC_SEQ_CST);
}

/**
 * __cpumask_set_cpu(), __cpumask_clear_cpu() - the same for a set that no other CPU changes
 * @cpu: number of the CPU
 * @mask: the set
 *
 * Context: any.
 */
static inline void __cpumask_set_cpu(u32 cpu, struct cpumask *mask)
{
	mask->bits |= 1u << cpu;
}

static inline void __cpumask_clear_cpu(u32 cpu, struct cpumask *mask)
{
	mask->bits &= ~(1u << cpu);
}

/**
 * cpumask_and(), cpumask_andnot() - combine two sets
 * @result: set to the CPUs that are in both sets; for cpumask_andnot() in @a and not in @b
 * @a: a set
 * @b: another set
 *
 * Context: any.
 */
static inline void cpumask_and(struct cpumask *result, const struct cpumask *a,
			       const struct cpumask *b)
{
	result->bits = READ_ONCE(a->bits) & READ_ONCE(b->bits);
}

static inline void cpumask_andnot(struct cpumask *result, const struct cpumask *a,
				  const struct cpumask *b)
{
	result->bits = READ_ONCE(a->bits) & ~READ_ONCE(b->bits);
}

/* Loop over the CPUs of a set, from the lowest number. After the last one, @cpu is NR_CPUS. */
#define for_each_cpu(cpu, mask)                   \
	for ((cpu) = 0; (cpu) < NR_CPUS; (cpu)++) \
		if (cpumask_test_cpu((cpu), (mask)))
