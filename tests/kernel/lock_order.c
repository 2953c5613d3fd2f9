/* SPDX-License-Identifier: MIT */
#include <kernel/lock_order.h>
#include <kernel/spinlock.h>
#include <tests/kernel/ktest.h>

/*
 * The lock order checker reports the first inversion and is silent afterwards. So this test is the
 * only one that may cause an inversion. Every other suite, run without a warning, shows that the
 * kernel itself never inverts two locks.
 */

static spinlock_t first_lock, second_lock, third_lock;

static void take_both(spinlock_t *outer, spinlock_t *inner)
{
	unsigned long flags = spin_lock_irqsave(outer);

	spin_lock(inner);
	spin_unlock(inner);
	spin_unlock_irqrestore(outer, flags);
}

KTEST(lock_order, a_circle_of_three_is_found)
{
	if (!DEBUG) {
		ktest_skip("only with DEBUG=1");
		return;
	}
	take_both(&first_lock, &second_lock);
	take_both(&second_lock, &third_lock);
	take_both(&first_lock, &third_lock);
	/* No thread waits here, but two CPUs could deadlock on this order. */
	ktest_expect_warnings(1);
	take_both(&third_lock, &first_lock);
}
