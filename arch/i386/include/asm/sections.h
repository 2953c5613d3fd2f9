/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Borders of the kernel image, from linker.ld. Each is the start of a page. Only the addresses of
 * these symbols have a meaning; they have no value.
 */

extern char kernel_start[], kernel_end[];
extern char text_start[], text_end[];
extern char init_text_start[], init_text_end[];
extern char rodata_start[], rodata_end[];
extern char data_start[], data_end[];
extern char ro_after_init_start[], ro_after_init_end[]; /* the first pages of data */
extern char init_data_start[], init_data_end[];
extern char bss_start[], bss_end[];
extern char init_bss_start[], init_bss_end[];

/* The boot CPU's per-CPU data. */
extern char percpu_start[], percpu_end[];

/* The boot stack, and the page below it that is never mapped. */
extern char boot_stack_guard[], boot_stack[], boot_stack_end[];
