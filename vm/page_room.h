/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * A limit for the pages of several objects together: those of a tmpfs. The objects and the file
 * system have a reference each, because a page may be mapped for longer than the file system is
 * mounted.
 */

/**
 * struct page_room - pages that objects may have
 * @refcount: objects, and the owner
 * @most: limit; 0: none. Changed by the owner
 * @used: pages that the objects have; changed by locked operations
 */
struct page_room {
	u32 refcount;
	unsigned long most, used;
};

/**
 * page_room_create() - make a room without a limit
 *
 * Context: may sleep.
 * Return: the room with one reference; NULL if there is no memory.
 */
struct page_room *page_room_create(void);

/**
 * page_room_get(), page_room_put() - take or drop a reference
 * @room: any
 *
 * Context: any but interrupts.
 */
void page_room_get(struct page_room *room);
void page_room_put(struct page_room *room);

/**
 * page_room_take() - count one page more, if there is room
 * @room: any
 *
 * Context: any.
 * Return: false if the limit is reached.
 */
bool page_room_take(struct page_room *room);

/**
 * page_room_give() - count pages that are freed
 * @room: any
 * @nr: number of pages
 *
 * Context: any.
 */
void page_room_give(struct page_room *room, unsigned long nr);

/**
 * page_room_is_full() - is the limit reached?
 * @room: any
 *
 * Context: any.
 * Return: true if no page is left.
 */
static inline bool page_room_is_full(const struct page_room *room)
{
	unsigned long most = READ_ONCE(room->most);

	return most && READ_ONCE(room->used) >= most;
}
