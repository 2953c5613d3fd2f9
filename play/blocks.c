/* SPDX-License-Identifier: MIT */
#include <kernel/command.h>
#include <kernel/console.h>
#include <lib/errno.h>
#include <lib/parse.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>
#include <mm/highmem.h>
#include <mm/page_alloc.h>
#include <play/blocks.h>

/*
 * Blocks of pages under a handle, and the command `alloc`.
 *
 * The page allocator serves a request from a lower zone if the best one has no memory. A user who
 * names a zone wants to see that zone. So zone_take_block() asks for the best zone, and returns a
 * block of another one at once.
 *
 * A handle can have thousands of blocks (`fill`), so they are linked through word a of their first
 * frames, as those of vmalloc(): the owner of a block may use its words. Word b counts the kmap()
 * calls for a frame. So neither needs memory of its own.
 */

/* --- zones ------------------------------------------------------------------------------------ */

static bool same_name(const char *a, const char *b)
{
	for (; *a && tolower(*a) == tolower(*b); a++)
		b++;
	return tolower(*a) == tolower(*b);
}

struct zone *zone_named(const char *command, const char *word)
{
	for (struct zone *zone = zones; zone < zones + MAX_NR_ZONES; zone++) {
		if (!same_name(zone->name, word))
			continue;
		if (zone->managed_pages)
			return zone;
		console_printf("%s: the zone %s has no RAM on this machine\n", command, zone->name);
		return NULL;
	}
	console_printf("%s: '%s', expected a zone: DMA, Normal, DMA32 or HighMem\n", command, word);
	return NULL;
}

void zone_list(const char *prefix, word_offer_fn *offer, void *arg)
{
	const struct zone *zone;

	for_each_zone(zone)
		offer(arg, zone->name);
}

struct page *zone_take_block(struct zone *zone, unsigned int order)
{
	static const gfp_t highest[MAX_NR_ZONES] = {
		[ZONE_DMA] = __GFP_DMA,
		[ZONE_DMA32] = __GFP_DMA32,
		[ZONE_HIGHMEM] = __GFP_HIGHMEM,
	};
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_NOWARN | highest[zone->type], order);

	if (!page || page_zone(page) == zone->type)
		return page;
	__free_pages(page, order);
	return NULL;
}

/* --- blocks of a handle ----------------------------------------------------------------------- */

void blocks_add(struct handle *handle, struct page *page)
{
	page->a = handle->blocks;
	handle->blocks = (u32)page_to_pfn(page);
	handle->pages += 1ul << page_order(page);
}

void blocks_free(struct handle *handle)
{
	while (handle->blocks != PFN_NONE) {
		struct page *page = pfn_to_page(handle->blocks);

		handle->blocks = page->a;
		__free_pages(page, page_order(page));
	}
	handle->pages = 0;
}

bool blocks_own(const struct handle *handle, unsigned long pfn)
{
	u32 block = handle->blocks;

	while (block != PFN_NONE && pfn - block >= 1ul << page_order(pfn_to_page(block)))
		block = pfn_to_page(block)->a;
	return block != PFN_NONE;
}

/* --- alloc ------------------------------------------------------------------------------------ */

static void describe(const struct handle *handle, char *text)
{
	const struct page *page = pfn_to_page(handle->blocks);
	int used = scnprintf(text, HANDLE_TEXT, "%s, frame%s %#x", zones[handle->zone].name,
			     handle->order ? "s" : "", handle->blocks);

	if (handle->order)
		used += scnprintf(text + used, HANDLE_TEXT - (size_t)used, "-%lx",
				  handle->blocks + handle->pages - 1);
	if (handle->kmaps)
		scnprintf(text + used, HANDLE_TEXT - (size_t)used, ", %u kmap", handle->kmaps);
	else if (!page_is_highmem(page))
		scnprintf(text + used, HANDLE_TEXT - (size_t)used, " at %p",
			  lowmem_page_address(page));
}

static void kunmap_pages(struct handle *handle)
{
	struct page *page = pfn_to_page(handle->blocks);

	for (; handle->kmaps; page++)
		for (; page->b; page->b--, handle->kmaps--)
			kunmap(page);
}

static const struct handle_ops alloc_ops = {
	.release = blocks_free,
	.describe = describe,
	.owns = blocks_own,
	.kunmap = kunmap_pages,
};

struct handle *handle_pages(const char *command, const char *word)
{
	struct handle *handle = handle_find(command, word);

	if (!handle || handle->ops == &alloc_ops)
		return handle;
	console_printf("%s: handle %u was made by `%s`, expected one of `alloc`\n", command,
		       handle_number(handle), handle->made_by);
	return NULL;
}

struct page *handle_page(const char *command, const struct handle *handle, const char *word)
{
	u32 index = 0;

	if (word && parse_u32(word, (u32)handle->pages - 1, &index) != 0) {
		console_printf("%s: '%s', expected a page of handle %u, 0 to %lu\n", command, word,
			       handle_number(handle), handle->pages - 1);
		return NULL;
	}
	return pfn_to_page(handle->blocks + index);
}

/* Takes a block from a zone, or from any if it is NULL. */
static struct page *take_block(struct zone *zone, unsigned int order)
{
	if (zone)
		return zone_take_block(zone, order);
	return alloc_pages(GFP_HIGHUSER | __GFP_NOWARN, order);
}

static int alloc_block(char **argv, struct zone *zone, unsigned int order)
{
	struct handle *handle = handle_new(&alloc_ops, argv);
	struct page *page;

	if (!handle)
		return -ENOSPC;
	page = take_block(zone, order);
	if (!page) {
		handle_drop(handle);
		console_printf("alloc: %s has %s block of order %u above the reserve; see "
			       "`buddyinfo`\n",
			       zone ? zone->name : "no zone", zone ? "no" : "a", order);
		return -ENOMEM;
	}
	for (unsigned long i = 0; i < 1ul << order; i++)
		page[i].b = 0;
	handle->zone = page_zone(page);
	handle->order = order;
	blocks_add(handle, page);
	handle_made(handle);
	return 0;
}

static int alloc(int argc, char **argv)
{
	struct zone *zone = NULL;
	u32 order;

	if (parse_u32(argv[1], MAX_ORDER, &order) != 0) {
		console_printf("alloc: '%s', expected an order, 0 to %u\n", argv[1], MAX_ORDER);
		return -EINVAL;
	}
	if (argc == 3) {
		zone = zone_named("alloc", argv[2]);
		if (!zone)
			return -EINVAL;
	}
	return alloc_block(argv, zone, order);
}
PROMPT_COMMAND("alloc", "ORDER [ZONE]", "allocate a block of pages: order 0 to " TEXT_OF(MAX_ORDER),
	       alloc, .later_words = zone_list, .example = "buddyinfo; alloc 3; buddyinfo");
