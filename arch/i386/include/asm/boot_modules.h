/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/boot_record.h>

/**
 * boot_modules_reserve() - protect the boot modules from being overwritten
 * @record: its modules are cut to the RAM that the kernel uses; a module outside of that RAM is
 *   removed
 * @kernel: physical address of the kernel image
 * @kernel_size: its size in bytes
 *
 * Reserves and logs each module that is left. An empty module is kept, because its name may be its
 * purpose.
 *
 * Context: boot, once: e820_table has only RAM that will be used, and nothing is allocated yet.
 */
void boot_modules_reserve(struct boot_record *record, phys_addr_t kernel, u64 kernel_size);
