/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/extable.h>
#include <asm/fixmap.h>
#include <asm/region.h>
#include <asm/sections.h>
#include <asm/tlbflush.h>
#include <init/params.h>
#include <lib/random.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>
#include <mm/highmem.h>
#include <mm/ioremap.h>
#include <mm/kmalloc.h>
#include <mm/kvmalloc.h>
#include <mm/page_alloc.h>
#include <mm/vmalloc.h>
#include <sched/sched.h>
#include <tests/kernel/ktest.h>

/*
 * Tests of vmap(), vmalloc() and ioremap(): the right memory is mapped, the pages around it are
 * not, and everything can be freed again.
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
	vm_unmap_aliases();
	for (unsigned int i = 0; i < NR_PAGES; i++) {
		u32 *addr = kmap_local_page(pages[i]);

		EXPECT_EQ(addr[1], ~i);
		kunmap_local(addr);
		EXPECT(!touchable(&mapped[i * 1024]));
	}
	free_all(pages, NR_PAGES);
}

/* More pages than a page table has entries: two pages in turn. */
KTEST(vmalloc, vmap_continues_in_the_next_page_table)
{
	const unsigned int nr = PTRS_PER_PTE + 2;
	struct page *two[2] = { alloc_page(GFP_HIGHUSER), alloc_page(GFP_HIGHUSER) };
	struct page **all = kvmalloc_array(nr, sizeof(*all), GFP_KERNEL);
	unsigned int wrong = 0;
	char *mapped;

	KTEST_REQUIRE(two[0] && two[1] && all);
	for (unsigned int i = 0; i < nr; i++)
		all[i] = two[i % 2];
	mapped = vmap(all, nr, VM_MAP, PAGE_KERNEL);
	KTEST_REQUIRE(mapped);
	for (unsigned int i = 0; i < nr; i++)
		wrong += vmalloc_to_page(mapped + i * PAGE_SIZE) != all[i];
	EXPECT_EQ(wrong, 0);
	vunmap(mapped);
	kvfree(all);
	free_all(two, 2);
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
	vm_unmap_aliases();
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

KTEST(vmalloc, pages_come_back)
{
	struct holdings before = ktest_in_use();
	void *areas[8];

	for (unsigned int i = 0; i < ARRAY_SIZE(areas); i++)
		areas[i] = vmalloc((i + 1) * 10000);
	EXPECT(ktest_in_use().pages > before.pages + 80);
	for (unsigned int i = 0; i < ARRAY_SIZE(areas); i++)
		vfree(areas[(i * 5) % ARRAY_SIZE(areas)]);
	EXPECT_EQ(ktest_in_use().pages, before.pages);
	EXPECT_EQ(ktest_in_use().objects, before.objects);
	EXPECT_EQ(vm_lazy_pages(), 0);
}

KTEST(vmalloc, gaps_are_used_again)
{
	void *a = vmalloc(4 * PAGE_SIZE), *b = vmalloc(4 * PAGE_SIZE), *c;

	KTEST_REQUIRE(a && b);
	vfree(a);
	vm_unmap_aliases();
	c = vmalloc(4 * PAGE_SIZE);
	EXPECT(c == a);
	vfree(c);
	vfree(b);
}

KTEST(vmalloc, impossible_requests_fail_and_keep_nothing)
{
	struct holdings before = ktest_in_use();

	EXPECT(vmalloc(0) == NULL);
	EXPECT(vmalloc(~0ul) == NULL);
	EXPECT(vmalloc(VMALLOC_END - vmalloc_start) == NULL);
	EXPECT(vmalloc(~0ul - PAGE_SIZE + 2) == NULL);
	EXPECT(vmap_area_get(VMALLOC_END - vmalloc_start, VM_MAP, 0) == NULL);
	EXPECT(vmap_area_get(~PAGE_SIZE + 1, VM_MAP, 0) == NULL);
	EXPECT(vmap(NULL, ~0u, VM_MAP, PAGE_KERNEL) == NULL);
	EXPECT(vmap(NULL, 0, VM_MAP, PAGE_KERNEL) == NULL);
	EXPECT(vmalloc_to_page(NULL) == NULL);
	vfree(NULL);
	vunmap(NULL);
	EXPECT_EQ(ktest_in_use().pages, before.pages);
	EXPECT_EQ(ktest_in_use().objects, before.objects);
}

/* --- retired ranges --------------------------------------------------------------------------- */

#define NR_RETIRED 3 /* ranges of one page: even a machine of 4 MiB lets them wait */

KTEST(vmalloc, many_ranges_are_flushed_at_once)
{
	struct page *page = alloc_page(GFP_HIGHUSER);
	void *addr[NR_RETIRED];
	u32 flushes;

	if (DEBUG) {
		ktest_skip("DEBUG=1 purges at once");
		goto out;
	}
	KTEST_REQUIRE(page);
	for (unsigned int i = 0; i < NR_RETIRED; i++)
		KTEST_REQUIRE((addr[i] = vmap(&page, 1, VM_MAP, PAGE_KERNEL)));
	vm_unmap_aliases();
	flushes = tlb_flushes(TLB_UNMAP);
	for (unsigned int i = 0; i < NR_RETIRED; i++)
		vunmap(addr[i]);
	EXPECT_EQ(tlb_flushes(TLB_UNMAP), flushes);
	vm_unmap_aliases();
	EXPECT_EQ(tlb_flushes(TLB_UNMAP), flushes + 1);
	for (unsigned int i = 0; i < NR_RETIRED; i++)
		EXPECT(!touchable(addr[i]));
	/* No range waits, so there is no flush. */
	vm_unmap_aliases();
	EXPECT_EQ(tlb_flushes(TLB_UNMAP), flushes + 1);
out:
	__free_page(page);
}

/* The ranges are retired upward in the first round, and downward in the second one. */
KTEST(vmalloc, a_purge_covers_ranges_in_any_order)
{
	void *addr[NR_RETIRED];

	for (unsigned int round = 0; round < 2; round++) {
		unsigned int left = 0;

		vm_unmap_aliases();
		for (unsigned int i = 0; i < NR_RETIRED; i++)
			KTEST_REQUIRE((addr[i] = vmalloc((i + 1) * PAGE_SIZE)));
		/* The TLB has a translation of the first and of the last page of each. */
		for (unsigned int i = 0; i < NR_RETIRED; i++)
			EXPECT(touchable(addr[i]) && touchable(addr[i] + i * PAGE_SIZE));
		for (unsigned int i = 0; i < NR_RETIRED; i++)
			vfree(addr[round ? NR_RETIRED - 1 - i : i]);
		vm_unmap_aliases();
		for (unsigned int i = 0; i < NR_RETIRED; i++)
			left += touchable(addr[i]) || touchable(addr[i] + i * PAGE_SIZE);
		EXPECT_EQ(left, 0);
	}
}

/*
 * The borders of ranges that were purged before are forgotten. The best of a few rounds counts,
 * because another thread may retire its stack meanwhile.
 */
KTEST(vmalloc, a_purge_covers_no_more_than_it_has_to)
{
	u32 flushed_all = ~0u;

	for (unsigned int round = 0; round < 5; round++) {
		const struct tlb_counts *counts;
		void *memory;
		u32 before;

		vm_unmap_aliases();
		memory = vmalloc(PAGE_SIZE);
		KTEST_REQUIRE(memory);
		migrate_disable();
		counts = this_cpu_ptr(tlb_counts);
		before = counts->all + counts->cr3;
		vfree(memory);
		vm_unmap_aliases();
		flushed_all = min(flushed_all, counts->all + counts->cr3 - before);
		migrate_enable();
	}
	EXPECT_EQ(flushed_all, 0);
}

KTEST(vmalloc, neither_addresses_nor_frames_are_free_before_the_purge)
{
	unsigned long free;
	void *a, *b;

	if (DEBUG) {
		ktest_skip("DEBUG=1 purges at once");
		return;
	}
	vm_unmap_aliases();
	a = vmalloc(4 * PAGE_SIZE);
	KTEST_REQUIRE(a);
	free = nr_free_pages();
	vfree(a);
	EXPECT_EQ(nr_free_pages(), free);
	EXPECT_EQ(vm_lazy_pages(), 4);
	EXPECT(vmap_area_find((unsigned long)a) == NULL);
	b = vmalloc(4 * PAGE_SIZE);
	KTEST_REQUIRE(b);
	EXPECT(b != a);
	vm_unmap_aliases();
	EXPECT_EQ(vm_lazy_pages(), 0);
	vfree(b);
	b = vmalloc(4 * PAGE_SIZE);
	EXPECT(b == a);
	vfree(b);
}

KTEST(vmalloc, waiting_frames_are_limited)
{
	unsigned long most = 0;

	/* With 4 MiB of RAM, 8 frames are more than may wait. */
	for (unsigned int i = 0; i < 300; i++) {
		void *area = vmalloc(4 * PAGE_SIZE);

		KTEST_REQUIRE(area);
		vfree(area);
		most = max(most, vm_lazy_pages());
	}
	EXPECT(most <= 512 && most <= nr_managed_pages() / 64);
	EXPECT(DEBUG ? most == 0 : most > 0);
}

/* --- a full address space --------------------------------------------------------------------- */

#define MOST_AREAS 2048

/* The ranges of the fragmentation test, and a bit for each page that is taken. */
static struct {
	struct vmap_area **areas;
	u8 *taken;
	unsigned long nr_taken, pages, unit;
	struct random random;
} full;

static unsigned long first_page(const struct vmap_area *area)
{
	return (vmap_area_addr(area) - vmalloc_start) >> PAGE_SHIFT;
}

/*
 * Sets or clears the bit of each page of an area and of its guard. Returns the number of pages
 * whose bit had this value before.
 */
static unsigned long mark(const struct vmap_area *area, bool taken)
{
	unsigned long first = first_page(area), end = first + vmap_area_pages(area) + 1, same = 0;

	for (unsigned long page = first; page < end; page++) {
		u8 *byte = &full.taken[page / 8], bit = (u8)(1u << page % 8);

		same += !!(*byte & bit) == taken;
		*byte = (u8)(taken ? *byte | bit : *byte & ~bit);
	}
	full.nr_taken += taken ? end - first : first - end;
	return same;
}

static void note_taken(const struct vmap_area *area)
{
	KTEST_REQUIRE(first_page(area) + vmap_area_pages(area) < full.pages);
	EXPECT_EQ(mark(area, true), 0);
}

/*
 * Fills the array with areas of 1 to @most units, until the largest gap is too small or the array
 * is full. Returns the number of areas.
 */
static unsigned int fill(unsigned int most)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < MOST_AREAS; i++) {
		unsigned long units = 1 + random_below(&full.random, most);

		if (full.areas[i])
			continue;
		/* A failure would print a message, which only the end of the test expects. */
		if (vmap_area_largest_gap() < ((units * full.unit) + 1) * PAGE_SIZE)
			vm_unmap_aliases();
		if (vmap_area_largest_gap() < ((units * full.unit) + 1) * PAGE_SIZE)
			break;
		full.areas[i] = vmap_area_get(units * full.unit * PAGE_SIZE, VM_MAP, 0);
		if (!full.areas[i])
			break;
		note_taken(full.areas[i]);
		nr++;
	}
	return nr;
}

/* Puts an area at once or retires it as vunmap() would. Nothing is mapped in it. */
static void give_back(unsigned int i)
{
	struct vmap_area *area = full.areas[i];

	if (!area)
		return;
	EXPECT_EQ(mark(area, false), 0);
	full.areas[i] = NULL;
	if (random_below(&full.random, 2)) {
		EXPECT(vmap_area_retire(vmap_area_addr(area), VM_MAP));
	} else {
		EXPECT(vmap_area_claim(vmap_area_addr(area), VM_MAP) == area);
		vmap_area_put(area);
	}
}

/* Frees every area in @step, and fills the gaps with at least as many areas of one unit. */
static void free_and_fill(unsigned int step)
{
	unsigned int freed = 0;
	unsigned long before;

	for (unsigned int i = 0; i < MOST_AREAS; i += step) {
		freed += full.areas[i] != NULL;
		give_back(i);
	}
	before = full.nr_taken;
	EXPECT(fill(1) >= freed);
	EXPECT(full.nr_taken > before);
}

KTEST(vmalloc, a_full_and_fragmented_address_space_comes_back)
{
	unsigned long gap, size;
	struct vmap_area *too_large;

	full.pages = (VMALLOC_END - vmalloc_start) >> PAGE_SHIFT;
	full.unit = full.pages / MOST_AREAS / 2;
	full.areas = vzalloc(MOST_AREAS * sizeof(*full.areas));
	full.taken = vzalloc(full.pages / 8 + 1);
	KTEST_REQUIRE(full.areas && full.taken);
	random_seed(&full.random, boot_seed());
	vm_unmap_aliases();
	gap = vmap_area_largest_gap();
	ktest_info("%u areas of 1 to 8 times %lu pages, seed %u", fill(8), full.unit, boot_seed());
	EXPECT(vmap_area_largest_gap() < (8 * full.unit + 1) * PAGE_SIZE);
	for (unsigned int step = 2; step < 8; step++)
		free_and_fill(step);

	/* A purge could make room, so it comes first. */
	vm_unmap_aliases();
	size = vmap_area_largest_gap();
	too_large = vmap_area_get(size + PAGE_SIZE, VM_MAP, 0);
	EXPECT(too_large == NULL);
	if (too_large)
		vmap_area_put(too_large);
	for (unsigned int i = 0; i < MOST_AREAS; i++)
		give_back((i * 517) % MOST_AREAS);
	vm_unmap_aliases();
	EXPECT_EQ(vmap_area_largest_gap(), gap);
	EXPECT_EQ(full.nr_taken, 0);
	vfree(full.areas);
	vfree(full.taken);
}

/* If only a retired range is large enough, it is purged. */
KTEST(vmalloc, a_request_without_a_gap_purges)
{
	unsigned long size;
	struct vmap_area *all, *again;

	vm_unmap_aliases();
	size = vmap_area_largest_gap() - PAGE_SIZE;
	all = vmap_area_get(size, VM_MAP, 0);
	KTEST_REQUIRE(all);
	EXPECT(vmap_area_retire(vmap_area_addr(all), VM_MAP));
	again = vmap_area_get(size, VM_MAP, 0);
	EXPECT(again != NULL);
	if (again)
		vmap_area_put(again);
}

/* The size is more than kmalloc() has, and the pages were in use before. */
KTEST(vmalloc, kvzalloc_gives_zeroes)
{
	const unsigned long size = KMALLOC_MAX_SIZE + PAGE_SIZE;
	u8 *area = vmalloc(size);

	if (!area) {
		ktest_skip("no room for %lu KiB", size >> 10);
		return;
	}
	memset(area, 0xff, size);
	vfree(area);
	vm_unmap_aliases();
	area = kvzalloc(size, GFP_KERNEL);
	KTEST_REQUIRE(area);
	EXPECT((unsigned long)area >= vmalloc_start);
	for (unsigned long at = 0; at < size; at += sizeof(u32))
		if (*(u32 *)(area + at)) {
			EXPECT_EQ(*(u32 *)(area + at), 0);
			break;
		}
	kvfree(area);
}

/* Many ranges are allocated and freed, and none changes the contents of another one. */
KTEST(vmalloc, areas_keep_their_contents)
{
	struct random random;
	u32 *areas[64] = { 0 };
	unsigned long wrong = 0;

	random_seed(&random, boot_seed());
	for (u32 round = 1; round < 1500; round++) {
		u32 i = random_below(&random, ARRAY_SIZE(areas)), pages = 1 + i % 5;

		if (!areas[i]) {
			areas[i] = vmalloc(pages * PAGE_SIZE);
			for (u32 k = 0; areas[i] && k < pages; k++)
				areas[i][k * 1024 + i] = i * 8 + k;
			continue;
		}
		for (u32 k = 0; k < pages; k++)
			wrong += areas[i][k * 1024 + i] != i * 8 + k;
		vfree(areas[i]);
		areas[i] = NULL;
	}
	EXPECT_EQ(wrong, 0);
	for (u32 i = 0; i < ARRAY_SIZE(areas); i++)
		vfree(areas[i]);
}

static char shown[16384];
static size_t shown_len;

static int __printf(1, 2) show_to_buffer(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	shown_len += (size_t)vsnprintf(shown + shown_len, sizeof(shown) - shown_len, fmt, args);
	va_end(args);
	if (shown_len >= sizeof(shown))
		shown_len = 0;
	return 0;
}

/* Finds the line of vmallocinfo for an address, and ends it with a 0; NULL if there is none. */
static const char *line_of(const void *addr)
{
	char start[16], *line, *end;

	memset(shown, 0, sizeof(shown));
	shown_len = 0;
	vmallocinfo_show(show_to_buffer);
	snprintf(start, sizeof(start), "0x%08lx-", (unsigned long)addr);
	line = strstr(shown, start);
	end = line ? strchr(line, '\n') : NULL;
	if (end)
		*end = '\0';
	return line;
}

KTEST(vmalloc, the_report_shows_retired_ranges)
{
	const char *line;
	void *area;

	vm_unmap_aliases();
	area = vmalloc(3 * PAGE_SIZE);
	KTEST_REQUIRE(area);
	line = line_of(area);
	EXPECT(line && strstr(line, " pages=3 vmalloc") && !strstr(line, "unpurged"));
	vfree(area);
	line = line_of(area);
	EXPECT(DEBUG ? !line : line && strstr(line, " pages=3 vmalloc unpurged"));
	vm_unmap_aliases();
	EXPECT(line_of(area) == NULL);
}

/* --- device memory ---------------------------------------------------------------------------- */

/* The last bytes of the BIOS ROM can be read on every machine. */
KTEST(vmalloc, ioremap_reaches_the_bios_rom)
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

/* The eight bytes cross the border of two pages of the ROM. */
KTEST(vmalloc, ioremap_maps_both_sides_of_a_border)
{
	const phys_addr_t rom = 0xffffc - PAGE_SIZE;
	const u8 *mapped = ioremap(rom, 8);

	KTEST_REQUIRE(mapped);
	EXPECT(touchable(mapped) && touchable(mapped + 4));
	EXPECT(!touchable((void *)(((unsigned long)mapped & PAGE_MASK) + 2 * PAGE_SIZE)));
	iounmap(mapped);
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
	/* PWT alone selects entry 1 of the PAT, which has to be write-combining (1). */
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

/*
 * The first page of the kernel's text is reserved, so ioremap() would accept it like device
 * memory. A page of the page allocator follows later in the range.
 */
KTEST(vmalloc, ioremap_refuses_ram_behind_the_first_page)
{
	phys_addr_t text = __pa(text_start);
	unsigned long pages = 1;

	while (page_state(pfn_to_page(PFN_DOWN(text) + pages)) == PAGE_RESERVED)
		pages++;
	ktest_expect_warnings(1);
	EXPECT(ioremap(text, pages * PAGE_SIZE + 1) == NULL);
}
