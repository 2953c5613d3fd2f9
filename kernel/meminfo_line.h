/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/linker_set.h>

/*
 * Lines of the report `meminfo`, in a linker set. The report (mm/zone_report.c) knows the page
 * allocator only. Any other layer, below or above it, adds its values as lines.
 *
 * The lines have the order of Linux's /proc/meminfo, which programs and people know. Their ranks:
 *
 *	100 to 299	MemTotal, MemFree, MemAvailable, Buffers, Cached, ... Mlocked
 *	300 to 399	HighTotal, HighFree, LowTotal, LowFree
 *	400 to 499	SwapTotal, SwapFree, ... Zswapped
 *	500 to 599	Dirty, Writeback, AnonPages, Mapped, Shmem, KReclaimable
 *	600 to 699	Slab, ... KernelStack, PageTables, ... Bounce, ... Committed_AS
 *	700 to 799	VmallocTotal, VmallocUsed, VmallocChunk, Percpu, ... Hugetlb
 *	900 to 999	DirectMap4k, DirectMap2M or DirectMap4M
 */

/**
 * struct meminfo_line - a line of meminfo
 * @rank: place in the report, different for each line
 * @name: the part before the colon, at most 14 characters: "VmallocTotal"
 * @kb: returns the value in kB; callable in any context
 */
struct meminfo_line {
	unsigned int rank;
	const char *name;
	unsigned long (*kb)(void);
};

#define MEMINFO_LINE(rank_, name_, fn)                                        \
	ASSERT_RANK(rank_);                                                   \
	static const struct meminfo_line meminfo_line_##fn LINKER_SET_RANKED( \
		meminfo_lines, rank_) = { .rank = (rank_), .name = (name_), .kb = (fn) }
