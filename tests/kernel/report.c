/* SPDX-License-Identifier: MIT */
#include <asm/irq.h>
#include <init/prompt.h>
#include <init/report.h>
#include <kernel/console.h>
#include <kernel/report_section.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>
#include <mm/highmem.h>
#include <mm/page_alloc.h>
#include <mm/vmalloc.h>
#include <tests/kernel/ktest.h>

/*
 * `report json`. The first test prints the whole document, on lines that begin with "# json:". The
 * kernel cannot judge it: tests/qemu/report_check.py collects these lines from every boot,
 * validates the document, and compares its numbers with each other. The other tests look for a fact
 * that they have made true.
 */

static void print(void *arg, const char *line, size_t n)
{
	bool *in_line = arg;

	console_printf("%s%.*s", *in_line ? "" : "    # json: ", (int)n, line);
	*in_line = line[n - 1] != '\n';
}

/* A page is mapped meanwhile, twice. So in each boot with high memory there are slots to judge. */
KTEST(report, document)
{
	struct page *page = alloc_page(GFP_HIGHUSER);
	bool in_line = false;
	void *addr;

	KTEST_REQUIRE(page);
	kmap(page);
	addr = kmap_local_page(page);
	EXPECT(!report_json(print, &in_line, NULL, 0));
	EXPECT(!in_line);
	kunmap_local(addr);
	kunmap(page);
	__free_page(page);
}

/* --- facts ------------------------------------------------------------------------------------ */

/* Enough for a section with 1024 idle slots of kmap(). */
static char text[20480];
static size_t used;

static void keep(void *unused, const char *line, size_t n)
{
	n = min(n, sizeof(text) - 1 - used);
	memcpy(text + used, line, n);
	used += n;
	text[used] = '\0';
}

/* Makes the document of one section, without line breaks. Returns false if it has no room. */
static bool read_section(char *name)
{
	size_t to = 0;

	used = 0;
	if (report_json(keep, NULL, &name, 1) || used == sizeof(text) - 1)
		return false;
	for (size_t i = 0; i < used; i++)
		if (text[i] != '\n')
			text[to++] = text[i];
	text[to] = '\0';
	return true;
}

static bool section_has(const char *fmt, ...) __printf(1, 2);

static bool section_has(const char *fmt, ...)
{
	char wanted[128];
	va_list args;

	va_start(args, fmt);
	vsnprintf(wanted, sizeof(wanted), fmt, args);
	va_end(args);
	return strstr(text, wanted);
}

KTEST(report, has_only_the_sections_that_were_asked_for)
{
	KTEST_REQUIRE(read_section("layout"));
	EXPECT(section_has("{\"version\":1,\"layout\":{"));
	EXPECT(section_has("\"start\":%lu", PAGE_OFFSET));
	EXPECT(!section_has("\"zones\""));
}

KTEST(report, refuses_other_words)
{
	EXPECT_EQ(prompt_run("report xml"), 1);
	EXPECT_EQ(prompt_run("report json no_such_section"), 1);
}

KTEST(report, shows_a_slot_of_kmap_until_it_is_idle)
{
	struct page *page = alloc_page(GFP_HIGHUSER);

	KTEST_REQUIRE(page);
	if (!page_is_highmem(page)) {
		__free_page(page);
		ktest_skip("no high memory");
		return;
	}
	kmap(page);
	EXPECT(read_section("kmap"));
	EXPECT(section_has("\"pfn\":%lu,\"users\":1,\"caller\":\"ktest+", page_to_pfn(page)));
	kunmap(page);
	EXPECT(read_section("kmap"));
	EXPECT(!section_has("\"pfn\":%lu,\"users\":1", page_to_pfn(page)));
	__free_page(page);
}

KTEST(report, shows_a_slot_of_kmap_local)
{
	struct page *page = alloc_page(GFP_HIGHUSER);
	void *addr;

	KTEST_REQUIRE(page);
	if (!page_is_highmem(page)) {
		__free_page(page);
		ktest_skip("no high memory");
		return;
	}
	addr = kmap_local_page(page);
	EXPECT(read_section("kmap_local"));
	EXPECT(section_has("{\"address\":%lu,\"pfn\":%lu,", (unsigned long)addr,
			   page_to_pfn(page)));
	kunmap_local(addr);
	EXPECT(read_section("kmap_local"));
	EXPECT(!section_has("\"address\""));
	__free_page(page);
}

KTEST(report, shows_a_range_of_vmalloc)
{
	void *addr = vmalloc(3 * PAGE_SIZE);

	KTEST_REQUIRE(addr);
	EXPECT(read_section("vmalloc"));
	EXPECT(section_has("{\"start\":%lu,\"end\":%lu,\"purpose\":\"vmalloc\",\"pages\":3,",
			   (unsigned long)addr, (unsigned long)addr + 4 * PAGE_SIZE));
	vfree(addr);
}

/* --- names of a shared line ------------------------------------------------------------------- */

#define FREE_LINE 3 /* COM2 */

static irqreturn_t not_mine(int irq, void *dev)
{
	return IRQ_NONE;
}

KTEST(report, a_shared_line_names_its_devices)
{
	char name[] = "interrupts";
	u32 first, second;

	KTEST_REQUIRE(request_irq(FREE_LINE, not_mine, IRQF_SHARED, "first", &first) == 0);
	KTEST_REQUIRE(request_irq(FREE_LINE, not_mine, IRQF_SHARED, "second", &second) == 0);
	EXPECT(read_section(name));
	EXPECT(section_has(" %u  first, second\"", FREE_LINE));
	free_irq(FREE_LINE, &first);
	EXPECT(read_section(name));
	EXPECT(section_has(" %u  second\"", FREE_LINE));
	free_irq(FREE_LINE, &second);
}
