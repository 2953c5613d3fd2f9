/* SPDX-License-Identifier: MIT */
#include <kernel/meminfo_line.h>
#include <kernel/proc_file.h>
#include <kernel/vmstat_line.h>
#include <lib/errno.h>
#include <mm/page_alloc.h>
#include <mm/shrinker.h>
#include <mm/zone_report.h>
#include <vm/cache.h>

/*
 * The page cache in /proc: lines of vmstat, and sys/vm/drop_caches. Most lines of meminfo are in
 * vm/disk_object.c.
 */

/* Free pages, and those of files that a disk has, too. */
static unsigned long available_kb(void)
{
	return (nr_available_pages() + cache_clean_pages()) << (PAGE_SHIFT - 10);
}
MEMINFO_LINE(120, "MemAvailable", available_kb);

static unsigned long file_pages(void)
{
	return READ_ONCE(cache_counts.pages);
}
VMSTAT_LINE(130, "nr_file_pages", file_pages);

static unsigned long dirty_pages(void)
{
	return READ_ONCE(cache_counts.dirty);
}
VMSTAT_LINE(140, "nr_dirty", dirty_pages);

static unsigned long writeback_pages(void)
{
	return READ_ONCE(cache_counts.writeback);
}
VMSTAT_LINE(150, "nr_writeback", writeback_pages);

unsigned long cache_shmem_pages(void)
{
	return READ_ONCE(cache_counts.pages) - READ_ONCE(cache_counts.disk_pages);
}
VMSTAT_LINE(160, "nr_shmem", cache_shmem_pages);

static unsigned long kb_read(void)
{
	return READ_ONCE(cache_counts.read);
}
VMSTAT_LINE(500, "pgpgin", kb_read);

static unsigned long kb_written(void)
{
	return READ_ONCE(cache_counts.written);
}
VMSTAT_LINE(510, "pgpgout", kb_written);

/* 1: pages of files, 2: caches of objects (mm/shrinker.h), 3: both. */
static int drop_caches(u32 value)
{
	if (value < 1 || value > 3)
		return -EINVAL;
	if (value & 1)
		cache_drop_all();
	if (value & 2)
		shrink_caches(nr_managed_pages(), GFP_KERNEL);
	return 0;
}

static const struct proc_file proc_drop_caches LINKER_SET(proc_files) = {
	.name = "sys/vm/drop_caches", .write = drop_caches, .mode = 0200
};
