/* SPDX-License-Identifier: MIT */
#include <asm/fixmap.h>
#include <kernel/panic.h>
#include <kernel/preempt.h>
#include <lib/string.h>
#include <mm/map_range.h>
#include <mm/page_alloc.h>
#include <mm/vmalloc.h>

/*
 * Frames from anywhere, side by side in the address space: vmap() takes the caller's, vmalloc() takes
 * its own, highmem first, since nothing else can use that as easily.
 *
 * The PTEs are the record of which frames a range has: vfree() reads them before it clears them, so no
 * array of pages is kept.
 */

static phys_addr_t table_from_page_allocator(void)
{
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);

	return page ? page_to_phys(page) : 0;
}

static void table_to_page_allocator(phys_addr_t table)
{
	__free_page(pfn_to_page(PFN_DOWN(table)));
}

void __init vmalloc_init(void)
{
	pagetable_use_allocator(table_from_page_allocator, table_to_page_allocator);
	vm_area_init(vmalloc_start, VMALLOC_END);
}

static unsigned long pages_of(const struct vm_area *area)
{
	return area->size >> PAGE_SHIFT;
}

/* The range that begins at addr and was made for `flags`; anything else is a bug of the caller. */
static struct vm_area *area_to_end(const void *addr, unsigned int flags, const char *who)
{
	struct vm_area *area = vm_area_find((unsigned long)addr);

	if (!area)
		panic("%s(%p): no range begins there", who, addr);
	if (area->flags != flags)
		panic("%s(%p): the range there has flags %#x, expected %#x", who, addr, area->flags,
		      flags);
	return area;
}

void *vmap(struct page **pages, unsigned int count, unsigned int flags, pgprot_t prot)
{
	struct vm_area *area;

	might_sleep("vmap");
	if (count == 0 || count > VMALLOC_END >> PAGE_SHIFT)
		return NULL;
	area = vm_area_get((unsigned long)count << PAGE_SHIFT, VM_MAP,
			   (unsigned long)__builtin_return_address(0));
	if (!area)
		return NULL;
	for (unsigned int i = 0; i < count; i++) {
		unsigned long vaddr = area->addr + ((unsigned long)i << PAGE_SHIFT);

		if (map_frame_range(vaddr, page_to_pfn(pages[i]), 1, prot) != 0) {
			unmap_range(area->addr, i);
			vm_area_put(area);
			return NULL;
		}
	}
	return (void *)area->addr;
}

void vunmap(const void *addr)
{
	struct vm_area *area;

	if (!addr)
		return;
	area = area_to_end(addr, VM_MAP, "vunmap");
	unmap_range(area->addr, pages_of(area));
	vm_area_put(area);
}

struct page *vmalloc_to_page(const void *addr)
{
	unsigned long vaddr = (unsigned long)addr;
	pte_t *pte;

	if (vaddr < vmalloc_start || vaddr >= VMALLOC_END)
		return NULL;
	pte = pte_lookup(vaddr);
	if (!pte || !pte_present(*pte) || !pfn_valid(pte_pfn(*pte)))
		return NULL;
	return pfn_to_page(pte_pfn(*pte));
}

/*
 * Takes the pages of a range out of the page tables and gives them back. The flush is over before the
 * first page is free, so the pages have to be remembered: in a list through their private words.
 */
static void free_area_pages(const struct vm_area *area)
{
	u32 list = PFN_NONE;

	for (unsigned long i = 0; i < pages_of(area); i++) {
		struct page *page = vmalloc_to_page((void *)(area->addr + (i << PAGE_SHIFT)));

		if (!page)
			continue;
		page->a = list;
		list = (u32)page_to_pfn(page);
	}
	unmap_range(area->addr, pages_of(area));
	while (list != PFN_NONE) {
		struct page *page = pfn_to_page(list);

		list = page->a;
		__free_page(page);
	}
}

static bool fill_area(const struct vm_area *area, gfp_t gfp)
{
	for (unsigned long i = 0; i < pages_of(area); i++) {
		struct page *page = alloc_page(gfp | __GFP_HIGHMEM);
		unsigned long vaddr = area->addr + (i << PAGE_SHIFT);

		if (!page)
			return false;
		if (map_frame_range(vaddr, page_to_pfn(page), 1, PAGE_KERNEL) != 0) {
			__free_page(page);
			return false;
		}
	}
	return true;
}

static void *vmalloc_from(unsigned long size, gfp_t gfp, unsigned long caller)
{
	struct vm_area *area;

	might_sleep("vmalloc");
	/* More than there is of either would only be found out page by page. */
	if (size == 0 || size > VMALLOC_END - vmalloc_start || size >> PAGE_SHIFT > nr_free_pages())
		return NULL;
	area = vm_area_get(ALIGN_UP(size, PAGE_SIZE), VM_ALLOC, caller);
	if (!area)
		return NULL;
	if (!fill_area(area, gfp)) {
		free_area_pages(area);
		vm_area_put(area);
		return NULL;
	}
	return (void *)area->addr;
}

void *vmalloc(unsigned long size)
{
	return vmalloc_from(size, GFP_KERNEL, (unsigned long)__builtin_return_address(0));
}

void *vzalloc(unsigned long size)
{
	return vmalloc_from(size, GFP_KERNEL | __GFP_ZERO,
			    (unsigned long)__builtin_return_address(0));
}

void vfree(const void *addr)
{
	struct vm_area *area;

	if (!addr)
		return;
	area = area_to_end(addr, VM_ALLOC, "vfree");
	free_area_pages(area);
	vm_area_put(area);
}
