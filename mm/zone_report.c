/* SPDX-License-Identifier: MIT */
#include <kernel/printk.h>
#include <kernel/symbols.h>
#include <lib/vsnprintf.h>
#include <mm/mmzone.h>
#include <mm/zone_report.h>

/*
 * Field names, order and widths are those of Linux 6.1 (Documentation/filesystems/proc.rst), with
 * the fields that exist here. There is one node, number 0. A watermark is 0 and so is the
 * protection of a zone: a request may take the last page of every zone that it may use.
 */

/* --- buddyinfo ----------------------------------------------------------------------------------
 */

void buddyinfo_show(printf_fn *out)
{
	const struct zone *zone;

	for_each_zone(zone) {
		out("Node 0, zone %8s ", zone->name);
		for (unsigned int order = 0; order <= MAX_ORDER; order++)
			out("%6u ", zone->free_area[order].nr_free);
		out("\n");
	}
}

/* --- zoneinfo -----------------------------------------------------------------------------------
 */

static void show_zone(const struct zone *zone, printf_fn *out)
{
	out("Node 0, zone %8s\n", zone->name);
	out("  pages free     %lu\n", zone->free_pages);
	out("        min      0\n");
	out("        low      0\n");
	out("        high     0\n");
	out("        spanned  %lu\n", zone->spanned_pages);
	out("        present  %lu\n", zone->present_pages);
	out("        managed  %lu\n", zone->managed_pages);
	out("        protection: (0, 0, 0)\n");
	if (!zone->present_pages)
		return;
	out("      nr_free_pages %lu\n", zone->free_pages);
	out("  start_pfn:           %lu\n", zone->start_pfn);
}

/* Zones without RAM too: that there is none is what somebody may be looking for. */
void zoneinfo_show(printf_fn *out)
{
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++)
		show_zone(&zones[i], out);
}

/* --- meminfo ------------------------------------------------------------------------------------
 */

static void show_kb(printf_fn *out, const char *name, unsigned long kb)
{
	char label[20];

	snprintf(label, sizeof(label), "%s:", name);
	out("%-16s%8lu kB\n", label, kb);
}

static void show_pages(printf_fn *out, const char *name, unsigned long pages)
{
	show_kb(out, name, pages << (PAGE_SHIFT - 10));
}

/* In the link's order, which is that of file names. Weak: where no file adds a line there is no
 * set. */
static void show_added_lines(printf_fn *out)
{
	extern const struct meminfo_line __start_meminfo_lines[] __weak;
	extern const struct meminfo_line __stop_meminfo_lines[] __weak;

	for (const struct meminfo_line *line = __start_meminfo_lines; line < __stop_meminfo_lines;
	     line++)
		show_kb(out, line->name, line->kb());
}

void meminfo_show(printf_fn *out)
{
	const struct zone *high = &zones[ZONE_HIGHMEM];
	unsigned long managed = nr_managed_pages(), free = nr_free_pages();

	show_pages(out, "MemTotal", managed);
	show_pages(out, "MemFree", free);
	show_pages(out, "MemAvailable", free);
	show_pages(out, "HighTotal", high->managed_pages);
	show_pages(out, "HighFree", high->free_pages);
	show_pages(out, "LowTotal", managed - high->managed_pages);
	show_pages(out, "LowFree", free - high->free_pages);
	show_added_lines(out);
}

/* --- a request that failed ----------------------------------------------------------------------
 */

const char *gfp_format(gfp_t gfp, char *buf, size_t size)
{
	/* Sums before their parts. */
	static const struct {
		gfp_t bits;
		const char *name;
	} names[] = {
		{ GFP_HIGHUSER, "GFP_HIGHUSER" },   { GFP_KERNEL, "GFP_KERNEL" },
		{ GFP_ATOMIC, "GFP_ATOMIC" },       { GFP_DMA, "GFP_DMA" },
		{ __GFP_HIGHMEM, "__GFP_HIGHMEM" }, { __GFP_ZERO, "__GFP_ZERO" },
		{ __GFP_NOWARN, "__GFP_NOWARN" },
	};
	size_t used = 0;

	scnprintf(buf, size, "0");
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		if ((gfp & names[i].bits) != names[i].bits)
			continue;
		used += scnprintf(buf + used, size - used, "%s%s", used ? "|" : "", names[i].name);
		gfp &= ~names[i].bits;
	}
	if (gfp)
		scnprintf(buf + used, size - used, "%s%#x", used ? "|" : "", gfp);
	return buf;
}

/* True the first time for a zone and an order; MAX_ORDER + 1 stands for all that are too large. */
static bool first_failure(enum zone_type type, unsigned int order)
{
	static u16 seen[MAX_NR_ZONES];
	u16 bit = (u16)(1u << min(order, MAX_ORDER + 1u));

	_Static_assert(MAX_ORDER + 1 < 16, "one bit per order");
	if (seen[type] & bit)
		return false;
	seen[type] |= bit;
	return true;
}

void alloc_failure_report(gfp_t gfp, unsigned int order, unsigned long caller)
{
	char flags[GFP_TEXT], symbol[SYMBOL_TEXT];

	if (!first_failure(gfp_zone(gfp), order))
		return;
	pr_warn("page allocation failure: order:%u, mode:%#x(%s), by %s\n", order, gfp,
		gfp_format(gfp, flags, sizeof(flags)), symbol_format(caller, symbol));
	if (order > MAX_ORDER)
		pr_warn("expected an order of at most %u\n", MAX_ORDER);
	buddyinfo_show(printk);
}
