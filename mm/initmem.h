/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * free_initmem() - the end of boot: what was needed only until now goes
 *
 * What is __ro_after_init becomes read-only. The pages of __init code and data, and of the boot page
 * tables, are filled with 0xcc (INT3), lose the right to be executed and go to the page allocator. A
 * call of an __init function from here on is a page fault, or a breakpoint where the CPU has no NX.
 *
 * Context: boot, once, from code that is not __init, interrupts on or off.
 */
void free_initmem(void);
