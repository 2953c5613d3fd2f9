/* SPDX-License-Identifier: MIT */
#include <vm/anon.h>
#include <vm/area.h>
#include <vm/rmap.h>

/*
 * From a page to its mappings. Where they may be follows from the label of the page:
 *
 *	PAGE_ANON         one entry: the label names the page table and the entry in it
 *	PAGE_ANON_SHARED  in each address space of a family and below it: the address of the index,
 *	                  and where mremap(2) may have moved that address to
 *	PAGE_OBJECT       in each area of the object: the address of the index
 *
 * A label is read without a lock that keeps it as it is, so it may be old when the walk arrives, or
 * half old and half new. Therefore it only says where to look. The walk believes an entry that
 * names the frame, under the lock of the page tables, and nothing else. The family lock keeps the
 * address spaces, and the lock of the object keeps the areas.
 *
 * The search of a family ends when as many entries were found as the page has references, and in
 * any case after @most families: a server with a thousand children would make it long. The price
 * of giving up is a page that cannot be taken away from its owners.
 *
 * Reclaim walks with any lock held, so it only tries the family lock. An exclusive page, which is
 * the frequent case, needs no more than its address space to stay: family_hold(), without a lock.
 */

struct walk {
	const struct page *page;
	u32 most, found;
	bool over; /* @fn has seen enough */
	rmap_fn *fn;
	void *arg;
};

/* Looks at one place. */
static void visit(struct walk *walk, struct mm *mm, unsigned long addr)
{
	struct pagetable *pt = &mm->pagetable;
	struct table table;

	if (addr >= TASK_SIZE || walk->over)
		return;
	spin_lock(&pt->lock);
	if (table_map(pt, addr, &table)) {
		const pte_t pte = table.ptes[pte_index(addr)];

		if (pte_names_page(pte) && pte_pfn(pte) == page_to_pfn(walk->page)) {
			walk->found++;
			walk->over = !walk->fn(mm, addr, &table, walk->arg);
		}
		table_unmap(&table);
	}
	spin_unlock(&pt->lock);
}

static void walk_exclusive(struct walk *walk)
{
	u32 pfn = READ_ONCE(walk->page->a), index = READ_ONCE(walk->page->b);
	const struct page *table = pfn < max_pfn ? pfn_to_page(pfn) : NULL;
	const struct family *family;
	struct mm *mm;

	if (!table || page_state(table) != PAGE_TABLE || index >= PTRS_PER_PAGE)
		return;
	family_hold();
	family = family_of(table_owner_id(table));
	mm = family ? READ_ONCE(family->mm) : NULL;
	if (mm)
		visit(walk, mm, table_owner_addr(table) + index * PAGE_SIZE);
	family_let_go();
}

/* The address of an index in an area, or 0. */
static unsigned long moved_address(const struct area *area, u32 index)
{
	return index - area->origin < area_pages(area)
		       ? area->node.start + (index - area->origin) * PAGE_SIZE
		       : 0;
}

static void walk_family(struct walk *walk)
{
	u32 index = page_index(walk->page);
	struct family *top = family_of(page_family(walk->page)), *at;
	bool all = walk->most == RMAP_ALL;

	if (index >= TASK_SIZE >> PAGE_SHIFT)
		return;
	for (at = top; at && walk->most && !walk->over; at = family_next(top, at)) {
		unsigned long addr = (unsigned long)index << PAGE_SHIFT, other;
		const struct area *area;

		if (!all && walk->found >= READ_ONCE(walk->page->refcount))
			break;
		if (!all)
			walk->most--;
		if (!at->mm)
			continue;
		visit(walk, at->mm, addr);
		list_for_each_entry(area, &at->moved, moved_link) {
			other = moved_address(area, index);
			if (other && other != addr)
				visit(walk, at->mm, other);
		}
	}
}

/* The object is locked. */
static void walk_object(struct walk *walk, struct vm_object *object)
{
	u32 index = READ_ONCE(walk->page->b);
	const struct area *area;

	list_for_each_entry(area, &object->areas, object_link)
		if (index - area->pgoff < area_pages(area))
			visit(walk, area->mm, area->node.start + (index - area->pgoff) * PAGE_SIZE);
}

static void find_and_walk_object(struct walk *walk)
{
	struct vm_object *object = vm_object_find(READ_ONCE(walk->page->a));

	if (!object)
		return;
	vm_object_lock(object);
	walk_object(walk, object);
	vm_object_unlock(object);
	vm_object_put(object);
}

u32 rmap_walk(const struct page *page, u32 most, rmap_fn *fn, void *arg)
{
	struct walk walk = { .page = page, .most = most, .fn = fn, .arg = arg };

	if (page_state(page) == PAGE_OBJECT) {
		find_and_walk_object(&walk);
		return walk.found;
	}
	family_lock();
	if (page_state(page) == PAGE_ANON)
		walk_exclusive(&walk);
	else if (page_state(page) == PAGE_ANON_SHARED)
		walk_family(&walk);
	family_unlock();
	return walk.found;
}

bool rmap_try_walk(const struct page *page, struct vm_object *object, rmap_fn *fn, void *arg)
{
	struct walk walk = { .page = page, .most = RMAP_MOST, .fn = fn, .arg = arg };

	if (object) {
		walk_object(&walk, object);
	} else if (page_state(page) == PAGE_ANON) {
		walk_exclusive(&walk);
	} else if (page_state(page) == PAGE_ANON_SHARED) {
		if (!family_trylock())
			return false;
		walk_family(&walk);
		family_unlock();
	}
	return true;
}

bool rmap_leads_to(const struct page *page, const struct mm *mm, unsigned long table,
		   unsigned long addr)
{
	const struct family *top = family_of(page_family(page));
	const struct area *area;

	if (page_state(page) == PAGE_ANON)
		return page->a == table && page->b == pte_index(addr);
	if (!top || !family_is_above(top, mm->family))
		return false;
	if (page_index(page) == addr >> PAGE_SHIFT)
		return true;
	list_for_each_entry(area, &mm->family->moved, moved_link)
		if (moved_address(area, page_index(page)) == addr)
			return true;
	return false;
}
