/* SPDX-License-Identifier: MIT */
#include <kernel/command.h>
#include <kernel/console.h>
#include <kernel/printk.h>
#include <kernel/report_section.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <mm/memblock_attributes.h>
#include <mm/memblock_lists.h>
#include <mm/memblock_query.h>
#include <mm/memblock_walk.h>

/*
 * memblock for its user: two boot parameters, which have Linux's names and meaning, the log that
 * memblock=debug asks for, and a prompt command that shows the three lists:
 *
 *	memory: 2 of 128 ranges,    3145208 KiB
 *	  [mem 0x0000000000001000-0x000000000009efff]        632 KiB
 *	  [mem 0x0000000000100000-0x00000000bffdffff]    3144576 KiB node 0 nomap
 *
 * Its lines have at most 80 columns.
 */

/* --- boot parameters -------------------------------------------------------------------------- */

static int parse_memblock(const char *value)
{
	if (strcmp(value, "debug") != 0)
		return -EINVAL;
	memblock_debug = true;
	return 0;
}

BOOT_PARAM("memblock", "memblock=debug", "log what memblock adds, removes and reserves",
	   parse_memblock);

static int parse_movable_node(const char *value)
{
	if (value[0])
		return -EINVAL;
	movable_node_enabled = true;
	return 0;
}

BOOT_PARAM("movable_node", "movable_node", "allocate nothing at boot from hotpluggable memory",
	   parse_movable_node);

/* --- the log ---------------------------------------------------------------------------------- */

static void dump(const struct memblock_type *type)
{
	pr_info(" %s.cnt  = 0x%lx\n", type->name, type->cnt);
	for (unsigned long i = 0; i < nr_regions(type); i++) {
		const struct memblock_region *r = &type->regions[i];

		pr_info(" %s[0x%lx]\t[0x%016llx-0x%016llx], 0x%016llx bytes", type->name, i,
			r->base, region_end(r) - 1, r->size);
		if (r->nid != MAX_NUMNODES)
			pr_cont(" on node %d", r->nid);
		pr_cont(" flags: 0x%x\n", (unsigned int)r->flags);
	}
}

void memblock_dump_all(void)
{
	if (!memblock_debug)
		return;
	pr_info("MEMBLOCK configuration:\n");
	pr_info(" memory size = %#llx reserved size = %#llx\n", memblock.memory.total_size,
		memblock.reserved.total_size);
	dump(&memblock.memory);
	dump(&memblock.reserved);
	dump(&physmem);
}

/* --- the command ------------------------------------------------------------------------------ */

static const struct {
	enum memblock_flags flag;
	const char *name;
} flag_names[] = {
	{ MEMBLOCK_HOTPLUG, "hotplug" },
	{ MEMBLOCK_MIRROR, "mirror" },
	{ MEMBLOCK_NOMAP, "nomap" },
	{ MEMBLOCK_DRIVER_MANAGED, "driver" },
};

/* In KiB, or in bytes if the size is no multiple. */
static void show_size(printf_fn *out, phys_addr_t size)
{
	if (size % SZ_1K)
		out("%11llu B", size);
	else
		out("%11llu KiB", size / SZ_1K);
}

static void show_region(printf_fn *out, const struct memblock_region *r)
{
	out("  [mem 0x%016llx-0x%016llx]", r->base, region_end(r) - 1);
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
	unsigned long nr = nr_regions(type);

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

PROMPT_COMMAND("memblock", "", "boot-time memory: RAM, and reserved ranges", run_memblock);

/* --- the section of `report json` ------------------------------------------------------------- */

static void region_values(struct json *json, const struct memblock_region *r)
{
	json_object(json, NULL);
	json_number(json, "start", r->base);
	json_number(json, "size", r->size);
	if (r->nid != MAX_NUMNODES)
		json_number(json, "node", (u64)r->nid);
	json_array(json, "flags");
	for (size_t i = 0; i < ARRAY_SIZE(flag_names); i++)
		if (r->flags & flag_names[i].flag)
			json_string(json, NULL, flag_names[i].name);
	json_array_end(json);
	json_object_end(json);
}

static void list_values(struct json *json, const struct memblock_type *type)
{
	json_object(json, type->name);
	json_number(json, "total_size", type->total_size);
	json_number(json, "max", type->max);
	json_array(json, "regions");
	for (unsigned long i = 0; i < nr_regions(type); i++)
		region_values(json, &type->regions[i]);
	json_array_end(json);
	json_object_end(json);
}

static void memblock_section(struct json *json)
{
	json_number(json, "current_limit", memblock.current_limit);
	json_bool(json, "bottom_up", memblock.bottom_up);
	list_values(json, &physmem);
	list_values(json, &memblock.memory);
	list_values(json, &memblock.reserved);
}
REPORT_SECTION(220, "memblock", memblock_section);
