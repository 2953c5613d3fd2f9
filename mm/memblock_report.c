/* SPDX-License-Identifier: MIT */
#include <mm/memblock.h>

#include <kernel/console.h>
#include <lib/command.h>

/*
 * What memblock knows, for a person: the three lists with sizes, the node where there
 * is one, and the flags by name. Lines stay within 80 columns.
 *
 *	memory: 2 of 128 ranges,    3145208 KiB
 *	  [mem 0x0000000000001000-0x000000000009efff]        632 KiB
 *	  [mem 0x0000000000100000-0x00000000bffdffff]    3144576 KiB node 0 nomap
 */

static const struct {
	enum memblock_flags flag;
	const char *name;
} flag_names[] = {
	{ MEMBLOCK_HOTPLUG, "hotplug" },
	{ MEMBLOCK_MIRROR, "mirror" },
	{ MEMBLOCK_NOMAP, "nomap" },
	{ MEMBLOCK_DRIVER_MANAGED, "driver" },
};

/* Whole KiB where the size is a multiple, which is what people read; else bytes. */
static void show_size(printf_fn *out, phys_addr_t size)
{
	if (size % SZ_1K)
		out("%11llu B", size);
	else
		out("%11llu KiB", (size / SZ_1K));
}

static void show_region(printf_fn *out, const struct memblock_region *r)
{
	out("  [mem 0x%016llx-0x%016llx]", r->base, (r->base + r->size - 1));
	show_size(out, r->size);
	if (r->nid != MAX_NUMNODES)
		out(" node %d", r->nid);
	for (size_t i = 0; i < ARRAY_SIZE(flag_names); i++)
		if (r->flags & flag_names[i].flag)
			out(" %s", flag_names[i].name);
	out("\n");
}

static void show_list(printf_fn *out, const struct memblock_type *type)
{
	unsigned long nr = type->regions[0].size ? type->cnt : 0;

	out("%s: %lu of %lu ranges,", type->name, nr, type->max);
	show_size(out, type->total_size);
	out("\n");
	for (unsigned long i = 0; i < nr; i++)
		show_region(out, &type->regions[i]);
}

static void show_free(printf_fn *out)
{
	phys_addr_t start, end, total = 0, largest = 0;
	unsigned long nr = 0;
	u64 i;

	for_each_free_mem_range(i, NUMA_NO_NODE, MEMBLOCK_NONE, &start, &end, NULL) {
		total += end - start;
		largest = max(largest, end - start);
		nr++;
	}
	out("free: %lu ranges,", nr);
	show_size(out, total);
	out(", largest");
	show_size(out, largest);
	out("\n");
}

static int run_memblock(int argc, char **argv)
{
	show_list(console_printf, &physmem);
	show_list(console_printf, &memblock.memory);
	show_list(console_printf, &memblock.reserved);
	show_free(console_printf);
	console_printf("limit %#llx, %s\n", memblock.current_limit,
		       memblock.bottom_up ? "bottom up" : "top down");
	return 0;
}

PROMPT_COMMAND("memblock", "", "boot-time memory: RAM, and what was reserved of it", run_memblock);
