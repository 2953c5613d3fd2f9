/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/**
 * crc32() - checksum of IEEE 802.3, as zlib and gzip compute it
 * @crc: 0, or the result for what comes before
 * @data: bytes
 * @n: how many
 *
 * Context: any.
 * Return: the checksum of everything so far.
 */
u32 crc32(u32 crc, const void *data, size_t n);
