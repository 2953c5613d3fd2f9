/* SPDX-License-Identifier: MIT */
#include <kernel/panic.h>
#include <kernel/spinlock.h>

/*
 * The slow paths of the spinlock: waiting, and the two kinds of misuse. The fast paths are inlined
 * from the header. The panic message names the lock by its address, which is a symbol because most
 * locks are static, and the backtrace names the caller.
 */

/* This many attempts take some seconds on any CPU, and no lock is held that long. DEBUG=1 reports
 * it. */
#define PATIENCE 2000000000u

DEFINE_PER_CPU(struct spin_counts, spin_counts);

static bool is_served(const spinlock_t *lock, u16 ticket, u32 *looks)
{
	if (++*looks == PATIENCE)
		lock_held_too_long(lock, READ_ONCE(lock->holder) - 1);
	return READ_ONCE(lock->owner) == ticket;
}

void spin_lock_wait(spinlock_t *lock, u16 ticket)
{
	u32 looks = 0;

	/* Only this CPU writes its own tag there, so this CPU already holds the lock. */
	if (READ_ONCE(lock->holder) == cpu_tag())
		panic("spin_lock(%p): already held, and by this CPU", (void *)lock);
	spin_until(is_served(lock, ticket, &looks));
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	this_cpu_add(spin_counts.waits, 1);
	this_cpu_add(spin_counts.looks, looks);
}

/* Takes a ticket only if it is served at once. */
static bool take_ticket(spinlock_t *lock)
{
	u32 tickets = READ_ONCE(lock->tickets);

	return (u16)tickets == (u16)(tickets >> 16) &&
	       __atomic_compare_exchange_n(&lock->tickets, &tickets, tickets + SPINLOCK_TICKET,
					   false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static bool is_taken(spinlock_t *lock, u32 *looks)
{
	if (++*looks == PATIENCE)
		lock_held_too_long(lock, READ_ONCE(lock->holder) - 1);
	return take_ticket(lock);
}

void spin_lock_unfair(spinlock_t *lock)
{
	u32 looks = 0;

	preempt_disable();
	if (READ_ONCE(lock->holder) == cpu_tag())
		panic("spin_lock(%p): already held, and by this CPU", (void *)lock);
	spin_until(is_taken(lock, &looks));
	lock->holder = cpu_tag();
	lock_order_taken(lock);
	this_cpu_add(spin_counts.waits, looks > 1);
	this_cpu_add(spin_counts.looks, looks - 1);
}

bool spin_trylock(spinlock_t *lock)
{
	preempt_disable();
	if (!take_ticket(lock)) {
		preempt_enable();
		return false;
	}
	lock->holder = cpu_tag();
	lock_order_taken(lock);
	return true;
}

void spin_unlock_unheld(const spinlock_t *lock)
{
	if (lock->holder)
		panic("spin_unlock(%p): held by CPU %u, expected this one", (void *)lock,
		      lock->holder - 1);
	panic("spin_unlock(%p): not held, expected to be", (void *)lock);
}
