/* SPDX-License-Identifier: MIT */
#include <vm/area.h>

/* The report of an address space: one line for each area, in the format of /proc/PID/maps. */

static const char *area_name(const struct mm *mm, const struct area *area)
{
	if (area->object)
		return "";
	if (area->node.start <= mm->brk && area->node.end >= mm->start_brk &&
	    mm->brk > mm->start_brk)
		return "[heap]";
	return area->flags & AREA_GROWSDOWN ? "[stack]" : "";
}

void vm_show_maps(struct mm *mm, printf_fn *out)
{
	const struct area *area;

	down_read(&mm->lock);
	for_each_area_from(area, mm, 0) {
		const char *name = area_name(mm, area);

		out("%08lx-%08lx %c%c%c%c %08lx 00:00 %-10u", area->node.start, area->node.end,
		    area->flags & AREA_READ ? 'r' : '-', area->flags & AREA_WRITE ? 'w' : '-',
		    area->flags & AREA_EXEC ? 'x' : '-', area->flags & AREA_SHARED ? 's' : 'p',
		    area->object ? (unsigned long)area->pgoff << PAGE_SHIFT : 0ul,
		    area->object ? area->object->id : 0u);
		out(*name ? " %24s%s\n" : "%s%s\n", "", name);
	}
	up_read(&mm->lock);
}
