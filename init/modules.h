/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/boot_record.h>

/**
 * module_checksum() - CRC-32 of a boot module as it is in memory now
 * @module: of the boot record
 *
 * Context: after memblock_free_all().
 * Return: the checksum, as zlib computes it.
 */
u32 module_checksum(const struct boot_module *module);
