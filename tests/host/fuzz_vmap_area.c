/* SPDX-License-Identifier: MIT */
#include "fuzz.h"
#include "vmap_area_ops.h"

/*
 * The vmalloc address space under a fuzzer. The input is a program for vmap_area_ops.c: each byte
 * chooses a call or an operand, and each result is compared with the model.
 */

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input in = { data, size, 0 };
	const struct ops_source src = { fuzz_next, fuzz_more, &in };

	vmap_area_ops_run(&src, 400, getenv("CALLS") != NULL);
	return 0;
}
