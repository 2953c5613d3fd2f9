/* SPDX-License-Identifier: MIT */
#include <kernel/console.h>
#include <lib/command.h>
#include <mm/zone_report.h>

/* The reports of the page allocator at the prompt. */

static int buddyinfo(int argc, char **argv)
{
	buddyinfo_show(console_printf);
	return 0;
}
PROMPT_COMMAND("buddyinfo", "", "free blocks of each zone, by order 0 to 10", buddyinfo);

static int zoneinfo(int argc, char **argv)
{
	zoneinfo_show(console_printf);
	return 0;
}
PROMPT_COMMAND("zoneinfo", "", "the zones: spanned, present, managed, free pages", zoneinfo);

static int meminfo(int argc, char **argv)
{
	meminfo_show(console_printf);
	return 0;
}
PROMPT_COMMAND("meminfo", "", "memory in total and free, high and low", meminfo);
