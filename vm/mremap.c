/* SPDX-License-Identifier: MIT */
#include <asm/tlbflush.h>
#include <kernel/syscall.h>
#include <lib/errno.h>
#include <lib/limits.h>
#include <sched/sched.h>
#include <vm/anon.h>
#include <vm/area.h>
#include <vm/fault.h>
#include <vm/gather.h>
#include <vm/lock_limit.h>
#include <vm/mman.h>
#include <vm/mmap.h>
#include <vm/zero_page.h>

/*
 * mremap(2): a mapping becomes longer or shorter, and may move. realloc() uses it, so that a large
 * block grows without a copy.
 *
 *	shorter            the end is unmapped
 *	longer, room       the area gets another end
 *	longer, no room    with MREMAP_MAYMOVE a new area elsewhere, to which the entries move
 *
 * Moving changes the owner of each page. An exclusive page is labelled with its new place. A page
 * that fork has shared keeps its label, because others find it by that. Instead the new area
 * remembers where it was (area->origin), and its family lists it (vm/family.c).
 *
 * Everything that can fail comes first: the new area, and tables for all entries. Then the entries
 * move, with one flush at the end. A CPU may use an old translation until then, which still leads
 * to the same page.
 *
 * The object of a file stays locked while entries move. Write-back and truncation look at one area
 * after the other. They would miss an entry that moves to an area which they have left behind.
 */

struct move {
	struct mm *mm;
	unsigned long from, to, size;
};

/* The end of the entries at @at that share a table before and after the move. */
static unsigned long step_end(const struct move *move, unsigned long at)
{
	unsigned long to = move->to + (at - move->from);
	unsigned long next = table_end(at, move->from + move->size);

	return min(next, at + (table_end(to, move->to + move->size) - to));
}

/*
 * Makes a table for each entry that will move. A table that is there stays, since only holders of
 * the lock of the address space free tables.
 */
static int make_tables(const struct move *move)
{
	struct pagetable *pt = &move->mm->pagetable;
	unsigned long at = move->from, end = move->from + move->size;

	while (at < end) {
		bool found;

		spin_lock(&pt->lock);
		found = table_next(pt, &at, end);
		spin_unlock(&pt->lock);
		if (!found)
			return 0;
		if (table_make(pt, move->to + (at - move->from)) != 0)
			return -ENOMEM;
		at = step_end(move, at);
	}
	return 0;
}

static void move_entries(const struct move *move, unsigned long at, unsigned long end)
{
	struct pagetable *pt = &move->mm->pagetable;
	unsigned long to = move->to + (at - move->from);
	struct table old, new;

	if (!table_map(pt, at, &old))
		return;
	if (table_map_second(pt, to, &new)) {
		for (; at < end; at += PAGE_SIZE, to += PAGE_SIZE) {
			pte_t pte = old.ptes[pte_index(at)];

			if (pte_none(pte))
				continue;
			pte = pte_take(&old.ptes[pte_index(at)]);
			old.page->b--;
			if (pte_names_page(pte) && !is_zero_pfn(pte_pfn(pte)))
				anon_moved(&new, to, pfn_to_page(pte_pfn(pte)));
			table_set(&new, to, pte);
		}
		table_unmap(&new);
	}
	table_unmap(&old);
}

static void move_pages(const struct move *move)
{
	struct pagetable *pt = &move->mm->pagetable;
	unsigned long at = move->from, end = move->from + move->size;

	spin_lock(&pt->lock);
	while (at < end && table_next(pt, &at, end)) {
		unsigned long next = step_end(move, at);

		move_entries(move, at, next);
		at = next;
	}
	spin_unlock(&pt->lock);
	flush_tlb_user_range(pt, move->from, end);
	/* Nothing is left but tables that have become empty. */
	vm_zap(move->mm, move->from, end);
}

/* --- areas ------------------------------------------------------------------------------------ */

/*
 * Makes the new area, of @new bytes, and moves the whole of @area into it.
 */
static long move_area(struct area *area, unsigned long to, unsigned long new)
{
	struct mm *mm = area->mm;
	struct move move = { mm, area->node.start, to,
			     min(area->node.end - area->node.start, new) };

	if (make_tables(&move) != 0)
		return -ENOMEM;
	if (!area_add_moved(area, area->node.start, to, to + new))
		return -ENOMEM;
	if (area->object)
		vm_object_lock(area->object);
	move_pages(&move);
	if (area->object)
		vm_object_unlock(area->object);
	area_remove(area);
	return (long)to;
}

struct request {
	struct mm *mm;
	unsigned long addr, old, new, to;
	u32 flags;
};

/* Where does it go? Makes room there with MREMAP_FIXED. */
static long find_place(const struct request *request)
{
	struct area *above;
	unsigned long to = request->to;
	int err;

	if (!(request->flags & MREMAP_FIXED))
		return vm_find_place(request->mm, 0, request->new, &above);
	if (to & ~PAGE_MASK || request->new > TASK_SIZE || to > TASK_SIZE - request->new ||
	    (to < request->addr + request->old && request->addr < to + request->new))
		return -EINVAL;
	if (to < MMAP_MIN_ADDR)
		return -EPERM;
	err = vm_unmap_locked(request->mm, to, to + request->new);
	return err ? err : (long)to;
}

static bool is_error(long address)
{
	return address < 0 && address > -4096;
}

static long move_mapping(struct request *request)
{
	struct area *area;
	long to = find_place(request);

	if (is_error(to))
		return to;
	area = area_first(request->mm, request->addr);
	if (request->old == 0)
		/* The same pages of a shared object appear twice. */
		return area_add_moved(area, request->addr, (unsigned long)to,
				      (unsigned long)to + request->new)
			       ? to
			       : -ENOMEM;
	area = area_isolate(area, request->addr, request->addr + request->old);
	if (!area)
		return -ENOMEM;
	to = move_area(area, (unsigned long)to, request->new);
	if (is_error(to))
		area_merge(area);
	return to;
}

/* The area of the old address, if it may be remapped. */
static int look(const struct request *request, struct area **found)
{
	struct mm *mm = request->mm;
	struct area *area = area_first(mm, request->addr);
	unsigned long more = request->new > request->old ? request->new - request->old : 0;

	*found = area;
	if (!area || area->node.start > request->addr)
		return -EFAULT;
	if (request->old == 0 && !(area->flags & AREA_SHARED))
		return -EINVAL;
	if (more && request->old > area->node.end - request->addr)
		return -EFAULT;
	if (area->object &&
	    area_index(area, request->addr) > UINT_MAX - (request->new >> PAGE_SHIFT))
		return -EINVAL;
	if (more && area->flags & AREA_LOCKED && !vm_may_lock(mm, more >> PAGE_SHIFT))
		return -EAGAIN;
	if (more && (vm_over_limit(mm, more >> PAGE_SHIFT, area->flags) ||
		     (area->flags & AREA_ACCOUNT && vm_overcommits(more >> PAGE_SHIFT))))
		return -ENOMEM;
	return 0;
}

static long remap(struct request *request)
{
	unsigned long end = request->addr + request->new;
	struct area *area;
	int err = look(request, &area);

	if (err)
		return err;
	if (request->new < request->old) {
		err = vm_unmap_locked(request->mm, end, request->addr + request->old);
		if (err)
			return err;
		request->old = request->new;
	}
	if (request->flags & MREMAP_FIXED) {
		if (request->old > area->node.end - request->addr)
			return -EFAULT;
		return move_mapping(request);
	}
	if (request->new == request->old)
		return (long)request->addr;
	if (request->old && request->addr + request->old == area->node.end && end > request->addr &&
	    end <= TASK_SIZE && area_in_gap(area_next(area), area->node.end, end)) {
		area_resize(area, area->node.start, end);
		area_merge(area);
		return (long)request->addr;
	}
	return request->flags & MREMAP_MAYMOVE ? move_mapping(request) : -ENOMEM;
}

long vm_mremap(struct mm *mm, unsigned long addr, unsigned long old, unsigned long new, u32 flags,
	       unsigned long to)
{
	struct request request = {
		.mm = mm,
		.addr = addr,
		.old = ALIGN_UP(old, PAGE_SIZE),
		.new = ALIGN_UP(new, PAGE_SIZE),
		.to = to,
		.flags = flags,
	};
	bool locked;
	long result;

	if (flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED) || addr & ~PAGE_MASK || !request.new ||
	    (flags & MREMAP_FIXED && !(flags & MREMAP_MAYMOVE)))
		return -EINVAL;
	if (old > TASK_SIZE || addr > TASK_SIZE - request.old)
		return -EFAULT;
	if (new > TASK_SIZE)
		return -ENOMEM;
	down_write(&mm->lock);
	result = remap(&request);
	locked = !is_error(result) && area_first(mm, (unsigned long)result)->flags & AREA_LOCKED;
	up_write(&mm->lock);
	if (locked && request.new > request.old)
		vm_populate(mm, (unsigned long)result + request.old,
			    (unsigned long)result + request.new);
	return result;
}

SYSCALL(163, mremap)
{
	return vm_mremap(current->mm, ARG1(regs), ARG2(regs), ARG3(regs), ARG4(regs), ARG5(regs));
}
