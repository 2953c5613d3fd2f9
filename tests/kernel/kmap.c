/* SPDX-License-Identifier: MIT */
#include <asm/extable.h>
#include <kernel/preempt.h>
#include <lib/string.h>
#include <mm/highmem.h>
#include <mm/page_alloc.h>
#include <tests/kernel/ktest.h>

/*
 * The contract of kmap_local_page(), kmap_atomic() and kmap(), as one thread sees it. Most tests
 * need high memory and are skipped on a machine without it; highmem= gives a small machine some.
 */

static struct page *alloc_highmem_page(void)
{
	struct page *page = alloc_page(GFP_HIGHUSER | __GFP_NOWARN);

	if (page && page_is_highmem(page))
		return page;
	if (page)
		__free_page(page);
	ktest_skip("no free highmem on this machine");
	return NULL;
}

/* Gives each word of a page a different value (Knuth's multiplier, 2^32 over the golden ratio). */
#define HASH 2654435761u

static bool touchable(const void *addr)
{
	u32 word;

	return probe_read(addr, &word) == 0;
}

/* Except in a DEBUG=1 kernel with kmap_local_force_map=1, which maps lowmem pages like highmem. */
KTEST(kmap, lowmem_pages_keep_their_address)
{
	struct page *page = alloc_page(GFP_KERNEL);
	void *addr = lowmem_page_address(page), *local, *atomic;

	KTEST_REQUIRE(page);
	EXPECT(kmap(page) == addr);
	local = kmap_local_page(page);
	atomic = kmap_atomic(page);
	EXPECT(DEBUG || (local == addr && atomic == addr));
	EXPECT(page_address(page) == addr);
	EXPECT(kmap_to_page((char *)addr + 123) == page);
	EXPECT(kmap_to_page((char *)local + 123) == page);
	kunmap_atomic(atomic);
	kunmap_local(local);
	kunmap(page);
	EXPECT(touchable(addr));
	__free_page(page);
}

/* Maps a page in all three ways at once: each address shows what was written through another. */
KTEST(kmap, mappings_of_a_page_show_the_same_memory)
{
	struct page *page = alloc_highmem_page();
	volatile u32 *local, *again, *shared;

	if (!page)
		return;
	shared = kmap(page);
	local = kmap_local_page(page);
	again = kmap_atomic(page);
	EXPECT(local != again && again != shared);
	for (unsigned int i = 0; i < PAGE_SIZE / sizeof(u32); i++)
		local[i] = i * HASH;
	for (unsigned int i = 0; i < PAGE_SIZE / sizeof(u32); i++) {
		if (again[i] != i * HASH || shared[i] != i * HASH)
			ktest_fail(__FILE__, __LINE__, "word %u: %#x, %#x", i, again[i], shared[i]);
		shared[i] = ~i;
		if (local[i] != ~i)
			ktest_fail(__FILE__, __LINE__, "word %u: %#x", i, local[i]);
	}
	kunmap_atomic((void *)again);
	kunmap_local((void *)local);
	kunmap(page);
	__free_page(page);
}

KTEST(kmap, local_mappings_nest_to_the_full_depth)
{
	struct page *pages[KMAP_LOCAL_DEPTH];
	u32 *addr[KMAP_LOCAL_DEPTH];
	unsigned int nr = 0;

	while (nr < KMAP_LOCAL_DEPTH && (pages[nr] = alloc_highmem_page()))
		nr++;
	if (nr < KMAP_LOCAL_DEPTH)
		goto out;
	for (unsigned int i = 0; i < nr; i++) {
		addr[i] = kmap_local_page(pages[i]);
		*addr[i] = i;
	}
	for (unsigned int i = 0; i < nr; i++) {
		EXPECT_EQ(*addr[i], i);
		EXPECT(kmap_to_page(addr[i]) == pages[i]);
	}
	for (unsigned int i = nr; i-- > 0;)
		kunmap_local(addr[i]);
	for (unsigned int i = 0; i < nr; i++)
		EXPECT(!touchable(addr[i]));
out:
	while (nr)
		__free_page(pages[--nr]);
}

/* Guards are before the first slot, after the last one, and with DEBUG=1 between any two. */
KTEST(kmap, addresses_beside_a_slot_fault)
{
	struct page *page = alloc_highmem_page();
	char *addr;

	if (!page)
		return;
	addr = kmap_local_page(page);
	EXPECT(touchable(addr + PAGE_SIZE - 4));
	EXPECT(!touchable(addr - 4));
	EXPECT(!touchable(addr + PAGE_SIZE));
	if (DEBUG) {
		char *next = kmap_local_page(page);

		EXPECT(next - addr > PAGE_SIZE);
		EXPECT(!touchable(next - 4));
		kunmap_local(next);
	}
	kunmap_local(addr);
	__free_page(page);
}

KTEST(kmap, a_touch_after_unmapping_faults)
{
	struct page *page = alloc_highmem_page();
	void *addr;

	if (!page)
		return;
	addr = kmap_local_page(page);
	EXPECT(touchable(addr));
	kunmap_local((char *)addr + 100); /* any address within the page will do */
	EXPECT(!touchable(addr));
	EXPECT(kmap_to_page(addr) == NULL);
	addr = kmap_atomic(page);
	EXPECT(touchable(addr));
	kunmap_atomic(addr);
	EXPECT(!touchable(addr));
	__free_page(page);
}

/* One slot, two pages in turn: without the flush the second round would still see the first page.
 * */
KTEST(kmap, a_slot_shows_its_new_page_at_once)
{
	struct page *pages[2] = { alloc_highmem_page(), alloc_highmem_page() };
	const void *slot = NULL;

	for (unsigned int round = 0; pages[0] && pages[1] && round < 100; round++) {
		u32 *addr = kmap_local_page(pages[round % 2]);

		if (slot)
			EXPECT(addr == slot);
		if (round >= 2)
			EXPECT_EQ(*addr, round - 2);
		*addr = round;
		slot = addr;
		kunmap_local(addr);
	}
	for (unsigned int i = 0; i < 2; i++)
		if (pages[i])
			__free_page(pages[i]);
}

KTEST(kmap, atomic_mappings_disable_preemption)
{
	struct page *page = alloc_page(GFP_HIGHUSER);
	void *addr;

	KTEST_REQUIRE(page);
	EXPECT(!in_atomic());
	addr = kmap_atomic(page);
	EXPECT(in_atomic());
	EXPECT_EQ(this_cpu(pagefault_disabled), 1);
	kunmap_atomic(addr);
	EXPECT(!in_atomic());
	EXPECT_EQ(this_cpu(pagefault_disabled), 0);
	__free_page(page);
}

KTEST(kmap, mappings_are_counted)
{
	struct page *page = alloc_highmem_page();
	void *addr;

	if (!page)
		return;
	EXPECT(page_address(page) == NULL);
	addr = kmap(page);
	EXPECT(kmap(page) == addr);
	EXPECT(page_address(page) == addr);
	EXPECT(kmap_to_page(addr) == page);
	kunmap(page);
	EXPECT(page_address(page) == addr);
	EXPECT(touchable(addr));
	kunmap(page);
	EXPECT(page_address(page) == NULL);
	/* An idle slot stays mapped, and the next kmap() holds it again; not with DEBUG=1. */
	EXPECT(touchable(addr) == !DEBUG);
	EXPECT(kmap(page) == addr);
	kunmap(page);
	__free_page(page);
}

KTEST(kmap, helpers_touch_their_bytes_only)
{
	struct page *a = alloc_page(GFP_HIGHUSER), *b = alloc_page(GFP_HIGHUSER);
	static u8 image[PAGE_SIZE], expected[PAGE_SIZE];

	KTEST_REQUIRE(a && b);
	memset(expected, 0, PAGE_SIZE);
	clear_highpage(a);
	memcpy_from_page(image, a, 0, PAGE_SIZE);
	EXPECT(memcmp(image, expected, PAGE_SIZE) == 0);
	for (unsigned int i = 0; i < PAGE_SIZE; i++)
		expected[i] = (u8)(i * 7 + 1);
	memcpy_to_page(a, 0, expected, PAGE_SIZE);
	copy_highpage(b, a);
	zero_user(a, 100, 50);
	memcpy_from_page(image, b, 0, PAGE_SIZE);
	EXPECT(memcmp(image, expected, PAGE_SIZE) == 0);
	memset(expected + 100, 0, 50);
	memcpy_from_page(image, a, 0, PAGE_SIZE);
	EXPECT(memcmp(image, expected, PAGE_SIZE) == 0);
	memcpy_to_page(b, PAGE_SIZE - 3, "end", 3);
	memcpy_from_page(image, b, PAGE_SIZE - 4, 4);
	EXPECT(memcmp(image + 1, "end", 3) == 0);
	__free_page(a);
	__free_page(b);
}
