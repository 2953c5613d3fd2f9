/* SPDX-License-Identifier: MIT */
#include <lib/errno.h>
#include <lib/string.h>
#include <mm/kmap_local.h>
#include <mm/page_alloc.h>
#include <vm/area.h>
#include <vm/build.h>
#include <vm/mman.h>
#include <vm/mmap.h>
#include <vm/resolve.h>

/*
 * The address space of a new program. Its areas are made from the lowest to the highest: segments,
 * .bss, stack. So each of them is above all others, where nothing can be that has to be unmapped:
 *
 *	| text | rodata | data | bss |                           | stack |
 *	  1      2        3      4     ─▶                           5
 *
 * The pages of short segments are mapped at once, and those of the stack that have bytes.
 *
 * This saves most of an mmap(2). Two kinds of areas take the common way: a segment that shares a
 * page with the one before it, and the dynamic linker, which is mapped below the stack. A stack
 * that is not above all others is refused.
 *
 * No other thread uses the address space yet, so its lock is not needed: swapoff(2) waits for the
 * end. A truncation of the file finds an area as soon as the object lists it, but takes the lock of
 * the page tables only.
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

	if (!pages)
		return 0;
	if (unlikely(start < MMAP_MIN_ADDR || (last && start < last->end)))
		return flags & AREA_GROWSDOWN ? -ENOMEM
					      : place(mm, start, end, flags, object, pgoff);
	flags |= AREA_MAYWRITE | (flags & AREA_WRITE ? AREA_ACCOUNT : 0);
	if (vm_over_limit(mm, pages, flags) || (flags & AREA_ACCOUNT && vm_overcommits(pages)))
		return -ENOMEM;
	return area_add(mm, NULL, start, end, flags, object, pgoff) ? 0 : -ENOMEM;
}

/* A new page: zeroes up to @offset, and then bytes from @data. */
static int put_page_of_stack(const struct area *area, unsigned long addr, size_t offset,
			     const char *data)
{
	struct page *page = alloc_page(GFP_HIGHUSER_MOVABLE | __GFP_NOWARN);
	char *to;
	int result;

	if (!page)
		return -ENOMEM;
	to = kmap_local_page(page);
	memset(to, 0, offset);
	memcpy(to + offset, data, PAGE_SIZE - offset);
	kunmap_local(to);
	result = fault_install(area, addr, page);
	if (unlikely(result)) {
		__free_page(page);
		return -ENOMEM;
	}
	return 0;
}

int vm_build_stack(struct mm *mm, const char *data, size_t size)
{
	struct area *area = area_of(mm->areas.last);
	unsigned long end = area->node.end, addr = end - size;
	int err = 0;

	area->flags |= AREA_TOUCHED;
	while (addr != end && !err) {
		size_t offset = addr & ~PAGE_MASK;

		err = put_page_of_stack(area, addr & PAGE_MASK, offset, data);
		data += PAGE_SIZE - offset;
		addr += PAGE_SIZE - offset;
	}
	return err;
}
