/* SPDX-License-Identifier: MIT */
#include <kernel/console.h>
#include <lib/command.h>
#include <lib/errno.h>
#include <mm/highmem.h>
#include <mm/page_alloc.h>
#include <tests/kernel/page_set.h>

/*
 * `hold`: something for an observer outside to find (tests/qemu/audit.py). The last page of RAM that can
 * be had is filled with a pattern through kmap() and stays mapped. (A kmap_local mapping would be gone when
 * the prompt waits for the next command.) On a machine without high memory there is nothing to map.
 */

#define PATTERN 0x484f4c44u

/* The last frame of the highest free block; the block stays allocated. */
static struct page *take_last_page(void)
{
	struct page_set set = PAGE_SET_EMPTY;
	struct page *last = NULL;

	page_set_take_highmem(&set);
	for (struct page *block = page_set_next(&set, NULL); block;
	     block = page_set_next(&set, block))
		last = max(last, block);
	if (last)
		get_page(last);
	page_set_free(&set);
	return last ? last + (1ul << page_order(last)) - 1 : NULL;
}

static int hold(int argc, char **argv)
{
	struct page *page = take_last_page();
	u32 *words;

	if (!page) {
		console_printf("hold: this machine has no free high memory\n");
		return -ENOMEM;
	}
	words = kmap(page);
	for (unsigned int i = 0; i < PAGE_SIZE / sizeof(u32); i++)
		words[i] = PATTERN + i;
	console_printf("HOLD phys=%#llx kmap=%p pattern=%#x\n",
		       (unsigned long long)page_to_phys(page), words, PATTERN);
	return 0;
}
PROMPT_COMMAND("hold", "", "map the last page of high memory and keep it mapped", hold);
