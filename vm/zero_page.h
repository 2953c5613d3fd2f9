/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/* The frame of zeroes that programs see where they read memory which they have never written. */

/* Takes the frame, at boot. */
void zero_page_init(void);

/* Its number. No mapping of it is counted, and nothing ever writes to it. */
extern unsigned long zero_pfn;

static inline bool is_zero_pfn(unsigned long pfn)
{
	return pfn == zero_pfn;
}
