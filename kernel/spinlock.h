/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/irqflags.h>
#include <lib/types.h>

/*
 * Locks for data that several CPUs, or a CPU and its interrupts, share.
 *
 * With one CPU nobody can wait for a lock: who finds it held would wait for himself, and is stopped
 * instead. What remains of a lock's work is to keep interrupts out. The lock word is real all the
 * same, so taking a lock twice, or in the wrong order on a path that comes back to it, is found now
 * and not when the second CPU starts.
 *
 * A lock of static storage needs no initialisation. Its declaration says what it guards and which
 * locks may be taken before it.
 */

/**
 * struct spinlock - a lock
 * @held: 1 while somebody holds it
 */
typedef struct spinlock {
	volatile u32 held;
} spinlock_t;

/**
 * spin_lock_deadlock() - panic: the lock that was to be taken is held by this CPU
 * @lock: that lock
 */
void spin_lock_deadlock(const spinlock_t *lock) __noreturn;

/**
 * spin_unlock_unheld() - panic: the lock that was to be given back is not held
 * @lock: that lock
 */
void spin_unlock_unheld(const spinlock_t *lock) __noreturn;

/**
 * spin_lock() - take a lock that interrupt handlers never take
 * @lock: not held by this CPU, else panic
 *
 * Context: any in which the lock's own comment allows it. No sleep until it is given back.
 */
static inline void spin_lock(spinlock_t *lock)
{
	if (unlikely(lock->held))
		spin_lock_deadlock(lock);
	lock->held = 1;
	barrier();
}

/**
 * spin_unlock() - give back a lock
 * @lock: held by this CPU, else panic
 */
static inline void spin_unlock(spinlock_t *lock)
{
	barrier();
	if (unlikely(!lock->held))
		spin_unlock_unheld(lock);
	lock->held = 0;
}

/**
 * spin_lock_irqsave() - disable interrupts on this CPU and take a lock
 * @lock: not held by this CPU, else panic
 *
 * Context: any.
 * Return: the flags to give to spin_unlock_irqrestore().
 */
static inline unsigned long spin_lock_irqsave(spinlock_t *lock)
{
	unsigned long flags = local_irq_save();

	spin_lock(lock);
	return flags;
}

/**
 * spin_unlock_irqrestore() - give back a lock, interrupts as they were before it
 * @lock: held by this CPU, else panic
 * @flags: from the spin_lock_irqsave() that took it
 */
static inline void spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags)
{
	spin_unlock(lock);
	local_irq_restore(flags);
}

/**
 * spin_is_locked() - is the lock held, by whomever?
 * @lock: any
 *
 * For assertions: a function that expects its caller to hold the lock.
 */
static inline bool spin_is_locked(const spinlock_t *lock)
{
	return lock->held;
}
