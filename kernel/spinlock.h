/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/atomic.h>
#include <asm/irqflags.h>
#include <kernel/lock_order.h>
#include <kernel/preempt.h>
#include <lib/spinlock_type.h>
#include <lib/types.h>

/*
 * Spinlocks guard data that several CPUs, or a CPU and its interrupt handlers, share.
 *
 * They are ticket locks (Reed and Kanodia, "Synchronization with eventcounts and sequencers", CACM
 * 1979), like those that Linux used on x86 from 2008 on. A CPU draws a ticket with one locked
 * addition and waits until that ticket is served. So the CPUs acquire the lock in the order in
 * which they arrived. A waiting CPU executes PAUSE; its interrupts stay as they were.
 *
 *	next 7, owner 5:   ticket 5 holds the lock, ticket 6 waits, the next CPU draws 7
 *
 * The invariant: a thread that holds a lock stays on its CPU, because spin_lock() disables
 * preemption, and with interrupts off no thread is preempted.
 *
 * A lock in static storage needs no initialisation. The comment at its declaration says what it
 * guards and which locks may be held when it is acquired.
 */

#define SPINLOCK_TICKET 0x10000u

/* How often this CPU had to wait for a lock, and how many attempts it made while waiting. */
struct spin_counts {
	u32 waits, looks;
};

DECLARE_PER_CPU(struct spin_counts, spin_counts);

/**
 * spin_lock_wait() - wait until a ticket is served
 * @lock: held by another CPU; panics if this CPU holds it
 * @ticket: the ticket that this CPU drew
 *
 * Context: preemption or interrupts off.
 */
void spin_lock_wait(spinlock_t *lock, u16 ticket);

/**
 * spin_unlock_unheld() - panic, because this CPU does not hold the lock that it releases
 * @lock: the lock
 *
 * Context: any.
 */
void spin_unlock_unheld(const spinlock_t *lock) __noreturn;

/**
 * spin_acquire(), spin_release() - the parts of spin_lock() and spin_unlock() that act on the lock
 * @lock: not held by this CPU; for spin_release() held by it. Otherwise the kernel panics
 *
 * Both leave preemption alone: spin_lock_irqsave() and spin_unlock_irqrestore() call them, too.
 *
 * Context: any, with preemption or interrupts off.
 */
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
 * spin_lock() - acquire a lock that interrupt handlers never acquire
 * @lock: not held by this CPU; otherwise the kernel panics
 *
 * Context: any that the comment at the lock allows. The caller must not sleep until it releases it.
 */
static inline void spin_lock(spinlock_t *lock)
{
	preempt_disable();
	spin_acquire(lock);
}

/**
 * spin_lock_unfair() - acquire a lock whenever it is free, out of turn
 * @lock: not held by this CPU; otherwise the kernel panics
 *
 * For a lock that CPUs take again at once, time after time. With tickets it goes round among all of
 * them once two have met, and each time the next one has to run. A virtual CPU often does not.
 * The price: nobody knows how long a CPU waits. All users of a lock acquire it in this way.
 *
 * Context: as for spin_lock().
 */
void spin_lock_unfair(spinlock_t *lock);

/**
 * spin_trylock() - acquire a lock only if it is free
 * @lock: any
 *
 * Context: any except NMI, also where the lock must not be waited for.
 * Return: true if this CPU holds it now.
 */
bool spin_trylock(spinlock_t *lock);

/**
 * spin_unlock() - release a lock
 * @lock: held by this CPU; otherwise the kernel panics
 *
 * Context: after spin_lock().
 */
static inline void spin_unlock(spinlock_t *lock)
{
	spin_release(lock);
	preempt_enable();
}

/**
 * spin_lock_irqsave() - disable interrupts on this CPU and acquire a lock
 * @lock: not held by this CPU; otherwise the kernel panics
 *
 * Context: any except NMI.
 * Return: the previous interrupt flag, for spin_unlock_irqrestore().
 */
static inline unsigned long spin_lock_irqsave(spinlock_t *lock)
{
	unsigned long flags = local_irq_save();

	spin_acquire(lock);
	return flags;
}

/**
 * spin_unlock_irqrestore() - release a lock and restore the interrupt flag
 * @lock: held by this CPU; otherwise the kernel panics
 * @flags: from the spin_lock_irqsave() that acquired the lock
 *
 * Context: after spin_lock_irqsave().
 */
static inline void spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags)
{
	spin_release(lock);
	local_irq_restore(flags);
}
