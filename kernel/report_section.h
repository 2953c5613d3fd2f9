/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/json.h>
#include <lib/linker_set.h>

/*
 * Sections of the document that `report json` prints, in a linker set. The file that owns some data
 * adds a section, beside its report in words, and both read the data through the same functions.
 * The command (init/report.c) knows no section by name.
 *
 * The schema of the document is docs/report.schema.json. A new section or a new member needs a
 * description there. A change that breaks a reader needs a new version: REPORT_VERSION in
 * init/report.c.
 *
 * Ranks give the order of the sections:
 *
 *	100 to 199	the build, the time
 *	200 to 299	the physical address space: e820, iomem, memblock
 *	300 to 399	zones and frames
 *	400 to 499	the virtual address space: layout, kmap, vmalloc
 *	500 to 599	objects and users of memory
 *	600 to 699	threads and CPUs, their counters
 */

/**
 * struct report_section - a member of the document
 * @rank: its place in the document, different for each section
 * @name: its key
 * @write: writes the members of the section's object. It may take locks and allocates nothing; the
 *	writer prints each line on the consoles
 */
struct report_section {
	unsigned int rank;
	const char *name;
	void (*write)(struct json *json);
};

#define REPORT_SECTION(rank_, name_, fn)                                          \
	ASSERT_RANK(rank_);                                                       \
	static const struct report_section report_section_##fn LINKER_SET_RANKED( \
		report_sections, rank_) = { .rank = (rank_), .name = (name_), .write = (fn) }
