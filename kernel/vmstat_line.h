/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/linker_set.h>

/*
 * Lines of /proc/vmstat, in a linker set. The names are Linux's. Numbers of pages (nr_...) have
 * ranks from 100 to 499, and counts of events from 500 on.
 */

/**
 * struct vmstat_line - a line of vmstat
 * @name: "nr_free_pages"
 * @value: returns the number of pages or events; callable in any context
 */
struct vmstat_line {
	const char *name;
	unsigned long (*value)(void);
};

#define VMSTAT_LINE(rank_, name_, fn)                                       \
	ASSERT_RANK(rank_);                                                 \
	static const struct vmstat_line vmstat_line_##fn LINKER_SET_RANKED( \
		vmstat_lines, rank_) = { .name = (name_), .value = (fn) }
