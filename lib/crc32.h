/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/**
 * crc32() - continue a checksum of IEEE 802.3, the one of zlib and gzip
 * @crc: 0 at the beginning, later the result for the bytes before @data
 * @data: the bytes
 * @n: their number
 *
 * Context: any.
 * Return: the checksum of all bytes so far.
 */
u32 crc32(u32 crc, const void *data, size_t n);
