/* SPDX-License-Identifier: MIT */
#include <kernel/panic.h>
#include <lib/string.h>
#include <tests/kernel/ktest.h>

/*
 * The promises of the test runner for tests that fail or end early.
 */

KTEST(ktest, a_panic_would_name_the_test)
{
	KTEST_REQUIRE(panic_task());
	EXPECT_STREQ(panic_task(), "test ktest.a_panic_would_name_the_test");
}
