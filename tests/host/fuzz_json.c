/* SPDX-License-Identifier: MIT */
#include "fuzz.h"
#include "json_ops.h"

/*
 * The writer of JSON under a fuzzer. The input chooses the calls, right and wrong ones, with their
 * keys and values.
 */

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	host_fail_aborts = true;
	host_random_use(data, size);
	json_ops_run(2000, false);
	host_random_use(NULL, 0);
	host_fail_aborts = false;
	return 0;
}
