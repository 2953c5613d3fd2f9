/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * A checker of the order in which locks are acquired, in DEBUG builds.
 *
 * If one path acquires A and then B, and another acquires B and then A, two CPUs can wait for each
 * other for ever. They rarely meet in a test. Therefore the checker remembers each pair "B was
 * acquired while A was held" with the calls that led there. The first pair that closes a circle is
 * reported with both call traces, even if no CPU ever had to wait. The idea is Linux's lockdep
 * (Documentation/locking/lockdep-design.rst), which checks classes of locks, not single ones.
 */

struct spinlock;

#ifndef DEBUG
#define DEBUG 0
#endif

#if DEBUG && !__STDC_HOSTED__

/**
 * lock_order_taken() - note that this CPU has acquired a lock
 * @lock: any lock; only locks in static storage are checked, because others have no name
 *
 * Context: any, with preemption or interrupts off.
 */
void lock_order_taken(const struct spinlock *lock);

/**
 * lock_order_released() - note that this CPU is about to release a lock
 * @lock: held by this CPU
 *
 * Context: any, with preemption or interrupts off.
 */
void lock_order_released(const struct spinlock *lock);

/**
 * lock_held_too_long() - report a lock for which this CPU has waited for a long time
 * @lock: the lock
 * @cpu: number of the CPU that holds it
 *
 * Context: any.
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
