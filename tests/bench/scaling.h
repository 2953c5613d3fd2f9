/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/tlbflush.h>
#include <kernel/spinlock.h>
#include <lib/types.h>

/*
 * The same work on all CPUs at once, and how often they disturbed each other.
 */

enum scaling_load {
	SCALING_KMAP_LOCAL,
	SCALING_KMAP_HOT,
	SCALING_KMAP_ROTATE2X, /* over twice as many pages as kmap() has slots */
	SCALING_ALLOC_FREE_ORDER0,
	SCALING_VMAP_VUNMAP_1,
	NR_SCALING_LOADS
};

/**
 * struct scaling_result - what happened from the first operation to the last
 * @cpus: how many took part
 * @ops: operations of all of them
 * @flushes: of TLBs on all CPUs
 * @calls: interrupts by which a CPU had another one call a function, for such a flush mostly
 * @kicks: interrupts by which one told another that there is a thread to run
 * @tlb: what CPUs did to their own TLBs, in all
 * @spins: locks that they waited for, in all
 */
struct scaling_result {
	u32 cpus, ops, flushes, calls, kicks;
	struct tlb_counts tlb;
	struct spin_counts spins;
};

/**
 * scaling_measure() - have each CPU do it
 * @load: what
 * @result: where to put what happened
 *
 * Context: a thread; may sleep.
 * Return: false if there is too little (high) memory.
 */
bool scaling_measure(enum scaling_load load, struct scaling_result *result);

/**
 * scaling_name() - of a load
 * @load: any
 */
const char *scaling_name(enum scaling_load load);
