/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/boot_record.h>

/**
 * boot_modules_reserve() - keep what the loader put into memory from being overwritten
 * @record: its modules are cut to the RAM that the kernel uses; a module outside of it is removed
 * @kernel: physical address of the kernel image
 * @kernel_size: its bytes
 *
 * Each module that is left is reserved and logged. An empty one is kept: its name may be all that it is
 * there for.
 *
 * Context: boot, once: e820_table has only RAM that will be used, and nothing is allocated yet.
 */
void boot_modules_reserve(struct boot_record *record, phys_addr_t kernel, u64 kernel_size);
