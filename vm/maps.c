/* SPDX-License-Identifier: MIT */
#include <kernel/hook.h>
#include <vm/area.h>

/* The report of an address space: one line for each area, in the format of /proc/PID/maps. */

static void (*name_hook)(struct vm_object *object, printf_fn *out);

void vm_use_file_names(void (*show)(struct vm_object *object, printf_fn *out))
{
	hook_set(name_hook, show);
}

static void show_name(const struct mm *mm, const struct area *area, printf_fn *out)
{
	if (area->object && name_hook)
		name_hook(area->object, out);
	else if (area->object)
		return;
	else if (area->node.start <= mm->brk && area->node.end >= mm->start_brk &&
		 mm->brk > mm->start_brk)
		out("[heap]");
	else if (area->flags & AREA_GROWSDOWN)
		out("[stack]");
}

void vm_show_maps(struct mm *mm, printf_fn *out)
{
	const struct area *area;

	down_read(&mm->lock);
	for_each_area_from(area, mm, 0) {
		out("%08lx-%08lx %c%c%c%c %08lx 00:00 %-10u %15s", area->node.start, area->node.end,
		    area->flags & AREA_READ ? 'r' : '-', area->flags & AREA_WRITE ? 'w' : '-',
		    area->flags & AREA_EXEC ? 'x' : '-', area->flags & AREA_SHARED ? 's' : 'p',
		    area->object ? (unsigned long)area->pgoff << PAGE_SHIFT : 0ul,
		    area->object ? area->object->id : 0u, "");
		show_name(mm, area, out);
		out("\n");
	}
	up_read(&mm->lock);
}
