/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * absent_ram_drop() - take RAM out of e820_table that does not keep what is written to it
 *
 * Looks at the last frame of each range, and where that one does not answer, for the first one that does
 * not. One line names each range that is lost.
 *
 * Context: boot, once, after paging_init_early(), on the only CPU that runs; boot_cpu.phys_bits is final.
 */
void absent_ram_drop(void);
