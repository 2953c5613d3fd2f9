/* SPDX-License-Identifier: MIT */
#include <asm/tlbflush.h>
#include <lib/errno.h>
#include <vm/anon.h>
#include <vm/area.h>
#include <vm/mm.h>

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
 * Of the others only swapoff(2) could look at the areas of the child yet, and it waits for the end.
 * So the lock of the child is not taken. Of the parent's page tables one is locked at a time, with
 * its copy mapped beside it.
 */

struct copy {
	struct mm *parent, *child;
	const struct area *area; /* of the parent */
	struct family_share share;
	u32 own;              /* mappings of pages with the label of the parent, not counted yet */
	bool write_protected; /* an entry of the parent has lost the write bit */
};

/*
 * A page of an object, one with the label of another address space, or one that only the parent
 * maps, and may not write now. Zeroes are not counted.
 */
static noinline void share_page(struct copy *copy, struct page *page, u32 index)
{
	if (page_is_single(page, PAGE_OBJECT)) {
		mapped_add(copy->child, 1);
		__atomic_fetch_add(&page->refcount, 1, __ATOMIC_RELAXED);
	} else if (page_is_single(page, PAGE_ANON_SHARED) || page_is_single(page, PAGE_ANON)) {
		anon_shared_by_fork(copy->parent, copy->child, index, page, &copy->share);
	}
}

/* An entry that names a slot: two do so now. CPUs may still write to its page until they flush. */
static noinline void share_slot(struct copy *copy, pte_t pte)
{
	swap_dup(pte_swap_slot(pte), 1);
	copy->child->swap_pages++;
	copy->write_protected = true;
}

/*
 * Gives a page that only the parent maps the label of a shared one. Its index is @bias more than
 * the number of the entry, counted from address 0.
 */
static inline void share_own(struct page *page, u32 id, const pte_t *entry, u32 bias)
{
	page->a = id;
	page->b = (u32)(unsigned long)entry / sizeof(*entry) + bias;
	change_page_state(page, PAGE_ANON, PAGE_ANON_SHARED);
	__atomic_fetch_add(&page->refcount, 1, __ATOMIC_RELAXED);
}

/*
 * Copies entries with the write bit, up to the first one without it, or to @stop, and returns where
 * they end. Nearly all pages of a program are of this kind. The first entry has the bit.
 */
static noinline pte_t *copy_writable(pte_t *from, const pte_t *stop, long distance, u32 id,
				     u32 bias)
{
	pte_t pte = *from;

	do {
		pte_write_protect(from);
		pte.val ^= PTE_WRITE;
		set_pte((pte_t *)((char *)from + distance), pte);
		share_own(pte_page(pte), id, from, bias);
		if (++from == stop)
			break;
		pte = *from;
	} while ((u32)pte.val & PTE_WRITE);
	return from;
}

/*
 * Copies @left entries or less to the same place in another table, and returns their number. Each
 * step of this loop is paid for each page of the program, so what most pages need is in line: a
 * page that the program may write, which only this program maps, and a page that this program has
 * shared before. Both have the label of this program afterwards.
 *
 * @stop is where the loop ends if all entries up to there are used. Unused entries move it on.
 */
static noinline u32 copy_run(struct copy *copy, pte_t *from, pte_t *to, u32 number, u32 left,
			     u32 index)
{
	const u32 id = copy->parent->family->id;
	const long distance = (char *)to - (char *)from;
	pte_t *const first = from, *const end = from + number;
	const u32 bias = index - (u32)(unsigned long)first / sizeof(*first);
	pte_t *stop = from + min(left, number);
	u32 unused = 0, others = 0, writable = 0, used;

	for (; from != stop; from++) {
		pte_t pte = *from;
		struct page *page;

		if (!pte_names_page(pte)) {
			const u32 skipped = pte_unused(pte) ? ptes_unused(from, end) : 0;

			if (!skipped) {
				set_pte((pte_t *)((char *)from + distance), pte);
				share_slot(copy, pte);
				others++;
				continue;
			}
			unused += skipped;
			stop += min(skipped, (u32)(end - stop));
			from += skipped - 1;
			continue;
		}
		if ((u32)pte.val & PTE_WRITE) {
			pte_t *next = copy_writable(from, stop, distance, id, bias);

			writable += (u32)(next - from);
			from = next - 1;
			continue;
		}
		set_pte((pte_t *)((char *)from + distance), pte);
		page = pte_page(pte);
		if (page_is_single(page, PAGE_ANON_SHARED) && page->a == id) {
			/* This program has shared it before. */
			__atomic_fetch_add(&page->refcount, 1, __ATOMIC_RELAXED);
		} else {
			others++;
			share_page(copy, page, index + (u32)(from - first));
		}
	}
	if (writable)
		copy->write_protected = true;
	used = (u32)(from - first) - unused;
	copy->own += used - others + writable;
	copy->child->anon_pages += used - others;
	return used;
}

/* Copies a part of a table, which exists in the parent and is locked there. */
static bool copy_table(struct copy *copy, unsigned long start, unsigned long end)
{
	struct pagetable *child = &copy->child->pagetable;
	struct table from, to;
	bool done;

	spin_lock(&child->lock);
	done = table_ready(child, start) && table_map_second(child, start, &to);
	if (done && table_map(&copy->parent->pagetable, start, &from)) {
		u32 first = pte_index(start);

		to.page->b += copy_run(copy, from.ptes + first, to.ptes + first,
				       (u32)((end - start) >> PAGE_SHIFT), from.page->b,
				       area_origin(copy->area, start));
		table_unmap(&from);
	}
	if (done)
		table_unmap(&to);
	/* Before truncate(2) can remove a mapping. */
	if (copy->own)
		family_share_add(&copy->share, copy->parent->family->id, (s32)copy->own);
	copy->own = 0;
	if (copy->share.nr)
		family_share_end(&copy->share);
	spin_unlock(&child->lock);
	return done;
}

static int copy_entries(struct copy *copy, unsigned long start, unsigned long end)
{
	struct pagetable *parent = &copy->parent->pagetable;
	int err = 0;

	spin_lock(&parent->lock);
	while (!err && table_next(parent, &start, end)) {
		unsigned long next = table_end(start, end);
		bool copied = copy_table(copy, start, next);

		if (copied)
			start = next;
		if (start == end)
			break;
		/* Others may want the lock, or a table has to be allocated. */
		spin_unlock(&parent->lock);
		if (!copied)
			err = table_make(&copy->child->pagetable, start);
		spin_lock(&parent->lock);
	}
	spin_unlock(&parent->lock);
	return err;
}

static int copy_areas(struct copy *copy)
{
	struct area *area;

	for_each_area_from(area, copy->parent, 0) {
		if (area->flags & AREA_DONTFORK) {
			area_uncount(area, copy->child);
			continue;
		}
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

static void copy_numbers(const struct mm *parent, struct mm *child)
{
	area_copy_counts(parent, child);
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
	child->limit_locked = parent->limit_locked;
}

struct mm *mm_fork(struct mm *parent, int *error)
{
	struct copy copy = { .parent = parent, .child = mm_create_child(parent) };
	int err;

	*error = -ENOMEM;
	if (!copy.child)
		return NULL;
	mm_set_building(copy.child, true);
	down_write(&parent->lock);
	copy_numbers(parent, copy.child);
	err = copy_areas(&copy);
	if (copy.write_protected)
		flush_tlb_user_all(&parent->pagetable);
	up_write(&parent->lock);
	mm_set_building(copy.child, false);
	if (err) {
		mm_put(copy.child);
		return NULL;
	}
	*error = 0;
	return copy.child;
}
