/* SPDX-License-Identifier: MIT */
#include <asm/pgtable.h>
#include <asm/ptdump.h>
#include <asm/region.h>
#include <kernel/command.h>
#include <kernel/console.h>
#include <kernel/symbols.h>
#include <lib/errno.h>
#include <lib/parse.h>
#include <lib/string.h>
#include <mm/kmalloc.h>
#include <mm/kmap_slots.h>
#include <mm/page.h>
#include <mm/slab_layout.h>
#include <mm/vmap_area.h>
#include <play/handles.h>
#include <sched/thread_list.h>

/*
 * Two questions that a user asks again and again: what is this address (`where`), and what is this
 * frame (`frame`)? The answer to the first one leads to the second:
 *
 *	address ──▶ part of the address space
 *	   └─ page-table entry ──▶ frame ──▶ zone, state of its block, owner
 *	                             ▲
 *	other addresses ─────────────┘ direct map, pkmap slot, kmap_local slot, vmalloc range
 *
 * The kernel keeps no list of the addresses of a frame. So the command reads all page tables of the
 * kernel, which are short: its quarter of the addresses has at most 2^18 entries. A mapping that is
 * saved with a thread is in no page table; the threads are searched for it.
 *
 * Everything is read without locks, so the answer is true as long as no other thread changes the
 * frame.
 */

/* --- the owner of a frame --------------------------------------------------------------------- */

/* The table may be made of highmem. Then its frames are mapped at its addresses, in any order. */
static bool is_in_frame_table(const struct page *page)
{
	unsigned long vaddr = pagetable_find_frame((unsigned long)mem_map, page_to_pfn(page));

	return vaddr && vaddr < (unsigned long)(mem_map + max_pfn);
}

static void show_reserved(const struct page *page)
{
	char region[REGION_TEXT] = "";

	if (!page_is_highmem(page))
		region_name((unsigned long)lowmem_page_address(page), region, sizeof(region));
	if (is_in_frame_table(page))
		console_printf("the table of frames, mem_map\n");
	else if (*region && strcmp(region, "direct map") != 0)
		console_printf("%s\n", region);
	else
		console_printf("the firmware, or memory that the boot has allocated\n");
}

static void show_slab(const struct page *block)
{
	const struct kmem_cache *cache = kmem_caches[slab_cache_number(block)];

	if (slab_cache_number(block))
		console_printf("cache %s, %u objects of %u bytes\n", cache->name, cache->objects,
			       cache->object_size);
	else
		console_printf("a kmalloc() of more than %u bytes\n", KMALLOC_MAX_CACHE_SIZE);
}

static void show_owner(const struct page *page, const struct page *block)
{
	const struct handle *handle = handle_owner(page_to_pfn(page));

	console_printf("  owner    ");
	if (handle)
		console_printf("handle %u (%s)\n", handle_number(handle), handle->made_by);
	else if (page_state(block) == PAGE_RESERVED)
		show_reserved(page);
	else if (page_state(block) == PAGE_SLAB)
		show_slab(block);
	else if (page_state(block) == PAGE_FREE || page_state(block) == PAGE_CACHED)
		console_printf("none\n");
	else
		console_printf("no handle; a mapping below may name it\n");
}

static void show_state(const struct page *block)
{
	enum page_state state = page_state(block);

	console_printf("  state    %s", page_state_name(state));
	if (state >= PAGE_FREE)
		console_printf(", block of order %u at frame %#lx, %u reference%s",
			       page_order(block), page_to_pfn(block), block->refcount,
			       block->refcount == 1 ? "" : "s");
	console_printf("\n");
}

/* --- the addresses of a frame ----------------------------------------------------------------- */

static void show_pkmap_user(unsigned int number)
{
	const struct kmap_slot *slot = &kmap_slots[number];
	char text[SYMBOL_TEXT], name[THREAD_NAME];

	if (kmap_slot_is_held(slot))
		console_printf(", %d user%s, '%s' since %s", kmap_slot_users(slot),
			       kmap_slot_users(slot) == 1 ? "" : "s",
			       thread_name(slot->thread, name),
			       symbol_format(slot->caller - 1, text));
	else if (kmap_slot_users(slot) <= 0)
		console_printf(", idle");
}

static void show_address(unsigned long vaddr)
{
	char region[REGION_TEXT];

	console_printf("  address  %#lx, ", vaddr);
	if (vaddr >= vmalloc_start && vaddr < VMALLOC_END)
		vmap_area_describe(vaddr, console_printf);
	else
		console_printf("%s", region_name(vaddr, region, sizeof(region)));
	if (vaddr >= PKMAP_BASE && vaddr < kmap_slot_address(LAST_PKMAP))
		show_pkmap_user((unsigned int)((vaddr - PKMAP_BASE) >> PAGE_SHIFT));
	console_printf("\n");
}

static unsigned int show_saved(const struct page *page)
{
	struct saved_kmaps saved;
	unsigned int nr = 0;

	for (u32 id = 0; thread_list_next_kmaps(id, &saved); id = saved.id + 1) {
		for (u32 i = 0; i < saved.kmaps.nr; i++) {
			if (saved.kmaps.use[i].page != page)
				continue;
			nr++;
			console_printf("  saved    %#lx, kmap_local slot of '%s' when it runs\n",
				       kmap_local_slot_address(saved.cpu, i), saved.name);
		}
	}
	return nr;
}

static void show_addresses(const struct page *page)
{
	unsigned long pfn = page_to_pfn(page), vaddr = 0;
	unsigned int nr = 0;

	while ((vaddr = pagetable_find_frame(vaddr, pfn))) {
		show_address(vaddr);
		nr++;
		vaddr += PAGE_SIZE;
		if (!vaddr)
			break;
	}
	if (nr + show_saved(page))
		return;
	console_printf("  address  none: %s\n",
		       page_is_highmem(page) ? "kmap() or kmap_local_page() would give it one"
					     : "with DEBUG=1 the kernel unmaps free pages");
}

static void show_frame(unsigned long pfn)
{
	const struct page *page = pfn_to_page(pfn), *block;

	console_printf("  frame    %#lx, physical %#llx", pfn, (u64)pfn << PAGE_SHIFT);
	if (!pfn_valid(pfn)) {
		console_printf(
			"\n  zone     none: no RAM of the kernel, but a device, firmware, or "
			"nothing\n");
		return;
	}
	console_printf(", zone %s\n", zones[page_zone(page)].name);
	block = page_block(page);
	if (block) {
		show_state(block);
		show_owner(page, block);
	}
	show_addresses(page);
}

/* --- the commands ----------------------------------------------------------------------------- */

static int where(int argc, char **argv)
{
	char region[REGION_TEXT];
	const struct handle *handle;
	phys_addr_t paddr;
	u32 vaddr;

	if (parse_u32(argv[1], ~0u, &vaddr) != 0) {
		console_printf("where: '%s', expected an address of 32 bits such as 0xc0100000\n",
			       argv[1]);
		return -EINVAL;
	}
	console_printf("0x%08x is in: %s\n", vaddr, region_name(vaddr, region, sizeof(region)));
	handle = handle_at(vaddr);
	if (handle)
		console_printf("  handle   %u (%s)\n", handle_number(handle), handle->made_by);
	if (pagetable_entry_show(vaddr, &paddr, console_printf))
		show_frame(PFN_DOWN(paddr));
	return 0;
}
PROMPT_COMMAND("where", "ADDR", "explain an address: its frame, owner, mappings", where,
	       .example = "where 0xc0100000");

static int frame(int argc, char **argv)
{
	u32 pfn;

	if (parse_u32(argv[1], (u32)max_pfn - 1, &pfn) != 0) {
		console_printf("frame: '%s', expected the number of a frame, 0 to %#lx\n", argv[1],
			       max_pfn - 1);
		return -EINVAL;
	}
	show_frame(pfn);
	return 0;
}
PROMPT_COMMAND("frame", "PFN", "explain a frame: zone, state, owner, mappings", frame,
	       .example = "frame 0x1000");
