/* SPDX-License-Identifier: MIT */
#include "host.h"
#include "memblock_ops.h"

/*
 * A million random calls, each compared with the model. SEED=n repeats a run, OPS=n sets the
 * number of calls, CALLS=1 prints every call. Memblock is reset after 1 to 128 calls: most bugs
 * need only a few ranges, and a list that has become full stays full.
 */

static u8 next_byte(void *arg)
{
	return (u8)host_random();
}

static bool without_end(void *arg)
{
	return true;
}

static void agrees_with_the_model(void)
{
	const struct ops_source src = { next_byte, without_end, NULL };
	const char *ops = getenv("OPS");
	u64 most = ops ? strtoull(ops, NULL, 0) : 1000000;
	unsigned long resets = 0;
	u64 done = 0;

	for (; done < most; resets++)
		done += memblock_ops_run(&src, 1 + next_byte(NULL) % 128, getenv("CALLS") != NULL);
	printf("# %llu calls in %lu resets\n", done, resets);
	memblock_ops_summary();
}

int main(void)
{
	host_run("a million random calls agree with the model", agrees_with_the_model);
	return host_done();
}
