/* SPDX-License-Identifier: MIT */
#pragma once

/* A host program has no kernel image. A test that needs its start and end defines them. */

extern char kernel_start[], kernel_end[];
extern char text_start[], text_end[];
extern char init_text_start[], init_text_end[];
extern char rodata_start[], rodata_end[];
extern char data_start[], data_end[];
extern char init_data_start[], init_data_end[];
extern char bss_start[], bss_end[];
extern char init_bss_start[], init_bss_end[];
