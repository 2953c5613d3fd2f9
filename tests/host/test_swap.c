/* SPDX-License-Identifier: MIT */

/*
 * Slots and cache of swap, which are included unchanged, on four CPUs, beside a model. The model
 * has a count, a page and a bit for each slot, and for each page its references and flags. After
 * each call the numbers agree, and from time to time everything does.
 */
#include "host.h"

#include <asm/percpu.h>

static unsigned int this_one;

#define smp_processor_id() this_one
#include "../../vm/swap_cache.c"
#include "../../vm/swap_free.c"
#include "../../vm/swap_slots.c"

#define LIVES     25
#define CALLS     6000
#define NR_FRAMES 128u
#define MOST      3000u /* slots of the model */
#define NONE      (~0u)

/* --- the other layers of the kernel ----------------------------------------------------------- */

static struct page frames[NR_FRAMES];
struct page *mem_map = frames;
unsigned long max_pfn = NR_FRAMES;
static struct page *mapped;
static u32 nr_put;

/* Frames of tables are numbers only: their memory is behind them. */
static struct swap_table *tables;
static struct page table_frames[64];

void *kmap_local_page(const struct page *page)
{
	CHECK(!mapped);
	CHECK(swap_lock.owner != swap_lock.next);
	mapped = (struct page *)page;
	return &tables[page - table_frames];
}

void kunmap_local(const void *addr)
{
	CHECK(mapped && addr == &tables[mapped - table_frames]);
	mapped = NULL;
}

void get_page(struct page *page)
{
	CHECK(page->refcount);
	page->refcount++;
}

void put_page(struct page *page)
{
	CHECK(page->refcount > 1);
	page->refcount--;
}

void swap_put_page(struct page *page)
{
	CHECK(page->refcount);
	page->refcount--;
	nr_put++;
}

/* --- the model -------------------------------------------------------------------------------- */

static struct model_area {
	struct swap_area area;
	bool there, closed;
	u32 bad;
} areas[SWAP_AREAS + 1];

static struct {
	bool exists, bad;
	u32 count, frame; /* 0: none */
} slots[MOST];

static u32 last_area[NR_CPUS], nr_used_tables;
static unsigned long calls;
static struct {
	u32 allocated, full, cached, deleted, put, areas;
} sums;

static struct model_area *owner(u32 slot)
{
	for (struct model_area *at = areas; at < &areas[SWAP_AREAS]; at++)
		if (at->there && slot - at->area.first < at->area.nr_pages)
			return at;
	return NULL;
}

static bool is_used(u32 slot)
{
	return slots[slot].bad || slots[slot].count || slots[slot].frame;
}

static u32 free_in(const struct model_area *at)
{
	u32 nr = 0;

	for (u32 i = 0; i < at->area.nr_pages; i++)
		nr += !is_used(at->area.first + i);
	return nr;
}

static void compare(void)
{
	unsigned long nr_free = 0, total = 0, cached = 0;

	for (struct model_area *at = areas; at < &areas[SWAP_AREAS]; at++) {
		if (!at->there)
			continue;
		CHECK_EQ(at->area.nr_free, free_in(at));
		if (!at->closed) {
			nr_free += free_in(at);
			total += at->area.nr_slots;
		}
		for (u32 i = 0; i < at->area.nr_pages; i++) {
			u32 slot = at->area.first + i, page = i % SWAP_PER_TABLE;
			struct swap_table *table =
				&tables[at->area.tables[i / SWAP_PER_TABLE] - table_frames];

			CHECK_EQ(table->count[page],
				 slots[slot].bad ? SWAP_BAD : slots[slot].count);
			CHECK_EQ(table->cached[page], slots[slot].frame);
			CHECK_EQ(at->area.used[i / SWAP_RUN] >> i % SWAP_RUN & 1, is_used(slot));
			if (!slots[slot].frame)
				continue;
			cached++;
			CHECK_EQ(page_swap_slot(&frames[slots[slot].frame]), slot);
		}
	}
	CHECK_EQ(swap_free_pages(), nr_free);
	CHECK_EQ(swap_total_pages(), total);
	CHECK_EQ(swap_cached_pages(), cached);
	CHECK_EQ(swap_is_on(), total != 0);
	CHECK(!mapped);
}

static u32 random_slot(void)
{
	return (u32)host_random_below(MOST);
}

static u32 used_slot(void)
{
	for (u32 i = 0, slot = random_slot(); i < MOST; i++, slot = (slot + 1) % MOST)
		if (slots[slot].exists && slots[slot].count)
			return slot;
	return 0;
}

static u32 cached_slot(void)
{
	for (u32 i = 0, slot = random_slot(); i < MOST; i++, slot = (slot + 1) % MOST)
		if (slots[slot].frame)
			return slot;
	return 0;
}

/* --- areas ------------------------------------------------------------------------------------ */

static void free_area(struct model_area *at)
{
	free(at->area.tables);
	free(at->area.used);
	at->there = false;
}

static bool is_bad(const struct model_area *at, u32 page)
{
	return tables[at->area.tables[page / SWAP_PER_TABLE] - table_frames]
		       .count[page % SWAP_PER_TABLE] == SWAP_BAD;
}

/* An area with random bad pages. Returns the number of good ones. */
static u32 make_area(struct model_area *at, u32 nr_pages, s32 priority)
{
	u32 nr = (nr_pages + SWAP_PER_TABLE - 1) / SWAP_PER_TABLE, good = 0;

	memset(at, 0, sizeof(*at));
	at->area.nr_pages = nr_pages;
	at->area.source.priority = priority;
	at->area.tables = calloc(nr, sizeof(struct page *));
	at->area.used = calloc(nr_pages / SWAP_RUN + 1, sizeof(u32));
	for (u32 i = 0; i < nr; i++) {
		at->area.tables[i] = &table_frames[nr_used_tables];
		memset(&tables[nr_used_tables++], 0, sizeof(tables[0]));
	}
	for (u32 i = 0; i < nr_pages; i++) {
		if (i && host_random_below(40)) {
			good++;
			continue;
		}
		at->area.used[i / SWAP_RUN] |= 1u << i % SWAP_RUN;
		tables[at->area.tables[i / SWAP_PER_TABLE] - table_frames]
			.count[i % SWAP_PER_TABLE] = SWAP_BAD;
	}
	return good;
}

static void add_area(u32 nr_pages, s32 priority)
{
	struct model_area *at = areas;
	u32 good;

	while (at < &areas[SWAP_AREAS] && at->there)
		at++;
	if (nr_used_tables + 2 > ARRAY_SIZE(table_frames))
		return;
	good = make_area(at, nr_pages, priority);
	if (at == &areas[SWAP_AREAS] || !good) {
		CHECK_EQ(swap_slots_add(&at->area), -EPERM);
		free_area(at);
		return;
	}
	CHECK_EQ(swap_slots_add(&at->area), 0);
	CHECK_EQ(at->area.nr_slots, good);
	if (at->area.first + nr_pages > MOST) {
		/* The model has no numbers for it. */
		CHECK(swap_slots_close(&at->area, true) && swap_slots_remove(&at->area));
		free_area(at);
		return;
	}
	at->there = true;
	for (u32 i = 0; i < nr_pages; i++) {
		CHECK(!slots[at->area.first + i].exists);
		slots[at->area.first + i].exists = true;
		slots[at->area.first + i].bad = is_bad(at, i);
	}
	sums.areas++;
}

static void remove_area(struct model_area *at)
{
	bool empty = free_in(at) == at->area.nr_slots;

	CHECK_EQ(swap_slots_remove(&at->area), empty);
	if (!empty)
		return;
	for (u32 i = 0; i < at->area.nr_pages; i++)
		memset(&slots[at->area.first + i], 0, sizeof(slots[0]));
	free_area(at);
}

/* --- calls ------------------------------------------------------------------------------------ */

static void call_alloc(void)
{
	s32 best = INT_MIN;
	struct model_area *from;
	u32 slot = swap_alloc();

	for (struct model_area *at = areas; at < &areas[SWAP_AREAS]; at++)
		if (at->there && !at->closed && free_in(at))
			best = max(best, at->area.source.priority);
	if (!slot) {
		/* It fails only if there is none. */
		CHECK_EQ(best, INT_MIN);
		sums.full++;
		return;
	}
	REQUIRE(slot < MOST && slots[slot].exists);
	CHECK(!is_used(slot));
	from = owner(slot);
	REQUIRE(from);
	CHECK(!from->closed);
	/* A run that has begun is used up first. */
	CHECK(from->area.source.priority == best || last_area[this_one] == (u32)(from - areas));
	last_area[this_one] = (u32)(from - areas);
	slots[slot].count = 1;
	sums.allocated++;
}

static void call_dup(void)
{
	u32 slot = used_slot(), nr = (u32)host_random_below(5);

	if (!slot)
		return;
	swap_dup(slot, nr);
	slots[slot].count += nr;
}

static void call_free(void)
{
	u32 slot = used_slot(), nr, frame, put = nr_put;
	bool goes;

	if (!slot)
		return;
	nr = host_random_below(2) ? slots[slot].count
				  : (u32)host_random_below(slots[slot].count + 1);
	frame = slots[slot].frame;
	goes = nr && nr == slots[slot].count && frame && frames[frame].refcount == 1 &&
	       !test_page_flag(&frames[frame], PG_LOCKED) &&
	       !test_page_flag(&frames[frame], PG_WRITEBACK);
	swap_free(slot, nr);
	slots[slot].count -= nr;
	CHECK_EQ(nr_put - put, goes);
	if (!goes)
		return;
	slots[slot].frame = 0;
	CHECK_EQ(frames[frame].refcount, 0);
	CHECK_EQ(page_swap_slot(&frames[frame]), 0);
	frames[frame].flags = 0;
	sums.put++;
}

static void call_add(void)
{
	u32 slot = host_random_below(4) ? used_slot() : random_slot(), frame = 1;
	struct page *page;
	int error;

	while (frame < NR_FRAMES && frames[frame].refcount)
		frame++;
	if (frame == NR_FRAMES)
		return;
	page = &frames[frame];
	*page = (struct page){ .refcount = 1,
			       .a = (u32)host_random() & 0xfffff,
			       .b = (u32)host_random() & 0xfffff };
	page->flags = PAGE_FLAGS(PAGE_ANON + host_random_below(2), 0, 0);
	if (host_random_below(2))
		page->flags = PAGE_FLAGS(PAGE_SWAP, 0, 0);
	error = swap_cache_add(page, slot);
	if (slots[slot].frame) {
		CHECK_EQ(error, -EEXIST);
	} else if (!slots[slot].count) {
		CHECK_EQ(error, -EAGAIN);
	} else {
		CHECK_EQ(error, 0);
		CHECK_EQ(page->refcount, 2);
		slots[slot].frame = frame;
		sums.cached++;
		return;
	}
	CHECK_EQ(page->refcount, 1);
	CHECK_EQ(page_swap_slot(page), 0);
	page->refcount = 0;
}

static void call_get(void)
{
	u32 slot = host_random_below(2) ? cached_slot() : random_slot();
	struct page *page = swap_cache_get(slot);

	CHECK_EQ(page ? page - frames : 0, slots[slot].frame);
	CHECK_EQ(swap_count(slot), slots[slot].count);
}

static void change_page(void)
{
	static const enum page_flag flags[] = { PG_LOCKED, PG_DIRTY, PG_WRITEBACK };
	u32 slot = cached_slot();
	struct page *page = &frames[slots[slot].frame];
	u32 at;

	if (!slot)
		return;
	switch (host_random_below(4)) {
	case 0:
		if (page->refcount > 1)
			page->refcount--;
		break;
	case 1:
		CHECK(swap_cache_begin_write(page, &at) == &owner(slot)->area);
		CHECK_EQ(owner(slot)->area.first + at, slot);
		CHECK(test_page_flag(page, PG_WRITEBACK) && !test_page_flag(page, PG_DIRTY));
		break;
	default:
		page->flags ^= 1u << flags[host_random_below(3)];
	}
}

static void call_delete(void)
{
	u32 slot = cached_slot(), frame = slots[slot].frame, refs;
	bool any = host_random_below(3) == 0, lost = host_random_below(2), goes, gone;
	struct page *page = &frames[frame];

	if (!slot)
		return;
	if (page->refcount == 1)
		page->refcount++;
	refs = page->refcount;
	goes = !test_page_flag(page, PG_WRITEBACK);
	if (any)
		goes = goes && (lost || !slots[slot].count);
	else
		goes = goes && refs == 2 && !(test_page_flag(page, PG_DIRTY) && slots[slot].count);
	gone = any ? swap_cache_remove(page, lost) : swap_cache_delete(page);
	CHECK_EQ(gone, goes);
	if (!goes)
		return;
	CHECK(!test_page_flag(page, PG_DIRTY));
	CHECK_EQ(page_swap_slot(page), 0);
	CHECK_EQ(page->refcount, refs - 1);
	/* The label stays. */
	CHECK(!(page->a >> 20) && !(page->b >> 20));
	CHECK(!swap_cache_delete(page));
	slots[slot].frame = 0;
	page->refcount = 0;
	page->flags = 0;
	sums.deleted++;
}

static void call_area(void)
{
	struct model_area *at = &areas[host_random_below(SWAP_AREAS)];
	static const s32 priorities[] = { SWAP_PRIORITY_NEXT, 5, 5, 9 };
	bool closing = host_random_below(2);

	if (!at->there) {
		add_area((u32)(2 + host_random_below(host_random_below(3) ? 60 : 900)),
			 priorities[host_random_below(ARRAY_SIZE(priorities))]);
		return;
	}
	CHECK_EQ(swap_slots_close(&at->area, closing), at->closed != closing);
	at->closed = closing;
	if (closing && host_random_below(2))
		remove_area(at);
}

static void one_call(u32 phase)
{
	this_one = (unsigned int)host_random_below(4);
	calls++;
	switch (host_random_below(40)) {
	case 0 ... 11:
		/* Now more slots are taken, and now fewer. */
		if (host_random_below(4) < phase)
			call_alloc();
		break;
	case 12 ... 13:
		call_dup();
		break;
	case 14 ... 20:
		call_free();
		break;
	case 21 ... 24:
		call_add();
		break;
	case 25 ... 28:
		call_get();
		break;
	case 29 ... 34:
		change_page();
		break;
	case 35 ... 38:
		call_delete();
		break;
	default:
		if (!host_random_below(12))
			call_area();
	}
}

/* Everything is given back, and every area can be removed. */
static void end_life(void)
{
	for (u32 slot = 0; slot < MOST; slot++) {
		u32 frame = slots[slot].frame;

		if (frame) {
			frames[frame].refcount = 1;
			frames[frame].flags &= ~PAGE_PG_MASK;
			frames[frame].refcount = 2;
			if (slots[slot].count)
				swap_free(slot, slots[slot].count);
			CHECK(swap_cache_delete(&frames[frame]));
			frames[frame] = (struct page){ 0 };
		} else if (slots[slot].count) {
			swap_free(slot, slots[slot].count);
		}
		slots[slot].count = slots[slot].frame = 0;
	}
	compare();
	for (struct model_area *at = areas; at < &areas[SWAP_AREAS]; at++) {
		if (!at->there)
			continue;
		swap_slots_close(&at->area, true);
		remove_area(at);
		CHECK(!at->there);
	}
	CHECK_EQ(swap_total_pages(), 0);
	CHECK_EQ(swap_alloc(), 0);
	nr_used_tables = 0;
}

static void random_calls_agree_with_the_model(void)
{
	for (u32 life = 0; life < LIVES; life++) {
		for (u32 i = 0; i < CALLS; i++) {
			if (i % 1000 == 0 && host_random_below(2))
				add_area(700, 3);
			one_call(i / 500 % 2 ? 4 : 1);
			if (i % 50 == 0)
				compare();
		}
		end_life();
	}
	printf("# %lu calls: %u slots, %u times none, %u pages cached, %u deleted, %u put, %u "
	       "areas\n",
	       calls, sums.allocated, sums.full, sums.cached, sums.deleted, sums.put, sums.areas);
}

static void pages_of_one_cpu_follow_each_other(void)
{
	u32 first = 0, last = 0, in_order = 0;

	add_area(900, 5);
	for (u32 i = 0; i < 640; i++) {
		u32 slot;

		this_one = i % 2;
		slot = swap_alloc();
		in_order += slot == (this_one ? last : first) + 1;
		slots[slot].count = 1;
		*(this_one ? &last : &first) = slot;
	}
	/* Bad pages and ends of runs interrupt it. */
	CHECK(in_order > 540);
	end_life();
}

static void there_are_as_many_numbers_as_slots(void)
{
	struct swap_area large = { .nr_pages = SWAP_SLOTS - 100 }, rest = { .nr_pages = 500 },
			 none = { .nr_pages = 500 };

	large.used = calloc(SWAP_SLOTS / SWAP_RUN, sizeof(u32));
	rest.used = calloc(32, sizeof(u32));
	none.used = calloc(32, sizeof(u32));
	CHECK_EQ(swap_slots_add(&large), 0);
	CHECK_EQ(swap_slots_add(&rest), 0);
	CHECK_EQ(rest.first, SWAP_SLOTS - 100);
	CHECK_EQ(rest.nr_pages, 100);
	CHECK_EQ(swap_slots_add(&none), -EPERM);
	/* A number is free again, and what was cut off is no slot. */
	CHECK_EQ(swap_total_pages(), SWAP_SLOTS);
	CHECK(swap_slots_close(&large, true) && swap_slots_remove(&large));
	none.nr_pages = 500;
	CHECK_EQ(swap_slots_add(&none), 0);
	CHECK_EQ(none.first, 0);
	CHECK(swap_slots_close(&rest, true) && swap_slots_remove(&rest));
	CHECK(swap_slots_close(&none, true) && swap_slots_remove(&none));
	free(large.used);
	free(rest.used);
	free(none.used);
}

static void wrong_calls_panic(void)
{
	u32 slot;

	add_area(90, 5);
	slot = swap_alloc();
	CHECK_PANICS("slot", swap_free(slot, 2));
	swap_lock = (spinlock_t){ 0 };
	mapped = NULL;
	CHECK_PANICS("no area", swap_free(MOST, 1));
	swap_lock = (spinlock_t){ 0 };
	CHECK_PANICS("count", swap_dup(slot, 0xffff));
	swap_lock = (spinlock_t){ 0 };
	mapped = NULL;
	slots[slot].count = 1;
	end_life();
}

int main(void)
{
	tables = calloc(ARRAY_SIZE(table_frames), sizeof(tables[0]));
	host_run("random calls agree with the model", random_calls_agree_with_the_model);
	host_run("pages of one CPU follow each other", pages_of_one_cpu_follow_each_other);
	host_run("there are as many numbers as slots", there_are_as_many_numbers_as_slots);
	host_run("wrong calls panic", wrong_calls_panic);
	free(tables);
	return host_done();
}
