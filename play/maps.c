/* SPDX-License-Identifier: MIT */
#include <kernel/command.h>
#include <kernel/console.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>
#include <mm/highmem.h>
#include <mm/kmap_slots.h>
#include <mm/kvmalloc.h>
#include <mm/vmalloc.h>
#include <play/blocks.h>

/*
 * Mappings that any thread can use: `kmap`, `kunmap` and `vmap` call the functions of these names
 * for pages that `alloc` has taken.
 *
 *	        kmap 1                                    vmap 1 2
 *	slot of pkmap ──▶ page of handle 1      vmalloc range ──▶ all pages of 1, then of 2
 *	counted in word b of the frame          a handle of its own
 *
 * kmap() waits if all its slots are held, and a prompt that waits for its own user would wait for
 * ever. So the command counts first, and refuses. The other commands of the prompt run in the same
 * thread, so the answer stays true. (Another thread could take the slots meanwhile. Then the
 * command waits until that thread gives them back.)
 */

/* --- kmap, kunmap ----------------------------------------------------------------------------- */

static bool is_all(const char *word)
{
	return word && strcmp(word, "all") == 0;
}

/* The pages that the words of a command name: one, or all. False after a message. */
struct page_span {
	struct handle *handle;
	struct page *first;
	unsigned long nr;
};

static bool parse_span(char **argv, struct page_span *span)
{
	struct handle *handle = handle_pages(argv[0], argv[1]);

	if (!handle)
		return false;
	*span = (struct page_span){ .handle = handle, .nr = is_all(argv[2]) ? handle->pages : 1 };
	span->first = handle_page(argv[0], handle, is_all(argv[2]) ? NULL : argv[2]);
	return span->first;
}

static bool has_held_slot(const struct page *page)
{
	unsigned int slot = kmap_slot_hint(page);

	return kmap_slot_is_of(slot, page) && kmap_slot_users(&kmap_slots[slot]) > 0;
}

static unsigned long slots_needed(const struct page_span *span)
{
	unsigned long needed = 0;

	for (unsigned long i = 0; i < span->nr; i++)
		needed += page_is_highmem(span->first + i) && !has_held_slot(span->first + i);
	return needed;
}

static unsigned long slots_left(void)
{
	unsigned long left = 0;

	for (unsigned int slot = 0; slot < LAST_PKMAP; slot++)
		left += kmap_slot_users(&kmap_slots[slot]) <= 0;
	return left;
}

static void show_kmap(const struct page_span *span)
{
	const struct page *page = span->first;
	unsigned int slot = kmap_slot_hint(page);
	s32 users = kmap_slot_users(&kmap_slots[slot]);

	if (span->nr > 1)
		console_printf("%lu pages mapped; `kmapinfo` shows the slots\n", span->nr);
	else if (!page_is_highmem(page))
		console_printf("frame %#lx is at %p: lowmem, always in the direct map\n",
			       page_to_pfn(page), page_address(page));
	else
		console_printf("frame %#lx is at %#lx, slot %u of kmap(), %d user%s\n",
			       page_to_pfn(page), kmap_slot_address(slot), slot, users,
			       users == 1 ? "" : "s");
}

static int kmap_command(int argc, char **argv)
{
	struct page_span span;
	unsigned long needed, left = slots_left();

	if (!parse_span(argv, &span))
		return -EINVAL;
	needed = slots_needed(&span);
	if (needed > left) {
		console_printf("kmap: %lu slot%s needed and %lu left, and kmap() would wait; "
			       "`kunmap` first\n",
			       needed, needed == 1 ? "" : "s", left);
		return -EBUSY;
	}
	for (unsigned long i = 0; i < span.nr; i++) {
		kmap(span.first + i);
		span.first[i].b++;
		span.handle->kmaps++;
	}
	show_kmap(&span);
	return 0;
}

static void list_pages(const char *prefix, word_offer_fn *offer, void *arg)
{
	offer(arg, "all");
}
PROMPT_COMMAND("kmap", "N [PAGE|all]", "map pages of handle N with kmap()", kmap_command,
	       .words = handle_list, .later_words = list_pages,
	       .example = "alloc 3; kmap 1; kmapinfo slots");

static void show_kunmap(const struct page *page)
{
	unsigned int slot = kmap_slot_hint(page);

	console_printf("frame %#lx is unmapped", page_to_pfn(page));
	if (page_is_highmem(page) && kmap_slot_is_of(slot, page) &&
	    kmap_slot_users(&kmap_slots[slot]) >= 0) {
		s32 users = kmap_slot_users(&kmap_slots[slot]);

		if (users)
			console_printf(" once; slot %u has %d user%s left", slot, users,
				       users == 1 ? "" : "s");
		else
			console_printf("; slot %u is idle, and maps it until it is recycled", slot);
	}
	console_printf("\n");
}

static int kunmap_command(int argc, char **argv)
{
	struct page_span span;
	bool all = is_all(argv[2]);
	struct handle *handle;

	if (!parse_span(argv, &span))
		return -EINVAL;
	handle = span.handle;
	if (all ? !handle->kmaps : !span.first->b) {
		console_printf("kunmap: page '%s' of handle %u is not mapped by kmap();\n"
			       "`handles` shows the mappings\n",
			       argv[2] ?: "0", handle_number(handle));
		return -EINVAL;
	}
	if (all) {
		console_printf("%u kmap() call%s undone\n", handle->kmaps,
			       handle->kmaps == 1 ? "" : "s");
		handle->ops->kunmap(handle);
		return 0;
	}
	kunmap(span.first);
	span.first->b--;
	handle->kmaps--;
	show_kunmap(span.first);
	return 0;
}
PROMPT_COMMAND("kunmap", "N [PAGE|all]", "undo kmap", kunmap_command, .words = handle_list,
	       .later_words = list_pages, .example = "kunmap 1; kmapinfo slots");

/* --- vmap ------------------------------------------------------------------------------------- */

static void undo_vmap(struct handle *handle)
{
	vunmap(handle->addr);
}

static void describe_vmap(const struct handle *handle, char *text)
{
	snprintf(text, HANDLE_TEXT, "%#lx-%#lx", (unsigned long)handle->addr,
		 (unsigned long)handle->addr + handle->size);
}

static const struct handle_ops vmap_ops = { .release = undo_vmap, .describe = describe_vmap };

static void *vmap_handles(char **numbers, unsigned int nr)
{
	struct page **pages = kvmalloc_array(nr, sizeof(*pages), GFP_KERNEL | __GFP_NOWARN);
	unsigned int at = 0;
	void *addr;

	if (!pages)
		return NULL;
	for (; *numbers; numbers++) {
		const struct handle *from = handle_pages("vmap", *numbers);

		for (unsigned long i = 0; i < from->pages; i++)
			pages[at++] = pfn_to_page(from->blocks + i);
	}
	addr = vmap(pages, nr, VM_MAP, PAGE_KERNEL);
	kvfree(pages);
	return addr;
}

static int vmap_command(int argc, char **argv)
{
	struct handle_set maps = { 0 };
	struct handle *handle;
	unsigned long nr = 0;

	for (char **number = argv + 1; *number; number++) {
		const struct handle *from = handle_pages("vmap", *number);

		if (!from)
			return -EINVAL;
		handle_set_add(&maps, from);
		nr += from->pages;
	}
	handle = handle_new(&vmap_ops, argv);
	if (!handle)
		return -ENOSPC;
	handle->addr = vmap_handles(argv + 1, (unsigned int)nr);
	if (!handle->addr) {
		handle_drop(handle);
		console_printf("vmap: no room for %lu pages: the largest gap of addresses has "
			       "%lu, or no memory is left\n",
			       nr, vmap_area_largest_gap() >> PAGE_SHIFT);
		return -ENOMEM;
	}
	handle->size = nr << PAGE_SHIFT;
	handle->maps = maps;
	handle_made(handle);
	return 0;
}
PROMPT_COMMAND("vmap", "N...", "map all pages of handles side by side", vmap_command,
	       .words = handle_list, .example = "alloc 0; alloc 3; vmap 1 2; vmallocinfo");
