/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * A doubly linked list whose links are members of the listed structures, so that adding an element
 * allocates nothing. The list's head and the link in each element have the same type and form a
 * ring:
 *
 *	 ┌─▶ head ⇄ element ⇄ element ⇄ element ◀─┐
 *	 └────────────────────────────────────────┘
 *
 * An empty list is a head that points to itself. Because of the ring, adding and removing need no
 * special case for an empty list or for its ends, and removing an element needs no search.
 *
 * Price: two words per element, and a head that has to be initialised; a list that only ever grows
 * and shrinks at its beginning is cheaper with a single link. The names and the form are Linux's.
 *
 * Nothing here locks: the owner of a list says which lock protects it. Context: any.
 */

struct list_head {
	struct list_head *next, *prev;
};

/* Defines an empty list. */
#define LIST_HEAD(name) struct list_head name = { &(name), &(name) }

/**
 * __list_insert() - insert an element between two neighbours
 * @entry: link of an element that is in no list
 * @prev: the link before it, or the list
 * @next: the link after it, or the list
 *
 * Context: any. The caller holds the lock of the list.
 */
static inline void __list_insert(struct list_head *entry, struct list_head *prev,
				 struct list_head *next)
{
	entry->prev = prev;
	entry->next = next;
	prev->next = entry;
	next->prev = entry;
}

/**
 * list_add() - add an element at the beginning of a list, or after another element
 * @entry: link of an element that is in no list
 * @head: the list, or the link of the element before it
 *
 * Context: any. The caller holds the lock of the list.
 */
static inline void list_add(struct list_head *entry, struct list_head *head)
{
	__list_insert(entry, head, head->next);
}

/**
 * list_add_tail() - add an element at the end of a list, or before another element
 * @entry: link of an element that is in no list
 * @head: the list, or the link of the element after it
 *
 * Context: any. The caller holds the lock of the list.
 */
static inline void list_add_tail(struct list_head *entry, struct list_head *head)
{
	__list_insert(entry, head->prev, head);
}

/**
 * list_del() - remove an element from its list
 * @entry: its link; both pointers become NULL, so removing it a second time faults
 *
 * Context: any. The caller holds the lock of the list.
 */
static inline void list_del(struct list_head *entry)
{
	entry->prev->next = entry->next;
	entry->next->prev = entry->prev;
	entry->next = NULL;
	entry->prev = NULL;
}

/**
 * list_empty() - test whether a list has no element
 * @head: the list; without its lock the answer may be out of date
 *
 * Context: any.
 * Return: true if it has none.
 */
static inline bool list_empty(const struct list_head *head)
{
	return READ_ONCE(head->next) == head;
}

/* The element of type `type` whose member `member` is this link. */
#define list_entry(link, type, member) container_of(link, type, member)

/*
 * The link of an element, by arithmetic. At the end of a walk `pos` points to no element, and
 * perhaps not even to an address that is aligned as one.
 */
#define list_link(pos, member) \
	((const struct list_head *)((const char *)(pos) + offsetof(__typeof__(*(pos)), member)))

/* The element behind this one. */
#define list_next_entry(pos, member) \
	list_entry(list_link(pos, member)->next, __typeof__(*(pos)), member)

/*
 * A loop over the elements; `pos` points to one of them. The list must not change meanwhile. After
 * a loop that ran to its end, &pos->member is the head.
 */
#define list_for_each_entry(pos, head, member)                             \
	for ((pos) = list_entry((head)->next, __typeof__(*(pos)), member); \
	     list_link(pos, member) != (head); (pos) = list_next_entry(pos, member))

/* The same loop; `pos` may be removed or freed in it. `next_` is a second pointer for the loop. */
#define list_for_each_entry_safe(pos, next_, head, member)                 \
	for ((pos) = list_entry((head)->next, __typeof__(*(pos)), member), \
	    (next_) = list_next_entry(pos, member);                        \
	     list_link(pos, member) != (head);                             \
	     (pos) = (next_), (next_) = list_next_entry(next_, member))
