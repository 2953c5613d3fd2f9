/* SPDX-License-Identifier: MIT */
#include <lib/errno.h>
#include <vm/area.h>
#include <vm/build.h>
#include <vm/mman.h>
#include <vm/mmap.h>

/*
 * The address space of a new program. Its areas are made from the lowest to the highest: segments,
 * .bss, stack. So each of them is above all others, where nothing can be that has to be unmapped:
 *
 *	| text | rodata | data | bss |                           | stack |
 *	  1      2        3      4     ─▶                           5
 *
 * This saves most of an mmap(2). Two kinds of areas take the common way: a segment that shares a
 * page with the one before it, and the dynamic linker, which is mapped below the stack. A stack
 * that is not above all others is refused.
 *
 * No other thread knows the address space yet. Its lock is held nevertheless, since the functions
 * of areas expect it, and costs next to nothing.
 */

/* The slow way, for an area that is not above all others. */
static noinline int place(struct mm *mm, unsigned long start, unsigned long end, u32 flags,
			  struct vm_object *object, u32 pgoff)
{
	u32 kind = MAP_PRIVATE | MAP_FIXED | (object ? 0 : MAP_ANONYMOUS);
	long addr = vm_mmap(mm, start, end - start, flags & AREA_PROT, kind, object, pgoff, false);

	return (unsigned long)addr >= -PAGE_SIZE ? (int)addr : 0;
}

int vm_build_area(struct mm *mm, unsigned long start, unsigned long end, u32 flags,
		  struct vm_object *object, u32 pgoff)
{
	const struct range_node *last = mm->areas.last;
	unsigned long pages = (end - start) >> PAGE_SHIFT;
	bool made = false;

	if (!pages)
		return 0;
	if (unlikely(start < MMAP_MIN_ADDR || (last && start < last->end)))
		return flags & AREA_GROWSDOWN ? -ENOMEM
					      : place(mm, start, end, flags, object, pgoff);
	flags |= AREA_MAYWRITE | (flags & AREA_WRITE ? AREA_ACCOUNT : 0);
	down_write(&mm->lock);
	if (!vm_over_limit(mm, pages, flags) && !(flags & AREA_ACCOUNT && vm_overcommits(pages)))
		made = area_add(mm, NULL, start, end, flags, object, pgoff);
	up_write(&mm->lock);
	return made ? 0 : -ENOMEM;
}
