/* SPDX-License-Identifier: MIT */
#include <asm/cpus.h>
#include <init/prompt.h>
#include <kernel/command.h>
#include <kernel/console.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>
#include <mm/highmem.h>
#include <mm/kmalloc.h>
#include <mm/mmzone.h>
#include <play/handles.h>
#include <tests/helpers/free_lists.h>
#include <tests/kernel/ktest.h>

/*
 * The commands that take memory and keep it under a handle. Each test types lines as a user does,
 * and compares the answers and the free lists. Each use ends with `release`, and then the free
 * lists must be as before. Each mistake must name the wrong value, and change nothing.
 */

/* --- typing and listening --------------------------------------------------------------------- */

static char heard[4096];
static size_t nr_heard;

/* Keeps the end of a long answer. */
static void hear(const char *text, size_t n)
{
	n = min(n, sizeof(heard) / 2);
	if (nr_heard + n >= sizeof(heard)) {
		nr_heard -= sizeof(heard) / 2;
		memmove(heard, heard + sizeof(heard) / 2, nr_heard);
	}
	memcpy(heard + nr_heard, text, n);
	nr_heard += n;
	heard[nr_heard] = '\0';
}

/* A new console hears the whole log first, so the text begins after its registration. */
static int type(const char *line)
{
	static struct console listener = { .name = "play", .write = hear };
	int failed;

	nr_heard = 0;
	console_register(&listener);
	nr_heard = 0;
	heard[0] = '\0';
	failed = prompt_run(line);
	console_unregister(&listener);
	return failed;
}

static void expect_answer(int line, const char *typed, int failed, const char *part)
{
	int got = type(typed);

	if (got != failed || !strstr(heard, part))
		ktest_fail(__FILE__, line, "`%s`: %d failed, answer \"%s\", expected %d and \"%s\"",
			   typed, got, heard, failed, part);
}

/* The largest order, as it is typed and shown. */
#define LARGEST TEXT_OF(MAX_ORDER)

#define EXPECT_SAYS(typed, part)    expect_answer(__LINE__, typed, 0, part)
#define EXPECT_REFUSED(typed, part) expect_answer(__LINE__, typed, 1, part)

static void count_word(void *nr, const char *word)
{
	++*(unsigned int *)nr;
}

static unsigned int nr_handles(void)
{
	unsigned int nr = 0;

	handle_list("", count_word, &nr);
	return nr;
}

/* The tests name handles by their numbers, so the user must have none. */
static bool has_no_handles(void)
{
	if (nr_handles())
		ktest_skip("handles are in use, `release all` first");
	return nr_handles() == 0;
}

static bool has_highmem(void)
{
	if (zone_free_pages(&zones[ZONE_HIGHMEM]) < 4096)
		ktest_skip("too little in HighMem");
	return zone_free_pages(&zones[ZONE_HIGHMEM]) >= 4096;
}

/* --- blocks ----------------------------------------------------------------------------------- */

KTEST(play, a_block_stays_until_it_is_released)
{
	struct free_picture before;
	unsigned long free;

	if (!has_no_handles())
		return;
	before = free_picture_take();
	free = nr_free_pages();
	EXPECT_SAYS("alloc 3", "     1  alloc 3                   8  ");
	EXPECT_EQ(nr_free_pages(), free - 8);
	EXPECT_SAYS("alloc 0 dma", "     2  alloc 0 dma               1  DMA, frame 0x");
	EXPECT_EQ(nr_free_pages(), free - 9);
	EXPECT_SAYS("handles", "2 handles, 9 pages held\n");
	EXPECT_SAYS("release 1", "handle 1 released: alloc 3, 8 pages\n");
	EXPECT_EQ(nr_free_pages(), free - 1);
	/* The lowest free number is used again. */
	EXPECT_SAYS("alloc 1 DMA", "     1  alloc 1 DMA               2  DMA, frames 0x");
	EXPECT_SAYS("release 2 1", "handle 2 released: alloc 0 dma, 1 page\n");
	EXPECT_SAYS("handles", "0 handles, 0 pages held\n");
	free_picture_expect(&before);
}

static unsigned long listed_pages(const struct zone *zone)
{
	unsigned long pages = 0;

	for (unsigned int order = 0; order <= MAX_ORDER; order++)
		pages += (unsigned long)zone->free_area[order].nr_free << order;
	return pages;
}

/* buddyinfo shows the block that was asked for, and not a batch that a CPU has cached. */
KTEST(play, the_free_lists_show_one_block)
{
	struct free_picture before;
	const struct zone *zone;
	char line[32];

	if (!has_no_handles())
		return;
	for_each_zone(zone) {
		before = free_picture_take();
		snprintf(line, sizeof(line), "alloc 0 %s", zone->name);
		EXPECT_SAYS(line, zone->name);
		EXPECT_EQ(listed_pages(zone), free_picture_pages(&before, zone->type) - 1);
		EXPECT_SAYS("release 1", ", 1 page\n");
		free_picture_expect(&before);
	}
}

KTEST(play, a_wrong_request_changes_nothing)
{
	struct free_picture before;
	char answer[80];

	if (!has_no_handles())
		return;
	before = free_picture_take();
	EXPECT_REFUSED("alloc 12", "alloc: '12', expected an order, 0 to " LARGEST "\n");
	EXPECT_REFUSED("alloc x", "alloc: 'x', expected an order, 0 to " LARGEST "\n");
	EXPECT_REFUSED("alloc 0 Low",
		       "alloc: 'Low', expected a zone: DMA, Normal, DMA32 or HighMem\n");
	EXPECT_REFUSED("fill 3 50", "fill: '3', expected a zone: DMA, Normal, DMA32 or HighMem\n");
	EXPECT_REFUSED("fill DMA 101", "fill: '101', expected a percentage, 0 to 100\n");
	EXPECT_REFUSED("fill DMA %", "fill: '%', expected a percentage, 0 to 100\n");
	EXPECT_REFUSED("fill DMA 0", "fill: '0', expected more than the ");
	EXPECT_REFUSED("fragment High", "fragment: 'High', expected a zone: DMA, Normal, DMA32");
	EXPECT_REFUSED("release 0", "release: '0', expected the number of a handle, 1 to 99\n");
	EXPECT_REFUSED("release 100", "release: '100', expected the number of a handle, 1 to 99\n");
	EXPECT_REFUSED("release 7", "release: there is no handle 7; `handles` lists them\n");
	EXPECT_REFUSED("kmap 7", "kmap: there is no handle 7; `handles` lists them\n");
	EXPECT_REFUSED("kunmap x", "kunmap: 'x', expected the number of a handle, 1 to 99\n");
	EXPECT_REFUSED("vmap 7", "vmap: there is no handle 7; `handles` lists them\n");
	EXPECT_REFUSED("kmaplocal 7", "kmaplocal: there is no handle 7; `handles` lists them\n");
	EXPECT_REFUSED("kmaplocal run",
		       "kmaplocal run: there is no mapping, expected `kmaplocal N");
	EXPECT_REFUSED("kmalloc 0", "kmalloc: '0', expected bytes, 1 to ");
	snprintf(answer, sizeof(answer), "kmalloc: '8193K', expected bytes, 1 to %lu (%luM)\n",
		 KMALLOC_MAX_SIZE, KMALLOC_MAX_SIZE >> 20);
	EXPECT_REFUSED("kmalloc 8193K", answer);
	EXPECT_REFUSED("vmalloc 0", "vmalloc: '0', expected bytes, 1 to ");
	EXPECT_REFUSED("vmalloc 4G", "vmalloc: '4G', expected bytes, 1 to ");
	EXPECT_REFUSED("vmalloc 1x", "vmalloc: '1x', expected bytes, 1 to ");
	EXPECT_REFUSED("where 4294967296", "where: '4294967296', expected an address of 32 bits");
	EXPECT_REFUSED("frame 0xffffffff", "frame: '0xffffffff', expected the number of a frame, ");
	EXPECT_REFUSED("watch 0 uptime", "watch: '0', expected whole seconds, 1 to 3600\n");
	EXPECT_SAYS("release all", "nothing to release\n");
	EXPECT_EQ(nr_handles(), 0);
	free_picture_expect(&before);
}

KTEST(play, a_handle_that_does_not_exist_stops_the_whole_release)
{
	if (!has_no_handles())
		return;
	EXPECT_SAYS("alloc 0; alloc 0", "");
	EXPECT_REFUSED("release 1 3 2", "release: there is no handle 3; `handles` lists them\n");
	EXPECT_EQ(nr_handles(), 2);
	EXPECT_SAYS("release all", "handle 2 released: alloc 0, 1 page\n");
}

KTEST(play, the_table_of_handles_is_finite)
{
	struct free_picture before;

	if (!has_no_handles())
		return;
	before = free_picture_take();
	for (unsigned int i = 0; i < NR_HANDLES; i++)
		type("kmalloc 8");
	EXPECT_EQ(nr_handles(), NR_HANDLES);
	EXPECT_REFUSED("kmalloc 8", "kmalloc: all 99 handles are in use, expected a free one; "
				    "`release` frees them\n");
	EXPECT_REFUSED("alloc 0", "alloc: all 99 handles are in use");
	type("release all");
	EXPECT_EQ(nr_handles(), 0);
	free_picture_expect(&before);
}

/* --- a full zone, a fragmented zone ----------------------------------------------------------- */

static void expect_full(const struct zone *zone)
{
	struct free_picture before = free_picture_take();
	char line[32];

	snprintf(line, sizeof(line), "fill %s 100", zone->name);
	EXPECT_SAYS(line, " pages are in use");
	EXPECT(zone_free_pages(zone) >= zone->watermark[WMARK_MIN]);
	EXPECT(zone_free_pages(zone) < zone->watermark[WMARK_MIN] + 64);
	EXPECT_REFUSED(line, " is full up to its reserve; `release` first\n");
	/* The prompt needs no memory. */
	EXPECT_SAYS("meminfo; buddyinfo; handles", "1 handle, ");
	EXPECT_SAYS("release 1", "handle 1 released: fill ");
	free_picture_expect(&before);
}

KTEST(play, a_zone_can_be_filled_up_to_its_reserve)
{
	const struct zone *zone;

	if (!has_no_handles())
		return;
	for_each_zone(zone)
		expect_full(zone);
}

KTEST(play, fill_takes_the_pages_of_one_zone_up_to_a_percentage)
{
	const struct zone *dma = &zones[ZONE_DMA];
	struct free_picture before;
	unsigned long normal;

	if (!has_no_handles())
		return;
	before = free_picture_take();
	if (free_picture_pages(&before, ZONE_DMA) < dma->managed_pages / 2) {
		ktest_skip("half of DMA is in use");
		return;
	}
	normal = zone_free_pages(&zones[ZONE_NORMAL]);
	EXPECT_SAYS("fill dma 75%", "     1  fill dma 75% ");
	EXPECT_EQ(dma->managed_pages - zone_free_pages(dma), dma->managed_pages * 75 / 100);
	EXPECT_EQ(zone_free_pages(&zones[ZONE_NORMAL]), normal);
	EXPECT_REFUSED("fill DMA 60", "fill: '60', expected more than the 7");
	EXPECT_SAYS("release 1", "handle 1 released: fill dma 75%");
	free_picture_expect(&before);
}

KTEST(play, no_memory_has_a_message)
{
	struct free_picture before;

	if (!has_no_handles())
		return;
	before = free_picture_take();
	for (unsigned int i = MAX_NR_ZONES; i--;) {
		char line[32];

		snprintf(line, sizeof(line), "fill %s 100", zones[i].name);
		if (zones[i].managed_pages)
			type(line);
	}
	EXPECT_REFUSED("alloc " LARGEST,
		       "alloc: no zone has a block of order " LARGEST " above the reserve");
	EXPECT_REFUSED("alloc 8 DMA", "alloc: DMA has no block of order 8 above the reserve; ");
	EXPECT_REFUSED("kmalloc 1M", "kmalloc: no memory for 1048576 bytes; `buddyinfo` shows");
	EXPECT_REFUSED("vmalloc 16M", "vmalloc: ");
	EXPECT_SAYS("release all", "handle 1 released: fill ");
	EXPECT_EQ(nr_handles(), 0);
	free_picture_expect(&before);
}

KTEST(play, a_fragmented_zone_has_single_pages_only)
{
	const struct zone *dma = &zones[ZONE_DMA];
	struct free_picture before;
	unsigned long larger = 0;

	if (!has_no_handles())
		return;
	before = free_picture_take();
	EXPECT_SAYS("fragment DMA", "every other page of DMA is free; `buddyinfo` shows it\n");
	for (unsigned int order = 1; order <= MAX_ORDER; order++)
		larger += (unsigned long)dma->free_area[order].nr_free << order;
	EXPECT(larger <= dma->watermark[WMARK_MIN] + 64);
	EXPECT(dma->free_area[0].nr_free + 64 + larger >=
	       free_picture_pages(&before, ZONE_DMA) / 2);
	EXPECT_REFUSED("alloc 8 DMA", "alloc: DMA has no block of order 8");
	EXPECT_SAYS("alloc 0 DMA; release 2", "handle 2 released: alloc 0 DMA, 1 page\n");
	EXPECT_SAYS("release 1", "handle 1 released: fragment DMA, ");
	free_picture_expect(&before);
}

/* --- mappings --------------------------------------------------------------------------------- */

KTEST(play, a_page_can_be_mapped_twice)
{
	if (!has_no_handles() || !has_highmem())
		return;
	EXPECT_SAYS("alloc 2 HighMem", "4  HighMem, frames ");
	EXPECT_SAYS("kmap 1", " of kmap(), 1 user\n");
	EXPECT_SAYS("kmap 1 0", " of kmap(), 2 users\n");
	EXPECT_SAYS("kmap 1 0x3", " of kmap(), 1 user\n");
	EXPECT_SAYS("kmapinfo", "2 slots held by '");
	EXPECT_SAYS("handles", ", 3 kmap\n");
	EXPECT_REFUSED("kmap 1 4", "kmap: '4', expected a page of handle 1, 0 to 3\n");
	EXPECT_REFUSED("kunmap 1 1", "kunmap: page '1' of handle 1 is not mapped by kmap();\n`ha");
	EXPECT_REFUSED("release 1", "release: handle 1 is mapped 3 times by kmap(); `kunmap 1 a");
	EXPECT_SAYS("kunmap 1", "is unmapped once; slot ");
	EXPECT_SAYS("kunmap 1 all", "2 kmap() calls undone\n");
	EXPECT_REFUSED("kunmap 1 all", "kunmap: page 'all' of handle 1 is not mapped by kmap();");
	EXPECT_SAYS("release 1", "handle 1 released: alloc 2 HighMem, 4 pages\n");
}

KTEST(play, a_page_of_lowmem_keeps_its_address)
{
	if (!has_no_handles())
		return;
	EXPECT_SAYS("alloc 0 DMA; kmap 1", ": lowmem, always in the direct map\n");
	EXPECT_SAYS("kmaplocal 1", kmap_local_force_map ? " on CPU " : ", lowmem, needs no slot\n");
	EXPECT_SAYS("release all", "handle 1 released: alloc 0 DMA, 1 page\n");
	EXPECT_EQ(nr_handles(), 0);
}

KTEST(play, more_pages_than_slots_are_refused)
{
	/* One slot is in use already. */
	const unsigned int blocks_with_room = (LAST_PKMAP - 1) >> MAX_ORDER;
	char line[64];

	if (!has_no_handles() || !has_highmem())
		return;
	EXPECT_SAYS("alloc 0 HighMem; kmap 1", "1 user\n");
	for (unsigned int block = 2; block <= 1 + blocks_with_room; block++) {
		snprintf(line, sizeof(line), "alloc " LARGEST " HighMem; kmap %u all", block);
		EXPECT_SAYS(line, " pages mapped; ");
	}
	snprintf(line, sizeof(line), "kmap %u all", 2 + blocks_with_room);
	EXPECT_SAYS("alloc " LARGEST " HighMem", "");
	EXPECT_REFUSED(line, " left, and kmap() would wait; `kunmap` first\n");
	/* A page that has a slot needs no other one. */
	EXPECT_SAYS("kmap 1", " of kmap(), 2 users\n");
	EXPECT_SAYS("release all", "handle 1 released: alloc 0 HighMem, 1 page\n");
	EXPECT_EQ(nr_handles(), 0);
}

KTEST(play, pages_of_several_handles_are_mapped_side_by_side)
{
	struct free_picture before;

	if (!has_no_handles())
		return;
	/* The first round may need a page table, which stays. */
	for (unsigned int round = 0; round < 2; round++) {
		before = free_picture_take();
		EXPECT_SAYS("alloc 2; alloc 0; vmap 1 2 1", "     3  vmap 1 2 1                0 ");
		EXPECT_SAYS("vmallocinfo", " vmap_command+");
		EXPECT_REFUSED("release 1", "release: handle 1 is mapped by handle 3 (vmap 1 2 1); "
					    "`release 3` first\n");
		EXPECT_REFUSED("release 2 1", "is mapped by handle 3");
		EXPECT_REFUSED("vmap 3", "vmap: handle 3 was made by `vmap 1 2 1`, expected one of "
					 "`alloc`\n");
		EXPECT_EQ(nr_handles(), 3);
		/* A range without pages waits for a purge, until pages are freed. */
		EXPECT_SAYS("vmap 1; release 4", "handle 4 released: vmap 1\n");
		type("vmallocinfo");
		EXPECT_EQ(!strstr(heard, " pages=4 vmap unpurged\n"), DEBUG);
		/* In any order: the mapping ends first. */
		EXPECT_SAYS("release 1 2 3", "handle 3 released: vmap 1 2 1\nhandle 1 released");
		type("vmallocinfo");
		EXPECT(!strstr(heard, " vmap_command+"));
	}
	free_picture_expect(&before);
}

KTEST(play, bytes_come_from_slabs_and_ranges)
{
	struct free_picture before;

	if (!has_no_handles())
		return;
	for (unsigned int round = 0; round < 2; round++) {
		before = free_picture_take();
		EXPECT_SAYS("kmalloc 100", "100 bytes at 0x");
		EXPECT_SAYS("kmalloc 20000",
			    "     2  kmalloc 20000             8  20000 bytes at ");
		EXPECT_SAYS("vmalloc 5000", "     3  vmalloc 5000              2  0x");
		EXPECT_SAYS("vmallocinfo", " vmalloc_command+");
		EXPECT_SAYS("release all", "handle 3 released: vmalloc 5000, 2 pages\n");
	}
	free_picture_expect(&before);
}

/* --- kmap_local ------------------------------------------------------------------------------- */

KTEST(play, local_mappings_are_saved_while_their_thread_sleeps)
{
	if (!has_no_handles() || !has_highmem())
		return;
	EXPECT_SAYS("alloc 1 HighMem; kmaplocal 1; kmaplocal 1 1", "thread's mapping 2\n");
	EXPECT_SAYS("kmapinfo", "; 2 mappings saved with 1 thread\n");
	EXPECT_SAYS("kmapinfo slots", "  saved with 'kmaplocal': frame 0x");
	EXPECT_REFUSED("release 1", "release: handle 1 is mapped by handle 2 (kmaplocal 1)");
	EXPECT_REFUSED("release 2", "release: handle 2 is not the latest kmap_local mapping");
	if (num_online_cpus() > 1) {
		EXPECT_SAYS("kmaplocal run; kmapinfo", "2 in use; 0 mappings saved with 0 th");
		EXPECT_SAYS("kmaplocal sleep; kmapinfo", "; 2 mappings saved with 1 thread\n");
	}
	EXPECT_SAYS("release 2 3", "handle 3 released: kmaplocal 1 1\nhandle 2 released");
	EXPECT_SAYS("kmapinfo", "; 0 mappings saved with 0 threads\n");
	EXPECT_SAYS("release 1", "2 pages\n");
}

KTEST(play, slots_are_left_for_interrupts)
{
	char answer[80];

	if (!has_no_handles())
		return;
	EXPECT_SAYS("alloc 0", "");
	for (unsigned int i = 0; i < KMAP_LOCAL_DEPTH - 4; i++)
		type("kmaplocal 1");
	snprintf(answer, sizeof(answer),
		 "kmaplocal: the thread has %u mappings, expected fewer: ", KMAP_LOCAL_DEPTH - 4);
	EXPECT_REFUSED("kmaplocal 1", answer);
	EXPECT_EQ(nr_handles(), 1 + KMAP_LOCAL_DEPTH - 4);
	EXPECT_SAYS("release all", "handle 1 released: alloc 0, 1 page\n");
	EXPECT_EQ(nr_handles(), 0);
}

/* --- answers about addresses and frames ------------------------------------------------------- */

/* The number after a text in the last answer. */
static unsigned long number_after(const char *text)
{
	const char *at = strstr(heard, text);
	unsigned long number = 0;

	for (at = at ? at + strlen(text) : ""; *at; at++) {
		unsigned int digit =
			*at >= 'a' ? (unsigned int)(*at - 'a') + 10 : (unsigned int)(*at - '0');

		if (digit > 15)
			break;
		number = number * 16 + digit;
	}
	return number;
}

KTEST(play, an_address_is_explained)
{
	char line[32];

	if (!has_no_handles() || !has_highmem())
		return;
	EXPECT_SAYS("alloc 3 HighMem; kmap 1 2", "1 user\n");
	snprintf(line, sizeof(line), "where %#lx", number_after(" is at 0x"));
	EXPECT_SAYS(line, " is in: pkmap slot ");
	EXPECT_SAYS(line, "write present\n");
	EXPECT_SAYS(line, "  state    allocated, block of order 3 at frame 0x");
	EXPECT_SAYS(line, "  owner    handle 1 (alloc 3 HighMem)\n");
	EXPECT_SAYS(line, ", 1 user, '");
	snprintf(line, sizeof(line), "frame %#lx", number_after("  frame    0x"));
	EXPECT_SAYS("kmaplocal 1 2", "");
	EXPECT_SAYS(line, "  saved    0x");
	EXPECT_SAYS("vmap 1", "");
	EXPECT_SAYS(line, ", vmap range of 8 pages for vmap_command+");
	EXPECT_SAYS("release all", "handle 1 released");
	EXPECT_SAYS(line, "  state    free");
}

KTEST(play, memory_of_the_kernel_is_explained)
{
	char line[32];

	if (!has_no_handles())
		return;
	EXPECT_SAYS("where 0", " is in: page 0, never mapped");
	EXPECT_SAYS("where 0", "  entry    not present\n");
	snprintf(line, sizeof(line), "where %p", (void *)nr_handles);
	EXPECT_SAYS(line, "  owner    kernel text\n");
	snprintf(line, sizeof(line), "where %p", (void *)mem_map);
	EXPECT_SAYS(line, "  owner    the table of frames, mem_map\n");
	EXPECT_SAYS("kmalloc 100", "");
	snprintf(line, sizeof(line), "where 0x%lx", number_after("100 bytes at 0x"));
	EXPECT_SAYS(line, "  handle   1 (kmalloc 100)\n");
	EXPECT_SAYS(line, "  owner    cache kmalloc-128, ");
	EXPECT_SAYS("release 1", "handle 1 released: kmalloc 100\n");
}

/*
 * Normal is in large pages, if the CPU has them. On a small machine the frame may be one of the
 * kernel's own, freed after boot: then the part of the address space is called "kernel init text".
 */
KTEST(play, a_frame_of_lowmem_is_in_the_direct_map)
{
	const char *zone = zones[zones[ZONE_NORMAL].managed_pages ? ZONE_NORMAL : ZONE_DMA].name;
	char line[32], want[64];
	unsigned long pfn;

	if (!has_no_handles())
		return;
	snprintf(line, sizeof(line), "alloc 0 %s", zone);
	EXPECT_SAYS(line, ", frame 0x");
	pfn = number_after(", frame 0x");
	KTEST_REQUIRE(pfn < max_low_pfn);
	snprintf(line, sizeof(line), "frame %#lx", pfn);
	snprintf(want, sizeof(want), "  address  %p, ", lowmem_page_address(pfn_to_page(pfn)));
	EXPECT_SAYS(line, want);
	EXPECT_SAYS("release 1", ", 1 page\n");
}

/* --- help ------------------------------------------------------------------------------------- */

KTEST(play, each_command_with_arguments_has_an_example)
{
	const struct command *command;

	for_each_in_set(command, prompt_commands) {
		if (*command->args && !command->example)
			ktest_fail(__FILE__, __LINE__, "%s has no example", command->name);
		else if (command->example && !strstr(command->example, command->name))
			ktest_fail(__FILE__, __LINE__,
				   "%s has the example \"%s\" of another command", command->name,
				   command->example);
	}
	EXPECT_SAYS("help alloc", "example: buddyinfo; alloc 3; buddyinfo\n");
	EXPECT_SAYS("help uptime", "example: uptime\n");
	EXPECT_SAYS("help params mem", "mem=nn[KMG]");
	EXPECT_REFUSED("help params mme", "help params: 'mme', expected the name of a boot "
					  "parameter; did you mean 'mem'?\n");
}
