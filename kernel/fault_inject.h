/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/atomic.h>
#include <lib/types.h>

/*
 * Failures on purpose: an allocator asks, at its beginning, whether this time it should fail. Two ways to
 * make it:
 *
 *	failslab=10,50,0,5       by chance, with the words of Linux's fault-injection.rst:
 *	                         interval,probability,space,times
 *	fault_inject_nth(3)      the third question that this thread asks from now on, of whatever allocator
 *	fault_inject_from(3)     that one, and all behind it: for who tries again in another way
 *
 * The latter reach every error path of a function in turn: n = 1, 2, 3, ... until it succeeds.
 */

/**
 * struct fault_attr - how often an allocator fails by chance
 * @name: of the boot parameter
 * @interval: every so many questions, counting only those after @space was used up
 * @probability: in percent; 0: never
 * @space: bytes that are given out before the first failure
 * @times: failures left; -1: no limit
 * @questions: asked since @space was used up
 */
struct fault_attr {
	const char *name;
	u32 interval;
	u32 probability;
	s64 space;
	s64 times;
	u32 questions;
};

/* 1 while any way is chosen. */
extern u32 fault_injection;

/* What is asked first: that costs next to nothing. */
static inline bool fault_injection_is_on(void)
{
	return unlikely(!load_equals(fault_injection, 0));
}

/**
 * should_fail() - should an allocation fail?
 * @attr: of its allocator
 * @size: bytes wanted
 *
 * Context: any.
 */
bool should_fail(struct fault_attr *attr, size_t size);

/**
 * fault_attr_set() - choose how often
 * @attr: of an allocator
 * @text: "interval,probability,space,times"
 *
 * Return: 0, or -EINVAL: then nothing is changed.
 */
int fault_attr_set(struct fault_attr *attr, const char *text);

/**
 * fault_inject_seed() - choose where the random numbers begin that decide which allocations fail
 * @seed: any; 1 if this is never called
 *
 * Context: boot.
 */
void fault_inject_seed(u32 seed);

/**
 * fault_inject_nth() - have the nth allocation of this thread fail
 * @n: 1 is the next one; 0: none
 *
 * Allocations in interrupts, and of other threads, do not count.
 */
void fault_inject_nth(u32 n);

/**
 * fault_inject_from() - have the nth allocation of this thread fail, and all after it
 * @n: as above
 */
void fault_inject_from(u32 n);

/**
 * fault_inject_pending() - is the nth allocation still to come?
 *
 * Return: false once it has failed, after the last call of one of the two above.
 */
bool fault_inject_pending(void);
