/* SPDX-License-Identifier: MIT */
#include <kernel/command.h>
#include <kernel/console.h>
#include <lib/errno.h>
#include <lib/parse.h>
#include <lib/string.h>
#include <mm/highmem.h>
#include <mm/page_alloc.h>
#include <tests/helpers/kmap_fill.h>
#include <tests/helpers/page_set.h>
#include <thread/thread.h>

/*
 * `hold` prepares a state for an observer outside of the guest (tests/qemu/audit.py). It allocates
 * the last available page of RAM, maps it with kmap(), fills it with a pattern, and keeps it
 * mapped. (A kmap_local mapping would not survive until the next command.) A machine without high
 * memory has nothing to map.
 *
 * `hold undo` frees the page that was held last. `hold slots 12` lets a thread hold all other slots
 * of kmap() for 12 seconds, so that a user can see how threads wait for one.
 */

#define PATTERN 0x484f4c44u

/* The highest free block of high memory. It stays allocated. */
static struct page *take_last_block(void)
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
	return last;
}

/* Pages that are held, and the block from which each was allocated. */
static struct {
	struct page *page, *block;
} kept[8];
static unsigned int nr_kept;

static int hold_last_page(void)
{
	struct page *block, *page;
	u32 *words;

	if (nr_kept == ARRAY_SIZE(kept)) {
		console_printf("hold: %u pages are held, expected fewer; try 'hold undo'\n",
			       nr_kept);
		return -EBUSY;
	}
	block = take_last_block();
	if (!block) {
		console_printf("hold: this machine has no free high memory\n");
		return -ENOMEM;
	}
	page = block + (1ul << page_order(block)) - 1;
	words = kmap(page);
	for (unsigned int i = 0; i < PAGE_SIZE / sizeof(u32); i++)
		words[i] = PATTERN + i;
	kept[nr_kept].page = page;
	kept[nr_kept++].block = block;
	console_printf("HOLD phys=%#llx kmap=%p pattern=%#x\n", page_to_phys(page), words, PATTERN);
	return 0;
}

static int undo(void)
{
	if (!nr_kept) {
		console_printf("hold undo: no page is held\n");
		return -ENOENT;
	}
	nr_kept--;
	kunmap(kept[nr_kept].page);
	put_page(kept[nr_kept].block);
	return 0;
}

static struct kmap_fill fill;
static struct thread *holder;
static u32 hold_seconds;
static volatile bool all_held, given_back;

static int hold_for_a_while(void *unused)
{
	kmap_fill(&fill, kmap_slots_left());
	all_held = true;
	msleep(hold_seconds * 1000);
	kmap_fill_undo(&fill);
	given_back = true;
	return 0;
}

/* The previous thread is kept until the next call: then it has ended, or the command is refused. */
static int hold_slots(const char *seconds)
{
	if (parse_u32(seconds, 3600, &hold_seconds)) {
		console_printf("hold slots %s: expected seconds, 3600 at most\n", seconds);
		return -EINVAL;
	}
	if (holder && !given_back) {
		console_printf("hold slots: the slots are still held\n");
		return -EBUSY;
	}
	if (holder)
		kthread_join(holder);
	all_held = given_back = false;
	holder = kthread_run(hold_for_a_while, NULL, "holder");
	if (!holder)
		return -ENOMEM;
	while (!all_held)
		msleep(1);
	console_printf("%u slots of kmap() are held for %u s\n", fill.nr, hold_seconds);
	return 0;
}

#define HOLD_ARGS  "[undo | slots SECONDS]"
#define HOLD_USAGE "hold " HOLD_ARGS

static int hold(int argc, char **argv)
{
	if (argc == 1)
		return hold_last_page();
	if (argc == 2 && strcmp(argv[1], "undo") == 0)
		return undo();
	if (argc == 3 && strcmp(argv[1], "slots") == 0)
		return hold_slots(argv[2]);
	if (argc == 2 && strcmp(argv[1], "slots") == 0)
		console_printf("hold slots: an argument is missing; usage: " HOLD_USAGE "\n");
	else
		console_printf("hold: unexpected argument '%s'; usage: " HOLD_USAGE "\n",
			       argc == 3 && strcmp(argv[1], "undo") == 0 ? argv[2] : argv[1]);
	return -EINVAL;
}
PROMPT_COMMAND("hold", HOLD_ARGS, "keep a page of high memory mapped", hold,
	       .example = "hold; kmapinfo; hold undo");
