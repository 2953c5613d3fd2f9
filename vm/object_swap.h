/* SPDX-License-Identifier: MIT */
#pragma once

#include <vm/object.h>

/*
 * Pages of objects without a disk, such as shared memory and files of a tmpfs, that are in swap
 * space. The tree of the object then has the slot in place of the page: a number, twice, plus 1.
 * All of these are less than a pointer to a page. vm/swap_fault.c is the chapter.
 */

/* The largest item that is a slot of 24 bits. */
#define OBJECT_SLOT_MAX 0x1ffffffu

/**
 * object_item_of(), object_item_is_page(), object_item_is_slot(), object_item_slot() - what is in
 * the tree of an object
 * @slot: number of a slot
 * @item: of the tree, or NULL; for object_item_slot() one that is a slot
 *
 * One comparison tells that an item is neither NULL nor a slot.
 * Context: any.
 * Return: the item; whether it is a page; whether it is a slot; the slot.
 */
static inline void *object_item_of(u32 slot)
{
	return (void *)((unsigned long)slot << 1 | 1);
}

static inline bool object_item_is_page(const void *item)
{
	return (unsigned long)item > OBJECT_SLOT_MAX;
}

static inline bool object_item_is_slot(const void *item)
{
	return (unsigned long)item & 1;
}

static inline u32 object_item_slot(const void *item)
{
	return (u32)((unsigned long)item >> 1);
}

/**
 * object_swap_in() - bring back a page
 * @object: without a disk, locked
 * @index: in its tree is a slot
 * @page: set to the page, which belongs to the object again, without a slot
 *
 * Context: may sleep.
 * Return: 0; -ENOMEM; -EIO: the bytes are lost, and the slot stays.
 */
int object_swap_in(struct vm_object *object, unsigned long index, struct page **page);

/**
 * object_find_page() - find a page of an object, and bring it back if it is in swap space
 * @object: without a disk, locked
 * @index: any
 * @page: set to the page; NULL if there is none, or after an error
 *
 * Context: may sleep.
 * Return: 0; an error of object_swap_in().
 */
static inline int object_find_page(struct vm_object *object, unsigned long index,
				   struct page **page)
{
	void *item = radix_tree_lookup(&object->pages, index);

	*page = item;
	return unlikely(object_item_is_slot(item)) ? object_swap_in(object, index, page) : 0;
}
