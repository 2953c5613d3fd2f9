/* SPDX-License-Identifier: MIT */
#include "memblock_ops.h"
#include "memblock_calls.h"
#include "memblock_compare.h"
#include "memblock_operands.h"
#include "memblock_unit.h"

/*
 * A run takes place in a window of 64 pages. In one of two runs the window is the arena, which is
 * real memory, so that blocks can be written to and lists can grow into it. In the others the
 * window is at an address where arithmetic is most likely to go wrong: at 0, around 4 GiB, or at
 * the end of the address space. There current_limit is 0, so that no call that needs real memory
 * finds any. Lists begin with room for at most 24 entries, so that they are soon full.
 */

static unsigned long times[NR_MEMBLOCK_CALLS];

static void one_call(void)
{
	unsigned int b = byte() % MEMBLOCK_WEIGHTS, k = 0;

	while (b >= memblock_calls[k].weight)
		b -= memblock_calls[k++].weight;
	run.doing = memblock_calls[k].name;
	times[k]++;
	memblock_calls[k].make();
	memblock_compare();
}

static void choose_window(void)
{
	static const phys_addr_t windows[] = { 0, 0x100000000ull - WINDOW_BYTES / 2,
					       PHYS_ADDR_MAX - WINDOW_BYTES + 1, 0x1000000 };
	unsigned int b = byte();

	run.real = b & 1;
	run.window = run.real ? ARENA : windows[b / 2 % ARRAY_SIZE(windows)];
	memblock.current_limit = model.limit = run.real ? run.window + WINDOW_BYTES : 0;
	memblock.memory.max = model.max[MODEL_MEMORY] = 1 + byte() % 24;
	memblock.reserved.max = model.max[MODEL_RESERVED] = 1 + byte() % 24;
	memblock.bottom_up = model.bottom_up = byte() & 1;
	if (byte() & 1) {
		memblock_allow_resize();
		model.can_resize = true;
	}
}

unsigned long memblock_ops_run(const struct ops_source *source, unsigned long most, bool verbose)
{
	run = (struct memblock_run){ .src = source, .verbose = verbose, .doing = "setup" };
	memblock_map_arena();
	memblock_reset();
	model_init(&model);
	choose_window();
	say("window %#llx, room for %lu and %lu\n", run.window, memblock.memory.max,
	    memblock.reserved.max);
	for (; run.calls < most && source->more(source->arg); run.calls++)
		one_call();
	return run.calls;
}

void memblock_ops_summary(void)
{
	for (size_t k = 0; k < NR_MEMBLOCK_CALLS; k++)
		printf("# %8lu %s\n", times[k], memblock_calls[k].name);
}
