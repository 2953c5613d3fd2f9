/* SPDX-License-Identifier: MIT */
#include <asm/fixmap.h>
#include <asm/irqflags.h>
#include <kernel/meminfo_line.h>
#include <kernel/panic.h>
#include <kernel/preempt.h>
#include <lib/string.h>
#include <mm/map_range.h>
#include <mm/page_alloc.h>
#include <mm/vmalloc.h>

/*
 * A large buffer needs contiguous addresses, but after some time the page allocator has few
 * contiguous frames left. And most frames of a large machine are highmem, which has no address at
 * all. So these functions map single frames side by side into the vmalloc range:
 *
 *	addresses    │ page 0 │ page 1 │ page 2 │ guard │     in the vmalloc range
 *	                 │        │        │
 *	frames        #70123   #00417   #91004                 anywhere, mostly in highmem
 *
 * vmap() maps frames of its caller. vmalloc() allocates frames, highmem first, because most other
 * users of the page allocator need lowmem. vmap_area.c finds the addresses, map_range.c writes the
 * page-table entries (PTEs), and this file combines the two.
 *
 * Invariant: the frames of a vmalloc() range are linked through word a of their descriptors, and
 * the range holds the number of the first. So vfree() needs neither an array of pages nor the
 * PTEs to find them.
 *
 * Price: a PTE and a TLB entry for each page, where the direct map needs one for 2 or 4 MiB; and
 * frames that wait for a purge (vmap_area.c). The interface is Linux's.
 */

/* --- frames and page tables ------------------------------------------------------------------- */

/* Retired ranges hold frames, so they are purged before an allocation fails. */
static struct page *alloc_frame(gfp_t gfp)
{
	struct page *page = alloc_page(gfp | __GFP_NOWARN);

	if (likely(page))
		return page;
	vm_unmap_aliases();
	return alloc_page(gfp);
}

/* Links frames for all pages of a range. On failure the range keeps those that it has. */
static bool alloc_frames(struct vmap_area *area, gfp_t gfp)
{
	unsigned int count = (unsigned int)vmap_area_pages(area);

	count -= alloc_page_chain(gfp | __GFP_NOWARN, count, &area->frames);
	if (likely(!count))
		return true;
	vm_unmap_aliases();
	return alloc_page_chain(gfp, count, &area->frames) == count;
}

/* Page tables allocated since boot. */
static unsigned long nr_tables;

static phys_addr_t table_from_page_allocator(void)
{
	struct page *page = alloc_frame(GFP_KERNEL | __GFP_ZERO);

	if (!page)
		return 0;
	__atomic_fetch_add(&nr_tables, 1, __ATOMIC_RELAXED);
	return page_to_phys(page);
}

static void table_to_page_allocator(phys_addr_t table)
{
	__atomic_fetch_sub(&nr_tables, 1, __ATOMIC_RELAXED);
	__free_page(pfn_to_page(PFN_DOWN(table)));
}

unsigned long nr_page_tables(void)
{
	return READ_ONCE(nr_tables);
}

unsigned long nr_user_page_tables;

static unsigned long page_tables_kb(void)
{
	return (nr_page_tables() + READ_ONCE(nr_user_page_tables)) << (PAGE_SHIFT - 10);
}
MEMINFO_LINE(650, "PageTables", page_tables_kb);

void __init vmalloc_init(void)
{
	pagetable_use_allocator(
		(struct table_allocator){ table_from_page_allocator, table_to_page_allocator });
	vmap_area_init(vmalloc_start, VMALLOC_END);
}

/* --- retiring a range ------------------------------------------------------------------------- */

static noinline void __noreturn not_freeable(const void *addr, unsigned int flags, const char *name)
{
	const struct vmap_area *area;

	if (in_interrupt() || irqs_disabled())
		panic("%s(%p): in an interrupt, or with interrupts off", name, addr);
	area = vmap_area_find((unsigned long)addr);
	if (!area)
		panic("%s(%p): no range in use begins there: freed twice, or a wrong address", name,
		      addr);
	panic("%s(%p): the range there has flags %#x, expected %#x (1 vmalloc, 2 vmap, "
	      "4 ioremap)",
	      name, addr, area->flags, flags);
}

/* Checks the context even if no flush follows this time: a wrong caller is found at once. */
static void retire(const void *addr, unsigned int flags, const char *name)
{
	if (unlikely(in_interrupt() || irqs_disabled() ||
		     !vmap_area_retire((unsigned long)addr, flags)))
		not_freeable(addr, flags, name);
}

/* --- the interface ---------------------------------------------------------------------------- */

void *vmap(struct page **pages, unsigned int count, unsigned int flags, pgprot_t prot)
{
	struct vmap_area *area;

	might_sleep("vmap");
	if (count > VMALLOC_END >> PAGE_SHIFT)
		return NULL;
	area = vmap_area_get((unsigned long)count << PAGE_SHIFT, VM_MAP,
			     (unsigned long)__builtin_return_address(0));
	if (!area)
		return NULL;
	if (map_page_array(vmap_area_addr(area), pages, count, prot) != 0) {
		vmap_area_put(area);
		return NULL;
	}
	return (void *)vmap_area_addr(area);
}

void vunmap(const void *addr)
{
	if (addr)
		retire(addr, VM_MAP, "vunmap");
}

struct page *vmalloc_to_page(const void *addr)
{
	unsigned long vaddr = (unsigned long)addr;
	const pte_t *pte;

	if (vaddr < vmalloc_start || vaddr >= VMALLOC_END)
		return NULL;
	pte = pte_lookup(vaddr);
	if (!pte || !pte_present(*pte) || !pfn_valid(pte_pfn(*pte)))
		return NULL;
	return pfn_to_page(pte_pfn(*pte));
}

/*
 * Refuses more pages than there are; vmalloc() would notice only after it has taken all of them.
 * The pages in per-CPU lists and retired ranges are counted only if the rest is not enough.
 */
static bool may_have_pages(unsigned long pages)
{
	unsigned long free = 0;

	for (unsigned int i = 0; i < MAX_NR_ZONES; i++)
		free += READ_ONCE(zones[i].free_pages);
	return pages <= free || pages <= nr_free_pages() + vm_lazy_pages();
}

static void *vmalloc_from(unsigned long size, gfp_t gfp, unsigned long caller)
{
	struct vmap_area *area;

	might_sleep("vmalloc");
	if (size > VMALLOC_END - vmalloc_start || !may_have_pages(size >> PAGE_SHIFT))
		return NULL;
	area = vmap_area_get(ALIGN_UP(size, PAGE_SIZE), VM_ALLOC, caller);
	if (!area)
		return NULL;
	if (!alloc_frames(area, gfp | __GFP_HIGHMEM) ||
	    map_chain(vmap_area_addr(area), area->frames, PAGE_KERNEL) != 0) {
		vmap_area_put(area);
		return NULL;
	}
	return (void *)vmap_area_addr(area);
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
	if (addr)
		retire(addr, VM_ALLOC, "vfree");
}
