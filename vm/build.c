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
 * This saves most of an mmap(2). The exceptions take the common way: a segment that shares a page
 * with the one before it, and the dynamic linker, which is mapped below the stack.
 *
 * No other thread knows the address space yet. Its lock is held nevertheless, since the functions
 * of areas expect it, and costs next to nothing.
 */

/* Maps an area, which is above all others. @flags: AREA_* */
static int append(struct mm *mm, unsigned long start, unsigned long end, u32 flags,
		  struct vm_object *object, u32 pgoff)
{
	unsigned long pages = (end - start) >> PAGE_SHIFT;
	bool made = false;

	down_write(&mm->lock);
	if (!vm_over_limit(mm, pages, flags) && !(flags & AREA_ACCOUNT && vm_overcommits(pages)))
		made = area_add(mm, NULL, start, end, flags, object, pgoff);
	up_write(&mm->lock);
	return made ? 0 : -ENOMEM;
}

/* PROT_ and AREA_ have the same bits. */
static u32 flags_of(u32 prot)
{
	return prot | AREA_MAYWRITE | (prot & PROT_WRITE ? AREA_ACCOUNT : 0);
}

static bool is_highest(const struct mm *mm, unsigned long start)
{
	return start >= MMAP_MIN_ADDR && (!mm->areas.last || start >= mm->areas.last->end);
}

int vm_build_area(struct mm *mm, unsigned long start, unsigned long end, u32 prot,
		  struct vm_object *object, u32 pgoff)
{
	u32 flags = MAP_PRIVATE | MAP_FIXED | (object ? 0 : MAP_ANONYMOUS);
	long addr;

	if (start == end)
		return 0;
	if (likely(is_highest(mm, start)))
		return append(mm, start, end, flags_of(prot), object, pgoff);
	addr = vm_mmap(mm, start, end - start, prot, flags, object, pgoff, false);
	return (unsigned long)addr >= -PAGE_SIZE ? (int)addr : 0;
}

int vm_build_stack(struct mm *mm, unsigned long start, unsigned long end, bool executable)
{
	u32 prot = PROT_READ | PROT_WRITE | (executable ? PROT_EXEC : 0);

	if (start >= end || !is_highest(mm, start))
		return -ENOMEM;
	return append(mm, start, end, flags_of(prot) | AREA_GROWSDOWN, NULL, 0);
}
