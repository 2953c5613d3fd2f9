/* SPDX-License-Identifier: MIT */
#include <kernel/meminfo_line.h>
#include <kernel/proc_file.h>
#include <kernel/vmstat_line.h>
#include <lib/string.h>
#include <mm/kmalloc.h>
#include <vm/swap_slots.h>

/* Swap in /proc: swaps, and lines of meminfo and vmstat. Names and formats are those of Linux. */

#define PAGE_KB (PAGE_SIZE / 1024)

/* A line of /proc/swaps, copied so that no lock is held while it is printed. */
struct line {
	char name[SWAP_NAME];
	bool is_file;
	u32 kb, used_kb;
	s32 priority;
};

static u32 copy_lines(struct line *lines)
{
	const struct swap_area *area;
	u32 nr = 0;

	spin_lock_unfair(&swap_lock);
	list_for_each_entry(area, &swap_areas, link) {
		struct line *line = &lines[nr++];

		memcpy(line->name, area->source.name, SWAP_NAME);
		line->is_file = area->source.is_file;
		line->kb = area->nr_slots * PAGE_KB;
		line->used_kb = (area->nr_slots - area->nr_free) * PAGE_KB;
		line->priority = area->source.priority;
	}
	spin_unlock(&swap_lock);
	return nr;
}

static void swaps_show(printf_fn *out)
{
	struct line *lines = kmalloc(SWAP_AREAS * sizeof(*lines), GFP_KERNEL);
	u32 nr = lines ? copy_lines(lines) : 0;

	out("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
	for (u32 i = 0; i < nr; i++)
		out("%-39s %s\t%u\t%s%u\t%s%d\n", lines[i].name,
		    lines[i].is_file ? "file\t" : "partition", lines[i].kb,
		    lines[i].kb < 10000000 ? "\t" : "", lines[i].used_kb,
		    lines[i].used_kb < 10000000 ? "\t" : "", lines[i].priority);
	kfree(lines);
}
PROC_FILE("swaps", swaps_show);

static unsigned long cached_kb(void)
{
	return swap_cached_pages() * PAGE_KB;
}
MEMINFO_LINE(160, "SwapCached", cached_kb);

static unsigned long total_kb(void)
{
	return swap_total_pages() * PAGE_KB;
}
MEMINFO_LINE(400, "SwapTotal", total_kb);

static unsigned long free_kb(void)
{
	return swap_free_pages() * PAGE_KB;
}
MEMINFO_LINE(410, "SwapFree", free_kb);

static unsigned long swapped_in(void)
{
	return READ_ONCE(swap_counts.in);
}
VMSTAT_LINE(512, "pswpin", swapped_in);

static unsigned long swapped_out(void)
{
	return READ_ONCE(swap_counts.out);
}
VMSTAT_LINE(514, "pswpout", swapped_out);
