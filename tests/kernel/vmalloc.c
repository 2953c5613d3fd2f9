/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/extable.h>
#include <asm/fixmap.h>
#include <lib/string.h>
#include <mm/highmem.h>
#include <mm/ioremap.h>
#include <mm/page_alloc.h>
#include <mm/vmalloc.h>
#include <tests/ktest.h>

/*
 * vmap, vmalloc and ioremap: that what is mapped is the right memory, that what is around it is not
 * mapped, and that all of it comes back.
 */

#define NR_PAGES 16

static bool touchable(const void *addr)
{
	u32 word;

	return probe_read(addr, &word) == 0;
}

static void free_all(struct page **pages, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		if (pages[i])
			__free_page(pages[i]);
}

KTEST(vmalloc, vmap_shows_the_pages_in_order)
{
	struct page *pages[NR_PAGES];
	u32 *mapped;

	for (unsigned int i = 0; i < NR_PAGES; i++) {
		u32 *addr;

		pages[i] = alloc_page(GFP_HIGHUSER);
		KTEST_REQUIRE(pages[i]);
		addr = kmap_local_page(pages[i]);
		addr[0] = addr[PAGE_SIZE / 4 - 1] = i;
		kunmap_local(addr);
	}
	mapped = vmap(pages, NR_PAGES, VM_MAP, PAGE_KERNEL);
	KTEST_REQUIRE(mapped);
	for (unsigned int i = 0; i < NR_PAGES; i++) {
		EXPECT_EQ(mapped[i * 1024], i);
		EXPECT_EQ(mapped[i * 1024 + 1023], i);
		EXPECT(vmalloc_to_page(&mapped[i * 1024 + 5]) == pages[i]);
		mapped[i * 1024 + 1] = ~i;
	}
	vunmap(mapped);
	for (unsigned int i = 0; i < NR_PAGES; i++) {
		u32 *addr = kmap_local_page(pages[i]);

		EXPECT_EQ(addr[1], ~i);
		kunmap_local(addr);
		EXPECT(!touchable(&mapped[i * 1024]));
	}
	free_all(pages, NR_PAGES);
}

KTEST(vmalloc, guard_pages_fault)
{
	char *a = vmalloc(3 * PAGE_SIZE), *b = vmalloc(PAGE_SIZE + 1);
	char region[REGION_TEXT];

	KTEST_REQUIRE(a && b);
	EXPECT(touchable(a) && touchable(a + 3 * PAGE_SIZE - 4));
	EXPECT(!touchable(a + 3 * PAGE_SIZE));
	EXPECT(touchable(b + 2 * PAGE_SIZE - 4));
	EXPECT(!touchable(b + 2 * PAGE_SIZE));
	EXPECT(strstr(region_name((unsigned long)a + 3 * PAGE_SIZE, region, sizeof(region)),
		      "guard"));
	vfree(b);
	vfree(a);
	EXPECT(!touchable(a) && !touchable(b));
}

KTEST(vmalloc, rights_are_those_asked_for)
{
	struct page *page = alloc_page(GFP_HIGHUSER);
	void *addr;

	KTEST_REQUIRE(page);
	addr = vmap(&page, 1, VM_MAP, PAGE_KERNEL_RO);
	KTEST_REQUIRE(addr);
	EXPECT(touchable(addr));
	EXPECT(probe_write(addr, 1) != 0);
	vunmap(addr);
	__free_page(page);
}

KTEST(vmalloc, every_byte_is_there)
{
	unsigned long size = nr_free_pages() > 4096 ? SZ_4M + 5 : SZ_1M + 5;
	u8 *area = vmalloc(size);
	unsigned long wrong = 0;

	KTEST_REQUIRE(area);
	for (unsigned long i = 0; i < size; i++)
		area[i] = (u8)(i ^ i >> 12);
	for (unsigned long i = 0; i < size; i++)
		wrong += area[i] != (u8)(i ^ i >> 12);
	EXPECT_EQ(wrong, 0);
	vfree(area);
}

KTEST(vmalloc, zeroed_memory_is_zero)
{
	u8 *area = vzalloc(5 * PAGE_SIZE);
	unsigned long wrong = 0;

	KTEST_REQUIRE(area);
	for (unsigned long i = 0; i < 5 * PAGE_SIZE; i++)
		wrong += area[i] != 0;
	EXPECT_EQ(wrong, 0);
	vfree(area);
}

/* Page tables are kept, so the first round may cost some pages and the second none. */
KTEST(vmalloc, pages_come_back)
{
	unsigned long before = 0;

	for (unsigned int round = 0; round < 2; round++) {
		void *areas[8];

		before = nr_free_pages();
		for (unsigned int i = 0; i < ARRAY_SIZE(areas); i++)
			areas[i] = vmalloc((i + 1) * 10000);
		for (unsigned int i = 0; i < ARRAY_SIZE(areas); i++)
			vfree(areas[(i * 5) % ARRAY_SIZE(areas)]);
	}
	EXPECT_EQ(nr_free_pages(), before);
}

KTEST(vmalloc, holes_are_used_again)
{
	void *a = vmalloc(4 * PAGE_SIZE), *b = vmalloc(4 * PAGE_SIZE), *c;

	KTEST_REQUIRE(a && b);
	vfree(a);
	c = vmalloc(4 * PAGE_SIZE);
	EXPECT(c == a);
	vfree(c);
	vfree(b);
}

KTEST(vmalloc, impossible_requests_fail_and_keep_nothing)
{
	unsigned long before = nr_free_pages();

	EXPECT(vmalloc(0) == NULL);
	EXPECT(vmalloc(~0ul) == NULL);
	EXPECT(vmalloc(VMALLOC_END - vmalloc_start) == NULL);
	EXPECT(vmap(NULL, 0, VM_MAP, PAGE_KERNEL) == NULL);
	EXPECT(vmalloc_to_page(NULL) == NULL);
	vfree(NULL);
	vunmap(NULL);
	EXPECT_EQ(nr_free_pages(), before);
}

/* The last bytes of the BIOS ROM: no machine is without something there, and nothing is written. */
KTEST(vmalloc, ioremap_reaches_what_is_no_ram)
{
	const phys_addr_t rom = 0xfff04;
	const u8 *mapped = ioremap(rom, 0xf8);

	KTEST_REQUIRE(mapped);
	EXPECT_EQ((unsigned long)mapped & ~PAGE_MASK, rom & ~PAGE_MASK);
	EXPECT(pte_lookup((unsigned long)mapped)->val & PTE_PCD);
	EXPECT_EQ(pte_pfn(*pte_lookup((unsigned long)mapped)), PFN_DOWN(rom));
	EXPECT(memcmp(mapped, early_memremap(rom, 0xf8), 0xf8) == 0);
	early_iounmap();
	iounmap(mapped);
	EXPECT(!touchable((void *)((unsigned long)mapped & PAGE_MASK)));
}

static u32 cache_bits(const void *mapped)
{
	return (u32)pte_lookup((unsigned long)mapped)->val & (PTE_PCD | PTE_PWT);
}

KTEST(vmalloc, ioremap_has_the_cache_attribute_asked_for)
{
	const phys_addr_t rom = 0xff000;
	const void *uncached = ioremap(rom, 4), *combining = ioremap_wc(rom, 4);
	const void *cached = ioremap_cache(rom, 4);

	KTEST_REQUIRE(uncached && combining && cached);
	EXPECT_EQ(cache_bits(uncached), PTE_PCD | PTE_PWT);
	EXPECT_EQ(cache_bits(cached), 0);
	EXPECT_EQ(cache_bits(combining), cpu_has(CPU_PAT) ? PTE_PWT : PTE_PCD | PTE_PWT);
	/* What PWT alone means: entry 1 of the PAT, write-combining. */
	if (cpu_has(CPU_PAT))
		EXPECT_EQ(read_msr(MSR_PAT) >> 8 & 0xff, 1);
	iounmap(uncached);
	iounmap(combining);
	iounmap(cached);
}

KTEST(vmalloc, ioremap_refuses_managed_ram)
{
	struct page *page = alloc_page(GFP_HIGHUSER);

	KTEST_REQUIRE(page);
	ktest_expect_warnings(1);
	EXPECT(ioremap(page_to_phys(page), PAGE_SIZE) == NULL);
	__free_page(page);
}
