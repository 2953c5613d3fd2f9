/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/tlbflush.h>
#include <kernel/spinlock.h>
#include <lib/types.h>

/* The same work on all CPUs at once, and how often they disturb each other. */

enum scaling_load {
	SCALING_KMAP_LOCAL,
	SCALING_KMAP_HOT,
	SCALING_KMAP_ROTATE2X, /* over twice as many pages as kmap() has slots */
	SCALING_ALLOC_FREE_ORDER0,
	SCALING_VMAP_VUNMAP_1,
	NR_SCALING_LOADS
};

/**
 * struct scaling_result - counts from the first operation to the last
 * @cpus: number of CPUs that took part
 * @ops: operations of all CPUs
 * @flushes: TLB flushes on all CPUs
 * @calls: interrupts by which a CPU called a function on another one, usually for such a flush
 * @kicks: interrupts by which a CPU announced a runnable thread to another one
 * @tlb: TLB operations that CPUs did for themselves, in total
 * @spins: waits for locks, in total
 */
struct scaling_result {
	u32 cpus, ops, flushes, calls, kicks;
	struct tlb_counts tlb;
	struct spin_counts spins;
};

/**
 * scaling_measure() - run a load on each CPU
 * @load: the load
 * @result: set to the counts
 *
 * Context: thread, may sleep.
 * Return: false if there is too little (high) memory.
 */
bool scaling_measure(enum scaling_load load, struct scaling_result *result);

/**
 * scaling_name() - the name of a load
 * @load: any load
 *
 * Context: any.
 * Return: its name.
 */
const char *scaling_name(enum scaling_load load);
