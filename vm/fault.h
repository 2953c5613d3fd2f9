/* SPDX-License-Identifier: MIT */
#pragma once

#include <vm/mm.h>

/**
 * vm_fault_init() - make page faults of programs reach this layer
 *
 * Context: boot, once.
 */
void vm_fault_init(void);

/**
 * vm_populate() - bring in the pages of a range before they are touched
 * @mm: not locked
 * @start, @end: the range; areas without rights and holes are skipped
 *
 * For MAP_POPULATE and locked memory. Failures are ignored: a later touch meets them again.
 * Context: may sleep.
 * Return: 0; the first error of vm_fault(), -ENOMEM for a hole.
 */
int vm_populate(struct mm *mm, unsigned long start, unsigned long end);
