/* SPDX-License-Identifier: MIT */
#pragma once

#include <vm/object.h>

/*
 * How many pages a reader wants at once. CACHE_AROUND is for a page fault: the pages of the aligned
 * block of 16 that has the page.
 */
#define CACHE_AROUND 0u
#define CACHE_SINGLE 1u

/**
 * cache_get() - find a page that is up to date; read it if necessary
 * @object: of a disk, not locked
 * @index: of the page
 * @want: pages that are wanted from there on, or CACHE_AROUND. Sequential readers get more
 * @page: set to the page, with a reference for the caller
 *
 * Context: may sleep.
 * Return: 0; -EINVAL if @index is above the end; -EIO; -ENOMEM; an error of object->ops.
 */
int cache_get(struct vm_object *object, unsigned long index, u32 want, struct page **page);
