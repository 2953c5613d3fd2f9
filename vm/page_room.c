/* SPDX-License-Identifier: MIT */
#include <mm/kmalloc.h>
#include <vm/page_room.h>

/*
 * The count is changed before a page is allocated, and given back if that fails. So two threads
 * that want the last page never both get one, without a lock.
 */

struct page_room *page_room_create(void)
{
	struct page_room *room = kzalloc(sizeof(*room), GFP_KERNEL);

	if (room)
		room->refcount = 1;
	return room;
}

void page_room_get(struct page_room *room)
{
	__atomic_add_fetch(&room->refcount, 1, __ATOMIC_RELAXED);
}

void page_room_put(struct page_room *room)
{
	if (__atomic_sub_fetch(&room->refcount, 1, __ATOMIC_ACQ_REL) == 0)
		kfree(room);
}

bool page_room_take(struct page_room *room)
{
	unsigned long most = READ_ONCE(room->most);
	unsigned long used = __atomic_add_fetch(&room->used, 1, __ATOMIC_RELAXED);

	if (!most || used <= most)
		return true;
	page_room_give(room, 1);
	return false;
}

void page_room_give(struct page_room *room, unsigned long nr)
{
	__atomic_fetch_sub(&room->used, nr, __ATOMIC_RELAXED);
}
