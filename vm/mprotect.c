/* SPDX-License-Identifier: MIT */
#include <asm/tlbflush.h>
#include <kernel/syscall.h>
#include <lib/errno.h>
#include <sched/sched.h>
#include <vm/anon.h>
#include <vm/area.h>
#include <vm/mman.h>
#include <vm/mmap.h>
#include <vm/zero_page.h>

/*
 * mprotect(2): other rights for a range. The areas are cut at its borders and get their new rights;
 * then the entries follow that exist.
 *
 *	write right taken       the entry loses the write bit
 *	write right given       the entry gets it if the page may be written in place: it is part of
 *	                        a shared mapping, or no other address space has it. Otherwise the
 *	                        first write decides (vm/fault.c)
 *	no right at all         the entry loses the present bit and keeps its frame
 *
 * An entry is changed by a locked instruction, so that no accessed or dirty bit that the CPU sets
 * at the same time is lost. One flush serves all entries of an area, from the first table to the
 * last one in which an entry has lost a right. None is owed if there is no such entry: a CPU that
 * does not know of a new right faults, and finds it.
 */

/* The slow part of in_place(): the page is not exclusive. */
static noinline bool may_own(u32 flags, const struct table *table, const pte_t *ptep)
{
	struct page *page = pte_page(*ptep);

	if (is_zero_pfn(pte_pfn(*ptep)))
		return false;
	if (flags & AREA_SHARED)
		return true;
	return page_state(page) != PAGE_OBJECT &&
	       anon_try_reuse(table, (unsigned long)(ptep - table->ptes) << PAGE_SHIFT, page);
}

/* May a page of an area with AREA_WRITE be written where it is? */
static inline bool in_place(u32 flags, const struct table *table, const pte_t *ptep)
{
	return page_is_single(pte_page(*ptep), PAGE_ANON) || may_own(flags, table, ptep);
}

static inline pteval_t nx_of(u32 flags)
{
	return flags & AREA_EXEC ? 0 : pte_supported_mask & PTE_NX;
}

/*
 * The flags of an area say what its entries get: @exec says that AREA_EXEC has changed, so that the
 * high word of the entries does not stay. An entry that is not present has no write bit. Returns
 * true if an entry has lost a right.
 */
static __always_inline bool change_table(const struct table *table, pte_t *ptep, const pte_t *last,
					 u32 flags, bool exec)
{
	const u32 present = flags & AREA_PROT ? PTE_PRESENT : 0;
	u32 lost = 0;

	for (u32 left = table->page->b; left && ptep != last; ptep++) {
		u32 rights = present;

		if (pte_unused(*ptep))
			continue;
		left--;
		if (flags & AREA_WRITE && in_place(flags, table, ptep))
			rights |= PTE_WRITE;
		if (exec)
			lost |= pte_set_rights(ptep, rights | nx_of(flags)) ? PTE_PRESENT : 0;
		else
			lost |= pte_set_low_rights(ptep, rights) & ~rights;
	}
	return lost & (PTE_PRESENT | PTE_WRITE);
}

static noinline bool change_with_exec(const struct table *table, pte_t *ptep, const pte_t *last,
				      u32 flags)
{
	return change_table(table, ptep, last, flags, true);
}

/* The entries of an area, or of a part of it, follow its new rights. */
static noinline void change_entries(struct area *area, unsigned long start, unsigned long end,
				    u32 changed)
{
	struct pagetable *pt = &area->mm->pagetable;
	unsigned long lost = 0, lost_end = 0;
	struct table table;

	spin_lock(&pt->lock);
	while (start < end && table_map_next(pt, &start, end, &table)) {
		unsigned long next = table_end(start, end);

		pte_t *first = table_entry(&table, start), *last = first + PFN_DOWN(next - start);
		bool loses = unlikely(changed & AREA_EXEC)
				     ? change_with_exec(&table, first, last, area->flags)
				     : change_table(&table, first, last, area->flags, false);

		if (loses) {
			lost = lost_end ? lost : start;
			lost_end = next;
		}
		table_unmap(&table);
		start = next;
	}
	spin_unlock(&pt->lock);
	if (lost_end)
		flush_tlb_user_range(pt, lost, lost_end);
}

/* --- areas ------------------------------------------------------------------------------------ */

/* A private area that may be written is counted from now on. */
static inline int new_flags(const struct mm *mm, const struct area *area, u32 prot, u32 *flags)
{
	unsigned long pages = area_pages(area);

	if (prot & PROT_WRITE && !(area->flags & AREA_MAYWRITE))
		return -EACCES;
	*flags = (area->flags & ~AREA_PROT) | (prot & AREA_PROT);
	if (!(prot & PROT_WRITE) || area->flags & (AREA_WRITE | AREA_SHARED))
		return 0;
	if (mm->data_pages + pages > mm->limit_data >> PAGE_SHIFT)
		return -ENOMEM;
	if (!(area->flags & (AREA_NORESERVE | AREA_ACCOUNT))) {
		if (vm_overcommits(pages))
			return -ENOMEM;
		*flags |= AREA_ACCOUNT;
	}
	return 0;
}

/* The part of a range that is in one area. Joins it with its neighbours afterwards. */
static int protect_area(struct mm *mm, struct area *area, unsigned long start, unsigned long end,
			u32 prot)
{
	u32 flags, changed;
	int err;

	if (((area->flags ^ prot) & AREA_PROT) == 0)
		return 0;
	err = new_flags(mm, area, prot, &flags);
	if (err)
		return err;
	area = area_isolate(area, start, end);
	if (!area)
		return -ENOMEM;
	changed = area->flags ^ flags;
	area_set_flags(area, flags);
	if (flags & AREA_TOUCHED)
		change_entries(area, start, end, changed);
	area_merge(area);
	return 0;
}

long vm_mprotect(struct mm *mm, unsigned long start, unsigned long end, u32 prot)
{
	int err = 0;

	down_write(&mm->lock);
	while (start < end && !err) {
		struct area *area = area_near(mm, start);
		unsigned long next;

		if (!area || area->node.start > start) {
			err = -ENOMEM;
			break;
		}
		next = min(area->node.end, end);
		if (prot & PROT_GROWSDOWN && area->flags & AREA_GROWSDOWN)
			start = area->node.start;
		err = protect_area(mm, area, start, next, prot);
		start = next;
	}
	up_write(&mm->lock);
	return err;
}

SYSCALL(125, mprotect)
{
	unsigned long start = ARG1(regs), size = ARG2(regs), end;
	u32 prot = ARG3(regs);

	if (start & ~PAGE_MASK || prot & ~(AREA_PROT | PROT_GROWSDOWN))
		return -EINVAL;
	if (!size)
		return 0;
	end = start + ALIGN_UP(size, PAGE_SIZE);
	if (end <= start || end > TASK_SIZE)
		return -ENOMEM;
	return vm_mprotect(current->mm, start, end, prot);
}
