/* SPDX-License-Identifier: MIT */
#include <kernel/command.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/proc_file.h>
#include <kernel/report_section.h>
#include <kernel/symbols.h>
#include <kernel/vmstat_line.h>
#include <lib/vsnprintf.h>
#include <mm/memory_holder.h>
#include <mm/pcp.h>
#include <mm/watermark.h>
#include <mm/zone_report.h>

/*
 * Reports about the zones: buddyinfo, zoneinfo and meminfo, and what is logged when a request
 * fails.
 *
 * Field names, order and widths are those of Linux 6.1 (Documentation/filesystems/proc.rst), with
 * the fields that exist here. There is one node, number 0. As in Linux, the free pages of a zone
 * are those in its free lists. Pages that CPUs have cached are shown beside them, under pagesets;
 * MemFree is the sum of both.
 */

/* --- buddyinfo -------------------------------------------------------------------------------- */

/* A number of blocks, up to ten digits, and a blank. */
#define COLUMN_TEXT 11

void buddyinfo_show(printf_fn *out)
{
	const struct zone *zone;

	/* Each line is printed in one piece, since the log puts a time in front of each piece. */
	for_each_zone(zone) {
		char line[(MAX_ORDER + 1) * COLUMN_TEXT + 1];
		size_t used = 0;

		for (unsigned int order = 0; order <= MAX_ORDER; order++)
			used += scnprintf(line + used, sizeof(line) - used, "%6u ",
					  zone->free_area[order].nr_free);
		out("Node 0, zone %8s %s\n", zone->name, line);
	}
}

PROC_FILE("buddyinfo", buddyinfo_show);

/* --- zoneinfo --------------------------------------------------------------------------------- */

static void show_pagesets(const struct zone *zone, printf_fn *out)
{
	u32 cpu;

	out("  pagesets\n");
	for_each_cpu_with_data(cpu) {
		out("    cpu: %u\n", cpu);
		out("              count: %lu\n", pcp_pages(cpu, zone));
		out("              high:  %lu\n", pcp_high(zone));
		out("              batch: %u\n", zone->pcp_batch);
	}
}

/* Nothing counts them on the way: a report may look at all frames of a zone. */
static unsigned long frames_of(const struct zone *zone, enum page_state state)
{
	unsigned long end = zone->start_pfn + zone->spanned_pages, nr = 0;

	for (unsigned long pfn = zone->start_pfn; pfn < end; pfn++)
		nr += page_is_single(pfn_to_page(pfn), state);
	return nr;
}

static void show_zone(const struct zone *zone, printf_fn *out)
{
	out("Node 0, zone %8s\n", zone->name);
	out("  pages free     %lu\n", zone->free_pages);
	out("        min      %lu\n", zone->watermark[WMARK_MIN]);
	out("        low      %lu\n", zone->watermark[WMARK_LOW]);
	out("        high     %lu\n", zone->watermark[WMARK_HIGH]);
	out("        spanned  %lu\n", zone->spanned_pages);
	out("        present  %lu\n", zone->present_pages);
	out("        managed  %lu\n", zone->managed_pages);
	out("        protection: (%lu, %lu, %lu, %lu)\n", zone->lowmem_reserve[ZONE_DMA],
	    zone->lowmem_reserve[ZONE_NORMAL], zone->lowmem_reserve[ZONE_DMA32],
	    zone->lowmem_reserve[ZONE_HIGHMEM]);
	if (!zone->present_pages)
		return;
	out("      nr_free_pages %lu\n", zone->free_pages);
	out("      nr_anon_pages %lu\n",
	    frames_of(zone, PAGE_ANON) + frames_of(zone, PAGE_ANON_SHARED));
	out("      nr_file_pages %lu\n", frames_of(zone, PAGE_OBJECT));
	out("      nr_page_table_pages %lu\n", frames_of(zone, PAGE_TABLE));
	out("      pgscan       %lu\n", zone->pgscan);
	out("      pgsteal      %lu\n", zone->pgsteal);
	out("      pgvisit      %lu\n", zone->pgvisit);
	show_pagesets(zone, out);
	out("  start_pfn:           %lu\n", zone->start_pfn);
}

/* Zones without RAM are shown, too: a reader may want to know just that. */
void zoneinfo_show(printf_fn *out)
{
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++)
		show_zone(&zones[i], out);
}

PROC_FILE("zoneinfo", zoneinfo_show);

/* --- meminfo ---------------------------------------------------------------------------------- */

/* A name of a line and a colon. */
#define LABEL_TEXT 20

static unsigned long to_kb(unsigned long pages)
{
	return pages << (PAGE_SHIFT - 10);
}

static unsigned long total_kb(void)
{
	return to_kb(nr_managed_pages());
}
MEMINFO_LINE(100, "MemTotal", total_kb);

static unsigned long free_kb(void)
{
	return to_kb(nr_free_pages());
}
MEMINFO_LINE(110, "MemFree", free_kb);

unsigned long nr_available_pages(void)
{
	unsigned long free = nr_free_pages(), kept = 0;

	for (unsigned int i = 0; i < MAX_NR_ZONES; i++)
		kept += zones[i].watermark[WMARK_LOW];
	return free > kept ? free - kept : 0;
}

static unsigned long high_total_kb(void)
{
	return to_kb(totalhigh_pages());
}
MEMINFO_LINE(300, "HighTotal", high_total_kb);

static unsigned long high_free_kb(void)
{
	return to_kb(nr_free_highpages());
}
MEMINFO_LINE(310, "HighFree", high_free_kb);

static unsigned long low_total_kb(void)
{
	return total_kb() - high_total_kb();
}
MEMINFO_LINE(320, "LowTotal", low_total_kb);

static unsigned long low_free_kb(void)
{
	return to_kb(zone_free_pages(&zones[ZONE_DMA]) + zone_free_pages(&zones[ZONE_NORMAL]));
}
MEMINFO_LINE(330, "LowFree", low_free_kb);

void meminfo_show(printf_fn *out)
{
	const struct meminfo_line *line;
	char label[LABEL_TEXT];

	for_each_in_set(line, meminfo_lines) {
		snprintf(label, sizeof(label), "%s:", line->name);
		out("%-16s%8lu kB\n", label, line->kb());
	}
}

PROC_FILE("meminfo", meminfo_show);

/* --- vmstat: what is counted anyway --- */

VMSTAT_LINE(100, "nr_free_pages", nr_free_pages);

static void vmstat_show(printf_fn *out)
{
	const struct vmstat_line *line;

	for_each_in_set(line, vmstat_lines)
		out("%s %lu\n", line->name, line->value());
}
PROC_FILE("vmstat", vmstat_show);

/* --- a request that failed -------------------------------------------------------------------- */

const char *gfp_format(gfp_t gfp, char *buf, size_t size)
{
	/* Combinations before their parts. */
	static const struct {
		gfp_t bits;
		const char *name;
	} names[] = {
		{ GFP_HIGHUSER_MOVABLE, "GFP_HIGHUSER_MOVABLE" },
		{ GFP_HIGHUSER, "GFP_HIGHUSER" },
		{ GFP_KERNEL, "GFP_KERNEL" },
		{ GFP_ATOMIC, "GFP_ATOMIC" },
		{ GFP_DMA, "GFP_DMA" },
		{ __GFP_HIGHMEM, "__GFP_HIGHMEM" },
		{ __GFP_DMA32, "__GFP_DMA32" },
		{ __GFP_ZERO, "__GFP_ZERO" },
		{ __GFP_NOWARN, "__GFP_NOWARN" },
		{ __GFP_NOFAIL, "__GFP_NOFAIL" },
		{ __GFP_COMP, "__GFP_COMP" },
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

/*
 * True the first time for a zone and an order. MAX_ORDER + 1 means all orders that are too large.
 */
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

/* Prints which zones the request can use, and how many pages it must leave in each. */
static void show_request(gfp_t gfp, unsigned int order, unsigned long caller)
{
	char flags[GFP_TEXT], symbol[SYMBOL_TEXT];

	pr_warn("page allocation failure: order:%u, mode:%#x(%s), by %s\n", order, gfp,
		gfp_format(gfp, flags, sizeof(flags)), symbol_format(caller, symbol));
	if (order > MAX_ORDER) {
		pr_warn("expected an order of at most %u\n", MAX_ORDER);
		return;
	}
	for (struct zone *const *zone = gfp_zonelist(gfp)->zone; *zone; zone++)
		pr_warn("%s free:%lukB min:%lukB low:%lukB high:%lukB managed:%lukB, "
			"this request leaves %lukB\n",
			(*zone)->name, to_kb((*zone)->free_pages),
			to_kb((*zone)->watermark[WMARK_MIN]), to_kb((*zone)->watermark[WMARK_LOW]),
			to_kb((*zone)->watermark[WMARK_HIGH]), to_kb((*zone)->managed_pages),
			to_kb(zone_mark(*zone, gfp)));
	buddyinfo_show(printk);
}

void alloc_failure_report(gfp_t gfp, unsigned int order, unsigned long caller)
{
	if (first_failure(gfp_zone(gfp), order))
		show_request(gfp, order, caller);
}

void out_of_memory(gfp_t gfp, unsigned int order, unsigned long caller)
{
	const struct memory_holder *holder;
	char symbol[SYMBOL_TEXT];

	show_request(gfp, order, caller);
	meminfo_show(printk);
	for_each_in_set(holder, memory_holders)
		holder->show(printk);
	panic("out of memory: order %u for %s, which cannot handle a failure (__GFP_NOFAIL)", order,
	      symbol_format(caller, symbol));
}

/* --- at the prompt ---------------------------------------------------------------------------- */

static int buddyinfo(int argc, char **argv)
{
	buddyinfo_show(console_printf);
	return 0;
}
PROMPT_COMMAND("buddyinfo", "", "free blocks of each zone, by order 0 to " TEXT_OF(MAX_ORDER),
	       buddyinfo, .example = "buddyinfo; alloc 3; buddyinfo");

static int zoneinfo(int argc, char **argv)
{
	zoneinfo_show(console_printf);
	return 0;
}
PROMPT_COMMAND("zoneinfo", "", "pages and watermarks of each zone", zoneinfo,
	       .example = "zoneinfo; fill Normal 50; zoneinfo");

static int meminfo(int argc, char **argv)
{
	meminfo_show(console_printf);
	return 0;
}
PROMPT_COMMAND("meminfo", "", "memory in total and free, high and low", meminfo,
	       .example = "meminfo; vmalloc 1M; meminfo");

/* --- the sections of `report json` ------------------------------------------------------------ */

static void zone_values(struct json *json, const struct zone *zone)
{
	u32 cpu;

	json_object(json, NULL);
	json_string(json, "name", zone->name);
	json_number(json, "start_pfn", zone->start_pfn);
	json_number(json, "spanned", zone->spanned_pages);
	json_number(json, "present", zone->present_pages);
	json_number(json, "managed", zone->managed_pages);
	json_number(json, "free", zone->free_pages);
	json_number(json, "min", zone->watermark[WMARK_MIN]);
	json_number(json, "low", zone->watermark[WMARK_LOW]);
	json_number(json, "high", zone->watermark[WMARK_HIGH]);
	json_array(json, "protection");
	for (unsigned int type = 0; type < MAX_NR_ZONES; type++)
		json_number(json, NULL, zone->lowmem_reserve[type]);
	json_array_end(json);
	json_array(json, "free_blocks");
	for (unsigned int order = 0; order <= MAX_ORDER; order++)
		json_number(json, NULL, zone->free_area[order].nr_free);
	json_array_end(json);
	json_number(json, "cached_batch", zone->pcp_batch);
	json_number(json, "cached_high", pcp_high(zone));
	json_array(json, "cached");
	for_each_cpu_with_data(cpu)
		json_number(json, NULL, pcp_pages(cpu, zone));
	json_array_end(json);
	json_object_end(json);
}

static void zones_section(struct json *json)
{
	json_array(json, "zones");
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++)
		zone_values(json, &zones[i]);
	json_array_end(json);
}
REPORT_SECTION(300, "zones", zones_section);

static void meminfo_section(struct json *json)
{
	const struct meminfo_line *line;

	for_each_in_set(line, meminfo_lines)
		json_number(json, line->name, line->kb());
}
REPORT_SECTION(320, "meminfo", meminfo_section);
