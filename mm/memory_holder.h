/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/linker_set.h>
#include <lib/types.h>

/*
 * Owners of memory, in a linker set: the report that is printed when there is none left. The report
 * itself (mm/zone_report.c) knows the zones only; each file that takes much memory adds a part.
 */

/**
 * struct memory_holder - a part of the report
 * @show: prints lines; called with interrupts off, by a CPU that will do nothing else any more:
 * takes no
 *        lock, allocates nothing
 */
struct memory_holder {
	void (*show)(printf_fn *out);
};

#define MEMORY_HOLDER(fn)                                                \
	static const struct memory_holder memory_holder_##fn LINKER_SET( \
		memory_holders) = { .show = (fn) }
