/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * A checker of the order in which locks are taken, in DEBUG builds.
 *
 * Where one path takes A and then B, and another B and then A, two CPUs can wait for each other for ever;
 * that the two paths have not met yet is luck. So each "B was taken while A was held" is remembered with
 * the calls that led there, and the first one that closes a circle is reported, with both.
 */

struct spinlock;

#ifndef DEBUG
#define DEBUG 0
#endif

#if DEBUG && !__STDC_HOSTED__

/**
 * lock_order_taken() - a lock was taken
 * @lock: a lock; only those of static storage are followed, as others have no name
 *
 * Context: any, preemption or interrupts off.
 */
void lock_order_taken(const struct spinlock *lock);

/**
 * lock_order_released() - a lock is about to be given back
 * @lock: held by this CPU
 */
void lock_order_released(const struct spinlock *lock);

/**
 * lock_held_too_long() - report a lock that this CPU waits for since long
 * @lock: the lock
 * @cpu: who holds it
 */
void lock_held_too_long(const struct spinlock *lock, u32 cpu);

#else

static inline void lock_order_taken(const struct spinlock *lock)
{
}

static inline void lock_order_released(const struct spinlock *lock)
{
}

static inline void lock_held_too_long(const struct spinlock *lock, u32 cpu)
{
}

#endif
