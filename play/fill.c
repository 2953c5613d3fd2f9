/* SPDX-License-Identifier: MIT */
#include <drivers/input.h>
#include <kernel/command.h>
#include <kernel/console.h>
#include <lib/errno.h>
#include <lib/parse.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>
#include <mm/page_alloc.h>
#include <play/blocks.h>

/*
 * Two states of a zone that a user cannot make with single requests: nearly full, and fragmented.
 *
 *	fill Normal 90     │███████████████████████████   │ large blocks, in few steps
 *	fragment Normal    │█ █ █ █ █ █ █ █ █ █ █ █ █ █ █ │ half of it is free, but only the reserve
 *	                                                    has a block of 8 KiB
 *
 * Both take blocks from the largest order down, so even 62 GiB take few thousand steps. `fragment`
 * then splits each block, keeps the frames with even numbers, and frees the others. The buddy of a
 * free frame is a frame that is held, so no two of them coalesce. This is the worst case of any
 * buddy system, and `release` shows the way back: each frame that is freed finds a free buddy.
 *
 * Both requests are like those of other code: they leave the reserve of the zone free
 * (mm/watermark.h). So an interrupt handler still gets memory, and the prompt itself needs none.
 * The price: a fragmented or full Normal zone makes later commands fail, which is what they are to
 * show.
 */

/* 64 bits: with 196 GiB, the most that lowmem can describe, a zone has 51 million pages. */
static unsigned long percentage(u64 pages, unsigned long all)
{
	return (unsigned long)(pages * 100 / all);
}

static void describe(const struct handle *handle, char *text)
{
	unsigned long managed = zones[handle->zone].managed_pages;

	snprintf(text, HANDLE_TEXT, "%s, %lu %% of its %lu pages", zones[handle->zone].name,
		 percentage(handle->pages, managed), managed);
}

static const struct handle_ops fill_ops = {
	.release = blocks_free,
	.describe = describe,
	.owns = blocks_own,
};

/* Takes blocks, the largest first, until the handle has a number of pages. False after Ctrl-C. */
static bool take_blocks(struct handle *handle, unsigned long pages)
{
	struct zone *zone = &zones[handle->zone];

	for (int order = MAX_ORDER; order >= 0; order--) {
		struct page *page;

		while (handle->pages + (1ul << order) <= pages &&
		       (page = zone_take_block(zone, (unsigned int)order))) {
			blocks_add(handle, page);
			if (console_interrupted())
				return false;
		}
	}
	drain_all_pages();
	return true;
}

static int give_up(struct handle *handle)
{
	console_printf("interrupted, and nothing is kept\n");
	blocks_free(handle);
	drain_all_pages();
	handle_drop(handle);
	return -EINTR;
}

static int none_left(struct handle *handle, const char *command)
{
	console_printf("%s: %s has no page above its reserve\n", command, zones[handle->zone].name);
	handle_drop(handle);
	return -ENOMEM;
}

/* --- fill ------------------------------------------------------------------------------------- */

static unsigned long pages_in_use(const struct zone *zone)
{
	return zone->managed_pages - zone_free_pages(zone);
}

/* False if the allocator would not give out one more page. */
static bool zone_has_room(struct zone *zone)
{
	struct page *page = zone_take_block(zone, 0);

	if (page)
		__free_page(page);
	drain_all_pages();
	return page;
}

static int parse_percent(const char *word, u32 *percent)
{
	char digits[5];
	size_t length = strnlen(word, sizeof(digits));

	if (length == sizeof(digits))
		return -EINVAL;
	strscpy(digits, word, sizeof(digits));
	if (length > 1 && digits[length - 1] == '%')
		digits[length - 1] = '\0';
	return parse_u32(digits, 100, percent);
}

static int fill_to(char **argv, struct zone *zone, unsigned long target)
{
	unsigned long used = pages_in_use(zone);
	struct handle *handle;

	if (!zone_has_room(zone)) {
		console_printf("fill: %s is full up to its reserve; `release` first\n", zone->name);
		return -ENOMEM;
	}
	if (used >= target) {
		console_printf("fill: '%s', expected more than the %lu %% of %s that are in use\n",
			       argv[2], percentage(used, zone->managed_pages), zone->name);
		return -EINVAL;
	}
	handle = handle_new(&fill_ops, argv);
	if (!handle)
		return -ENOSPC;
	handle->zone = zone->type;
	if (!take_blocks(handle, target - used))
		return give_up(handle);
	if (!handle->pages)
		return none_left(handle, "fill");
	handle_made(handle);
	console_printf("%s: %lu of %lu pages are in use", zone->name, pages_in_use(zone),
		       zone->managed_pages);
	if (handle->pages < target - used)
		console_printf("; the zone keeps its reserve of %lu", zone->watermark[WMARK_MIN]);
	console_printf("\n");
	return 0;
}

static int fill(int argc, char **argv)
{
	struct zone *zone = zone_named("fill", argv[1]);
	u32 percent;

	if (!zone)
		return -EINVAL;
	if (parse_percent(argv[2], &percent) != 0) {
		console_printf("fill: '%s', expected a percentage, 0 to 100\n", argv[2]);
		return -EINVAL;
	}
	return fill_to(argv, zone, (unsigned long)((u64)zone->managed_pages * percent / 100));
}
PROMPT_COMMAND("fill", "ZONE PERCENT", "take pages of a zone up to a percentage", fill,
	       .words = zone_list, .example = "fill HighMem 90");

/* --- fragment --------------------------------------------------------------------------------- */

/* Splits all blocks of a handle, and frees the frames with odd numbers. False after Ctrl-C. */
static bool free_every_other(struct handle *handle)
{
	u32 block = handle->blocks;
	bool interrupted = false;

	handle->blocks = PFN_NONE;
	handle->pages = 0;
	while (block != PFN_NONE) {
		struct page *page = pfn_to_page(block);
		unsigned int order = page_order(page);

		block = page->a;
		interrupted |= console_interrupted();
		if (interrupted) {
			__free_pages(page, order);
			continue;
		}
		split_page(page, order);
		for (const struct page *end = page + (1ul << order); page < end; page++) {
			if (page_to_pfn(page) % 2)
				__free_page(page);
			else
				blocks_add(handle, page);
		}
	}
	drain_all_pages();
	return !interrupted;
}

/* The highest zone that has RAM. */
static struct zone *best_zone(void)
{
	struct zone *zone, *best = zones;

	for_each_zone(zone)
		if (zone->managed_pages)
			best = zone;
	return best;
}

static int fragment(int argc, char **argv)
{
	struct zone *zone = argc == 2 ? zone_named("fragment", argv[1]) : best_zone();
	struct handle *handle;

	if (!zone)
		return -EINVAL;
	handle = handle_new(&fill_ops, argv);
	if (!handle)
		return -ENOSPC;
	handle->zone = zone->type;
	if (!take_blocks(handle, ~0ul >> 1) || !free_every_other(handle))
		return give_up(handle);
	if (!handle->pages)
		return none_left(handle, "fragment");
	handle_made(handle);
	console_printf("every other page of %s is free; `buddyinfo` shows it\n", zone->name);
	return 0;
}
PROMPT_COMMAND("fragment", "[ZONE]", "take a zone's pages, and free every other one", fragment,
	       .words = zone_list, .example = "fragment; buddyinfo; release all; buddyinfo");
