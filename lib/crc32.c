/* SPDX-License-Identifier: MIT */
#include <lib/crc32.h>

/*
 * The reflected form (IEEE 802.3, 3.2.9; ITU-T V.42, 8.1.1.6.2), one bit at a time. A table would
 * be faster, but the kernel only computes checksums of boot modules, once.
 */

#define POLYNOMIAL 0xedb88320u

u32 crc32(u32 crc, const void *data, size_t n)
{
	const u8 *byte = data;

	crc = ~crc;
	for (; n; n--, byte++) {
		crc ^= *byte;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
	}
	return ~crc;
}
