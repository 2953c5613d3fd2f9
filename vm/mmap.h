/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/mmzone.h>
#include <vm/area.h>
#include <vm/swap.h>

/*
 * The parts of mmap(2) that its relatives use. The lock of the address space is held, for writing
 * where something changes.
 */

/**
 * vm_unmap_locked() - munmap(2) with the lock held
 * @mm: locked for writing
 * @start, @end: the range, whole pages
 *
 * Context: may sleep.
 * Return: 0; -ENOMEM if an area has to be split and there is no memory.
 */
int vm_unmap_locked(struct mm *mm, unsigned long start, unsigned long end);

/**
 * vm_find_place() - find addresses for a mapping
 * @mm: locked
 * @hint: where it should be, if there is room; 0: anywhere
 * @size: bytes, whole pages, at most TASK_SIZE
 * @above: set to the area above the place, or NULL
 *
 * Context: the lock of the address space held.
 * Return: the address, or -ENOMEM.
 */
long vm_find_place(const struct mm *mm, unsigned long hint, unsigned long size,
		   struct area **above);

/**
 * vm_over_limit() - would more pages exceed a resource limit?
 * @mm: locked
 * @pages: number of new pages
 * @flags: AREA_* that they will have
 *
 * Context: the lock of the address space held.
 * Return: true for RLIMIT_AS, and for RLIMIT_DATA if they are data.
 */
static inline bool vm_over_limit(const struct mm *mm, unsigned long pages, u32 flags)
{
	/* No sum wraps around: each number of pages has 20 bits. */
	if (mm->nr_pages + pages > mm->limit_as >> PAGE_SHIFT)
		return true;
	return area_is_data(flags) && mm->data_pages + pages > mm->limit_data >> PAGE_SHIFT;
}

/**
 * vm_overcommits() - is a single request for memory larger than the machine?
 * @pages: its size
 *
 * A private mapping of that size would be too much even if nothing else ran.
 * Context: any.
 * Return: true if it is.
 */
static inline bool vm_overcommits(unsigned long pages)
{
	return pages > nr_managed_pages() + swap_total_pages();
}

/**
 * vm_mremap() - mremap(2)
 * @mm: not locked
 * @addr, @old: address and bytes of the mapping
 * @new: new number of bytes
 * @flags: MREMAP_*
 * @to: new address, with MREMAP_FIXED
 *
 * Context: may sleep.
 * Return: the address; -EINVAL, -EFAULT, -ENOMEM, -EPERM, or -EAGAIN for RLIMIT_MEMLOCK.
 */
long vm_mremap(struct mm *mm, unsigned long addr, unsigned long old, unsigned long new, u32 flags,
	       unsigned long to);

/**
 * vm_madvise() - madvise(2)
 * @mm: not locked
 * @start, @end: the range, whole pages
 * @advice: MADV_*
 *
 * Context: may sleep.
 * Return: 0; -EINVAL; -ENOMEM if a part of the range is not mapped; the rest is done nevertheless.
 */
long vm_madvise(struct mm *mm, unsigned long start, unsigned long end, u32 advice);
