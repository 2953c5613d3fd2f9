/* SPDX-License-Identifier: MIT */
#pragma once

#include <vm/object.h>

/**
 * protect_object() - take the right to write from all shared mappings of some pages
 * @object: locked
 * @first: index of the first page
 * @nr: number of pages
 *
 * All CPUs have flushed when it returns.
 * Context: thread, no lock of page tables held.
 */
void protect_object(struct vm_object *object, unsigned long first, u32 nr);
