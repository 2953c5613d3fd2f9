/* SPDX-License-Identifier: MIT */
#include <kernel/boot_action.h>
#include <kernel/console.h>
#include <lib/command.h>
#include <lib/errno.h>

/*
 * bench[=glob] is an agreed name of the command line. A kernel without benchmarks says so and leaves
 * with the status of a failure, so nobody takes an empty report for a measurement.
 */

static int run_benchmarks(const char *glob)
{
	console_printf("bench: this kernel has no benchmarks%s%s\n", *glob ? " that match " : "",
		       glob);
	return -ENOENT;
}

static int parse_bench(const char *value)
{
	boot_action_set(run_benchmarks, value);
	return 0;
}
BOOT_PARAM("bench", "bench[=glob]", "run the benchmarks, then exit", parse_bench);
