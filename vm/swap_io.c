/* SPDX-License-Identifier: MIT */
#include <block/block.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <mm/kvmalloc.h>
#include <vm/anon.h>
#include <vm/cache_page.h>
#include <vm/swap_slots.h>

/*
 * Reading and writing pages of the swap cache.
 *
 * Writing makes memory free, so it must not wait for memory. There is a fixed number of requests,
 * which swapon(2) allocates. A page whose sectors follow those of an open request joins it:
 *
 *	swap_write()   page ─▶ open request of up to 32 pages
 *	                           │ full, flushed, or the requests are used up
 *	                           ▼
 *	                       block_submit() ─▶ done: PG_WRITEBACK is cleared, the request is free
 *
 * A thread that finds no free request begins all open ones and waits. The disk needs no memory to
 * end them, so this wait ends.
 *
 * Reading takes slots on both sides with it, as long as they follow each other on the disk, are in
 * the same aligned group of eight, and the program has them near the wanted page: a disk reads
 * eight pages nearly as fast as one. But an unwanted page has cost a transfer, and the place of
 * another. So each address space begins with one page, and reads two when it wants two neighbours
 * one after the other. The number is doubled while all guesses are right, and halved when less than
 * three of four are. If the large request fails, the wanted page is tried alone: a bad sector costs
 * its owner only.
 *
 * After an error, an area gets requests of one page only. So one bad sector keeps one page in
 * memory, and not 32.
 */

#define NR_REQUESTS  16u
#define ERRORS_SHOWN 10u

/* Sectors of a page. */
#define SECTORS (PAGE_SIZE / SECTOR_SIZE)

struct swap_io {
	struct block_request request;
	struct block_segment segments[SWAP_WRITE_PAGES];
	struct list_head link;
};

struct swap_counts swap_counts;

/* Guards the lists; taken in interrupts. No other lock is taken with it held. */
static spinlock_t io_lock;
static struct list_head unused = { &unused, &unused }, open = { &open, &open };
static struct wait_queue ended;
static struct swap_io *requests;
static u32 nr_unused;
/* There was an error: requests have one page. */
static bool careful;

static void report(const struct block_request *request)
{
	unsigned long before =
		__atomic_fetch_add(&swap_counts.errors, request->nr_segments, __ATOMIC_RELAXED);

	WRITE_ONCE(careful, true);
	if (before < ERRORS_SHOWN)
		pr_err("swap: %s, sector %llu: %s error %d, pages: %u\n", request->device->name,
		       request->sector, request->op == BLOCK_READ ? "read" : "write",
		       -request->error, request->nr_segments);
}

/* --- writing ---------------------------------------------------------------------------------- */

static void write_done(struct block_request *request)
{
	struct swap_io *io = container_of(request, struct swap_io, request);
	unsigned long flags;

	if (request->error)
		report(request);
	for (u32 i = 0; i < request->nr_segments; i++) {
		if (request->error)
			set_page_flag(io->segments[i].page, PG_DIRTY);
		cache_end_page(io->segments[i].page, PG_WRITEBACK);
	}
	flags = spin_lock_irqsave(&io_lock);
	list_add(&io->link, &unused);
	nr_unused++;
	spin_unlock_irqrestore(&io_lock, flags);
	wake_up_all(&ended);
}

static void submit(struct swap_io *io)
{
	__atomic_fetch_add(&swap_counts.out, io->request.nr_segments, __ATOMIC_RELAXED);
	block_submit(&io->request);
}

void swap_write_flush(void)
{
	unsigned long flags = spin_lock_irqsave(&io_lock);

	while (!list_empty(&open)) {
		struct swap_io *io = list_entry(open.next, struct swap_io, link);

		list_del(&io->link);
		spin_unlock_irqrestore(&io_lock, flags);
		submit(io);
		flags = spin_lock_irqsave(&io_lock);
	}
	spin_unlock_irqrestore(&io_lock, flags);
}

/* With the lock held: the open request that a page continues, or a new one, or NULL. */
static struct swap_io *find_request(struct block_device *device, u64 sector)
{
	struct swap_io *io;

	list_for_each_entry(io, &open, link)
		if (io->request.device == device &&
		    io->request.sector + io->request.nr_segments * SECTORS == sector)
			return io;
	if (list_empty(&unused))
		return NULL;
	io = list_entry(unused.next, struct swap_io, link);
	nr_unused--;
	list_del(&io->link);
	list_add(&io->link, &open);
	io->request = (struct block_request){
		.device = device,
		.op = BLOCK_WRITE,
		.sector = sector,
		.segments = io->segments,
		.done = write_done,
	};
	return io;
}

/* Enters a page into a request. Returns false if there is none. */
static bool append(struct block_device *device, u64 sector, struct page *page)
{
	unsigned long flags = spin_lock_irqsave(&io_lock);
	struct swap_io *io = find_request(device, sector);
	bool full = false;

	if (io) {
		io->segments[io->request.nr_segments++] =
			(struct block_segment){ page, 0, PAGE_SIZE };
		full = io->request.nr_segments == SWAP_WRITE_PAGES || READ_ONCE(careful);
		if (full)
			list_del(&io->link);
	}
	spin_unlock_irqrestore(&io_lock, flags);
	if (full)
		submit(io);
	return io;
}

int swap_write(struct page *page)
{
	struct swap_area *area;
	u32 at;

	area = swap_cache_begin_write(page, &at);
	if (!area)
		return -EIO;
	while (!append(area->source.device, swap_sector(area, at), page)) {
		swap_write_flush();
		wait_event(&ended, READ_ONCE(nr_unused));
	}
	return 0;
}

void swap_wait_page(const struct page *page, enum page_flag flag)
{
	if (!test_page_flag(page, flag))
		return;
	swap_write_flush();
	cache_wait_page(page, flag);
}

void swap_unlock_page(struct page *page)
{
	cache_end_page(page, PG_LOCKED);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Slots that are read together: pages of an area that are next to each other. */
struct group {
	struct swap_area *area;
	u32 first, nr;
	u32 beside; /* wanted slots, a bit each */
	struct page *pages[SWAP_READ_PAGES];
};

/* Makes a page for a slot that nobody reads yet. Returns 0 or a negative errno. */
static int add_page(u32 slot, gfp_t gfp, struct page **added)
{
	struct page *page = alloc_page(gfp);
	int error;

	if (!page)
		return -ENOMEM;
	page->a = 0;
	page->b = 0;
	page->flags +=
		PAGE_FLAGS(PAGE_SWAP, 0, 0) - PAGE_FLAGS(PAGE_USED, 0, 0) + (1u << PG_LOCKED);
	error = swap_cache_add(page, slot);
	if (error)
		swap_put_page(page);
	else
		*added = page;
	return error;
}

/* Takes a slot beside the group into it, at the place @i. */
static bool add_neighbour(struct group *group, u32 page, u32 i, gfp_t gfp)
{
	u32 slot = group->area->first + page;
	u64 sector = swap_sector(group->area, group->first);
	struct page *added;

	sector += ((u64)page - group->first) * SECTORS;
	if (page >= group->area->nr_pages || !(group->beside >> slot % SWAP_READ_PAGES & 1) ||
	    !swap_count(slot) || swap_sector(group->area, page) != sector)
		return false;
	/* It is no reason to make room for others. */
	if (add_page(slot, (gfp & (GFP_ZONEMASK | __GFP_MOVABLE)) | __GFP_NOWARN, &added))
		return false;
	set_page_flag(added, PG_REFERENCED);
	if (!i)
		memmove(&group->pages[1], group->pages, group->nr * sizeof(group->pages[0]));
	group->pages[i] = added;
	group->first -= !i;
	group->nr++;
	return true;
}

/* How many pages are to be read this time? */
static u32 group_size(const struct swap_guess *guess, u32 slot)
{
	u32 pages = max(guess->pages, (u8)1), hits = guess->hits, guessed = guess->guessed;

	if (guessed ? hits >= guessed : slot - guess->last + 1 <= 2)
		return min(pages * 2, SWAP_READ_PAGES);
	return hits * 4 < guessed * 3 ? pages / 2 : pages;
}

static void add_neighbours(struct group *group, u32 slot, gfp_t gfp, struct swap_guess *guess)
{
	u32 down = slot % SWAP_READ_PAGES, up = SWAP_READ_PAGES - 1 - down;
	u32 pages = group_size(guess, slot);

	group->beside = guess->beside;
	while (up-- && group->nr < pages &&
	       add_neighbour(group, group->first + group->nr, group->nr, gfp))
		;
	while (down-- && group->nr < pages && group->first &&
	       add_neighbour(group, group->first - 1, 0, gfp))
		;
	guess->last = slot;
	guess->pages = (u8)pages;
	guess->guessed = (u8)(group->nr - 1);
	guess->hits = 0;
}

static int transfer(struct group *group, u32 i, u32 nr)
{
	struct block_segment segments[SWAP_READ_PAGES];
	struct block_request request = {
		.device = group->area->source.device,
		.op = BLOCK_READ,
		.sector = swap_sector(group->area, group->first + i),
		.nr_segments = nr,
	};

	for (u32 k = 0; k < nr; k++)
		segments[k] = (struct block_segment){ group->pages[i + k], 0, PAGE_SIZE };
	request.error = block_transfer(request.device, request.op, request.sector, segments, nr);
	if (request.error)
		report(&request);
	else
		__atomic_fetch_add(&swap_counts.in, nr, __ATOMIC_RELAXED);
	return request.error ? -EIO : 0;
}

/* The page of a group can be used, or leaves the cache. */
static void end_read(struct page *page, bool read, bool wanted)
{
	if (!read)
		swap_cache_remove(page, true);
	else if (!wanted)
		swap_cache_remove(page, false); /* if nothing names it any more */
	cache_end_page(page, PG_LOCKED);
	if (!wanted || !read)
		swap_put_page(page);
}

static int read_group(struct group *group, const struct page *wanted)
{
	bool all = !transfer(group, 0, group->nr);
	int error = all ? 0 : -EIO;

	for (u32 i = 0; i < group->nr && !all; i++)
		if (group->pages[i] == wanted && group->nr > 1)
			error = transfer(group, i, 1);
	for (u32 i = 0; i < group->nr; i++)
		end_read(group->pages[i], group->pages[i] == wanted ? !error : all,
			 group->pages[i] == wanted);
	return error;
}

/* The page of the cache, when it has been read, or NULL. */
static struct page *find_page(u32 slot)
{
	struct page *page = swap_cache_get(slot);

	if (!page)
		return NULL;
	swap_wait_page(page, PG_LOCKED);
	if (page_swap_slot(page) == slot)
		return page;
	swap_put_page(page);
	return NULL;
}

/* A page of the cache is wanted. Was it a guess that has brought it? */
static void count_hit(struct page *page, struct swap_guess *guess)
{
	if (!test_page_flag(page, PG_REFERENCED))
		return;
	clear_page_flag(page, PG_REFERENCED);
	guess->hits++;
}

int swap_read(u32 slot, gfp_t gfp, struct swap_guess *guess, struct page **page)
{
	struct group group = { .nr = 1 };
	int error;

	do {
		*page = find_page(slot);
		if (*page) {
			count_hit(*page, guess);
			return 0;
		}
		error = add_page(slot, gfp, page);
	} while (error == -EEXIST);
	if (error)
		return error;
	count_major_fault();
	group.pages[0] = *page;
	/* The area stays, because a page of it is locked. */
	spin_lock_unfair(&swap_lock);
	group.area = swap_area_of(slot);
	spin_unlock(&swap_lock);
	group.first = slot - group.area->first;
	if (!READ_ONCE(careful))
		add_neighbours(&group, slot, gfp, guess);
	return read_group(&group, *page);
}

/* --- memory for writes ------------------------------------------------------------------------ */

int swap_io_init(void)
{
	if (requests)
		return 0;
	requests = kvmalloc(NR_REQUESTS * sizeof(*requests), GFP_KERNEL);
	if (!requests)
		return -ENOMEM;
	for (u32 i = 0; i < NR_REQUESTS; i++)
		list_add(&requests[i].link, &unused);
	nr_unused = NR_REQUESTS;
	careful = false;
	return 0;
}

void swap_io_exit(void)
{
	/* Of two calls of swapoff(2), both can find that no area is left. */
	if (!requests)
		return;
	wait_event(&ended, READ_ONCE(nr_unused) == NR_REQUESTS);
	unused = (struct list_head){ &unused, &unused };
	nr_unused = 0;
	kvfree(requests);
	requests = NULL;
}
