/* SPDX-License-Identifier: MIT */
#include <asm/setup.h>
#include <init/boot_action.h>
#include <kernel/command.h>
#include <kernel/console.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <lib/string.h>

/*
 * A kernel built with TESTS=0 has this file in place of tests/kernel/, tests/crash/ and
 * tests/bench/ (build.mk). `selftest` and `bench`, as boot parameters and as commands, then print
 * why they do nothing. The boot fails: an empty run must not look like a run in which all tests
 * passed.
 */

static int selftest_is_absent(const char *globs)
{
	console_printf("selftest: this kernel was built with TESTS=0, without its tests\n");
	return -ENOSYS;
}

static int bench_is_absent(const char *globs)
{
	console_printf("bench: this kernel was built with TESTS=0, without its benchmarks\n");
	return -ENOSYS;
}

static int parse_selftest(const char *value)
{
	boot_action_set("selftest", selftest_is_absent, value);
	return 0;
}
BOOT_PARAM("selftest", "selftest[=glob,glob|=list]", "not in this kernel, built with TESTS=0",
	   parse_selftest);

static int parse_bench(const char *value)
{
	boot_action_set("bench", bench_is_absent, value);
	return 0;
}
BOOT_PARAM("bench", "bench[=glob,glob|=list]", "not in this kernel, built with TESTS=0",
	   parse_bench);

static int parse_grade_key(const char *stars)
{
	pr_warn("grade_key=: no effect, since this kernel was built with TESTS=0\n");
	memset(boot_record.grade_key, 0, sizeof(boot_record.grade_key));
	return 0;
}
BOOT_PARAM("grade_key", "grade_key=hex", "not in this kernel, built with TESTS=0", parse_grade_key);

static int selftest(int argc, char **argv)
{
	return selftest_is_absent("");
}
PROMPT_COMMAND("selftest", "[glob]...", "not in this kernel, built with TESTS=0", selftest,
	       .example = "selftest kmap*,zones");

static int bench(int argc, char **argv)
{
	return bench_is_absent("");
}
PROMPT_COMMAND("bench", "[glob]...", "not in this kernel, built with TESTS=0", bench,
	       .example = "bench kmap_*");
