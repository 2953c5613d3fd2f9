/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * A list that lies inside of what it lists. The head and the link in each element are the same pair
 * of pointers, and form a ring:
 *
 *	 ┌─▶ head ⇄ element ⇄ element ⇄ element ◀─┐
 *	 └────────────────────────────────────────┘
 *
 * so putting an element in or taking one out are two stores each way, without a special case for an
 * empty list or for either end, and without knowing the list. An element that is in no list has
 * links of 0 (after list_del()) or to itself (after list_del_init()).
 *
 * Nothing here locks: the owner of the list says what guards it.
 */

struct list_head {
	struct list_head *next, *prev;
};

/* An empty list, as an initial value. */
#define LIST_HEAD_INIT(name)     \
	{                        \
		&(name), &(name) \
	}
#define LIST_HEAD(name) struct list_head name = LIST_HEAD_INIT(name)

/**
 * INIT_LIST_HEAD() - make a list empty
 * @list: head, or the link of an element that is in no list
 */
static inline void INIT_LIST_HEAD(struct list_head *list)
{
	list->next = list;
	list->prev = list;
}

static inline void __list_insert(struct list_head *entry, struct list_head *prev,
				 struct list_head *next)
{
	entry->prev = prev;
	entry->next = next;
	prev->next = entry;
	next->prev = entry;
}

/**
 * list_add() - put an element at the beginning
 * @entry: link of an element that is in no list
 * @head: list, or the link behind which it shall be
 */
static inline void list_add(struct list_head *entry, struct list_head *head)
{
	__list_insert(entry, head, head->next);
}

/**
 * list_add_tail() - put an element at the end
 * @entry: link of an element that is in no list
 * @head: list, or the link before which it shall be
 */
static inline void list_add_tail(struct list_head *entry, struct list_head *head)
{
	__list_insert(entry, head->prev, head);
}

/**
 * list_del() - take an element out
 * @entry: its link; the links are cleared, so using them or taking it out again faults
 */
static inline void list_del(struct list_head *entry)
{
	entry->prev->next = entry->next;
	entry->next->prev = entry->prev;
	entry->next = NULL;
	entry->prev = NULL;
}

/**
 * list_del_init() - take an element out, and leave its link as an empty list
 * @entry: its link; list_empty() of it is true afterwards
 */
static inline void list_del_init(struct list_head *entry)
{
	list_del(entry);
	INIT_LIST_HEAD(entry);
}

/**
 * list_move() - take an element out of its list and put it at the beginning of one
 * @entry: its link
 * @head: list
 */
static inline void list_move(struct list_head *entry, struct list_head *head)
{
	list_del(entry);
	list_add(entry, head);
}

/**
 * list_move_tail() - take an element out of its list and put it at the end of one
 * @entry: its link
 * @head: list
 */
static inline void list_move_tail(struct list_head *entry, struct list_head *head)
{
	list_del(entry);
	list_add_tail(entry, head);
}

/**
 * list_empty() - is there no element?
 * @head: list
 */
static inline bool list_empty(const struct list_head *head)
{
	return head->next == head;
}

/**
 * list_is_last() - does no element follow?
 * @entry: link of an element
 * @head: the list that it is in
 */
static inline bool list_is_last(const struct list_head *entry, const struct list_head *head)
{
	return entry->next == head;
}

/**
 * list_splice_init() - put all elements of one list at the beginning of another
 * @from: list; empty afterwards
 * @to: list
 */
static inline void list_splice_init(struct list_head *from, struct list_head *to)
{
	if (list_empty(from))
		return;
	from->prev->next = to->next;
	to->next->prev = from->prev;
	to->next = from->next;
	to->next->prev = to;
	INIT_LIST_HEAD(from);
}

/* The structure of `type` whose link `member` is. */
#define list_entry(link, type, member) container_of(link, type, member)

/* The first and the last element; the list is not empty. */
#define list_first_entry(head, type, member) list_entry((head)->next, type, member)
#define list_last_entry(head, type, member)  list_entry((head)->prev, type, member)

/* The first element, or NULL. */
#define list_first_entry_or_null(head, type, member) \
	(list_empty(head) ? NULL : list_first_entry(head, type, member))

#define list_next_entry(pos, member) list_entry((pos)->member.next, __typeof__(*(pos)), member)

/* Over the links. The list does not change meanwhile. */
#define list_for_each(pos, head) for ((pos) = (head)->next; (pos) != (head); (pos) = (pos)->next)

/* Over the elements, of which `pos` is a pointer to one. The list does not change meanwhile. */
#define list_for_each_entry(pos, head, member)                             \
	for ((pos) = list_entry((head)->next, __typeof__(*(pos)), member); \
	     &(pos)->member != (head); (pos) = list_next_entry(pos, member))

/* The same; `pos` may be taken out of the list, or freed, meanwhile. */
#define list_for_each_entry_safe(pos, next_, head, member)                 \
	for ((pos) = list_entry((head)->next, __typeof__(*(pos)), member), \
	    (next_) = list_next_entry(pos, member);                        \
	     &(pos)->member != (head); (pos) = (next_), (next_) = list_next_entry(next_, member))
