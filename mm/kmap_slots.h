/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/atomic.h>
#include <asm/fixmap.h>
#include <mm/page.h>
#include <sched/sched.h>

/*
 * The slots of kmap(): the state of each, and the reports of them. kmap.c explains the states and
 * changes them; kmap_slots.c prints them.
 */

/* Counts without users. Idle: the slot still maps its page. Empty (0xc0000000): it maps nothing. */
#define KMAP_IDLE  (-1)
#define KMAP_EMPTY (-0x40000000)

/* A slot is empty if its count is below this. Mistaken users (kmap.c) may add to KMAP_EMPTY. */
#define KMAP_EMPTY_BELOW (KMAP_EMPTY / 2)

/**
 * struct kmap_slot - one slot
 * @count: number of users (calls of kmap() that are not undone) minus 1; KMAP_IDLE or KMAP_EMPTY
 *	if there are none. So adding the first user gives 0, and the CPU's zero flag shows this
 *	without a second read. Users change it by atomic operations; only the owner of kmap_lock
 *	makes a slot empty, or takes an empty one
 * @page: page that the slot maps, held or idle; NULL if empty. Only the owner of kmap_lock changes
 *	it, and only that owner may rely on the NULL: the count becomes KMAP_EMPTY a little earlier
 * @since: sched_ticks when the slot became held; 0: not held, no user has noted itself yet, or the
 *	last one is about to leave
 * @caller: return address of the kmap() that made it held
 * @thread: thread that called it. It may have ended. So never dereference this pointer: compare it,
 *	or look it up in the list of threads
 *
 * The last three are for reports. use_slot() writes them before the slot gets its first user. The
 * first user of an idle slot writes them just after it has become a user. So a report may miss a
 * user for a moment, while it joins or while another user leaves. It shows the user that made the
 * slot held, even after that one has left, until the slot is idle. If two users join an idle slot
 * at the same time, it may show the call of one and the thread of the other.
 */
struct kmap_slot {
	s32 count;
	const struct page *page;
	u32 since;
	unsigned long caller;
	const struct thread *thread;
} __aligned(32); /* a power of two: the index becomes an offset by a shift */

/* One more than there are slots: the last one is a sentinel that is never empty. */
extern struct kmap_slot kmap_slots[LAST_PKMAP + 1];

/* The page table of the slots. */
extern pte_t *pkmap_ptes;

_Static_assert((LAST_PKMAP & (LAST_PKMAP - 1)) == 0, "number & (LAST_PKMAP - 1) is always a slot");

/**
 * kmap_slot_hint() - find the slot that may belong to a page
 * @page: any page
 *
 * Context: any.
 * Return: number of a slot. It may be any slot, since the number in the descriptor may be stale.
 */
static inline unsigned int kmap_slot_hint(const struct page *page)
{
	return READ_ONCE(page->number) & (LAST_PKMAP - 1);
}

/**
 * kmap_slot_is_of() - does a slot belong to a page?
 * @slot: number of the slot
 * @page: any page
 *
 * Context: any. The answer may be out of date at once, unless the caller owns kmap_lock or is a
 * user of the slot.
 * Return: true if it does.
 */
static inline bool kmap_slot_is_of(unsigned int slot, const struct page *page)
{
	return load_equals(kmap_slots[slot].page, page);
}

/**
 * kmap_slot_users() - count the users of a slot
 * @slot: any slot
 *
 * Context: any. A snapshot.
 * Return: their number, mistaken users (kmap.c) included; 0: idle; less than 0: empty.
 */
static inline s32 kmap_slot_users(const struct kmap_slot *slot)
{
	return READ_ONCE(slot->count) - KMAP_IDLE;
}

/**
 * kmap_slot_is_held() - does a slot have a user that has noted itself, and is not about to unmap?
 * @slot: any slot
 *
 * Context: any. A snapshot.
 * Return: true if it has.
 */
static inline bool kmap_slot_is_held(const struct kmap_slot *slot)
{
	return kmap_slot_users(slot) > 0 && READ_ONCE(slot->since);
}

/**
 * kmap_slot_address() - the address at which a slot maps a page
 * @slot: number of the slot
 *
 * Context: any.
 * Return: the address.
 */
static inline unsigned long kmap_slot_address(unsigned int slot)
{
	return PKMAP_BASE + ((unsigned long)slot << PAGE_SHIFT);
}

/**
 * kmap_slot_held_ms() - compute for how long a slot has been held
 * @slot: a slot with users
 *
 * Context: any.
 * Return: milliseconds, in steps of a tick.
 */
u32 kmap_slot_held_ms(const struct kmap_slot *slot);

/**
 * kmap_show_holders() - print the holders of slots, one line for each pair of call and thread
 * @out: function that prints
 *
 * Context: any that does not hold the lock of the list of threads.
 */
void kmap_show_holders(printf_fn *out);

/**
 * kmap_slot_describe() - print the last holder of the slot at an address
 * @vaddr: any address; nothing is printed if no slot is there
 * @out: function that prints
 *
 * Context: any that does not hold the lock of the list of threads.
 */
void kmap_slot_describe(unsigned long vaddr, printf_fn *out);
