/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/linker_set.h>

/*
 * Lines of the report `meminfo`, in a linker set. The report (mm/zone_report.c) knows the page
 * allocator only. Any other layer, below or above it, adds its values as lines.
 */

/**
 * struct meminfo_line - a line of meminfo
 * @name: the part before the colon, at most 14 characters: "VmallocTotal"
 * @kb: returns the value in kB; callable in any context
 */
struct meminfo_line {
	const char *name;
	unsigned long (*kb)(void);
};

#define MEMINFO_LINE(name_, fn)                                        \
	static const struct meminfo_line meminfo_line_##fn LINKER_SET( \
		meminfo_lines) = { .name = (name_), .kb = (fn) }
