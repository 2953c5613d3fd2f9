/* SPDX-License-Identifier: MIT */
#include <kernel/hook.h>
#include <vm/area.h>

/* The report of an address space: one line for each area, in the format of /proc/PID/maps. */

static void (*file_hook)(struct vm_object *object, int column, printf_fn *out);

void vm_use_file_names(void (*show)(struct vm_object *object, int column, printf_fn *out))
{
	hook_set(file_hook, show);
}

static const char *name_of(const struct mm *mm, const struct area *area)
{
	if (area->node.start <= mm->brk && area->node.end >= mm->start_brk &&
	    mm->brk > mm->start_brk)
		return "[heap]";
	return area->flags & AREA_GROWSDOWN ? "[stack]" : NULL;
}

static void show_area(const struct mm *mm, const struct area *area, printf_fn *out)
{
	int column = out("%08lx-%08lx %c%c%c%c %08llx ", area->node.start, area->node.end,
			 area->flags & AREA_READ ? 'r' : '-', area->flags & AREA_WRITE ? 'w' : '-',
			 area->flags & AREA_EXEC ? 'x' : '-', area->flags & AREA_SHARED ? 's' : 'p',
			 area->object ? (u64)area->pgoff << PAGE_SHIFT : 0);
	const char *name;

	if (area->object && file_hook) {
		file_hook(area->object, column, out);
		return;
	}
	column += out("00:00 0 ");
	name = area->object ? NULL : name_of(mm, area);
	if (name)
		out("%*s%s", VM_NAME_COLUMN - column, "", name);
	out("\n");
}

void vm_show_maps(struct mm *mm, printf_fn *out)
{
	const struct area *area;

	down_read(&mm->lock);
	for_each_area_from(area, mm, 0)
		show_area(mm, area, out);
	up_read(&mm->lock);
}
