/* SPDX-License-Identifier: MIT */
#include <asm/e820.h>
#include <asm/iomem.h>
#include <asm/page.h>
#include <asm/sections.h>
#include <kernel/command.h>
#include <kernel/console.h>
#include <kernel/proc_file.h>
#include <kernel/report_section.h>

/*
 * The report `iomem`. It reads the e820 table from below. Each entry is a line, and the parts of
 * the kernel image that begin in it are indented lines below it. A range without an entry is a gap.
 * PCI devices have their registers in the largest gap below 4 GiB, so the report shows it as "PCI
 * hole". A part of the kernel in another gap, where the map must be wrong, is not indented.
 *
 * RAM that the CPU cannot address is no longer in the table; the boot log says how much it was.
 */

struct range {
	u64 first, last;
};

static const struct {
	const char *name;
	const char *start, *end;
} kernel_parts[] = {
	{ "Kernel code", text_start, text_end },
	{ "Kernel rodata", rodata_start, rodata_end },
	{ "Kernel data", data_start, data_end },
	{ "Kernel bss", bss_start, bss_end },
};

static const char *name_of(u32 type)
{
	switch (type) {
	case E820_RAM:
		return "System RAM";
	case E820_ACPI:
		return "ACPI Tables";
	case E820_NVS:
		return "ACPI Non-volatile Storage";
	case E820_UNUSABLE:
		return "Unusable memory";
	case E820_PMEM:
		return "Persistent Memory";
	case E820_PRAM:
		return "Persistent Memory (legacy)";
	case E820_RESERVED:
		return "Reserved";
	default:
		return "Unknown E820 type";
	}
}

/* Where the lines go: in words through @out, or as values through @json. */
struct sink {
	printf_fn *out;
	struct json *json;
};

static void show_value(struct json *json, unsigned int depth, struct range range, const char *name)
{
	json_object(json, NULL);
	json_number(json, "start", range.first);
	json_number(json, "size", range.last - range.first + 1);
	json_string(json, "name", name);
	json_number(json, "depth", depth);
	json_object_end(json);
}

static void show_line(const struct sink *to, unsigned int depth, struct range range,
		      const char *name)
{
	if (to->json)
		show_value(to->json, depth, range, name);
	else
		to->out("%*s%08llx-%08llx : %s\n", (int)(2 * depth), "", range.first, range.last,
			name);
}

static void show_kernel(const struct sink *to, unsigned int depth, struct range within)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(kernel_parts); i++) {
		struct range part = { __pa(kernel_parts[i].start), __pa(kernel_parts[i].end) - 1 };

		if (within.first <= part.first && part.first <= within.last)
			show_line(to, depth, part, kernel_parts[i].name);
	}
}

/* The gap below entry i, or above the last entry if i = nr. Return false if there is none. */
static bool gap_below(u32 i, struct range *gap)
{
	const struct e820_entry *entries = e820_table.entries;

	gap->first = i == 0 ? 0 : entries[i - 1].addr + entries[i - 1].size;
	gap->last = i == e820_table.nr ? UINT64_MAX : entries[i].addr - 1;
	/* An entry ends at 2^64, or the first begins at 0. */
	if ((i > 0 && gap->first == 0) || (i < e820_table.nr && entries[i].addr == 0))
		return false;
	return gap->first <= gap->last;
}

/* The largest gap below 4 GiB; an empty range if there is none. */
static struct range find_pci_hole(void)
{
	struct range hole = { 1, 0 }, gap;

	for (u32 i = 0; i <= e820_table.nr; i++) {
		if (!gap_below(i, &gap) || gap.first >= SZ_4G)
			continue;
		gap.last = min(gap.last, (u64)SZ_4G - 1);
		if (gap.last - gap.first + 1 > hole.last - hole.first + 1)
			hole = gap;
	}
	return hole;
}

static void show_gap(const struct sink *to, struct range gap, struct range hole)
{
	bool is_hole = gap.first == hole.first;

	if (is_hole)
		show_line(to, 0, hole, "PCI hole");
	show_kernel(to, is_hole, gap);
}

static void show_all(const struct sink *to)
{
	struct range hole = find_pci_hole(), gap;

	for (u32 i = 0; i <= e820_table.nr; i++) {
		const struct e820_entry *entry = &e820_table.entries[i];

		if (gap_below(i, &gap))
			show_gap(to, gap, hole);
		if (i < e820_table.nr) {
			struct range range = { entry->addr, entry->addr + (entry->size - 1) };

			show_line(to, 0, range, name_of(entry->type));
			show_kernel(to, 1, range);
		}
	}
}

void iomem_show(printf_fn *out)
{
	show_all(&(struct sink){ .out = out });
}

PROC_FILE("iomem", iomem_show);

static int iomem(int argc, char **argv)
{
	iomem_show(console_printf);
	return 0;
}
PROMPT_COMMAND("iomem", "", "the physical address space, by range", iomem);

/* --- as values -------------------------------------------------------------------------------- */

static void iomem_section(struct json *json)
{
	json_array(json, "ranges");
	show_all(&(struct sink){ .json = json });
	json_array_end(json);
}
REPORT_SECTION(210, "iomem", iomem_section);

static void e820_section(struct json *json)
{
	char name[24];

	json_array(json, "entries");
	for (u32 i = 0; i < e820_table.nr; i++) {
		const struct e820_entry *entry = &e820_table.entries[i];

		json_object(json, NULL);
		json_number(json, "start", entry->addr);
		json_number(json, "size", entry->size);
		json_number(json, "type", entry->type);
		json_string(json, "name", e820_type_name(entry->type, name, sizeof(name)));
		json_object_end(json);
	}
	json_array_end(json);
}
REPORT_SECTION(200, "e820", e820_section);
