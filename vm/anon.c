/* SPDX-License-Identifier: MIT */
#include <kernel/meminfo_line.h>
#include <kernel/vmstat_line.h>
#include <vm/anon.h>

/*
 * Two counts for meminfo and vmstat. AnonPages counts pages. Mapped counts mappings of pages of
 * files, so a page that two programs map counts twice; Linux counts it once, and has a count in
 * each descriptor for it.
 */

unsigned long nr_anon_pages, nr_mapped_pages, nr_major_faults;

static unsigned long anon_pages(void)
{
	return READ_ONCE(nr_anon_pages);
}
VMSTAT_LINE(110, "nr_anon_pages", anon_pages);

static unsigned long mapped_pages(void)
{
	return READ_ONCE(nr_mapped_pages);
}
VMSTAT_LINE(120, "nr_mapped", mapped_pages);

static unsigned long major_faults(void)
{
	return READ_ONCE(nr_major_faults);
}
VMSTAT_LINE(516, "pgmajfault", major_faults);

static unsigned long anon_kb(void)
{
	return anon_pages() << (PAGE_SHIFT - 10);
}
MEMINFO_LINE(520, "AnonPages", anon_kb);

static unsigned long mapped_kb(void)
{
	return mapped_pages() << (PAGE_SHIFT - 10);
}
MEMINFO_LINE(530, "Mapped", mapped_kb);
