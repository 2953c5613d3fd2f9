/* SPDX-License-Identifier: MIT */
#include <asm/tlbflush.h>
#include <lib/errno.h>
#include <vm/anon.h>
#include <vm/area.h>
#include <vm/mm.h>
#include <vm/zero_page.h>

/*
 * Copying an address space for fork(2), without copying a page. The child gets copies of the areas
 * and of the entries. An anonymous page is then in both address spaces, so both entries lose the
 * write bit; the first write copies the page (vm/fault.c).
 *
 *	private anonymous, or private pages of a file    entries are copied, read-only
 *	shared memory and shared files                   nothing: the child faults
 *
 * The parent's CPUs may have cached its entries with the write bit. They flush once, at the end,
 * and before the lock of the parent is released: no other thread of the parent can copy a page
 * before.
 *
 * Nobody else knows the child yet, so its lock is not taken. Of the parent's page tables one is
 * locked at a time, with its copy mapped beside it.
 */

struct copy {
	struct mm *parent, *child;
	const struct area *area; /* of the parent */
	struct family_share share;
	bool write_protected; /* an entry of the parent has lost the write bit */
};

static void copy_entry(struct copy *copy, const struct table *from, const struct table *to,
		       unsigned long addr)
{
	pte_t *ptep = &from->ptes[pte_index(addr)], pte = *ptep;
	unsigned long pfn = pte_pfn(pte);

	if (pte_writable(pte)) {
		pte_write_protect(ptep);
		pte.val &= ~(pteval_t)PTE_WRITE;
		copy->write_protected = true;
	}
	if (!is_zero_pfn(pfn)) {
		struct page *page = pfn_to_page(pfn);

		if (page_state(page) == PAGE_OBJECT) {
			__atomic_fetch_add(&page->refcount, 1, __ATOMIC_RELAXED);
			mapped_add(copy->child, 1);
		} else {
			anon_shared_by_fork(copy->parent, copy->child,
					    area_origin(copy->area, addr), page, &copy->share);
		}
	}
	table_set(to, addr, pte);
}

/* The tables of both are locked. Entries are counted, so the loop ends after the last one. */
static void copy_table(struct copy *copy, unsigned long start, unsigned long end)
{
	struct table from, to;
	u32 left;

	if (!table_map(&copy->parent->pagetable, start, &from))
		return;
	if (table_map(&copy->child->pagetable, start, &to)) {
		left = from.page->b;
		for (unsigned long addr = start; addr < end && left; addr += PAGE_SIZE) {
			if (pte_none(from.ptes[pte_index(addr)]))
				continue;
			left--;
			copy_entry(copy, &from, &to, addr);
		}
		table_unmap(&to);
	}
	table_unmap(&from);
}

static int copy_entries(struct copy *copy, unsigned long start, unsigned long end)
{
	struct pagetable *parent = &copy->parent->pagetable, *child = &copy->child->pagetable;
	bool found;

	for (;;) {
		spin_lock(&parent->lock);
		found = table_next(parent, &start, end);
		spin_unlock(&parent->lock);
		if (!found)
			return 0;
		if (table_make(child, start) != 0)
			return -ENOMEM;
		spin_lock(&parent->lock);
		spin_lock(&child->lock);
		copy_table(copy, start, table_end(start, end));
		family_share_end(&copy->share);
		spin_unlock(&child->lock);
		spin_unlock(&parent->lock);
		start = table_end(start, end);
		if (start >= end)
			return 0;
	}
}

static int copy_areas(struct copy *copy)
{
	struct area *area;

	for_each_area_from(area, copy->parent, 0) {
		if (area->flags & AREA_DONTFORK)
			continue;
		if (!area_copy_to(area, copy->child))
			return -ENOMEM;
		if (area->flags & AREA_SHARED || !(area->flags & AREA_TOUCHED))
			continue;
		copy->area = area;
		if (copy_entries(copy, area->node.start, area->node.end) != 0)
			return -ENOMEM;
	}
	return 0;
}

/* All that is not in an area. */
static void copy_numbers(const struct mm *parent, struct mm *child)
{
	child->start_brk = parent->start_brk;
	child->brk = parent->brk;
	child->mmap_base = parent->mmap_base;
	child->stack_top = parent->stack_top;
	child->arg_start = parent->arg_start;
	child->arg_end = parent->arg_end;
	child->env_start = parent->env_start;
	child->env_end = parent->env_end;
	child->limit_stack = parent->limit_stack;
	child->limit_as = parent->limit_as;
	child->limit_data = parent->limit_data;
}

struct mm *mm_fork(struct mm *parent, int *error)
{
	struct copy copy = { .parent = parent, .child = mm_create() };
	int err;

	*error = -ENOMEM;
	if (!copy.child)
		return NULL;
	family_adopt(parent->family, copy.child->family);
	down_write(&parent->lock);
	copy_numbers(parent, copy.child);
	err = copy_areas(&copy);
	if (copy.write_protected)
		flush_tlb_user_all(&parent->pagetable);
	up_write(&parent->lock);
	if (err) {
		mm_put(copy.child);
		return NULL;
	}
	*error = 0;
	return copy.child;
}
