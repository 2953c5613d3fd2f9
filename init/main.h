/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/* What `git describe` said when this kernel was built. */
extern const char highland_version[];

/**
 * kernel_main() - the kernel, from the first line of C on
 * @record: physical address of the boot record
 *
 * Context: called by boot/entry.asm on the boot page tables, interrupts off. Does not return.
 */
void kernel_main(u32 record);
