/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/fixmap.h>
#include <kernel/sched.h>
#include <mm/page.h>

/*
 * The slots of kmap(): what is known of each, and how it is told. What happens to them is in kmap.c.
 */

/* The count of a slot that nobody uses, and of one that maps nothing. */
#define KMAP_IDLE  (-1)
#define KMAP_EMPTY (-0x40000000)

/**
 * struct kmap_slot - one slot
 * @count: kmap() less kunmap(), less one, so that the flags tell the first and the last user; KMAP_IDLE;
 *         KMAP_EMPTY. Changed with atomic operations; to and from KMAP_EMPTY by who has kmap_lock (kmap.c).
 *         For a moment it may have more: who finds that the slot is not his after he counted himself in
 * @page: whose it is, while it is not empty; changed by who has kmap_lock
 * @since: sched_ticks when it became held; 0: not held, or nobody knows
 * @caller: return address of the kmap() that made it so
 * @thread: who called; to compare and to look for, it may be gone
 *
 * The rest is for reports. It is written by who made the slot held; who reads it may see a little less
 * than the truth, but no holder that gave the slot back.
 */
struct kmap_slot {
	s32 count;
	const struct page *page;
	u32 since;
	unsigned long caller;
	const struct thread *thread;
} __aligned(32); /* a power of two: to find one is a shift */

/* The last one stands for none, and is never empty. */
extern struct kmap_slot kmap_slots[LAST_PKMAP + 1];
extern pte_t *pkmap_ptes;

/* How many have it mapped; less than 0: it is empty. */
static inline s32 kmap_slot_users(const struct kmap_slot *slot)
{
	return READ_ONCE(slot->count) - KMAP_IDLE;
}

/* By somebody who is known: he has noted himself, and is not about to give the slot back. */
static inline bool kmap_slot_is_held(const struct kmap_slot *slot)
{
	return kmap_slot_users(slot) > 0 && READ_ONCE(slot->since);
}

static inline unsigned long kmap_slot_address(unsigned int slot)
{
	return PKMAP_BASE + ((unsigned long)slot << PAGE_SHIFT);
}

/**
 * kmap_show_holders() - who holds slots: each call and thread once, with the number of its slots
 * @out: where to
 *
 * Context: any.
 */
void kmap_show_holders(printf_fn *out);

/**
 * kmap_slot_describe() - what the slot at an address was held for last
 * @vaddr: any address; nothing is printed for one that is in no slot
 * @out: where to
 */
void kmap_slot_describe(unsigned long vaddr, printf_fn *out);
