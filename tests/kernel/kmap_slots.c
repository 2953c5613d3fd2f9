/* SPDX-License-Identifier: MIT */
#include <asm/fixmap.h>
#include <asm/tlbflush.h>
#include <mm/highmem.h>
#include <mm/page_alloc.h>
#include <tests/helpers/kmap_fill.h>
#include <tests/kernel/ktest.h>

/*
 * The slots of kmap(): which page a slot belongs to while it is held, idle and empty, and after
 * the kernel has used all slots and begun again. Each page holds a number of its own, so a stale
 * TLB entry or a slot of a wrong page shows a wrong number.
 */

/* Pages of a test: enough to use all slots three times. */
static struct page *pages[3 * LAST_PKMAP];

/* Allocates up to @most pages of high memory; the test is skipped if there is none. */
static unsigned int get_pages(unsigned int most)
{
	unsigned int nr = 0;

	while (nr < most && (pages[nr] = alloc_page(GFP_HIGHUSER | __GFP_NOWARN))) {
		if (!page_is_highmem(pages[nr])) {
			__free_page(pages[nr]);
			break;
		}
		nr++;
	}
	if (nr == 0)
		ktest_skip("no free highmem on this machine");
	return nr;
}

static void put_pages(unsigned int nr)
{
	while (nr)
		__free_page(pages[--nr]);
}

/* As get_pages(), but all or none. */
static bool get_all_pages(unsigned int nr)
{
	unsigned int got = get_pages(nr);

	if (got == nr)
		return true;
	put_pages(got);
	ktest_skip("fewer free pages of high memory than the test needs");
	return false;
}

static void write_number(struct page *page, u32 number)
{
	*(u32 *)kmap(page) = number;
	kunmap(page);
}

static u32 read_number(struct page *page)
{
	u32 number = *(u32 *)kmap(page);

	kunmap(page);
	return number;
}

/* --- one user, and several -------------------------------------------------------------------- */

#define FEW 8

KTEST(kmap_slots, pages_get_slots_of_their_own)
{
	u32 *addr[FEW];

	if (!get_all_pages(FEW))
		return;
	for (u32 i = 0; i < FEW; i++) {
		addr[i] = kmap(pages[i]);
		EXPECT(addr[i] >= (u32 *)PKMAP_BASE);
		EXPECT(addr[i] < (u32 *)kmap_slot_address(LAST_PKMAP));
		*addr[i] = i;
	}
	for (u32 i = 0; i < FEW; i++) {
		u32 number = ~0u;

		EXPECT(page_address(pages[i]) == addr[i]);
		EXPECT(kmap_to_page(addr[i]) == pages[i]);
		memcpy_from_page(&number, pages[i], 0, sizeof(number));
		EXPECT_EQ(number, i);
	}
	for (u32 i = 0; i < FEW; i++) {
		kunmap(pages[i]);
		EXPECT(page_address(pages[i]) == NULL);
	}
	put_pages(FEW);
}

/* The page may get another slot when it is mapped again. */
KTEST(kmap_slots, users_of_a_page_share_its_slot)
{
	const u32 number = 0xc0117;
	const void *addr;

	if (!get_all_pages(1))
		return;
	addr = kmap(pages[0]);
	for (u32 users = 2; users <= FEW; users++) {
		EXPECT(kmap(pages[0]) == addr);
		EXPECT_EQ(kmap_slot_users(&kmap_slots[kmap_slot_hint(pages[0])]), users);
	}
	*(u32 *)addr = number;
	for (u32 users = FEW; users > 0; users--) {
		EXPECT(page_address(pages[0]) == addr);
		kunmap(pages[0]);
	}
	EXPECT(page_address(pages[0]) == NULL);
	EXPECT_EQ(read_number(pages[0]), number);
	EXPECT(page_address(pages[0]) == NULL);
	put_pages(1);
}

/* Reports show the call that made the slot held, and not the call of a later user. */
KTEST(kmap_slots, a_slot_names_the_call_that_made_it_held)
{
	const struct kmap_slot *slot;
	unsigned long first;

	if (!get_all_pages(1))
		return;
	kmap(pages[0]);
	slot = &kmap_slots[kmap_slot_hint(pages[0])];
	first = slot->caller;
	kmap(pages[0]);
	EXPECT_EQ(slot->caller, first);
	EXPECT(slot->thread == current);
	kunmap(pages[0]);
	kunmap(pages[0]);
	/* The slot was idle: this call makes it held again. */
	kmap(pages[0]);
	EXPECT(kmap_slots[kmap_slot_hint(pages[0])].caller != first);
	kunmap(pages[0]);
	put_pages(1);
}

/* --- all slots are used, and used again ------------------------------------------------------- */

KTEST(kmap_slots, slots_wrap_and_no_stale_entry_is_seen)
{
	unsigned int nr = get_pages(ARRAY_SIZE(pages)), wrong = 0;

	for (u32 round = 0; round < 4; round++) {
		for (unsigned int i = 0; i < nr; i++) {
			wrong += round && read_number(pages[i]) != i + round - 1;
			write_number(pages[i], i + round);
		}
	}
	EXPECT_EQ(wrong, 0);
	put_pages(nr);
}

/* Each page is mapped once. With DEBUG=1 a slot is flushed as soon as it is idle. */
KTEST(kmap_slots, one_flush_serves_all_idle_slots)
{
	const u32 before = tlb_flushes(TLB_KMAP), slots = kmap_slots_left();
	unsigned int nr = get_pages(ARRAY_SIZE(pages));

	if (nr == 0)
		return;
	for (u32 i = 0; i < nr; i++)
		write_number(pages[i], i);
	EXPECT(DEBUG || tlb_flushes(TLB_KMAP) - before <= nr / slots + 1);
	put_pages(nr);
}

KTEST(kmap_slots, held_slots_are_not_recycled)
{
	const u32 number = 0xfeedface;
	unsigned int nr = get_pages(2 * LAST_PKMAP);
	u32 *addr;

	if (nr == 0)
		return;
	addr = kmap(pages[0]);
	*addr = number;
	for (unsigned int i = 1; i < nr; i++) {
		EXPECT(kmap(pages[i]) != addr);
		kunmap(pages[i]);
		write_number(pages[i], 0);
	}
	EXPECT_EQ(*addr, number);
	EXPECT(page_address(pages[0]) == addr);
	kunmap(pages[0]);
	put_pages(nr);
}

/* All slots but one are held. That one serves the last two pages in turn. */
KTEST(kmap_slots, one_free_slot_is_enough)
{
	const unsigned int held = kmap_slots_left() - 1;

	if (!get_all_pages(held + 2))
		return;
	for (u32 i = 0; i < held; i++)
		*(u32 *)kmap(pages[i]) = i;
	for (u32 round = 0; round < 10; round++) {
		struct page *page = pages[held + round % 2];

		if (round >= 2)
			EXPECT_EQ(read_number(page), round - 2);
		write_number(page, round);
	}
	for (u32 i = 0; i < held; i++) {
		EXPECT_EQ(*(u32 *)page_address(pages[i]), i);
		kunmap(pages[i]);
	}
	put_pages(held + 2);
}

/* --- the page of a slot, and the slot of a page ----------------------------------------------- */

/*
 * A page is freed while its slot is idle, comes back and gets a second slot. When the first slot is
 * recycled, the page keeps the second one.
 */
KTEST(kmap_slots, a_recycled_slot_says_nothing_of_its_former_page)
{
	const u32 number = 0xabcd0123;
	struct page *page;
	const void *old;
	u32 *addr;

	if (!get_all_pages(2 * LAST_PKMAP + 1))
		return;
	page = pages[2 * LAST_PKMAP];
	old = kmap(page);
	kunmap(page);
	__free_page(page);
	/* The page that was freed last is the first to be allocated. */
	pages[2 * LAST_PKMAP] = alloc_page(GFP_HIGHUSER);
	EXPECT(pages[2 * LAST_PKMAP] == page);
	page = pages[2 * LAST_PKMAP];
	KTEST_REQUIRE(page);
	addr = kmap(page);
	/* A new page has number 0, which is a hint to slot 0. With DEBUG=1 no slot is idle. */
	EXPECT(DEBUG || old == (const void *)PKMAP_BASE || addr != old);
	*addr = number;
	for (u32 i = 0; i < 2 * LAST_PKMAP; i++)
		write_number(pages[i], i);
	EXPECT(page_address(page) == addr);
	EXPECT_EQ(*addr, number);
	if (page_address(page))
		kunmap(page);
	put_pages(2 * LAST_PKMAP + 1);
}

/* The slot of each page was recycled, and is empty or belongs to another page. */
KTEST(kmap_slots, a_page_whose_slot_was_recycled_gets_another)
{
	unsigned int nr = get_pages(LAST_PKMAP + 1), wrong = 0;

	for (u32 i = 0; i < nr; i++)
		write_number(pages[i], i);
	for (u32 i = nr; i-- > 0;)
		wrong += read_number(pages[i]) != i;
	EXPECT_EQ(wrong, 0);
	put_pages(nr);
}

/* --- frames of larger blocks ------------------------------------------------------------------ */

/* kmap() leaves slot numbers in the descriptors of tail frames. The allocator must not mind them.
 * */
KTEST(kmap_slots, frames_of_a_block_are_mapped_one_by_one)
{
	const unsigned int order = 3, nr = 1u << order;
	struct page *block = alloc_pages(GFP_HIGHUSER | __GFP_NOWARN, order);
	unsigned int wrong = 0;

	KTEST_REQUIRE(block);
	for (u32 i = 0; i < nr; i++)
		write_number(block + i, i);
	for (u32 i = 0; i < nr; i++)
		wrong += read_number(block + i) != i;
	EXPECT_EQ(wrong, 0);
	__free_pages(block, order);
	drain_all_pages();
	EXPECT(page_alloc_check() == NULL);
}

KTEST(kmap_slots, a_mapped_frame_stays_mapped_when_its_block_is_split)
{
	const unsigned int order = 2, nr = 1u << order;
	struct page *block = alloc_pages(GFP_HIGHUSER | __GFP_NOWARN, order);
	const void *first, *last;

	KTEST_REQUIRE(block);
	first = kmap(block);
	last = kmap(block + nr - 1);
	split_page(block, order);
	EXPECT(page_address(block) == first);
	EXPECT(page_address(block + nr - 1) == last);
	kunmap(block);
	kunmap(block + nr - 1);
	for (unsigned int i = 0; i < nr; i++)
		__free_page(block + i);
}
