/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/boot_record.h>

/**
 * module_checksum() - compute the CRC-32 of a boot module in memory
 * @module: an entry of the boot record
 *
 * Context: after memblock_free_all().
 * Return: the checksum; zlib computes the same.
 */
u32 module_checksum(const struct boot_module *module);
