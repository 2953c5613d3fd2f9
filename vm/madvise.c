/* SPDX-License-Identifier: MIT */
#include <asm/uaccess.h>
#include <kernel/syscall.h>
#include <lib/errno.h>
#include <mm/page_alloc.h>
#include <sched/sched.h>
#include <sched/signal.h>
#include <vm/area.h>
#include <vm/fault.h>
#include <vm/gather.h>
#include <vm/lock_limit.h>
#include <vm/mman.h>
#include <vm/mmap.h>

/*
 * Hints of a program about its memory, and questions about it: madvise(2), mincore(2),
 * and mlock(2) with its relatives. Each goes over the areas of a range. Where nothing is mapped,
 * the result is ENOMEM, and the rest of the range is treated nevertheless.
 *
 * Locking brings the pages in now, and keeps them from being swapped. vm/lock_limit.c has the limit
 * of that.
 */

/* Does something with the part of an area in a range. Returns the area behind which to continue. */
typedef int area_fn(struct area **area, unsigned long start, unsigned long end, u32 arg);

/* The lock is held, for writing if @fn changes areas. */
static int for_range(struct mm *mm, unsigned long start, unsigned long end, area_fn *fn, u32 arg)
{
	int result = 0;

	while (start < end) {
		struct area *area = area_near(mm, start);
		unsigned long stop;
		int err;

		if (!area || area->node.start >= end)
			return -ENOMEM;
		if (area->node.start > start) {
			result = -ENOMEM;
			start = area->node.start;
		}
		stop = min(area->node.end, end);
		err = fn(&area, start, stop, arg);
		if (err)
			return err;
		start = stop;
	}
	return result;
}

/* Whole pages. Return: false if the range is not in the user half. */
static bool get_range(const struct trap_frame *regs, unsigned long *start, unsigned long *end)
{
	*start = ARG1(regs);
	*end = *start + ALIGN_UP(ARG2(regs), PAGE_SIZE);
	return *end >= *start && *end <= TASK_SIZE && (*end > *start || ARG2(regs) == 0);
}

static int change_flags(struct area **area, unsigned long start, unsigned long end, u32 flags)
{
	struct area *part;

	if ((*area)->flags == flags)
		return 0;
	part = area_isolate(*area, start, end);
	if (!part)
		return -ENOMEM;
	area_set_flags(part, flags);
	*area = area_merge(part);
	return 0;
}

/* --- madvise(2) ------------------------------------------------------------------------------- */

/* Private memory is empty afterwards; shared memory is faulted in again. */
static int forget(struct area **area, unsigned long start, unsigned long end, u32 advice)
{
	if ((*area)->flags & AREA_LOCKED || (advice == MADV_FREE && (*area)->object))
		return -EINVAL;
	if ((*area)->flags & AREA_TOUCHED)
		vm_zap((*area)->mm, start, end);
	return 0;
}

static int set_dontfork(struct area **area, unsigned long start, unsigned long end, u32 advice)
{
	u32 flags = (*area)->flags & ~AREA_DONTFORK;

	return change_flags(area, start, end,
			    advice == MADV_DONTFORK ? flags | AREA_DONTFORK : flags);
}

static int do_nothing(struct area **area, unsigned long start, unsigned long end, u32 advice)
{
	return 0;
}

long vm_madvise(struct mm *mm, unsigned long start, unsigned long end, u32 advice)
{
	int err;

	switch (advice) {
	case MADV_DONTFORK:
	case MADV_DOFORK:
		down_write(&mm->lock);
		err = for_range(mm, start, end, set_dontfork, advice);
		up_write(&mm->lock);
		return err;
	case MADV_NORMAL:
	case MADV_RANDOM:
	case MADV_SEQUENTIAL:
	case MADV_WILLNEED:
	case MADV_DONTDUMP:
	case MADV_DODUMP:
	case MADV_DONTNEED:
	case MADV_FREE:
		down_read(&mm->lock);
		err = for_range(mm, start, end,
				advice == MADV_DONTNEED || advice == MADV_FREE ? forget
									       : do_nothing,
				advice);
		up_read(&mm->lock);
		return err;
	}
	return -EINVAL;
}

SYSCALL(219, madvise)
{
	unsigned long start, end;

	if (!get_range(regs, &start, &end) || start & ~PAGE_MASK)
		return -EINVAL;
	return vm_madvise(current->mm, start, end, ARG3(regs));
}

/* --- mlock(2) --------------------------------------------------------------------------------- */

#define MCL_CURRENT 1u
#define MCL_FUTURE  2u
#define MCL_ONFAULT 4u

/* Pages of a range that are not locked yet, or not there. The lock is held. */
static unsigned long not_locked(struct mm *mm, unsigned long start, unsigned long end)
{
	unsigned long bytes = end - start;
	const struct area *area;

	for_each_area_from(area, mm, start) {
		if (area->node.start >= end)
			break;
		if (area->flags & AREA_LOCKED)
			bytes -= min(area->node.end, end) - max(area->node.start, start);
	}
	return bytes >> PAGE_SHIFT;
}

/* @lock is AREA_LOCKED or 0. */
static int set_locked(struct area **area, unsigned long start, unsigned long end, u32 lock)
{
	return change_flags(area, start, end, ((*area)->flags & ~AREA_LOCKED) | lock);
}

static long lock_range(unsigned long start, unsigned long end, u32 lock)
{
	struct mm *mm = current->mm;
	int err;

	down_write(&mm->lock);
	if (lock && !vm_may_lock(mm, not_locked(mm, start, end)))
		err = -ENOMEM;
	else
		err = for_range(mm, start, end, set_locked, lock);
	up_write(&mm->lock);
	if (!err && lock && vm_populate(mm, start, end) != 0)
		err = -ENOMEM;
	return err;
}

static long lock_part(const struct trap_frame *regs, u32 lock)
{
	unsigned long start, end;

	if (lock && !vm_may_lock_any(current->mm))
		return -EPERM;
	/* Unlike its relatives, mlock(2) accepts any address. */
	start = ARG1(regs) & PAGE_MASK;
	end = ALIGN_UP(ARG1(regs) + ARG2(regs), PAGE_SIZE);
	if (ARG2(regs) == 0)
		return 0;
	if (end <= start)
		return -EINVAL;
	return end > TASK_SIZE ? -ENOMEM : lock_range(start, end, lock);
}

SYSCALL(150, mlock)
{
	return lock_part(regs, AREA_LOCKED);
}

SYSCALL(151, munlock)
{
	return lock_part(regs, 0);
}

/*
 * Locks or unlocks each area, and those that will be made if @future is AREA_LOCKED. A failure to
 * bring in a page does not count, as in Linux.
 */
static long lock_all(u32 lock, u32 future, bool populate)
{
	struct mm *mm = current->mm;
	struct area *area;

	down_write(&mm->lock);
	if (lock && !vm_lock_limit(mm, mm->nr_pages)) {
		up_write(&mm->lock);
		return -ENOMEM;
	}
	mm->def_flags = future;
	for_each_area_from(area, mm, 0)
		area_set_flags(area, (area->flags & ~AREA_LOCKED) | lock);
	up_write(&mm->lock);
	for (unsigned long at = 0; populate;) {
		unsigned long end;

		down_read(&mm->lock);
		area = area_first(mm, at);
		if (area) {
			at = area->node.start;
			end = area->node.end;
		}
		up_read(&mm->lock);
		if (!area || signal_pending())
			break;
		vm_populate(mm, at, end);
		at = end;
	}
	return 0;
}

SYSCALL(152, mlockall)
{
	u32 flags = ARG1(regs), future = flags & MCL_FUTURE ? AREA_LOCKED : 0;

	if (!flags || flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) || flags == MCL_ONFAULT)
		return -EINVAL;
	if (!vm_may_lock_any(current->mm))
		return -EPERM;
	if (flags & MCL_CURRENT)
		return lock_all(AREA_LOCKED, future, !(flags & MCL_ONFAULT));
	current->mm->def_flags = future;
	return 0;
}

SYSCALL(153, munlockall)
{
	return lock_all(0, 0, false);
}

/* --- mincore(2) ------------------------------------------------------------------------------- */

/* Is the page of an address in memory? The lock is held. */
static bool resident(const struct area *area, unsigned long addr)
{
	struct pagetable *pt = &area->mm->pagetable;
	struct page *page = NULL;
	struct table table;
	bool found = false;

	spin_lock(&pt->lock);
	if (table_map(pt, addr, &table)) {
		found = pte_names_page(table.ptes[pte_index(addr)]);
		table_unmap(&table);
	}
	spin_unlock(&pt->lock);
	if (found || !area->object)
		return found;
	vm_object_page(area->object, area_index(area, addr), false, &page);
	if (page)
		put_page(page);
	return page;
}

SYSCALL(218, mincore)
{
	char __user *vec = (char *)ARG3(regs);
	unsigned long start, end;
	u8 bytes[64];

	if (ARG1(regs) & ~PAGE_MASK)
		return -EINVAL;
	if (!get_range(regs, &start, &end))
		return -ENOMEM;
	while (start < end) {
		const struct area *area = NULL;
		u32 nr;

		down_read(&current->mm->lock);
		for (nr = 0; nr < sizeof(bytes) && start < end; nr++, start += PAGE_SIZE) {
			area = area_first(current->mm, start);
			if (!area || area->node.start > start)
				break;
			bytes[nr] = resident(area, start);
		}
		up_read(&current->mm->lock);
		if (copy_to_user(vec, bytes, nr))
			return -EFAULT;
		vec += nr;
		if (nr < sizeof(bytes) && start < end)
			return -ENOMEM;
	}
	return 0;
}
