/* SPDX-License-Identifier: MIT */
#include <lib/errno.h>
#include <mm/page_alloc.h>
#include <vm/anon.h>
#include <vm/area.h>
#include <vm/cache_page.h>
#include <vm/fault_step.h>
#include <vm/object_swap.h>
#include <vm/rmap.h>
#include <vm/swap_fault.h>
#include <vm/swap_slots.h>
#include <vm/unmap.h>
#include <vm/user_page.h>

/*
 * A program touches a page that is in swap space. The swap cache has it, or reads it. Others
 * may want the page, too. So the program gets:
 *
 *	nobody maps the page, and it is    the page itself, read-only. It keeps its slot, whose
 *	read, or no other entry names it   bytes stay true until the first write. The write frees
 *	                                   the slot, or gets a copy if other entries name it
 *	another one maps it, it is read,   the page itself, as after a fork
 *	and its label leads here
 *	otherwise                          a copy, which is exclusive
 *
 * A slot has no room for a label, so the label that the page had (vm/family.c) is lost. The page
 * gets a new one, which has to lead to all that may want it: the family of the first one, if it has
 * children, or else its parent. It is a guess. The price of a wrong one is memory: a relative that
 * the label does not lead to has a copy.
 *
 * While a thread reads the page, it has a count of the slot, so that the slot is not used for
 * another page. PG_LOCKED makes the threads that want the same page, and reclaim, come one after
 * the other.
 *
 * A page of an object comes back into its tree and loses the slot, since its label has no room.
 */

static void lock_page(struct page *page)
{
	while (test_and_set_page_flag(page, PG_LOCKED))
		swap_wait_page(page, PG_LOCKED);
}

/* --- a fault ---------------------------------------------------------------------------------- */

struct coming {
	const struct area *area;
	unsigned long addr;
	u32 slot;
	bool write, alone;        /* @alone: nobody maps the page */
	u32 label;                /* a family that has counted the new mapping of the page, or 0 */
	struct page *page, *copy; /* @copy is NULL if the page itself is mapped */
};

static pte_t entry_for(const struct area *area, const struct page *page, bool write)
{
	pte_t pte = user_page_pte(page, area->flags & (write ? AREA_WRITE | AREA_EXEC : AREA_EXEC));

	if (!(area->flags & AREA_PROT))
		pte.val &= ~(pteval_t)PTE_PRESENT;
	return pte;
}

/*
 * Is swap space so full that memory should not keep slots that it may not need? They are not lost:
 * the pages that have them can always go.
 */
static bool is_scarce(void)
{
	return swap_free_pages() < swap_total_pages() / 8;
}

/*
 * The page itself becomes a shared page, with a new label if nobody maps it. It becomes exclusive
 * if it can give up its slot. The page tables are locked.
 */
static pte_t map_cached(const struct coming *in, const struct table *table)
{
	struct page *page = in->page;

	/* The slot stays as it is at any moment. */
	if (in->alone) {
		WRITE_ONCE(page->a, (page->a & ~LABEL_MASK) | in->label);
		WRITE_ONCE(page->b, (page->b & ~LABEL_MASK) | area_origin(in->area, in->addr));
	}
	if (page_state(page) == PAGE_SWAP) {
		set_page_state(page, PAGE_ANON_SHARED);
		__atomic_fetch_add(&nr_anon_pages, 1, __ATOMIC_RELAXED);
	}
	in->area->mm->anon_pages++;
	swap_free(in->slot, 2);
	if ((in->write || is_scarce()) && anon_forget_slot(page) &&
	    anon_try_reuse(table, in->addr, page))
		return entry_for(in->area, page, true);
	return entry_for(in->area, page, false);
}

/*
 * Returns false if the entry does not name the slot any more. Otherwise the page itself, if it is
 * mapped, is unlocked, and the reference of this thread is that of the entry: munmap(2) may free
 * the page as soon as the page tables are unlocked.
 */
static bool map_it(const struct coming *in)
{
	struct mm *mm = in->area->mm;
	struct table table;
	bool same = false;
	pte_t *ptep, pte = { 0 };

	spin_lock(&mm->pagetable.lock);
	if (table_map(&mm->pagetable, in->addr, &table)) {
		ptep = table_entry(&table, in->addr);
		same = ptep->val == pte_swap(in->slot).val;
		if (same && in->copy) {
			anon_added(mm, &table, in->addr, in->copy);
			pte = entry_for(in->area, in->copy, true);
			swap_free(in->slot, 2);
		} else if (same) {
			pte = map_cached(in, &table);
		}
		if (same) {
			mm->swap_pages--;
			set_pte(ptep, pte);
		}
		if (same && !in->copy)
			page_unlock(in->page);
		table_unmap(&table);
	}
	spin_unlock(&mm->pagetable.lock);
	return same;
}

/*
 * The page is locked. Only the swap cache and this thread have it? A page that will be written must
 * also have no other entries that name its slot, than this one and the count of this thread.
 */
static bool is_alone(const struct coming *in)
{
	return READ_ONCE(in->page->refcount) == 2 && (!in->write || swap_count(in->slot) == 2);
}

/* Counts a mapping with the label of a family, unless the family has ended. */
static u32 count_mapping(struct family *family)
{
	u32 users = family ? READ_ONCE(family->users) : 0;

	while (users && !__atomic_compare_exchange_n(&family->users, &users, users + 1, true,
						     __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
	return users ? family->id : 0;
}

/* The page is locked, so its label stays. Returns 0 if the page itself cannot be mapped. */
static u32 find_label(const struct coming *in)
{
	struct family *own = in->area->mm->family;
	u32 label = 0;

	if (in->alone ? swap_count(in->slot) == 2 : in->write)
		return in->alone ? count_mapping(own) : 0;
	family_lock();
	if (in->alone)
		label = count_mapping(list_empty(&own->children) ? own->parent : own)
				?: count_mapping(own);
	else if (page_state(in->page) == PAGE_ANON_SHARED &&
		 rmap_leads_to(in->page, in->area->mm, 0, in->addr))
		label = count_mapping(family_of(page_family(in->page)));
	family_unlock();
	return label;
}

/* With the page locked. Drops the reference to it and, unless it fails, the count of the slot. */
static int bring_in(struct coming *in)
{
	int result = 0;

	if (in->write && is_alone(in))
		swap_wait_page(in->page, PG_WRITEBACK);
	in->alone = is_alone(in);
	if (anon_slot(in->page) != in->slot)
		result = -EAGAIN;
	else
		in->label = find_label(in);
	if (!result && !in->label) {
		in->copy = alloc_page(GFP_HIGHUSER_MOVABLE | __GFP_NOWARN);
		if (in->copy)
			copy_user_page(in->copy, in->page);
		else
			result = -ENOMEM;
	}
	if (!result && !map_it(in)) {
		if (in->label)
			family_drop_mapping(in->label);
		result = -EAGAIN;
	}
	if (result && in->copy)
		__free_page(in->copy);
	if (result || in->copy) {
		page_unlock(in->page);
		vm_put_page(in->page);
	}
	return result;
}

/* Pages around a fault, whose slots may be read with that of the fault. They are in one table. */
#define NEAR 32u

/* Slots of the same aligned group that entries near an address name. */
static u8 slots_beside(const struct area *area, unsigned long addr, u32 slot)
{
	struct pagetable *pt = &area->mm->pagetable;
	struct table table;
	u8 beside = 0;

	spin_lock(&pt->lock);
	if (table_map(pt, addr, &table)) {
		const pte_t *pte = table_entry(&table, addr & ~(NEAR * PAGE_SIZE - 1));

		for (u32 i = 0; i < NEAR; i++)
			if (pte_is_swap(pte[i]) && (pte_swap_slot(pte[i]) ^ slot) < SWAP_READ_PAGES)
				beside |= (u8)(1u << pte_swap_slot(pte[i]) % SWAP_READ_PAGES);
		table_unmap(&table);
	}
	spin_unlock(&pt->lock);
	return beside;
}

int fault_swap_in(const struct area *area, unsigned long addr, u32 access, u32 slot)
{
	struct coming in = {
		.area = area, .addr = addr, .slot = slot, .write = access == AREA_WRITE
	};
	int result;

	area->mm->guess.beside = slots_beside(area, addr, slot);
	result = swap_read(slot, GFP_HIGHUSER_MOVABLE, &area->mm->guess, &in.page);
	if (!result) {
		lock_page(in.page);
		result = bring_in(&in);
	}
	if (result)
		swap_free(slot, 1);
	if (result == -EAGAIN)
		return STEP_AGAIN;
	return result == -EIO ? -ENXIO : result;
}

/* --- pages of objects ------------------------------------------------------------------------- */

/* The page is locked. It leaves the swap cache, and enters the tree. */
static bool enter_object(struct vm_object *object, unsigned long index, struct page *page, u32 slot)
{
	if (anon_slot(page) != slot)
		return false;
	swap_wait_page(page, PG_WRITEBACK);
	swap_free(slot, 1);
	if (!swap_cache_remove(page, false)) {
		swap_dup(slot, 1);
		return false;
	}
	page->a = object->id;
	page->b = index;
	set_page_state(page, PAGE_OBJECT);
	radix_tree_replace(&object->pages, index, page);
	__atomic_fetch_add(&cache_counts.pages, 1, __ATOMIC_RELAXED);
	return true;
}

int object_swap_in(struct vm_object *object, unsigned long index, struct page **result)
{
	const u32 slot = object_item_slot(radix_tree_lookup(&object->pages, index));
	static struct swap_guess guess = { .beside = 0xff };
	struct page *page;
	bool entered;
	int error;

	*result = NULL;
	do {
		error = swap_read(slot, GFP_HIGHUSER_MOVABLE, &guess, &page);
		if (error)
			return error == -EAGAIN ? -EIO : error;
		lock_page(page);
		entered = enter_object(object, index, page, slot);
		page_unlock(page);
		/* The reference of this thread is now that of the object. */
		if (!entered)
			vm_put_page(page);
	} while (!entered);
	*result = page;
	return 0;
}
