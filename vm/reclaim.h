/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/mmzone.h>

/*
 * Getting pages back from programs and files when memory is short. vm/reclaim.c is the chapter.
 */

/**
 * reclaim_init() - let the page allocator reclaim before a request fails
 *
 * Context: boot, once, after vm_init().
 */
void reclaim_init(void);

/**
 * reclaim_start() - start kswapd, unless it runs
 *
 * To be called when there are pages that can go for the first time: those of a file, or a place to
 * swap to.
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int reclaim_start(void);

/**
 * reclaim_swap_changed() - tell that there is more or less room to swap to
 *
 * Pages of programs may use more of the lower zones while they can leave.
 * Context: may sleep.
 * Return: 0 or -ENOMEM, if kswapd could not be started.
 */
int reclaim_swap_changed(void);

/**
 * reclaim_pages() - free pages that can be had again
 * @gfp: a request that they serve; says which zones, and what may be done
 * @nr: how many
 *
 * Waits for no lock. With __GFP_IO it waits for a disk.
 * Context: thread, may sleep; any locks but spinlocks may be held.
 * Return: number of pages that were freed; less than @nr if two rounds of the hands have found
 * nothing more.
 */
unsigned long reclaim_pages(gfp_t gfp, unsigned long nr);
