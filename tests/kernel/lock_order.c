/* SPDX-License-Identifier: MIT */
#include <kernel/lock_order.h>
#include <kernel/spinlock.h>
#include <tests/kernel/ktest.h>

/*
 * The checker reports the first inversion that it sees, and then is silent: so this is the only test that
 * may make one. A kernel in which no order was ever violated is what all other suites show together.
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
	/* Nobody waits for anybody yet; two CPUs could. */
	ktest_expect_warnings(1);
	take_both(&third_lock, &first_lock);
}
