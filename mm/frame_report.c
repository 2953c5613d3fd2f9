/* SPDX-License-Identifier: MIT */
#include <kernel/report_section.h>
#include <mm/mmzone.h>
#include <mm/page.h>

/*
 * The state of each frame, as runs: the section `frames` of `report json`. A machine has millions
 * of frames, but most neighbours are alike, so the frame table becomes some hundred runs:
 *
 *	frames      H R R R  A0 A0 A0  F3 t t t t t t t  F3 t t t t t t t  H ...
 *	runs        [0,1,hole] [1,3,reserved] [4,3,allocated,0] [7,16,free,3] ...
 *
 * A run is made of blocks of one state, order and zone. The tails of a block belong to its run, so
 * only the first frame of a block is read: 1024 frames of free memory cost one step. A tail without
 * a first frame in front is a run of its own. That happens if a block is split or coalesced while
 * this file walks over it.
 *
 * The walk takes no lock. The lock of a zone would stop all allocations for as long as printing
 * takes.
 */

struct run {
	unsigned long start, end;
	enum page_state state;
	unsigned int order;
	enum zone_type zone;
};

static bool begins_block(enum page_state state)
{
	return state >= PAGE_FREE;
}

/* The block, or the single frame, at a frame number. */
static struct run block_at(unsigned long pfn)
{
	struct page page = { .flags = READ_ONCE(pfn_to_page(pfn)->flags) };
	struct run run = { .start = pfn, .state = page_state(&page), .zone = page_zone(&page) };

	if (begins_block(run.state))
		run.order = min(page_order(&page), (unsigned int)MAX_ORDER);
	run.end = min(pfn + (1ul << run.order), max_pfn);
	return run;
}

static bool continues(const struct run *run, const struct run *block)
{
	return run->state == block->state && run->order == block->order && run->zone == block->zone;
}

static void run_values(struct json *json, const struct run *run)
{
	json_array(json, NULL);
	json_number(json, NULL, run->start);
	json_number(json, NULL, run->end - run->start);
	json_number(json, NULL, run->state);
	json_number(json, NULL, run->order);
	json_number(json, NULL, run->zone);
	json_array_end(json);
}

static void runs(struct json *json)
{
	struct run run = { 0 };

	while (run.end < max_pfn) {
		struct run next = block_at(run.end);

		for (run = next; run.end < max_pfn; run.end = next.end) {
			next = block_at(run.end);
			if (!continues(&run, &next))
				break;
		}
		run_values(json, &run);
	}
}

static void frames_section(struct json *json)
{
	json_number(json, "max_pfn", max_pfn);
	json_number(json, "max_low_pfn", max_low_pfn);
	json_number(json, "mem_map", (unsigned long)mem_map);
	json_number(json, "descriptor_size", sizeof(struct page));
	json_array(json, "states");
	for (unsigned int state = PAGE_HOLE; state < NR_PAGE_STATES; state++)
		json_string(json, NULL, page_state_name(state));
	json_array_end(json);
	json_array(json, "runs");
	runs(json);
	json_array_end(json);
}
REPORT_SECTION(310, "frames", frames_section);
