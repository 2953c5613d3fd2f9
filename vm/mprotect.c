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
 * An entry is changed by one locked instruction, so that no accessed or dirty bit that the CPU sets
 * at the same time is lost. One flush at the end serves the whole range, and none is owed if no
 * entry has lost a right.
 */

struct change {
	struct mm *mm;
	u32 flags;                /* of the area, with its new rights */
	unsigned long start, end; /* entries that have lost a right: they owe a flush */
};

static bool in_place(const struct change *change, const struct table *table, unsigned long addr,
		     pte_t pte)
{
	struct page *page = pfn_to_page(pte_pfn(pte));

	if (!(change->flags & AREA_WRITE) || is_zero_pfn(pte_pfn(pte)))
		return false;
	if (change->flags & AREA_SHARED)
		return true;
	return page_state(page) != PAGE_OBJECT && anon_try_reuse(table, addr, page);
}

static void change_entry(struct change *change, const struct table *table, unsigned long addr)
{
	pte_t *ptep = &table->ptes[pte_index(addr)], old = *ptep, new;

	do {
		new = pte_user(pte_pfn(old), in_place(change, table, addr, old),
			       change->flags & AREA_EXEC);
		new.val |= old.val &(PTE_ACCESSED | PTE_DIRTY);
		if (!(change->flags & AREA_PROT))
			new.val &= ~(pteval_t)PTE_PRESENT;
		if (new.val == old.val)
			return;
	} while (!pte_exchange(ptep, &old, new));
	/* The old rights were less, or nothing: a CPU that has them cached faults. */
	if (!pte_present(old) || (pte_present(new) && (pte_writable(new) || !pte_writable(old)) &&
				  !(new.val & ~old.val &PTE_NX)))
		return;
	change->start = min(change->start, addr);
	change->end = max(change->end, addr + PAGE_SIZE);
}

static void change_table(struct change *change, unsigned long start, unsigned long end)
{
	struct table table;
	u32 left;

	if (!table_map(&change->mm->pagetable, start, &table))
		return;
	left = table.page->b;
	for (unsigned long addr = start; addr < end && left; addr += PAGE_SIZE) {
		if (pte_none(table.ptes[pte_index(addr)]))
			continue;
		left--;
		change_entry(change, &table, addr);
	}
	table_unmap(&table);
}

static void change_entries(struct change *change, unsigned long start, unsigned long end)
{
	struct pagetable *pt = &change->mm->pagetable;

	spin_lock(&pt->lock);
	while (start < end && table_next(pt, &start, end)) {
		change_table(change, start, table_end(start, end));
		start = table_end(start, end);
	}
	spin_unlock(&pt->lock);
}

/* --- areas ------------------------------------------------------------------------------------ */

/* A private area that may be written is counted from now on. */
static int new_flags(const struct mm *mm, const struct area *area, u32 prot, u32 *flags)
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
static int protect_area(struct change *change, struct area *area, unsigned long start,
			unsigned long end, u32 prot)
{
	int err;

	if ((area->flags & AREA_PROT) == (prot & AREA_PROT))
		return 0;
	err = new_flags(change->mm, area, prot, &change->flags);
	if (err)
		return err;
	area = area_isolate(area, start, end);
	if (!area)
		return -ENOMEM;
	area_set_flags(area, change->flags);
	if (area->flags & AREA_TOUCHED)
		change_entries(change, start, end);
	area_merge(area);
	return 0;
}

long vm_mprotect(struct mm *mm, unsigned long start, unsigned long end, u32 prot)
{
	struct change change = { .mm = mm, .start = ULONG_MAX };
	int err = 0;

	down_write(&mm->lock);
	while (start < end && !err) {
		struct area *area = area_first(mm, start);
		unsigned long next;

		if (!area || area->node.start > start) {
			err = -ENOMEM;
			break;
		}
		next = min(area->node.end, end);
		if (prot & PROT_GROWSDOWN && area->flags & AREA_GROWSDOWN)
			start = area->node.start;
		err = protect_area(&change, area, start, next, prot);
		start = next;
	}
	if (change.start < change.end)
		flush_tlb_user_range(&mm->pagetable, change.start, change.end);
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
