/* SPDX-License-Identifier: MIT */
#include <kernel/seed.h>
#include <lib/command.h>
#include <lib/parse.h>

/* Nothing in the kernel is random but tests and injected faults, and those can be repeated by this number. */

static u32 seed = 1;

static int parse_seed(const char *value)
{
	return parse_u32(value, UINT_MAX, &seed);
}
BOOT_PARAM("seed", "seed=nn", "start of the random numbers in tests and injected faults",
	   parse_seed);

u32 boot_seed(void)
{
	return seed;
}
