/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/list.h>
#include <lib/types.h>

struct area;
struct mm;

/*
 * Families: which address spaces may map a page that fork(2) has shared? vm/family.c is the
 * chapter.
 */

/**
 * struct family - an address space, or one that has ended, in the tree that fork(2) makes
 * @id: its number, less than FAMILIES_MAX; not 0
 * @users: mappings of pages with its label, in any address space, and 1 for @mm; changed by locked
 *         operations
 * @mm: the address space; NULL if it has ended
 * @parent: the family of which it was forked, or the nearest one above that is still there; or NULL
 * @children: families below, by @sibling
 * @sibling: link in @children of @parent
 * @moved: areas of @mm with AREA_MOVED, by area->moved_link
 * @next_empty: links families without users, until they are freed
 *
 * @mm and all links are guarded by the family lock, @mm also by family_hold().
 */
struct family {
	u32 id;
	u32 users;
	struct mm *mm;
	struct family *parent;
	struct list_head children, sibling, moved;
	struct family *next_empty;
};

/* A label has room for a number of 20 bits. */
#define FAMILIES_MAX (1u << 20)

/**
 * family_init() - make the cache of families
 *
 * Context: boot, once, after kmalloc_init().
 */
void family_init(void);

/**
 * family_lock(), family_unlock() - keep all families and their areas that were moved
 *
 * Order: lock of an address space, of an object, this one, lock of page tables.
 * Context: may sleep.
 */
void family_lock(void);
void family_unlock(void);

/**
 * family_trylock() - family_lock(), if it is free
 *
 * Context: thread, does not sleep.
 * Return: true if the caller holds it.
 */
bool family_trylock(void);

/**
 * family_hold(), family_let_go() - keep families by number, and their address spaces
 *
 * Enough for family_of() and @mm, and cheap: nobody waits for it but a thread that ends an address
 * space. Between the two, preemption is off; the locks of page tables may be taken.
 * Context: thread.
 */
void family_hold(void);
void family_let_go(void);

/**
 * family_create() - make the family of a new address space
 * @mm: its @family is set. Its page tables can be looked at, and map no page yet
 * @parent: the family that it is a child of, by fork(2); or NULL
 *
 * Context: may sleep.
 * Return: 0; -ENOMEM.
 */
int family_create(struct mm *mm, struct family *parent);

/**
 * family_leave() - the address space of a family ends
 * @mm: maps no page any more
 *
 * Context: may sleep.
 */
void family_leave(struct mm *mm);

/**
 * family_of() - find a family by its number
 * @id: any number
 *
 * Context: any that keeps the family: the family lock, family_hold(), or the lock of page tables
 *	that map a page with its label.
 * Return: the family; NULL if there is none.
 */
struct family *family_of(u32 id);

/**
 * family_drop() - count mappings of pages with a label as gone
 * @family: has that many users
 * @nr: number of mappings
 *
 * Context: any.
 */
void family_drop(struct family *family, u32 nr);

/**
 * family_drop_mapping() - count one mapping of a page as gone
 * @id: the label of the page: the number of a family that has users
 *
 * Context: that of family_of().
 */
void family_drop_mapping(u32 id);

/**
 * struct family_share - mappings of pages with one label, which were not counted yet
 * @id: number of the family; 0 before the first one
 * @nr: number of mappings, negative if they are gone
 *
 * Neighbouring pages mostly have the same label, so one locked operation counts many.
 */
struct family_share {
	u32 id;
	s32 nr;
};

/**
 * family_share_end() - count what was collected
 * @share: is empty afterwards
 *
 * Context: any. An addition comes before the lock is released under which a mapping was made; a
 * removal may come later.
 */
void family_share_end(struct family_share *share);

/**
 * family_share_add() - count mappings, now or later
 * @share: collects them
 * @id: the label
 * @nr: number of mappings, negative if they are gone
 *
 * Context: that of family_share_end().
 */
static inline void family_share_add(struct family_share *share, u32 id, s32 nr)
{
	if (share->id != id) {
		if (share->nr)
			family_share_end(share);
		share->id = id;
	}
	share->nr += nr;
}

/**
 * family_next() - walk through a family and all below it, the nearest ones first on each branch
 * @top: where the walk began
 * @at: a family of the walk
 *
 * Context: family lock held.
 * Return: the next one; NULL at the end.
 */
struct family *family_next(const struct family *top, struct family *at);

/**
 * family_is_above() - is a family another one, or above it?
 * @above: any
 * @family: any
 *
 * Context: family lock held.
 * Return: true if a page with the label of @above may be mapped in @family.
 */
bool family_is_above(const struct family *above, const struct family *family);

/**
 * family_add_moved(), family_remove_moved() - list an area with AREA_MOVED
 * @area: any; its borders change under the family lock while it is listed
 *
 * Context: may sleep; the lock of its address space held for writing.
 */
void family_add_moved(struct area *area);
void family_remove_moved(struct area *area);

/**
 * families_count() - how many are there?
 *
 * Context: any.
 * Return: their number.
 */
u32 families_count(void);

/**
 * families_end() - the smallest number that no family ever had
 *
 * Context: any.
 * Return: the number.
 */
u32 families_end(void);
