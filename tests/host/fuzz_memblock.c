/* SPDX-License-Identifier: MIT */
#include "fuzz.h"
#include "memblock_ops.h"

/*
 * memblock under a fuzzer. The bytes of the input choose calls and operands in memblock_ops.c, and
 * each call is compared with the model.
 */

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input in = { data, size, 0 };
	const struct ops_source src = { fuzz_next, fuzz_more, &in };

	memblock_ops_run(&src, 200, getenv("CALLS") != NULL);
	return 0;
}
