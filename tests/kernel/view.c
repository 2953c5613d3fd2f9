/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/pgtable.h>
#include <asm/tlbflush.h>
#include <lib/string.h>
#include <mm/highmem.h>
#include <mm/page_alloc.h>
#include <mm/view.h>
#include <tests/kernel/ktest.h>

/*
 * The table for readers outside of the machine. The tests find it as such a reader does, from its
 * anchor on, and use the offsets in it instead of the names of the kernel's structures. Only the
 * address translation is the CPU's.
 */

/* Returns NULL, and skips the test, where frame 0 is not RAM. */
static const struct view *find_view(void)
{
	const struct view_anchor *anchor = phys_to_virt(VIEW_ANCHOR);

	if (pfn_valid(0))
		return phys_to_virt(anchor->view);
	ktest_skip("no RAM at frame 0, so there is no anchor");
	return NULL;
}

static u32 word_at(u32 addr)
{
	return READ_ONCE(*(u32 *)addr);
}

static u32 field_of(const struct view *view, unsigned long pfn, struct view_field field)
{
	return word_at(view->mem_map + pfn * view->frame_size + view->flags_at) >> field.shift &
	       field.mask;
}

KTEST(view, anchor_leads_to_a_complete_table)
{
	const u32 *anchor = phys_to_virt(VIEW_ANCHOR);
	const struct view *view = find_view();

	if (!view)
		return;
	EXPECT_EQ(memcmp(anchor, VIEW_MAGIC, 8), 0);
	EXPECT_EQ(anchor[0] + anchor[1] + anchor[2] + anchor[3], 0);
	EXPECT_EQ(memcmp(view->magic, VIEW_MAGIC, 8), 0);
	EXPECT_EQ(view->version, VIEW_VERSION);
	EXPECT_EQ(view->size, sizeof(*view));
	EXPECT_EQ(view->pae, CONFIG_PAE);
	EXPECT_EQ(view->root, read_cr3());
}

KTEST(view, frames_have_the_state_that_the_table_describes)
{
	const struct view *view = find_view();
	/* No zone has this number. */
	const unsigned int order = MAX_NR_ZONES;
	struct page *page = view ? alloc_pages(GFP_HIGHUSER, order) : NULL;
	unsigned long pfn;

	if (!view)
		return;
	KTEST_REQUIRE(page);
	pfn = page_to_pfn(page);
	EXPECT_EQ(field_of(view, pfn, view->state), PAGE_USED);
	EXPECT_EQ(field_of(view, pfn, view->order), order);
	EXPECT_EQ(field_of(view, pfn, view->zone), page_zone(page));
	EXPECT_EQ(field_of(view, pfn + 1, view->state), PAGE_TAIL);
	EXPECT_EQ(word_at(view->mem_map + pfn * view->frame_size + view->refcount_at), 1);
	for (u32 state = 0; state < view->nr_states; state++)
		EXPECT_EQ(strcmp((char *)word_at(view->state_names + 4 * state),
				 page_state_name(state)),
			  0);
	__free_pages(page, order);
}

KTEST(view, zones_are_those_of_the_allocator)
{
	const struct view *view = find_view();

	for (u32 i = 0; view && i < view->nr_zones; i++) {
		u32 zone = view->zones + i * view->zone_size;

		EXPECT_EQ(strcmp((char *)word_at(zone + view->name_at), zones[i].name), 0);
		EXPECT_EQ(word_at(zone + view->start_pfn_at), zones[i].start_pfn);
		EXPECT_EQ(word_at(zone + view->spanned_at), zones[i].spanned_pages);
		EXPECT_EQ(word_at(zone + view->present_at), zones[i].present_pages);
		EXPECT_EQ(word_at(zone + view->managed_at), zones[i].managed_pages);
		EXPECT_EQ(word_at(zone + view->free_pages_at), zones[i].free_pages);
		EXPECT_EQ(word_at(zone + view->watermark_at), zones[i].watermark[WMARK_MIN]);
		for (u32 order = 0; order < view->nr_orders; order++)
			EXPECT_EQ(word_at(zone + view->free_area_at + order * view->free_area_size +
					  view->nr_free_at),
				  zones[i].free_area[order].nr_free);
	}
}

/*
 * Users of the slot of kmap() that maps a frame, plus 1; 0 if no slot does. An older slot may map
 * the frame, too, and be idle, if the page was freed since.
 */
static u32 slot_users(const struct view *view, unsigned long pfn)
{
	u32 most = 0;

	for (u32 slot = 0; slot < view->nr_kmap_slots; slot++) {
		pte_t *pte = pte_lookup(view->pkmap_start + slot * PAGE_SIZE);

		if (pte && pte_present(*pte) && pte_pfn(*pte) == pfn)
			most = max(most, word_at(view->kmap_slots + slot * view->kmap_slot_size +
						 view->kmap_count_at) -
						 view->kmap_idle + 1);
	}
	return most;
}

KTEST(view, slots_show_their_pages)
{
	const struct view *view = find_view();
	struct page *page = view ? alloc_page(GFP_HIGHUSER) : NULL;
	unsigned long pfn, slot;

	if (!view)
		return;
	KTEST_REQUIRE(page);
	pfn = page_to_pfn(page);
	if (page_is_highmem(page)) {
		kmap(page);
		EXPECT_EQ(slot_users(view, pfn), 2);
		kunmap(page);
		EXPECT_EQ(word_at(view->kmap_flushes), tlb_flushes(TLB_KMAP));

		preempt_disable();
		slot = (unsigned long)kmap_local_page(page);
		EXPECT_EQ(slot, view->kmap_local_start +
					smp_processor_id() * view->kmap_local_per_cpu +
					(kmap_local_held() - 1) * view->kmap_local_stride);
		kunmap_local((void *)slot);
		preempt_enable();
	} else {
		ktest_skip("no free highmem on this machine");
	}
	__free_page(page);
}
