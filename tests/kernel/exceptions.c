/* SPDX-License-Identifier: MIT */
#include <asm/extable.h>
#include <asm/fixmap.h>
#include <kernel/backtrace.h>
#include <kernel/symbols.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <tests/kernel/ktest.h>

/*
 * Exceptions that somebody is prepared for. Those that stop the kernel are boots of their own: see
 * tests/crash/crash.c.
 */

static u32 word = 0x12345678;

KTEST(exceptions, a_probe_reads_and_writes)
{
	u32 value = 0;

	EXPECT_EQ(probe_read(&word, &value), 0);
	EXPECT_EQ(value, 0x12345678);
	EXPECT_EQ(probe_write(&word, 0x9abcdef0), 0);
	EXPECT_EQ(word, 0x9abcdef0);
	word = 0x12345678;
}

KTEST(exceptions, a_failed_read_leaves_the_result_alone)
{
	u32 value = 42;

	EXPECT_EQ(probe_read(NULL, &value), -EFAULT);
	EXPECT_EQ(probe_read((void *)FIXADDR_TOP, &value), -EFAULT);
	EXPECT_EQ(value, 42);
}

KTEST(exceptions, a_failed_write_fails)
{
	EXPECT_EQ(probe_write(NULL, 1), -EFAULT);
	EXPECT_EQ(probe_write((void *)high_memory, 1), -EFAULT);
}

static unsigned int calls;

static void count_call(void)
{
	calls++;
}

KTEST(exceptions, a_probed_call_runs_or_fails)
{
	calls = 0;
	EXPECT_EQ(probe_call(count_call), 0);
	EXPECT_EQ(calls, 1);
	EXPECT_EQ(probe_call(NULL), -EFAULT);
	EXPECT_EQ(probe_call(high_memory), -EFAULT);
}

/* Thousands of faults leave neither stack nor registers changed. */
KTEST(exceptions, faults_do_not_pile_up)
{
	unsigned long here = (unsigned long)__builtin_frame_address(0);
	unsigned int failed = 0;
	u32 value;

	for (unsigned int i = 0; i < 10000; i++)
		failed += probe_read((void *)(unsigned long)(i * 4 % 4096), &value) == -EFAULT;
	EXPECT_EQ(failed, 10000);
	EXPECT_EQ((unsigned long)__builtin_frame_address(0), here);
}

KTEST(exceptions, a_breakpoint_is_passed_over)
{
	u32 before = 7, after;

	__asm__ volatile("int3; movl %1, %0" : "=r"(after) : "r"(before));
	EXPECT_EQ(after, 7);
}

KTEST(exceptions, addresses_have_names)
{
	unsigned long offset = ~0ul;

	EXPECT_STREQ(symbol_lookup((unsigned long)symbol_lookup, &offset), "symbol_lookup");
	EXPECT_EQ(offset, 0);
	EXPECT_STREQ(symbol_lookup((unsigned long)symbol_lookup + 5, &offset), "symbol_lookup");
	EXPECT_EQ(offset, 5);
	EXPECT(symbol_lookup(0, &offset) == NULL);
	EXPECT(symbol_lookup((unsigned long)&word, &offset) == NULL);
}

static noinline unsigned long who_called(void)
{
	return caller_address(0);
}

KTEST(exceptions, callers_are_found)
{
	const char *name = symbol_lookup(who_called(), NULL);

	KTEST_REQUIRE(name != NULL);
	EXPECT_STREQ(name, "ktest_exceptions_callers_are_found");
}
