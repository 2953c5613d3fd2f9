/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * absent_ram_drop() - remove RAM from e820_table that does not keep a written value
 *
 * Tests the last frame of each range. If it does not answer, the end of the range is searched and
 * cut off, and one line names the lost part.
 *
 * Context: boot, once, after paging_init_early(), on the only CPU that runs; boot_cpu.phys_bits is
 * final.
 */
void absent_ram_drop(void);
