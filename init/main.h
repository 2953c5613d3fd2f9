/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/* The output of `git describe` when this kernel was built. */
extern const char highland_version[];

/**
 * kernel_main() - boot the kernel: its first function in C
 * @record: physical address of the boot record
 *
 * Context: boot/entry.asm calls it on the boot page tables, interrupts off. Does not return.
 */
void kernel_main(u32 record);
