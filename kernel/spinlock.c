/* SPDX-License-Identifier: MIT */
#include <kernel/panic.h>
#include <kernel/spinlock.h>

/*
 * What is out of line: waiting, and the two ways of misusing a lock; the fast paths in the header are
 * inlined everywhere. The backtrace that panic() prints shows who came here; the address names the lock
 * (a symbol, as most locks are static).
 */

/* So many looks at a lock take some seconds on any CPU; no lock is held so long. DEBUG=1 says so. */
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

	/* No other CPU writes this CPU's number there: it is we who hold it. */
	if (READ_ONCE(lock->holder) == cpu_tag())
		panic("spin_lock(%p): already held, and by this CPU", (void *)lock);
	spin_until(is_served(lock, ticket, &looks));
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	this_cpu_add(spin_counts.waits, 1);
	this_cpu_add(spin_counts.looks, looks);
}

void spin_unlock_unheld(const spinlock_t *lock)
{
	if (lock->holder)
		panic("spin_unlock(%p): held by CPU %u, expected this one", (void *)lock,
		      lock->holder - 1);
	panic("spin_unlock(%p): not held, expected to be", (void *)lock);
}
