/* SPDX-License-Identifier: MIT */
#include <asm/tlbflush.h>
#include <kernel/syscall.h>
#include <lib/errno.h>
#include <sched/sched.h>
#include <vm/anon.h>
#include <vm/area.h>
#include <vm/cache_page.h>
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
 * An entry that names a slot of swap space has no rights.
 *
 * An entry is changed by a locked instruction, so that no accessed or dirty bit that the CPU sets
 * at the same time is lost. One flush serves all entries of an area. None is owed if no entry has
 * lost a right: a CPU that does not know of a new right faults, and finds it.
 */

/* The slow part of in_place(): the page is not exclusive. */
static noinline bool may_own(u32 flags, struct table table, const pte_t *ptep)
{
	struct page *page = pte_page(*ptep);

	if (is_zero_pfn(pte_pfn(*ptep)))
		return false;
	/* A page of a disk has to become dirty first: by a fault. */
	if (flags & AREA_SHARED)
		return !page_is_of_disk(page);
	return page_state(page) != PAGE_OBJECT &&
	       anon_try_reuse(&table, (unsigned long)(ptep - table.ptes) << PAGE_SHIFT, page);
}

/* May a page of an area with AREA_WRITE be written where it is? */
static inline bool in_place(u32 flags, struct table table, const pte_t *ptep)
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
 * the rights that any entry has lost.
 */
static __always_inline u32 change_table(struct table table, pte_t *ptep, const pte_t *last,
					u32 flags, bool exec)
{
	const u32 most =
		(flags & AREA_PROT ? PTE_PRESENT : 0) | (flags & AREA_WRITE ? PTE_WRITE : 0);
	u32 left = table.page->b, lost = 0;

	if (!left)
		return 0;
	do {
		u32 rights = most;

		if (pte_unused(*ptep))
			continue;
		left--;
		if (unlikely(!pte_names_page(*ptep))) {
			/* CPUs may still write to the page of a slot, until they flush. */
			lost |= PTE_PRESENT;
			continue;
		}
		if (most & PTE_WRITE && !in_place(flags, table, ptep))
			rights &= ~PTE_WRITE;
		if (exec)
			lost |= pte_set_rights(ptep, rights | nx_of(flags)) ? PTE_PRESENT : 0;
		else
			lost |= pte_set_low_rights(ptep, rights);
	} while (left && ++ptep != last);
	return lost;
}

static __always_inline u32 change_range(struct pagetable *pt, unsigned long start,
					unsigned long end, u32 flags, bool exec)
{
	struct table table;
	u32 lost = 0;

	spin_lock(&pt->lock);
	do {
		pte_t *first;
		u32 count;

		if (!table_map_next(pt, &start, end, &table))
			break;
		first = table_entry(&table, start);
		count = table_part(start, end);
		lost |= change_table(table, first, first + count, flags, exec);
		table_unmap(&table);
		start += count << PAGE_SHIFT;
	} while (start != end);
	spin_unlock(&pt->lock);
	return lost;
}

static noinline u32 change_low_rights(struct pagetable *pt, unsigned long start, unsigned long end,
				      u32 flags)
{
	return change_range(pt, start, end, flags, false);
}

static noinline u32 change_with_exec(struct pagetable *pt, unsigned long start, unsigned long end,
				     u32 flags)
{
	return change_range(pt, start, end, flags, true);
}

/*
 * The entries of an area, or of a part of it, follow its new flags. Reclaim may just have taken
 * pages of an object, and not have flushed yet: then no entry shows that a right is lost.
 */
static inline void change_entries(struct pagetable *pt, const struct area *area, u32 changed)
{
	const unsigned long start = area->node.start, end = area->node.end;
	u32 lost = unlikely(changed & AREA_EXEC) ? change_with_exec(pt, start, end, area->flags)
						 : change_low_rights(pt, start, end, area->flags);

	if (lost || area->object)
		flush_tlb_user_range(pt, start, end);
}

/* --- areas ------------------------------------------------------------------------------------ */

/* An area gets the write right. A private one is counted from now on. */
static inline int allow_write(const struct area *area, u32 *flags)
{
	const struct mm *mm = area->mm;
	unsigned long pages = area_pages(area);

	if (!(*flags & AREA_MAYWRITE))
		return -EACCES;
	if (*flags & AREA_SHARED)
		return 0;
	if (mm->data_pages + pages > mm->limit_data >> PAGE_SHIFT)
		return -ENOMEM;
	if (!(*flags & (AREA_NORESERVE | AREA_ACCOUNT))) {
		if (vm_overcommits(pages))
			return -ENOMEM;
		*flags |= AREA_ACCOUNT;
	}
	return 0;
}

/* The part of a range that is in one area. Joins it with its neighbours afterwards. */
static inline int protect_area(struct mm *mm, struct area *area, unsigned long start,
			       unsigned long end, u32 prot)
{
	const u32 old = area->flags;
	u32 flags = (old & ~AREA_PROT) | prot;

	if (flags == old)
		return 0;
	if (prot & PROT_WRITE && !(old & AREA_WRITE)) {
		int err = allow_write(area, &flags);

		if (err)
			return err;
	}
	area = area_isolate(area, start, end);
	if (!area)
		return -ENOMEM;
	area_set_flags(area, flags);
	if (flags & AREA_TOUCHED)
		change_entries(&mm->pagetable, area, old ^ flags);
	area_merge(area);
	return 0;
}

long vm_mprotect(struct mm *mm, unsigned long start, size_t size, u32 prot)
{
	unsigned long end = start + ALIGN_UP(size, PAGE_SIZE);
	int err;

	if (start & ~PAGE_MASK || prot & ~(AREA_PROT | PROT_GROWSDOWN))
		return -EINVAL;
	if (!size)
		return 0;
	if (end <= start || end > TASK_SIZE)
		return -ENOMEM;
	down_write(&mm->lock);
	do {
		struct area *area = area_near(mm, start);
		unsigned long next;

		if (!area || area->node.start > start) {
			err = -ENOMEM;
			break;
		}
		next = min(area->node.end, end);
		if (prot & PROT_GROWSDOWN && area->flags & AREA_GROWSDOWN)
			start = area->node.start;
		err = protect_area(mm, area, start, next, prot & AREA_PROT);
		start = next;
	} while (!err && start != end);
	up_write(&mm->lock);
	return err;
}

SYSCALL(125, mprotect)
{
	return vm_mprotect(current->mm, ARG1(regs), ARG2(regs), ARG3(regs));
}
