/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/atomic.h>
#include <asm/irqflags.h>
#include <kernel/lock_order.h>
#include <kernel/preempt.h>
#include <lib/types.h>

/*
 * Locks for data that several CPUs, or a CPU and its interrupts, share.
 *
 * A ticket lock: who comes takes a number, in one locked addition, and waits until it is served; so CPUs
 * get the lock in the order in which they came. Who waits does so with PAUSE, and with interrupts as they
 * are. While a lock is held the thread stays on its CPU: spin_lock() disables preemption, and with
 * interrupts off nobody can preempt.
 *
 * A lock of static storage needs no initialisation. Its declaration says what it guards and which
 * locks may be taken before it.
 */

/**
 * struct spinlock - a lock
 * @owner: the number that is served
 * @next: the number that the next one takes
 * @tickets: both in one word: @owner in the low half
 * @holder: cpu_tag() of who holds it; 0 if nobody does
 */
typedef struct spinlock {
	union {
		u32 tickets;
		struct {
			u16 owner, next;
		};
	};
	u32 holder;
} spinlock_t;

#define SPINLOCK_TICKET 0x10000u

/* How often this CPU did not get a lock at once, and how often it looked until it had it. */
struct spin_counts {
	u32 waits, looks;
};

DECLARE_PER_CPU(struct spin_counts, spin_counts);

/**
 * spin_lock_wait() - wait until a ticket is served
 * @lock: held by somebody else; panics if by this CPU
 * @ticket: the number taken
 */
void spin_lock_wait(spinlock_t *lock, u16 ticket);

/**
 * spin_unlock_unheld() - panic: the lock that was to be given back is not held by this CPU
 * @lock: that lock
 */
void spin_unlock_unheld(const spinlock_t *lock) __noreturn;

/* Both without preemption: for spin_lock() and spin_lock_irqsave(). */
static inline void spin_acquire(spinlock_t *lock)
{
	u32 tickets = __atomic_fetch_add(&lock->tickets, SPINLOCK_TICKET, __ATOMIC_ACQUIRE);
	u16 mine = (u16)(tickets >> 16);

	if (unlikely((u16)tickets != mine))
		spin_lock_wait(lock, mine);
	lock->holder = cpu_tag();
	lock_order_taken(lock);
}

static inline void spin_release(spinlock_t *lock)
{
	if (unlikely(lock->holder != cpu_tag()))
		spin_unlock_unheld(lock);
	lock_order_released(lock);
	lock->holder = 0;
	release_inc16(&lock->owner);
}

/**
 * spin_lock() - take a lock that interrupt handlers never take
 * @lock: not held by this CPU, else panic
 *
 * Context: any in which the lock's own comment allows it. No sleep until it is given back.
 */
static inline void spin_lock(spinlock_t *lock)
{
	preempt_disable();
	spin_acquire(lock);
}

/**
 * spin_unlock() - give back a lock
 * @lock: held by this CPU, else panic
 */
static inline void spin_unlock(spinlock_t *lock)
{
	spin_release(lock);
	preempt_enable();
}

/**
 * spin_lock_irqsave() - disable interrupts on this CPU and take a lock
 * @lock: not held by this CPU, else panic
 *
 * Context: any but an NMI.
 * Return: the flags to give to spin_unlock_irqrestore().
 */
static inline unsigned long spin_lock_irqsave(spinlock_t *lock)
{
	unsigned long flags = local_irq_save();

	spin_acquire(lock);
	return flags;
}

/**
 * spin_unlock_irqrestore() - give back a lock, interrupts as they were before it
 * @lock: held by this CPU, else panic
 * @flags: from the spin_lock_irqsave() that took it
 */
static inline void spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags)
{
	spin_release(lock);
	local_irq_restore(flags);
}
