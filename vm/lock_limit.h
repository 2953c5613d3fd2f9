/* SPDX-License-Identifier: MIT */
#pragma once

#include <vm/mm.h>

/* The limit of locked memory, RLIMIT_MEMLOCK. */

/**
 * vm_lock_limit() - may an address space have this number of locked pages?
 * @mm: locked, of the running thread
 * @pages: all of them
 *
 * Context: the lock of the address space held.
 * Return: false if RLIMIT_MEMLOCK forbids it.
 */
bool vm_lock_limit(const struct mm *mm, unsigned long pages);

/**
 * vm_may_lock() - may more pages be locked?
 * @mm: of the running thread
 * @pages: those that are not locked yet
 *
 * Context: the lock of the address space held.
 * Return: false if RLIMIT_MEMLOCK forbids it.
 */
static inline bool vm_may_lock(const struct mm *mm, unsigned long pages)
{
	return vm_lock_limit(mm, mm->locked_pages + pages);
}

/**
 * vm_may_lock_any() - may any page be locked? Otherwise the call gives EPERM
 * @mm: of the running thread
 *
 * Context: any.
 * Return: false if RLIMIT_MEMLOCK is 0, and counts.
 */
static inline bool vm_may_lock_any(const struct mm *mm)
{
	return mm->limit_locked || vm_lock_limit(mm, 1);
}

/**
 * vm_use_capable() - set the function that says whether RLIMIT_MEMLOCK is no limit
 * @capable: for the running thread; may not sleep
 *
 * Context: boot, once.
 */
void vm_use_capable(bool (*capable)(void));
