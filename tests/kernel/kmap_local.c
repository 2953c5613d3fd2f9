/* SPDX-License-Identifier: MIT */
#include <asm/extable.h>
#include <asm/irqflags.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>
#include <mm/highmem.h>
#include <mm/page_alloc.h>
#include <tests/kernel/ktest.h>

/*
 * The slots of kmap_local_page(), one function at a time. The other suites see only what a caller
 * sees, so one mistake fails many of their tests. Here each test calls what it tests, and nothing
 * else may run on this CPU meanwhile: interrupts are off where the slots are compared.
 */

#define NR_PAGES 3

static struct page *pages[NR_PAGES];

/* False, and the test is skipped, if the machine has no high memory. */
static bool take_pages(void)
{
	unsigned int nr, high = 0;

	for (unsigned int i = 0; i < NR_PAGES; i++)
		pages[i] = NULL;
	nr = alloc_pages_bulk(GFP_HIGHUSER | __GFP_NOWARN, NR_PAGES, pages);
	while (high < nr && page_is_highmem(pages[high]))
		high++;
	if (high == NR_PAGES)
		return true;
	while (nr)
		__free_page(pages[--nr]);
	ktest_skip("no free highmem on this machine");
	return false;
}

static void free_taken_pages(void)
{
	for (unsigned int i = 0; i < NR_PAGES; i++)
		__free_page(pages[i]);
}

static bool touchable(const void *addr)
{
	u32 word;

	return probe_read(addr, &word) == 0;
}

/* --- one mapping ------------------------------------------------------------------------------ */

KTEST(kmap_local, a_page_gets_the_first_slot)
{
	unsigned long flags;
	u32 *shared, *addr;

	if (!take_pages())
		return;
	shared = kmap(pages[0]);
	*shared = 0x51075;
	flags = local_irq_save();
	EXPECT_EQ(kmap_local_held(), 0);
	addr = kmap_local_page(pages[0]);
	EXPECT_EQ(kmap_local_held(), 1);
	EXPECT_EQ((unsigned long)addr, kmap_local_slot_address(smp_processor_id(), 0));
	EXPECT(kmap_to_page(addr) == pages[0]);
	EXPECT_EQ(*addr, 0x51075);
	kunmap_local(addr);
	EXPECT_EQ(kmap_local_held(), 0);
	EXPECT(kmap_to_page(addr) == NULL);
	local_irq_restore(flags);
	kunmap(pages[0]);
	free_taken_pages();
}

/* --- reports ---------------------------------------------------------------------------------- */

static char described[NR_PAGES * 80];

static int describe(const char *fmt, ...)
{
	const size_t len = strlen(described);
	va_list args;
	int added;

	va_start(args, fmt);
	added = vsnprintf(described + len, sizeof(described) - len, fmt, args);
	va_end(args);
	return added;
}

/* The latest mapping is described first. */
static void expect_description(const char *from, const struct page *page)
{
	char expected[32];

	snprintf(expected, sizeof(expected), "maps frame %#lx for", page_to_pfn(page));
	if (!from || !strstr(from, expected))
		ktest_fail(__FILE__, __LINE__, "the report says \"%s\", expected \"%s\"", described,
			   expected);
}

KTEST(kmap_local, reports_name_each_mapping)
{
	void *addr[NR_PAGES];

	if (!take_pages())
		return;
	described[0] = '\0';
	for (unsigned int i = 0; i < NR_PAGES; i++)
		addr[i] = kmap_local_page(pages[i]);
	kmap_local_show_held(NR_PAGES, describe);
	for (unsigned int i = NR_PAGES; i-- > 0;)
		kunmap_local(addr[i]);
	expect_description(described, pages[NR_PAGES - 1]);
	expect_description(strchr(described, '\n'), pages[NR_PAGES - 2]);
	free_taken_pages();
}

/* --- switching threads ------------------------------------------------------------------------ */

/* Maps all pages and touches each, so that the TLB has every translation. */
static void map_and_touch(u32 *addr[NR_PAGES])
{
	for (unsigned int i = 0; i < NR_PAGES; i++) {
		addr[i] = kmap_local_page(pages[i]);
		*addr[i] = i;
	}
}

static void unmap_all(u32 *addr[NR_PAGES])
{
	for (unsigned int i = NR_PAGES; i-- > 0;)
		kunmap_local(addr[i]);
}

/*
 * Does by hand what the scheduler does when it takes the CPU from this thread. Then maps the same
 * pages again, as the same addresses must be free.
 */
KTEST(kmap_local, a_switch_saves_the_mappings_and_clears_the_slots)
{
	static struct kmap_local_stack saved;
	u32 *addr[NR_PAGES], *again[NR_PAGES];
	unsigned int left = 0, stale = 0;
	unsigned long flags;

	if (!take_pages())
		return;
	memset(&saved, 0xff, sizeof(saved));
	flags = local_irq_save();
	map_and_touch(addr);
	kmap_local_switch_out(&saved);
	EXPECT_EQ(kmap_local_held(), 0);
	for (unsigned int i = 0; i < NR_PAGES; i++) {
		left += kmap_to_page(addr[i]) != NULL;
		stale += touchable(addr[i]);
	}
	EXPECT_EQ(left, 0);
	EXPECT_EQ(stale, 0);
	EXPECT_EQ(saved.nr, NR_PAGES);
	EXPECT_EQ(saved.mapped, (1u << NR_PAGES) - 1);
	for (unsigned int i = 0; i < NR_PAGES; i++)
		EXPECT(saved.use[i].page == pages[i]);
	if (kmap_local_held() == 0 && left == 0)
		map_and_touch(again);
	if (kmap_local_held() == NR_PAGES)
		unmap_all(addr);
	local_irq_restore(flags);
	EXPECT_EQ(kmap_local_held(), 0);
	free_taken_pages();
}

/* Another thread has used the same slots between the two calls. */
KTEST(kmap_local, a_switch_restores_the_mappings)
{
	static struct kmap_local_stack saved;
	unsigned long flags;
	u32 *addr[NR_PAGES];
	bool there = true;
	void *other;

	if (!take_pages())
		return;
	flags = local_irq_save();
	map_and_touch(addr);
	kmap_local_switch_out(&saved);
	other = kmap_local_page(pages[NR_PAGES - 1]);
	kunmap_local(other);
	kmap_local_switch_in(&saved);
	EXPECT_EQ(saved.nr, 0);
	EXPECT_EQ(kmap_local_held(), NR_PAGES);
	for (unsigned int i = 0; i < NR_PAGES; i++) {
		u32 number = ~0u;

		there &= kmap_to_page(addr[i]) != NULL;
		EXPECT(kmap_to_page(addr[i]) == pages[i]);
		EXPECT_EQ(probe_read(addr[i], &number), 0);
		EXPECT_EQ(number, i);
	}
	if (there && kmap_local_held() == NR_PAGES)
		unmap_all(addr);
	local_irq_restore(flags);
	free_taken_pages();
}
