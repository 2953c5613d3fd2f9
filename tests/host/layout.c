/* SPDX-License-Identifier: MIT */
#include <asm/layout.h>

/*
 * The borders for tests that set them as they like: the computed ones of arch/i386/layout.c,
 * without its rules.
 */

unsigned long max_pfn;
unsigned long max_low_pfn;

/* The vmalloc range is empty: the frame table never fits there, so it is allocated in one piece. */
unsigned long vmalloc_start = VMALLOC_END;

void layout_set_end_of_ram(unsigned long end_pfn)
{
	max_pfn = end_pfn;
	max_low_pfn = max_low_pfn < end_pfn ? max_low_pfn : end_pfn;
}

void layout_take_vmalloc(unsigned long size)
{
	vmalloc_start += size;
}
