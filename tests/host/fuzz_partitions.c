/* SPDX-License-Identifier: MIT */
#include "fuzz.h"
#include "partitions_ops.h"

/*
 * The reader of partition tables under a fuzzer. The first two bytes of an input give the size of
 * the disk and the number of partitions. Each table that is read takes the next 64 bytes as its
 * four entries.
 */

static struct fuzz_input input;

static int next_table(u64 sector, u8 *bytes)
{
	memset(bytes, 0, 512);
	for (u32 i = 0; i < 64; i++)
		bytes[446 + i] = fuzz_next(&input);
	bytes[510] = 0x55;
	bytes[511] = 0xaa;
	return 0;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u8 bits, most;

	host_fail_aborts = true;
	input = (struct fuzz_input){ data, size, 0 };
	bits = fuzz_next(&input) % 34;
	most = fuzz_next(&input);
	disk_read_and_check(1ull << bits, most % 20, next_table);
	host_fail_aborts = false;
	return 0;
}
