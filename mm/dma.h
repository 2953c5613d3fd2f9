/* SPDX-License-Identifier: MIT */
#pragma once

#include <kernel/spinlock.h>
#include <mm/gfp.h>
#include <mm/page.h>

/*
 * The reach of devices. A device that moves data by itself (DMA, direct memory access) has
 * fewer address lines than the CPU: an ISA device has 24, most PCI devices have 32. A page that it
 * cannot reach is replaced by a bounce page: the kernel copies the data before a write, or after
 * a read. See docs/block.md.
 */

/**
 * struct dma_reach - the memory that a device can reach
 * @limit: address of the highest byte, plus 1, at least 16 MiB; 0: there is no limit
 * @border: no piece may cross a multiple of it, a power of two from 4096 on; 0: there is no border
 * @align: each piece begins at a multiple of it, a power of two up to 4096; 0: anywhere
 */
struct dma_reach {
	phys_addr_t limit;
	u32 border;
	u32 align;
};

/* Limits of ISA devices and of devices with 32 address lines. */
#define DMA_LIMIT_ISA 0x1000000ull
#define DMA_LIMIT_32  0x100000000ull

/**
 * struct dma_piece - bytes that are in one piece for a device
 * @addr: physical address
 * @length: bytes
 */
struct dma_piece {
	phys_addr_t addr;
	u32 length;
};

/**
 * struct dma_pool - the bounce pages of one device
 * @lock: guards the members behind @gfp. Any context; only locks of the page allocator are acquired
 *        with it held
 * @reach: memory that the device reaches
 * @gfp: the zone from which bounce pages come; no flag lets the allocator wait
 * @reserve: chain of the free pages of the reserve, through word a; PFN_NONE ends it
 * @nr_free: pages in that chain
 * @nr_reserve: pages that the reserve has if all are free
 * @nr_used: bounce pages that are in use
 * @bounced: pages that were copied, in reads [0] and in writes [1]
 */
struct dma_pool {
	spinlock_t lock;
	struct dma_reach reach;
	gfp_t gfp;
	u32 reserve, nr_free, nr_reserve, nr_used;
	u64 bounced[2];
};

/**
 * dma_reaches() - can a device reach some bytes?
 * @reach: of the device
 * @addr: physical address of the first byte
 * @length: bytes, not 0
 *
 * Context: any.
 * Return: false if they are behind the limit, cross a border, or begin at a wrong address.
 */
bool dma_reaches(const struct dma_reach *reach, phys_addr_t addr, u32 length);

/**
 * dma_reaches_all() - can a device reach each page of the RAM of this machine?
 * @reach: of the device
 *
 * Context: any, after mem_map_init().
 * Return: true if no page has to be copied because of its address.
 */
bool dma_reaches_all(const struct dma_reach *reach);

/**
 * dma_pool_init() - make the reserve of a device
 * @pool: memory of the caller
 * @reach: copied
 * @nr_pages: bounce pages that the largest command of the device needs
 *
 * A device that reaches all RAM of the machine gets no reserve.
 * Context: thread, may sleep.
 * Return: 0; -ENOMEM; -EINVAL for a limit below 16 MiB, or a border or alignment that no page can
 * keep.
 */
int dma_pool_init(struct dma_pool *pool, const struct dma_reach *reach, u32 nr_pages);

/**
 * dma_pool_destroy() - free the reserve of a device
 * @pool: no bounce page is in use; otherwise the kernel panics
 *
 * Context: any.
 */
void dma_pool_destroy(struct dma_pool *pool);

/**
 * dma_bounce_get() - take a page that the device reaches
 * @pool: of the device
 *
 * Takes it from the page allocator, without waiting, and otherwise from the reserve.
 * Context: any except NMI.
 * Return: the page; NULL if the reserve is empty, too. Then bounce pages are in use, and their
 * return can be waited for.
 */
struct page *dma_bounce_get(struct dma_pool *pool);

/**
 * dma_bounce_put() - give a bounce page back
 * @pool: of the device
 * @page: from dma_bounce_get(); it fills up the reserve first
 *
 * Context: any except NMI.
 */
void dma_bounce_put(struct dma_pool *pool, struct page *page);

/**
 * dma_bounce_copy() - copy between a page and its bounce page, and count it
 * @pool: of the device
 * @bounce: from dma_bounce_get(); the data are at its beginning
 * @page: any page
 * @offset: first byte in @page
 * @length: bytes, up to the end of @page at most
 * @write: true: from @page to @bounce, before the device reads it; false: back to @page
 *
 * Context: any except NMI.
 */
void dma_bounce_copy(struct dma_pool *pool, struct page *bounce, struct page *page, u32 offset,
		     u32 length, bool write);

/**
 * dma_bounced() - number of pages that were copied for all devices since boot
 * @write: in writes; otherwise in reads
 *
 * Context: any.
 * Return: pages; bounce_write or bounce_read of vmstat.
 */
u64 dma_bounced(bool write);
