/* SPDX-License-Identifier: MIT */
#include <asm/table_window.h>
#include <kernel/report_section.h>
#include <mm/page.h>
#include <mm/window_report.h>

/*
 * Reports of the windows to page tables (arch/i386/table_window.c). A window keeps its frame until
 * it moves, so the frame may have another owner by now. The report tells the state of the frame.
 */

/* Calls a function for each window that shows a frame. */
static void visit(void (*show)(void *arg, u32 cpu, u32 window, const struct page *page), void *arg)
{
	const struct page *page;
	u32 cpu;

	for_each_cpu_with_data(cpu) {
		for (u32 window = 0; window < TABLE_WINDOWS; window++) {
			page = table_window_page(cpu, window);
			if (page)
				show(arg, cpu, window, page);
		}
	}
}

static void print(void *arg, u32 cpu, u32 window, const struct page *page)
{
	printf_fn *out = *(printf_fn **)arg;

	out("%08lx frame %#lx, %s, in window %u of CPU %u\n", table_window_address(cpu, window),
	    page_to_pfn(page), page_state_name(page_state(page)), window, cpu);
}

void table_windows_show(printf_fn *out)
{
	visit(print, &out);
}

static void values(void *arg, u32 cpu, u32 window, const struct page *page)
{
	struct json *json = arg;

	json_object(json, NULL);
	json_number(json, "address", table_window_address(cpu, window));
	json_number(json, "pfn", page_to_pfn(page));
	json_number(json, "cpu", cpu);
	json_number(json, "window", window);
	json_object_end(json);
}

static void table_windows_section(struct json *json)
{
	json_array(json, "windows");
	visit(values, json);
	json_array_end(json);
}
REPORT_SECTION(425, "table_windows", table_windows_section);
