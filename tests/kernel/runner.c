/* SPDX-License-Identifier: MIT */
#include <kernel/panic.h>
#include <lib/string.h>
#include <tests/kernel/ktest.h>

/*
 * What the runner of these tests promises for the worst case.
 */

KTEST(ktest, a_panic_would_name_the_test)
{
	KTEST_REQUIRE(panic_task());
	EXPECT_STREQ(panic_task(), "test ktest.a_panic_would_name_the_test");
}
