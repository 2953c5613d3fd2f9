/* SPDX-License-Identifier: MIT */
#include "fuzz.h"
#include "slab_ops.h"

/* The input of the fuzzer replaces the random numbers by which slab_ops.c chooses operations. */

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static bool mapped;

	if (!mapped && !slab_ops_map()) {
		printf("the addresses of the machine are taken\n");
		abort();
	}
	mapped = host_fail_aborts = true;
	if (size == 0)
		return 0;
	host_random_use(data, size);
	slab_ops_boot(host_random_below(4) ? "" : "FZPU");
	slab_ops_run(400);
	slab_ops_finish();
	host_random_use(NULL, 0);
	host_log_clear();
	return 0;
}
