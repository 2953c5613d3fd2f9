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

/* @name: of an area without a file, or NULL. */
static void show_area(const struct area *area, const char *name, printf_fn *out)
{
	int column = out("%08lx-%08lx %c%c%c%c %08llx ", area->node.start, area->node.end,
			 area->flags & AREA_READ ? 'r' : '-', area->flags & AREA_WRITE ? 'w' : '-',
			 area->flags & AREA_EXEC ? 'x' : '-', area->flags & AREA_SHARED ? 's' : 'p',
			 area->object ? (u64)area->pgoff << PAGE_SHIFT : 0);

	if (area->object && file_hook) {
		file_hook(area->object, column, out);
		return;
	}
	column += out("00:00 0 ");
	if (name)
		out("%*s%s", VM_NAME_COLUMN - column, "", name);
	out("\n");
}

/* The name of a file needs locks of fs/. A thread that has those may wait for the address space. */
void vm_show_maps(struct mm *mm, printf_fn *out)
{
	const struct area *found;
	struct area area = { 0 };
	const char *name = NULL;

	do {
		down_read(&mm->lock);
		found = area_first(mm, area.node.end);
		if (found) {
			area = *found;
			name = area.object ? NULL : name_of(mm, found);
			if (area.object)
				vm_object_get(area.object);
		}
		up_read(&mm->lock);
		if (found)
			show_area(&area, name, out);
		if (found && area.object)
			vm_object_put(area.object);
	} while (found);
}
