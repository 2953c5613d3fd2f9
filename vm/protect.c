/* SPDX-License-Identifier: MIT */
#include <asm/tlbflush.h>
#include <vm/area.h>
#include <vm/protect.h>
#include <vm/tables.h>

/*
 * Before a page goes to the disk, programs lose the right to write to it. The next write faults,
 * and makes the page dirty again: without that a change could stay in memory for ever.
 *
 *	object   │ 4 │ 5 │ 6 │ 7 │ 8 │       pages 5 to 7 are written
 *	area             ├───────────────┤   its entries of 6 and 7 lose the write bit
 *
 * Only shared areas have entries with the write bit that lead to pages of the object, so no entry
 * is compared with a page. The lock of the object keeps the list of areas. A fault gives the right
 * while it holds the same lock, so it comes before all of this, or after it.
 *
 * An entry that has lost the bit owes a flush. One flush serves all entries of a table.
 */

/* A part of an area that one table covers. */
static void protect_part(struct mm *mm, unsigned long start, unsigned long end)
{
	struct pagetable *pt = &mm->pagetable;
	struct table table;
	bool lost = false;
	pte_t *ptep;

	spin_lock(&pt->lock);
	if (table_map(pt, start, &table)) {
		ptep = &table.ptes[pte_index(start)];
		for (unsigned long at = start; at < end; at += PAGE_SIZE, ptep++) {
			if (pte_none(*ptep) || !pte_writable(*ptep))
				continue;
			pte_write_protect(ptep);
			lost = true;
		}
		table_unmap(&table);
	}
	if (lost)
		flush_tlb_user_range(pt, start, end);
	spin_unlock(&pt->lock);
}

void protect_object(struct vm_object *object, unsigned long first, u32 nr)
{
	const struct area *area;

	list_for_each_entry(area, &object->areas, object_link) {
		/* Both relative to the first page of the area, which may be behind the range. */
		s64 from = (s64)first - area->pgoff, to = min(from + nr, (s64)area_pages(area));
		unsigned long start, end;

		if (!(area->flags & AREA_SHARED) || to <= 0 || from >= to)
			continue;
		start = area->node.start + (unsigned long)max(from, (s64)0) * PAGE_SIZE;
		end = area->node.start + (unsigned long)to * PAGE_SIZE;
		for (unsigned long next; start < end; start = next) {
			next = table_end(start, end);
			protect_part(area->mm, start, next);
		}
	}
}
