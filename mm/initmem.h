/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * free_initmem() - free the parts of the kernel image that only booting needed
 *
 * The data that is __ro_after_init becomes read-only. The pages of __init code and data, and
 * those of the boot page tables, are filled with 0xcc (INT3), become non-executable and are given
 * to the page allocator. A later call of an __init function is a page fault, or a breakpoint on a
 * CPU without NX (no-execute).
 *
 * The limits of the zones are computed again, for all CPUs that have been started.
 *
 * Context: boot, once, from a function that is not __init, after the start of the other CPUs;
 * interrupts on or off.
 */
void free_initmem(void);
