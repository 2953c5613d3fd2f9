/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/compiler.h>

/*
 * Lines of the report `meminfo`, in a linker set. The report itself (mm/zone_report.c) knows the page
 * allocator; whoever has more to tell, below it or above, adds a line.
 */

/**
 * struct meminfo_line - a line of meminfo that a higher layer adds
 * @name: what stands before the colon, at most 14 characters: "VmallocTotal"
 * @kb: its value in kB; any context
 */
struct meminfo_line {
	const char *name;
	unsigned long (*kb)(void);
};

#define MEMINFO_LINE(name_, fn)                                        \
	static const struct meminfo_line meminfo_line_##fn LINKER_SET( \
		meminfo_lines) = { .name = (name_), .kb = (fn) }
