/* SPDX-License-Identifier: MIT */
#include <asm/fixmap.h>
#include <asm/percpu.h>
#include <asm/pgtable.h>
#include <asm/sections.h>
#include <asm/time.h>
#include <asm/tlbflush.h>
#include <lib/string.h>
#include <mm/kmap_slots.h>
#include <mm/mmzone.h>
#include <mm/view.h>
#include <sched/sched.h>

/*
 * A program outside of the machine can read all of its memory: the emulator's host, a debugger, a
 * page in a browser. To find anything there, it would need the symbols of exactly this kernel and
 * the layout of its structures. So the kernel publishes a table of both:
 *
 *	physical 0x4f0            struct view               the data
 *	┌──────────────┐         ┌──────────────────┐
 *	│ "HIGHVIEW"   │    ┌───▶│ root of tables   │
 *	│ address  ────┼────┘    │ mem_map, fields  │──────▶ one descriptor for each frame
 *	│ check        │         │ zones, offsets   │──────▶ free blocks
 *	└──────────────┘         │ slots            │──────▶ users of each slot
 *	                         └──────────────────┘
 *
 * The anchor is in the BIOS data area, whose bytes 0x4f0 to 0x4ff no BIOS uses (Ralf Brown's
 * memory list: "intra-application communications area"). Frame 0 is never given to the page
 * allocator. On a machine without RAM at frame 0 there is no anchor.
 *
 * Invariant: the anchor is written last, so a table that it leads to is complete. A reader needs
 * nothing but physical memory. Addresses in the table are virtual, and
 * `root` is all that is needed to translate them. The frame table may be outside of the direct map,
 * so a reader must walk the page tables for it.
 *
 * Price: some 300 bytes, and no instruction after boot. In return, nothing locks out the kernel
 * while somebody reads: a reader of a running machine may see a block that is half split, and must
 * check each number before it uses it. A reader that stops the machine first sees a moment between
 * two instructions.
 */

static struct view view __ro_after_init;

#define FIELD(name)                                     \
	(struct view_field)                             \
	{                                               \
		PAGE_##name##_SHIFT, PAGE_##name##_MASK \
	}

static void __init describe_addresses(void)
{
	view.root = (u32)__pa(CONFIG_PAE ? (void *)swapper_pdpt : (void *)swapper_pg_dir);
	view.pae = CONFIG_PAE;
	view.page_offset = PAGE_OFFSET;
	view.direct_map_end = (u32)high_memory;
	view.vmalloc_start = vmalloc_start;
	view.vmalloc_end = VMALLOC_END;
	view.pkmap_start = PKMAP_BASE;
	view.fixmap_start = FIXADDR_START;
	view.fixmap_end = FIXADDR_TOP;
	view.kernel_start = (u32)kernel_start;
	view.kernel_end = (u32)kernel_end;
	view.nr_cpus = NR_CPUS;
	view.cpu_offsets = (u32)per_cpu_offset;
	view.ticks = (u32)&sched_ticks;
	view.ticks_per_second = HZ;
}

static void __init describe_frames(void)
{
	view.max_pfn = max_pfn;
	view.max_low_pfn = max_low_pfn;
	view.mem_map = (u32)mem_map;
	view.frame_size = sizeof(struct page);
	view.flags_at = offsetof(struct page, flags);
	view.refcount_at = offsetof(struct page, refcount);
	view.a_at = offsetof(struct page, a);
	view.b_at = offsetof(struct page, b);
	view.order = FIELD(ORDER);
	view.state = FIELD(STATE);
	view.zone = FIELD(ZONE);
	view.compound = (struct view_field){ (u32)__builtin_ctz(PAGE_COMPOUND), 1 };
	view.number = (struct view_field){ 16, 0xffff };
	view.state_names = (u32)page_state_names;
	view.nr_states = NR_PAGE_STATES;
}

static void __init describe_zones(void)
{
	view.zones = (u32)zones;
	view.zone_size = sizeof(struct zone);
	view.nr_zones = MAX_NR_ZONES;
	view.name_at = offsetof(struct zone, name);
	view.start_pfn_at = offsetof(struct zone, start_pfn);
	view.spanned_at = offsetof(struct zone, spanned_pages);
	view.present_at = offsetof(struct zone, present_pages);
	view.managed_at = offsetof(struct zone, managed_pages);
	view.free_pages_at = offsetof(struct zone, free_pages);
	view.watermark_at = offsetof(struct zone, watermark);
	view.nr_watermarks = NR_WMARKS;
	view.free_area_at = offsetof(struct zone, free_area);
	view.free_area_size = sizeof(struct free_area);
	view.nr_free_at = offsetof(struct free_area, nr_free);
	view.nr_orders = MAX_ORDER + 1;
}

static void __init describe_slots(void)
{
	view.kmap_slots = (u32)kmap_slots;
	view.kmap_slot_size = sizeof(struct kmap_slot);
	view.nr_kmap_slots = LAST_PKMAP;
	view.kmap_count_at = offsetof(struct kmap_slot, count);
	view.kmap_idle = (u32)KMAP_IDLE;
	view.kmap_flushes = (u32)tlb_flush_counter(TLB_KMAP);
	/* The first page of each CPU is the guard below its first slot. */
	view.kmap_local_start = fix_to_virt(FIX_KMAP_BEGIN) + KMAP_LOCAL_STRIDE * PAGE_SIZE;
	view.kmap_local_per_cpu = FIX_KMAP_PER_CPU * PAGE_SIZE;
	view.kmap_local_stride = KMAP_LOCAL_STRIDE * PAGE_SIZE;
	view.kmap_local_depth = KMAP_LOCAL_DEPTH;
}

static void __init write_anchor(void)
{
	struct view_anchor *anchor = phys_to_virt(VIEW_ANCHOR);
	const u32 *words = (const u32 *)anchor;

	if (!pfn_valid(PFN_DOWN(VIEW_ANCHOR)))
		return;
	memcpy(anchor->magic, view.magic, sizeof(anchor->magic));
	anchor->view = (u32)__pa(&view);
	anchor->check = 0;
	anchor->check = -(words[0] + words[1] + words[2]);
}

void __init view_init(void)
{
	memcpy(view.magic, VIEW_MAGIC, sizeof(view.magic));
	view.version = VIEW_VERSION;
	view.size = sizeof(view);
	describe_addresses();
	describe_frames();
	describe_zones();
	describe_slots();
	write_anchor();
}
