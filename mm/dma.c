/* SPDX-License-Identifier: MIT */
#include <kernel/panic.h>
#include <kernel/vmstat_line.h>
#include <lib/errno.h>
#include <mm/dma.h>
#include <mm/kmap_local.h>
#include <mm/mmzone.h>
#include <mm/page_alloc.h>

/*
 * Bounce pages. A device that does not reach a page gets another one, and the CPU copies:
 *
 *	write:  page at 6 GiB ──copy──▶ bounce page below 4 GiB ──DMA──▶ disk
 *	read:   page at 6 GiB ◀──copy── bounce page below 4 GiB ◀──DMA── disk
 *
 * Memory is often written to disks because there is too little of it. If writing needed memory that
 * can come only from writing, nothing would ever move again. So each device keeps a reserve, which
 * is enough for its largest command:
 *
 *	dma_bounce_get():  page allocator, never waits ─▶ reserve ─▶ NULL: wait for a command to end
 *	dma_bounce_put():  reserve, until it is full again ─▶ page allocator
 *
 * The invariant: a device without a command that runs has its whole reserve. So its next command
 * can begin, whatever happens to the rest of the memory. Devices do not share reserves, because one
 * could take the pages of the other, and never give them back if it hangs.
 *
 * The price: 128 KiB per disk that does not reach all RAM. Most machines have no such disk.
 */

static u64 total[2];          /* for all devices */
static spinlock_t total_lock; /* guards total[]; innermost */

bool dma_reaches(const struct dma_reach *reach, phys_addr_t addr, u32 length)
{
	phys_addr_t last = addr + length - 1;

	if (reach->limit && last >= reach->limit)
		return false;
	if (reach->border && ((addr ^ last) & ~((phys_addr_t)reach->border - 1)))
		return false;
	return !reach->align || !(addr & (reach->align - 1));
}

bool dma_reaches_all(const struct dma_reach *reach)
{
	return !reach->limit || reach->limit >= (phys_addr_t)max_pfn << PAGE_SHIFT;
}

/* The flags for a page in reach. Between 16 MiB and 4 GiB the zone has to fit as a whole. */
static gfp_t zone_in_reach(phys_addr_t limit)
{
	if (!limit || limit >= (phys_addr_t)max_pfn << PAGE_SHIFT)
		return __GFP_HIGHMEM;
	if (limit >= DMA_LIMIT_32)
		return __GFP_DMA32;
	if (limit >= (phys_addr_t)zone_end_pfn(&zones[ZONE_NORMAL]) << PAGE_SHIFT &&
	    zones[ZONE_NORMAL].present_pages)
		return 0;
	return __GFP_DMA;
}

/* With the lock held. */
static void add_to_reserve(struct dma_pool *pool, struct page *page)
{
	page->a = pool->reserve;
	pool->reserve = (u32)page_to_pfn(page);
	pool->nr_free++;
}

int dma_pool_init(struct dma_pool *pool, const struct dma_reach *reach, u32 nr_pages)
{
	bool needed = !dma_reaches_all(reach) || reach->align > 512;

	if ((reach->limit && reach->limit < DMA_LIMIT_ISA) ||
	    (reach->border && reach->border < PAGE_SIZE) || reach->align > PAGE_SIZE)
		return -EINVAL;
	*pool = (struct dma_pool){ .reach = *reach,
				   .gfp = zone_in_reach(reach->limit) | __GFP_NOWARN,
				   .reserve = PFN_NONE,
				   .nr_reserve = needed ? nr_pages : 0 };
	while (pool->nr_free < pool->nr_reserve) {
		struct page *page = alloc_page(pool->gfp | __GFP_RECLAIM);

		if (!page) {
			dma_pool_destroy(pool);
			return -ENOMEM;
		}
		add_to_reserve(pool, page);
	}
	return 0;
}

void dma_pool_destroy(struct dma_pool *pool)
{
	if (pool->nr_used)
		panic("dma: %u bounce pages are in use, and their pool goes away", pool->nr_used);
	if (pool->nr_free)
		free_page_chain(pool->reserve);
	pool->reserve = PFN_NONE;
	pool->nr_free = pool->nr_reserve = 0;
}

struct page *dma_bounce_get(struct dma_pool *pool)
{
	struct page *page = alloc_page(pool->gfp);
	unsigned long flags = spin_lock_irqsave(&pool->lock);

	if (!page && pool->nr_free) {
		page = pfn_to_page(pool->reserve);
		pool->reserve = page->a;
		pool->nr_free--;
	}
	pool->nr_used += page != NULL;
	spin_unlock_irqrestore(&pool->lock, flags);
	return page;
}

void dma_bounce_put(struct dma_pool *pool, struct page *page)
{
	unsigned long flags = spin_lock_irqsave(&pool->lock);
	bool keep = pool->nr_free < pool->nr_reserve;

	pool->nr_used--;
	if (keep)
		add_to_reserve(pool, page);
	spin_unlock_irqrestore(&pool->lock, flags);
	if (!keep)
		__free_page(page);
}

void dma_bounce_copy(struct dma_pool *pool, struct page *bounce, struct page *page, u32 offset,
		     u32 length, bool write)
{
	char *near = kmap_local_page(bounce);
	char *far = kmap_local_page(page);
	unsigned long flags;

	if (write)
		memcpy(near, far + offset, length);
	else
		memcpy(far + offset, near, length);
	kunmap_local(far);
	kunmap_local(near);
	flags = spin_lock_irqsave(&total_lock);
	pool->bounced[write]++;
	total[write]++;
	spin_unlock_irqrestore(&total_lock, flags);
}

u64 dma_bounced(bool write)
{
	unsigned long flags = spin_lock_irqsave(&total_lock);
	u64 n = total[write];

	spin_unlock_irqrestore(&total_lock, flags);
	return n;
}

static unsigned long bounced_reads(void)
{
	return (unsigned long)dma_bounced(false);
}
VMSTAT_LINE(530, "bounce_read", bounced_reads);

static unsigned long bounced_writes(void)
{
	return (unsigned long)dma_bounced(true);
}
VMSTAT_LINE(540, "bounce_write", bounced_writes);
