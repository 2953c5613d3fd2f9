/* SPDX-License-Identifier: MIT */
#include <kernel/panic.h>
#include <kernel/spinlock.h>

/*
 * The two ways of misusing a lock, out of line: the fast paths in the header are inlined
 * everywhere. The backtrace that panic() prints shows who came here; the address names the lock (a
 * symbol, as most locks are static).
 */

void spin_lock_deadlock(const spinlock_t *lock)
{
	panic("spin_lock(%p): already held, and on one CPU only by whoever asks again",
	      (void *)lock);
}

void spin_unlock_unheld(const spinlock_t *lock)
{
	panic("spin_unlock(%p): not held, expected to be", (void *)lock);
}
