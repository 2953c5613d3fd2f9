/* SPDX-License-Identifier: MIT */
#include <asm/pagetable.h>
#include <mm/page_alloc.h>
#include <vm/anon.h>
#include <vm/area.h>
#include <vm/cache_page.h>
#include <vm/object_swap.h>
#include <vm/rmap.h>
#include <vm/unmap.h>

/*
 * Taking a page away from its programs. The kind of the page decides what becomes of an entry:
 *
 *	exclusive          one entry becomes the slot; the page is PAGE_SWAP in the same step
 *	shared by fork     each entry becomes the slot, and counts; PAGE_SWAP when the last has gone
 *	object, no disk    entries become zero, and the slot takes the place in the tree
 *	object of a disk   entries become zero
 *
 * The frame is not the caller's: it may be freed at any moment. An entry that names it, with its
 * page tables locked, or the table of the swap cache, or the lock of its object, shows that it is
 * in use. So the reference, PG_LOCKED and the slot are all taken there, when the first entry is
 * found.
 *
 * The label of a shared page changes only while it has one reference (vm/anon.h). It has more than
 * one now. A thread that saw one before still holds the lock of the page tables that have the only
 * entry; this file waited for that lock when it found the entry. So the slot can be written beside
 * the label.
 *
 * A thread that reads or writes through a reference of its own would miss the end of the page. So a
 * page with more references than entries stays.
 *
 * CPUs flush late, in a batch. Until then they may write to the page by an old translation. It is
 * PG_LOCKED until the flush, and a fault waits for that. A thread that takes a slot away, by
 * munmap(2) and the like, flushes its range itself. If a page cannot be taken after all, the flush
 * comes at once.
 *
 * An entry that became zero is nothing to others, so they owe no flush for it. Therefore the flush
 * for a page of an object comes before its lock is released. Faults, munmap(2), mremap(2) and
 * truncation need that lock, and mprotect(2) flushes for each area with an object.
 */

struct taking {
	struct page *page;
	struct tlb_batch *batch;
	u32 slot;
	bool fresh;               /* the slot has a count that no entry has used yet */
	bool held;                /* with a reference and PG_LOCKED of ours */
	bool owes;                /* an entry has changed */
	enum unmap_result result; /* if it is given back */
};

void page_unlock(struct page *page)
{
	cache_end_page(page, PG_LOCKED);
}

void vm_unmap_flush(struct tlb_batch *batch)
{
	if (batch->cpus)
		flush_tlb_user_cpus(batch->cpus);
	batch->cpus = 0;
}

/* The page tables are locked, which is after the lock of the address space: so it is only tried. */
static bool is_mlocked(struct mm *mm, unsigned long addr)
{
	const struct area *area;
	bool locked;

	if (!READ_ONCE(mm->locked_pages))
		return false;
	if (!down_read_trylock(&mm->lock))
		return true;
	area = area_first(mm, addr);
	locked = !area || area->flags & AREA_LOCKED;
	up_read(&mm->lock);
	return locked;
}

static void replace_entry(struct taking *taking, struct mm *mm, unsigned long addr,
			  const struct table *table, pte_t new)
{
	pte_t *ptep = table_entry(table, addr);

	pte_take(ptep);
	set_pte(ptep, new);
	taking->owes = true;
	taking->batch->cpus |= pagetable_users(&mm->pagetable);
}

/* --- anonymous pages -------------------------------------------------------------------------- */

static void entry_to_slot(struct taking *taking, struct mm *mm, unsigned long addr,
			  const struct table *table)
{
	if (!taking->fresh)
		swap_dup(taking->slot, 1);
	taking->fresh = false;
	replace_entry(taking, mm, addr, table, pte_swap(taking->slot));
	mm->anon_pages--;
	mm->swap_pages++;
}

/* Nothing maps the page any more. Its label goes, the slot stays. */
static void to_swap_state(struct page *page)
{
	WRITE_ONCE(page->a, page->a & ~LABEL_MASK);
	WRITE_ONCE(page->b, page->b & ~LABEL_MASK);
	set_page_state(page, PAGE_SWAP);
	__atomic_fetch_sub(&nr_anon_pages, 1, __ATOMIC_RELAXED);
}

static bool take_exclusive(struct mm *mm, unsigned long addr, const struct table *table, void *arg)
{
	struct taking *taking = arg;
	struct page *page = taking->page;

	if (is_mlocked(mm, addr)) {
		taking->result = UNMAP_LOCKED;
		return false;
	}
	if (page_state(page) != PAGE_ANON || READ_ONCE(page->refcount) != 1 ||
	    test_and_set_page_flag(page, PG_LOCKED))
		return false;
	page->a = page->b = 0;
	if (swap_cache_add(page, taking->slot) != 0) {
		anon_own(table, addr, page);
		page_unlock(page);
		return false;
	}
	set_page_flag(page, PG_DIRTY);
	to_swap_state(page);
	/* The reference of the entry is the caller's now. */
	entry_to_slot(taking, mm, addr, table);
	taking->held = true;
	return false;
}

/* The first entry of a shared page without a slot: it gets one. */
static bool give_slot(struct taking *taking)
{
	struct page *page = taking->page;

	if (test_and_set_page_flag(page, PG_LOCKED))
		return false;
	/* Another thread may have given it one meanwhile. */
	if (page_swap_slot(page) || swap_cache_add(page, taking->slot) != 0) {
		page_unlock(page);
		return false;
	}
	get_page(page);
	set_page_flag(page, PG_DIRTY);
	taking->held = true;
	return true;
}

static bool take_shared(struct mm *mm, unsigned long addr, const struct table *table, void *arg)
{
	struct taking *taking = arg;
	struct page *page = taking->page;

	if (is_mlocked(mm, addr)) {
		taking->result = UNMAP_LOCKED;
		return false;
	}
	if (page_state(page) != PAGE_ANON_SHARED || (!taking->held && !give_slot(taking)))
		return false;
	entry_to_slot(taking, mm, addr, table);
	family_drop_mapping(page_family(page));
	/* Until only the swap cache and this function are left. */
	return __atomic_sub_fetch(&page->refcount, 1, __ATOMIC_ACQ_REL) != 2;
}

/* A page with a slot: its reference is had from the swap cache. */
static bool hold_cached(struct taking *taking)
{
	struct page *page = swap_cache_get(taking->slot);

	if (page == taking->page && !test_and_set_page_flag(page, PG_LOCKED)) {
		taking->held =
			anon_slot(page) == taking->slot && !test_page_flag(page, PG_WRITEBACK);
		if (taking->held)
			return true;
		page_unlock(page);
	}
	if (page)
		vm_put_page(page);
	return false;
}

static enum unmap_result give_back(struct taking *taking)
{
	if (taking->owes)
		vm_unmap_flush(taking->batch);
	if (taking->fresh)
		swap_free(taking->slot, 1);
	if (taking->held) {
		page_unlock(taking->page);
		vm_put_page(taking->page);
	}
	return taking->result;
}

static enum unmap_result take_anon(struct taking *taking)
{
	struct page *page = taking->page;
	const enum page_state state = page_state(page);

	taking->slot = anon_slot(page);
	if (taking->slot) {
		if (!hold_cached(taking))
			return UNMAP_BUSY;
	} else {
		if (state == PAGE_SWAP)
			return UNMAP_BUSY;
		taking->slot = swap_alloc();
		if (!taking->slot)
			return UNMAP_NO_SLOT;
		taking->fresh = true;
	}
	if (!rmap_try_walk(page, NULL, state == PAGE_ANON ? take_exclusive : take_shared, taking) ||
	    !taking->held || READ_ONCE(page->refcount) != 2)
		return give_back(taking);
	if (page_state(page) == PAGE_ANON_SHARED)
		to_swap_state(page);
	return UNMAP_DONE;
}

/* --- pages of objects ------------------------------------------------------------------------- */

static bool take_from_object(struct mm *mm, unsigned long addr, const struct table *table,
			     void *arg)
{
	struct taking *taking = arg;

	/* The look at the areas of the object was without the lock of their address spaces. */
	if (is_mlocked(mm, addr))
		return false;
	replace_entry(taking, mm, addr, table, (pte_t){ 0 });
	table->page->b--;
	mapped_add(mm, -1);
	__atomic_fetch_sub(&taking->page->refcount, 1, __ATOMIC_RELEASE);
	return true;
}

static bool object_page_is_mlocked(const struct vm_object *object, u32 index)
{
	const struct area *area;

	list_for_each_entry(area, &object->areas, object_link)
		if (index - area->pgoff < area_pages(area) && area->flags & AREA_LOCKED)
			return true;
	return false;
}

/* The slot takes the place of the page, and the reference of the object becomes the caller's. */
static bool object_to_slot(struct vm_object *object, struct page *page, u32 slot)
{
	const u32 index = page->b;

	page->a = page->b = 0;
	if (swap_cache_add(page, slot) != 0) {
		page->a = object->id;
		page->b = index;
		return false;
	}
	set_page_flag(page, PG_DIRTY);
	set_page_state(page, PAGE_SWAP);
	radix_tree_replace(&object->pages, index, object_item_of(slot));
	__atomic_fetch_sub(&cache_counts.pages, 1, __ATOMIC_RELAXED);
	return true;
}

static enum unmap_result take_object_page(struct taking *taking, struct vm_object *object)
{
	const u32 busy = 1u << PG_LOCKED | 1u << PG_WRITEBACK;
	struct page *page = taking->page;

	if (READ_ONCE(page->flags) & busy)
		return UNMAP_BUSY;
	if (object_page_is_mlocked(object, page->b))
		return UNMAP_LOCKED;
	if (!object->ops) {
		taking->slot = swap_alloc();
		if (!taking->slot)
			return UNMAP_NO_SLOT;
		taking->fresh = true;
	}
	rmap_try_walk(page, object, take_from_object, taking);
	if (taking->owes)
		vm_unmap_flush(taking->batch);
	taking->owes = false;
	if (READ_ONCE(page->refcount) != 1)
		return give_back(taking);
	if (!object->ops) {
		set_page_flag(page, PG_LOCKED);
		if (!object_to_slot(object, page, taking->slot)) {
			clear_page_flag(page, PG_LOCKED);
			return give_back(taking);
		}
	}
	return UNMAP_DONE;
}

enum unmap_result try_to_unmap(struct page *page, struct vm_object *object, struct tlb_batch *batch)
{
	struct taking taking = { .page = page, .batch = batch, .result = UNMAP_BUSY };
	const enum page_state state = page_state(page);

	if (object)
		return state == PAGE_OBJECT ? take_object_page(&taking, object) : UNMAP_BUSY;
	if (state != PAGE_ANON && state != PAGE_ANON_SHARED && state != PAGE_SWAP)
		return UNMAP_BUSY;
	return take_anon(&taking);
}

/* --- accessed bits ---------------------------------------------------------------------------- */

struct look {
	struct tlb_batch *batch;
	bool used;
};

static bool clear_accessed(struct mm *mm, unsigned long addr, const struct table *table, void *arg)
{
	u32 *word = (u32 *)table_entry(table, addr);
	struct look *look = arg;

	if (READ_ONCE(*word) & PTE_ACCESSED) {
		__atomic_fetch_and(word, ~(u32)PTE_ACCESSED, __ATOMIC_SEQ_CST);
		look->batch->cpus |= pagetable_users(&mm->pagetable);
		look->used = true;
	}
	return true;
}

bool page_test_clear_accessed(struct page *page, struct vm_object *object, struct tlb_batch *batch)
{
	struct look look = { .batch = batch };

	return !rmap_try_walk(page, object, clear_accessed, &look) || look.used;
}
