/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Reclaim, which is included unchanged, on a model of a machine: three zones full of pages of files
 * and of programs, with accessed bits that a CPU sets only if it has no translation of the page.
 * The layers below check the rules of the chapters: nothing is freed, written or unlocked before
 * the flush, nothing that is mapped, dirty, locked or in I/O is freed, and all I/O is ended. A test
 * includes this file once, since the variables are static.
 */
#include "host.h"

#include "../../vm/clock.c"
#define once once_of_zones
#include "../../vm/history.c"
#undef once
#include "../../vm/reclaim.c"
#include "../../vm/reclaim_page.c"

#define NR_FRAMES 2048u
#define NORMAL    128u /* first frame of the zone */
#define HIGH      1024u
#define FILE_ID   7u
#define MEMORY_ID 8u

/* --- the machine ------------------------------------------------------------------------------ */

static struct page frames[NR_FRAMES];
struct page *mem_map = frames;
unsigned long max_pfn = NR_FRAMES;
struct zone zones[MAX_NR_ZONES];
struct zonelist zonelists[GFP_ZONEMASK + 1];
struct cache_counts cache_counts;
struct wait_queue cache_written;
u32 sched_ticks; /* each test leaves it at the time of the last drain */

static struct model {
	bool mapped, accessed;
	bool stale;  /* a CPU has a translation: it does not set the bit again */
	bool owes;   /* the page may still be written to by an old translation */
	bool writes; /* the disk reads it */
} model[NR_FRAMES];

static struct vm_object file = { .id = FILE_ID }, memory = { .id = MEMORY_ID };
static const struct object_ops file_ops;
static struct thread thread;
static bool objects_held, swap_on, owes;
static u32 nr_freed[MAX_NR_ZONES], nr_looked_at, nr_written, nr_flushes, nr_unwritten;
static u32 swappiness_is, nr_shrinks, shrink_gives, nr_kicks, nr_drains, nr_wakes, nr_pauses,
	unlock_after;
static bool movable_reserve, writes_fail;
static jmp_buf sleeps;

static u32 pfn_of(const struct page *page)
{
	return (u32)(page - frames);
}

static void set_state(struct page *page, enum page_state state)
{
	page->flags = (page->flags & ~0xf0u) | PAGE_FLAGS(state, 0, 0);
}

unsigned long nr_managed_pages(void)
{
	return NR_FRAMES;
}

void *kvmalloc(size_t size, gfp_t gfp)
{
	return calloc(1, size);
}

static void page_ends(struct page *page)
{
	u32 pfn = pfn_of(page);

	CHECK(!model[pfn].mapped && !model[pfn].owes && !model[pfn].writes);
	CHECK(!(page->flags & (1u << PG_DIRTY | 1u << PG_WRITEBACK)));
	set_state(page, PAGE_FREE);
	page->refcount = 0;
	zones[page_zone(page)].free_pages++;
	nr_freed[page_zone(page)]++;
}

void vm_put_page(struct page *page)
{
	CHECK(page->refcount);
	if (--page->refcount == 0)
		page_ends(page);
}

void cache_drop_page(struct page *page)
{
	CHECK_EQ(page->refcount, 1);
	cache_counts.disk_pages--;
	page_ends(page);
}

/* --- objects ---------------------------------------------------------------------------------- */

bool vm_objects_trylock(void)
{
	CHECK(!objects_held);
	return objects_held = true;
}

void vm_objects_unlock(void)
{
	CHECK(objects_held);
	objects_held = false;
}

struct vm_object *vm_object_of(u32 id)
{
	CHECK(objects_held);
	return id == FILE_ID ? &file : id == MEMORY_ID ? &memory : NULL;
}

bool mutex_trylock(struct mutex *mutex)
{
	return mutex_change(mutex, 0, (unsigned long)current);
}

void mutex_lock_slowly(struct mutex *mutex)
{
	CHECK(false);
}

void mutex_unlock_slowly(struct mutex *mutex)
{
	CHECK(false);
}

/* The index of a page is its frame. */
void *radix_tree_descend(struct radix_tree *tree, unsigned long index)
{
	return index < NR_FRAMES ? &frames[index] : NULL;
}

void vm_object_remove_page(struct vm_object *object, struct page *page)
{
	CHECK(object == &file && object->lock.owner);
	page->a = 0;
}

/* --- page tables ------------------------------------------------------------------------------ */

/* A program uses a page. */
static void use(u32 pfn)
{
	if (!model[pfn].mapped || model[pfn].stale)
		return;
	model[pfn].accessed = model[pfn].stale = true;
}

bool page_test_clear_accessed(struct page *page, struct vm_object *object, struct tlb_batch *batch)
{
	struct model *at = &model[pfn_of(page)];
	bool was = at->accessed;

	CHECK(!object || object->lock.owner);
	nr_looked_at++;
	at->accessed = false;
	if (was)
		batch->cpus |= 1;
	owes |= was;
	return was;
}

enum unmap_result try_to_unmap(struct page *page, struct vm_object *object, struct tlb_batch *batch)
{
	struct model *at = &model[pfn_of(page)];

	/* Something else uses it, or it is locked with mlock(2). */
	if (page->refcount > 1u + at->mapped * (page_state(page) == PAGE_OBJECT))
		return UNMAP_BUSY;
	if (at->mapped) {
		at->owes = owes = true;
		batch->cpus |= 1;
	}
	at->mapped = at->accessed = false;
	if (object == &file) {
		page->refcount = 1;
		return UNMAP_DONE;
	}
	page->refcount = 2;
	set_state(page, PAGE_SWAP);
	page->flags |= 1u << PG_DIRTY | 1u << PG_LOCKED;
	page->a = page->b = 0;
	set_page_swap_slot(page, pfn_of(page));
	return UNMAP_DONE;
}

void vm_unmap_flush(struct tlb_batch *batch)
{
	nr_flushes += !!batch->cpus;
	for (u32 i = 0; batch->cpus && i < NR_FRAMES; i++)
		model[i].stale = model[i].owes = false;
	if (batch->cpus)
		owes = false;
	batch->cpus = 0;
}

void page_unlock(struct page *page)
{
	CHECK(page->flags & 1u << PG_LOCKED);
	CHECK(!model[pfn_of(page)].owes);
	page->flags &= ~(1u << PG_LOCKED);
}

/* --- swap ------------------------------------------------------------------------------------- */

bool swap_is_on(void)
{
	return swap_on;
}

unsigned long swap_free_pages(void)
{
	return swap_on ? 1000 : 0;
}

unsigned long swap_total_pages(void)
{
	return swap_on ? 1000 : 0;
}

u32 swap_count(u32 slot)
{
	return 1;
}

int swap_write(struct page *page)
{
	CHECK(!objects_held);
	CHECK((page->flags & (1u << PG_DIRTY | 1u << PG_LOCKED | 1u << PG_WRITEBACK)) ==
	      (1u << PG_DIRTY | 1u << PG_LOCKED));
	CHECK(!model[pfn_of(page)].owes);
	if (writes_fail)
		return -ENOMEM;
	page->flags ^= 1u << PG_DIRTY | 1u << PG_WRITEBACK;
	model[pfn_of(page)].writes = true;
	nr_written++;
	nr_unwritten++;
	return 0;
}

void swap_write_flush(void)
{
	nr_unwritten = 0;
}

void swap_wait_page(const struct page *page, enum page_flag flag)
{
	CHECK_EQ(nr_unwritten, 0);
	CHECK_EQ(flag, PG_WRITEBACK);
	frames[pfn_of(page)].flags &= ~(1u << PG_WRITEBACK);
	model[pfn_of(page)].writes = false;
}

bool swap_cache_delete(struct page *page)
{
	if (page->refcount != 2 || page->flags & (1u << PG_DIRTY | 1u << PG_WRITEBACK))
		return false;
	page->refcount--;
	return true;
}

/* --- the other layers ------------------------------------------------------------------------- */

u32 swappiness(void)
{
	return swappiness_is;
}

unsigned long shrink_caches(unsigned long nr, gfp_t gfp)
{
	CHECK(current->reclaims);
	nr_shrinks++;
	return shrink_gives;
}

void writeback_kick(void)
{
	nr_kicks++;
}

void zone_reserve_movable(bool movable)
{
	movable_reserve = movable;
}

void drain_all_pages(void)
{
	if (++nr_drains > 100)
		longjmp(sleeps, 2);
}

static enum reclaim_result (*direct)(gfp_t gfp, unsigned int order);
static void (*wake)(gfp_t gfp);
static int (*kswapd_fn)(void *arg);

void page_alloc_use_reclaim(enum reclaim_result (*reclaim)(gfp_t gfp, unsigned int order))
{
	direct = reclaim;
}

void page_alloc_use_kswapd(void (*fn)(gfp_t gfp))
{
	wake = fn;
}

struct thread *kthread_create(int (*fn)(void *arg), void *arg, const char *name, ...)
{
	kswapd_fn = fn;
	return &thread;
}

bool wake_up_process(struct thread *woken)
{
	return true;
}

bool wake_up(struct wait_queue *queue)
{
	CHECK(queue == &kswapd_queue);
	nr_wakes++;
	return true;
}

void prepare_to_wait(struct wait_queue *queue, struct waiter *waiter)
{
	current->state = THREAD_SLEEPING;
}

void leave_wait(struct wait_queue *queue, struct waiter *waiter)
{
	current->state = THREAD_RUNNABLE;
}

void sleep_forbidden(const char *what)
{
	CHECK(false);
}

void schedule_away(bool preempted)
{
	longjmp(sleeps, 1);
}

long schedule_timeout(long timeout)
{
	nr_pauses++;
	if (nr_pauses == unlock_after)
		file.lock.owner = 0;
	cache_counts.dirty = 0;
	current->state = THREAD_RUNNABLE;
	return 0;
}

/* --- making machines -------------------------------------------------------------------------- */

static void zone_make(enum zone_type type, u32 first, u32 end)
{
	zones[type] = (struct zone){ .type = type,
				     .start_pfn = first,
				     .spanned_pages = end - first,
				     .present_pages = end - first,
				     .managed_pages = end - first,
				     .watermark = { 10, 20, 30 } };
	for (u32 i = first; i < end; i++)
		frames[i].flags = PAGE_FLAGS(PAGE_FREE, 0, type);
}

/* All frames are in use by the kernel. */
static void begin(bool with_swap)
{
	memset(frames, 0, sizeof(frames));
	memset(model, 0, sizeof(model));
	memset(hands, 0, sizeof(hands));
	memset(&events, 0, sizeof(events));
	memset(nr_freed, 0, sizeof(nr_freed));
	memset(once_of_zones, 0, sizeof(once_of_zones));
	free(table);
	free(groups);
	zone_make(ZONE_DMA, 0, NORMAL);
	zone_make(ZONE_NORMAL, NORMAL, HIGH);
	zone_make(ZONE_HIGHMEM, HIGH, NR_FRAMES);
	for (gfp_t gfp = 0; gfp <= GFP_ZONEMASK; gfp++) {
		u32 nr = 0;

		memset(&zonelists[gfp], 0, sizeof(zonelists[gfp]));
		for (u32 type = MAX_NR_ZONES; type--;)
			if (type <= gfp_zone(gfp) && zones[type].present_pages)
				zonelists[gfp].zone[nr++] = &zones[type];
	}
	file.ops = &file_ops;
	thread = (struct thread){ 0 };
	current_thread = &thread;
	cache_counts = (struct cache_counts){ 0 };
	owes = movable_reserve = writes_fail = false;
	swap_on = with_swap;
	swappiness_is = EQUAL_SWAPPINESS;
	nr_looked_at = nr_written = nr_flushes = nr_unwritten = nr_shrinks = shrink_gives = 0;
	nr_kicks = nr_drains = nr_wakes = nr_pauses = wanted = 0;
	reclaim_init();
	for (u32 i = 0; i < NR_FRAMES; i++)
		set_state(&frames[i], PAGE_USED);
}

static void put_file(u32 pfn, u8 bits, bool mapped)
{
	set_state(&frames[pfn], PAGE_OBJECT);
	frames[pfn].flags |= 1u << PG_UPTODATE;
	frames[pfn].a = FILE_ID;
	frames[pfn].b = pfn;
	frames[pfn].refcount = 1 + mapped;
	model[pfn].mapped = mapped;
	cache_counts.disk_pages++;
	set_frame_bits(pfn, bits);
}

static void put_anon(u32 pfn)
{
	set_state(&frames[pfn], PAGE_ANON);
	frames[pfn].refcount = 1;
	model[pfn].mapped = true;
}

static bool is_there(u32 pfn)
{
	return page_state(&frames[pfn]) > PAGE_USED;
}

/* The rules between calls. */
static void check_rest(void)
{
	u32 nr_once[MAX_NR_ZONES] = { 0 };

	CHECK(!owes && !objects_held && !current->reclaims);
	CHECK_EQ(nr_unwritten, 0);
	CHECK(!file.lock.owner && !memory.lock.owner);
	for (u32 i = 0; i < NR_FRAMES; i++) {
		nr_once[page_zone(&frames[i])] += !!(frame_bits(i) & CLOCK_ONCE);
		CHECK(!(frames[i].flags & (1u << PG_WRITEBACK | 1u << PG_LOCKED)));
	}
	for (u32 i = 0; i < MAX_NR_ZONES; i++)
		CHECK_EQ(once_pages(i), nr_once[i]);
}

static u32 all_freed(void)
{
	return nr_freed[ZONE_DMA] + nr_freed[ZONE_NORMAL] + nr_freed[ZONE_HIGHMEM];
}
