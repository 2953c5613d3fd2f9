/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

struct page;
struct vm_object;

/*
 * Taking a page away from all programs that map it, for reclaim. vm/unmap.c is the chapter.
 *
 * Reclaim does this with a frame of a program:
 *
 *	look     page_test_clear_accessed()
 *	take     try_to_unmap(), in batches
 *	flush    vm_unmap_flush(), once for all that was taken
 *	write    with PG_DIRTY: swap_write(), and page_unlock() and vm_put_page() after it has begun
 *	free     without PG_DIRTY, or if swap_count() is 0: swap_cache_delete(), page_unlock(),
 *		vm_put_page()
 *
 * A page that was taken and not freed is in the swap cache. A fault brings it back from there. The
 * hand of the clock meets it again, in state PAGE_SWAP or PAGE_ANON_SHARED, and it is taken in the
 * same way.
 *
 * None of these functions needs a reference to the frame, and none waits for a lock that a thread
 * may hold while it asks for memory. For a frame in state PAGE_OBJECT the caller has found the
 * object, holds its lock, and has seen that the page is in its tree (vm/reclaim_page.c).
 */

/**
 * struct tlb_batch - flushes that are owed
 * @cpus: bit n: CPU n may have translations that lead to pages which were taken
 *
 * One that owes nothing is all zeroes.
 */
struct tlb_batch {
	u32 cpus;
};

enum unmap_result {
	UNMAP_DONE,    /* nothing maps it; the caller has a reference and PG_LOCKED */
	UNMAP_BUSY,    /* in I/O, or a lock is held by others, or something uses it */
	UNMAP_LOCKED,  /* mlock(2) */
	UNMAP_NO_SLOT, /* swap space is full, or there is none, or it needs memory */
};

/**
 * try_to_unmap() - take a page away from the programs that map it
 * @page: any frame, in any state
 * @object: in state PAGE_OBJECT, its object, locked; otherwise NULL
 * @batch: gets the CPUs that have to flush
 *
 * Anonymous pages, and pages of objects without a disk, get a slot of swap space, unless they have
 * one, and are in the swap cache afterwards, in state PAGE_SWAP. All entries name the slot.
 *
 * For a page of a file on a disk, entries become zero, and only the entries: the caller has no
 * reference and no PG_LOCKED, and takes the page out of its object while it holds the lock.
 * PG_DIRTY is set already if a program could write to it.
 *
 * Context: thread, no spinlock held; any other locks may be held. Does not wait for memory.
 * Return: see above. Anything but UNMAP_DONE: the page stays where it is, though some programs may
 * have lost their entries, and get them back by a fault.
 */
enum unmap_result try_to_unmap(struct page *page, struct vm_object *object,
			       struct tlb_batch *batch);

/**
 * page_test_clear_accessed() - was a page used since the last look?
 * @page: any frame, in any state
 * @object: in state PAGE_OBJECT, its object, locked; otherwise NULL
 * @batch: gets the CPUs that have to flush
 *
 * Clears the accessed bits of its entries. A flush that comes late lets a use go unseen. A page
 * that was never unmapped and has no entry was not used.
 * Context: that of try_to_unmap().
 * Return: true if an entry was used; also if no answer can be had now.
 */
bool page_test_clear_accessed(struct page *page, struct vm_object *object, struct tlb_batch *batch);

/**
 * vm_unmap_flush() - make all CPUs drop the translations of what was taken
 * @batch: owes nothing afterwards
 *
 * Before a page is written, freed, or unlocked.
 * Context: thread, no spinlock held.
 */
void vm_unmap_flush(struct tlb_batch *batch);

/**
 * page_unlock() - clear PG_LOCKED, and wake who waits for it
 * @page: of try_to_unmap()
 *
 * Context: any except NMI.
 */
void page_unlock(struct page *page);
