/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/fault.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <sched/sched.h>
#include <vm/area.h>
#include <vm/fault.h>
#include <vm/lock_limit.h>
#include <vm/resolve.h>
#include <vm/tables.h>

/*
 * Page faults of programs. A program touches an address, and its page tables do not allow it.
 * Either the area allows it, and the entry is only not made yet; or the program has made a
 * mistake, and gets a signal. This file finds the area and decides; vm/resolve.c makes the entry:
 *
 *	find        the area of the address: mostly that of the fault before. A stack may grow
 *	admit       the area allows the access
 *	resolve     one look at the entry after the other, until a step has made it, or failed
 *
 * The lock of the address space is held for reading, except while a stack grows.
 *
 * The frequent case is in line, from the exception to the call that makes the entry. The price is a
 * second copy of it, for accesses that the kernel makes for a program.
 */

/* --- areas ------------------------------------------------------------------------------------ */

/* A CPU without NX executes what it can read. */
static bool allows(const struct area *area, u32 access)
{
	if (access == AREA_EXEC && !(pte_supported_mask & PTE_NX))
		access = AREA_READ;
	if (access == AREA_READ)
		return area->flags & AREA_PROT;
	return area->flags & access;
}

/* May the area be accessed? It is touched from now on. */
static noinline bool admit(struct area *area, u32 access)
{
	if (!allows(area, access))
		return false;
	/* Several threads may do this at once; all set the same bit. */
	__atomic_fetch_or(&area->flags, AREA_TOUCHED, __ATOMIC_RELAXED);
	return true;
}

/*
 * The stack grows down to a touched address, if that leaves the gap below it, and stays below the
 * limit. The lock is held for writing.
 */
static int grow_stack(struct mm *mm, unsigned long addr)
{
	struct area *area = area_first(mm, addr);
	struct range_node *below;
	unsigned long pages;

	addr &= PAGE_MASK;
	if (!area || (area->node.start > addr && !(area->flags & AREA_GROWSDOWN)) ||
	    addr < MMAP_MIN_ADDR)
		return -EFAULT;
	if (area->node.start <= addr)
		return 0;
	below = range_tree_prev(&area->node);
	if (below && below->end + STACK_GUARD_GAP > addr && area_of(below)->flags & AREA_PROT &&
	    !(area_of(below)->flags & AREA_GROWSDOWN))
		return -EFAULT;
	pages = (area->node.start - addr) >> PAGE_SHIFT;
	if (area->node.end - addr > mm->limit_stack ||
	    pages > (mm->limit_as >> PAGE_SHIFT) - min(mm->nr_pages, mm->limit_as >> PAGE_SHIFT) ||
	    (area->flags & AREA_LOCKED && !vm_may_lock(mm, pages)))
		return -EFAULT;
	area_resize(area, addr, area->node.end);
	return 0;
}

/*
 * Finds the area of an address, or NULL. The lock is held for reading; it is released and acquired
 * again if a stack grows.
 */
static noinline struct area *find_area(struct mm *mm, unsigned long addr)
{
	struct area *area = area_first(mm, addr);
	int err;

	if (area && area->node.start > addr && area->flags & AREA_GROWSDOWN) {
		up_read(&mm->lock);
		down_write(&mm->lock);
		err = grow_stack(mm, addr);
		up_write(&mm->lock);
		down_read(&mm->lock);
		area = err ? NULL : area_first(mm, addr);
	}
	if (!area || area->node.start > addr)
		return NULL;
	/* Faults at the same time write the same word; all their areas stay with the lock. */
	WRITE_ONCE(mm->last_used, area);
	return area;
}

/*
 * Makes an access possible. @absent: the CPU has found no entry. Returns 0, an error of vm_fault(),
 * or STEP_IN_VAIN if the entry has allowed the access from the beginning.
 */
static __always_inline int handle(struct mm *mm, unsigned long addr, u32 access, bool absent)
{
	struct area *area;
	int result;

	down_read(&mm->lock);
	area = READ_ONCE(mm->last_used);
	if (unlikely(!area || addr < area->node.start || addr >= area->node.end))
		area = find_area(mm, addr);
	if (unlikely(!area)) {
		result = -EFAULT;
	} else if (unlikely(~area->flags & (access | AREA_TOUCHED)) && !admit(area, access)) {
		result = -EACCES;
	} else {
		addr &= PAGE_MASK;
		result = STEP_AGAIN;
		/* A page of zeroes would be made in vain if the entry names a slot. */
		if (absent && access == AREA_WRITE && !area->object &&
		    likely(!READ_ONCE(mm->swap_pages)))
			result = fault_zero_fill(area, addr);
		while (unlikely(result == STEP_AGAIN))
			result = fault_step(area, addr, access);
	}
	up_read(&mm->lock);
	return result;
}

static int handle_any(struct mm *mm, unsigned long addr, u32 access)
{
	return handle(mm, addr, access, false);
}

int vm_fault(struct mm *mm, unsigned long addr, u32 access)
{
	int result = handle_any(mm, addr, access);

	return result == STEP_IN_VAIN ? 0 : result;
}

int vm_fault_reason(struct mm *mm, unsigned long addr, u32 access)
{
	int result = handle_any(mm, addr, access);

	return result == STEP_IN_VAIN ? -EFAULT : result;
}

/*
 * Brings in pages of an area. @fresh: probably none is there, so a first look is not worth it. The
 * lock is held for reading. Returns the first error; only missing memory ends the loop.
 */
static int populate_area(struct area *area, unsigned long addr, unsigned long end, bool fresh)
{
	u32 access = area->flags & AREA_PROT;
	bool moves = area->flags & AREA_LOCKED && !fresh;
	int result = 0;

	if (!access)
		return 0;
	/* A private page that may be written is brought in to be written. */
	access = access & AREA_WRITE && !(area->flags & AREA_SHARED) ? AREA_WRITE : AREA_READ;
	fresh = fresh && access == AREA_WRITE && !area->object;
	admit(area, access);
	for (; addr < end && result != -ENOMEM; addr += PAGE_SIZE) {
		int step = fresh ? fault_zero_fill(area, addr) : STEP_AGAIN;

		while (step == STEP_AGAIN)
			step = fault_step(area, addr, access);
		/* It cannot leave, so it should not be where the kernel needs it. */
		moves = moves && fault_leave_lowmem(area, addr) == 0;
		if (step == -ENOMEM || (step < 0 && !result))
			result = step;
	}
	return result;
}

/* The lock is released after each table, for those that wait to change areas. */
int vm_populate(struct mm *mm, unsigned long start, unsigned long end)
{
	const struct area *last = NULL;
	bool fresh = false;
	int result = 0, err = 0;

	while (start < end && err != -ENOMEM) {
		unsigned long stop = table_end(start, end);
		struct area *area;

		down_read(&mm->lock);
		area = area_near(mm, start);
		if (area && area->node.start <= start) {
			stop = min(stop, area->node.end);
			if (area != last)
				fresh = !(area->flags & AREA_TOUCHED);
			last = area;
			err = populate_area(area, start, stop, fresh);
			result = result ? result : err;
		} else {
			stop = area ? min(end, area->node.start) : end;
			result = result ? result : -ENOMEM;
		}
		up_read(&mm->lock);
		start = stop;
	}
	return result;
}

/* --- the exception ---------------------------------------------------------------------------- */

static u32 access_of(u32 error_code)
{
	if (error_code & FAULT_WRITE)
		return AREA_WRITE;
	return error_code & FAULT_FETCH ? AREA_EXEC : AREA_READ;
}

/*
 * A fault whose entry allows the access is no mistake by itself: another thread was faster, or
 * this CPU had an old entry, which it has dropped with the fault (Intel SDM 3A, 4.10.4.1). But if
 * the CPU continues to fault at the same place, no way leads out. Then the fault is given up, and
 * the program gets a signal.
 */
#define FAULTS_IN_VAIN 1000u

static DEFINE_PER_CPU(u32, faults_in_vain); /* in succession, at vain_address */
static DEFINE_PER_CPU(unsigned long, vain_address);

/* Preemption is off. */
static bool may_try_again(const struct trap_frame *frame, unsigned long address)
{
	if (this_cpu(vain_address) != address) {
		this_cpu(vain_address) = address;
		this_cpu(faults_in_vain) = 0;
	}
	this_cpu_add(faults_in_vain, 1);
	if (this_cpu(faults_in_vain) < FAULTS_IN_VAIN)
		return true;
	this_cpu(faults_in_vain) = 0;
	pr_warn("page fault at %08lx, EIP %08x, error code %x: the entry allows the access, but "
		"it faulted %u times\n",
		address, frame->eip, frame->error_code, FAULTS_IN_VAIN);
	return false;
}

/* The entry has allowed the access that faulted. */
static noinline bool nothing_to_do(const struct trap_frame *frame, unsigned long address)
{
	bool again;

	preempt_disable();
	again = may_try_again(frame, address);
	preempt_enable();
	return again;
}

/* For accesses that are meant to reach the program, interrupts on. */
static bool user_fault(struct trap_frame *frame, unsigned long address)
{
	struct mm *mm = current->mm;
	int result;

	if (unlikely(!mm))
		return false;
	result = handle(mm, address, access_of(frame->error_code),
			!(frame->error_code & FAULT_PRESENT));
	if (likely(result == 0)) {
		this_cpu(faults_in_vain) = 0;
		return true;
	}
	return result > 0 && nothing_to_do(frame, address);
}

void __init vm_fault_init(void)
{
	fault_use_program(user_fault);
}
