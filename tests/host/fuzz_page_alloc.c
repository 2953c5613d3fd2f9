/* SPDX-License-Identifier: MIT */
#include "fuzz.h"
#include "page_alloc_ops.h"

/* The input decides all random numbers of page_alloc_ops.c: machine, operations, operands. */

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static bool mapped;

	if (!mapped && !page_alloc_ops_map()) {
		printf("the addresses of the machine are taken\n");
		abort();
	}
	mapped = host_fail_aborts = true;
	if (size == 0)
		return 0;
	host_random_use(data, size);
	page_alloc_ops_boot();
	page_alloc_ops_run(400);
	page_alloc_ops_check("after the operations");
	page_alloc_ops_finish();
	page_alloc_ops_check("after everything was freed");
	host_random_use(NULL, 0);
	host_log_clear();
	return 0;
}
