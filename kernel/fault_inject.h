/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/atomic.h>
#include <lib/types.h>

/*
 * Fault injection: an allocator asks should_fail() first, and pretends to have no memory if the
 * answer is true. There are two ways to choose the failures:
 *
 *	failslab=10,50,0,5       by chance, with the parameters of Linux's fault-injection.rst:
 *	                         interval,probability,space,times
 *	fault_inject_nth(3)      the third allocation of this thread from now on, in any allocator
 *	fault_inject_from(3)     that allocation and all later ones, for code that tries again
 *
 * The second way reaches each error path of a function in turn: a test calls it with n = 1, 2, 3,
 * ... until the function succeeds.
 */

/**
 * struct fault_attr - how often an allocator fails by chance
 * @name: name of the boot parameter
 * @interval: only each nth question can fail, counted after @space is used up
 * @probability: chance of a failure in percent; 0 for never
 * @space: bytes that are allocated before the first failure
 * @times: failures that are left; -1 for no limit
 * @questions: questions since @space was used up
 */
struct fault_attr {
	const char *name;
	u32 interval;
	u32 probability;
	s64 space;
	s64 times;
	u32 questions;
};

/* 1 while failures of any kind are wanted. */
extern u32 fault_injection;

/**
 * fault_injection_is_on() - the fast path of should_fail(): one load and a branch
 *
 * Context: any.
 * Return: true if failures of any kind are wanted.
 */
static inline bool fault_injection_is_on(void)
{
	return unlikely(!load_equals(fault_injection, 0));
}

/**
 * should_fail() - shall this allocation fail?
 * @attr: attributes of the allocator
 * @size: bytes requested
 *
 * Context: any.
 * Return: true if the allocator has to fail.
 */
bool should_fail(struct fault_attr *attr, size_t size);

/**
 * fault_attr_set() - choose how often an allocator fails by chance
 * @attr: attributes of the allocator
 * @text: "interval,probability,space,times"
 *
 * Context: any.
 * Return: 0, or -EINVAL for a bad text, which changes nothing.
 */
int fault_attr_set(struct fault_attr *attr, const char *text);

/**
 * fault_inject_seed() - set the start value of the random numbers that choose failures
 * @seed: any number; 1 if this function is never called
 *
 * Context: boot.
 */
void fault_inject_seed(u32 seed);

/**
 * fault_inject_nth() - let the nth allocation of the current thread fail
 * @n: 1 for the next allocation; 0 for none
 *
 * Allocations in interrupts and in other threads do not count.
 *
 * Context: thread.
 */
void fault_inject_nth(u32 n);

/**
 * fault_inject_from() - let the nth allocation of the current thread fail, and all later ones
 * @n: 1 for the next allocation; 0 for none
 *
 * Context: thread.
 */
void fault_inject_from(u32 n);

/**
 * fault_inject_pending() - is the chosen allocation still to come?
 *
 * Context: any.
 * Return: false once it has failed, counted from the last fault_inject_nth() or
 * fault_inject_from().
 */
bool fault_inject_pending(void);
