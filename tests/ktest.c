/* SPDX-License-Identifier: MIT */
#include <kernel/boot_action.h>
#include <kernel/console.h>
#include <kernel/input.h>
#include <kernel/panic.h>
#include <lib/command.h>
#include <lib/errno.h>
#include <lib/glob.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>
#include <mm/page_alloc.h>
#include <mm/page_owner.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>
#include <tests/ktest.h>

/*
 * Runs in-kernel tests and prints KTAP version 1 (Linux Documentation/dev-tools/ktap.rst): a plan and a
 * line for each suite, and within it, indented, a plan and a line for each test. The plan comes first, so
 * a run that stops in the middle cannot be taken for a good one.
 *
 * Suites run in order of their names, tests in the order in which they stand in the source. The linker
 * set has neither order, and is searched for the next one each time: there are some hundred tests.
 */

extern const struct ktest __start_ktests[], __stop_ktests[];

#define for_each_ktest(t) for ((t) = __start_ktests; (t) < __stop_ktests; (t)++)

static struct {
	bool failed, skipped;
	char skip_reason[80];
	unsigned int expected_warnings;
} current;

static struct {
	unsigned int passed, failed, skipped;
} totals;

/* --- what tests call ---------------------------------------------------------------------------- */

static void diagnostic(const char *fmt, va_list args)
{
	char text[256];

	vsnprintf(text, sizeof(text), fmt, args);
	console_printf("    # %s\n", text);
}

void ktest_fail(const char *file, int line, const char *fmt, ...)
{
	char text[256];
	va_list args;

	current.failed = true;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	console_printf("    # %s:%d: %s\n", file, line, text);
}

void ktest_skip(const char *fmt, ...)
{
	va_list args;

	current.skipped = true;
	va_start(args, fmt);
	vsnprintf(current.skip_reason, sizeof(current.skip_reason), fmt, args);
	va_end(args);
}

void ktest_info(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	diagnostic(fmt, args);
	va_end(args);
}

void ktest_expect_warnings(unsigned int nr)
{
	current.expected_warnings = nr;
}

/* --- what a suite has to give back ---------------------------------------------------------------- */

void ktest_settle(void)
{
	vm_unmap_aliases();
	kmem_cache_shrink_all();
	drain_all_pages();
}

struct holdings ktest_in_use(void)
{
	ktest_settle();
	return (struct holdings){
		.pages = nr_managed_pages() - nr_free_pages() - nr_page_tables(),
		.objects = slab_objects_in_use(),
	};
}

static void expect_same(const struct holdings *before)
{
	struct holdings now = ktest_in_use();

	if (now.pages == before->pages && now.objects == before->objects)
		return;
	ktest_fail(__FILE__, __LINE__,
		   "the suite ends with %lu pages and %lu objects in use, expected %lu and %lu as "
		   "before it",
		   now.pages, now.objects, before->pages, before->objects);
	slabinfo_show(console_printf);
	page_owner_show(console_printf, 5);
}

/* --- choosing and ordering ---------------------------------------------------------------------- */

/* The name of a suite, or of a test within it: "kmap", "kmap.*", "*.wrap*". */
static bool chosen(const struct ktest *test, const char *glob)
{
	char name[128];

	if (!*glob || glob_match(glob, test->suite))
		return true;
	snprintf(name, sizeof(name), "%s.%s", test->suite, test->name);
	return glob_match(glob, name);
}

static bool before(const struct ktest *a, const struct ktest *b)
{
	int order = strcmp(a->suite, b->suite);

	return order ? order < 0 : a->line < b->line;
}

/* The first of the chosen tests that comes after `last`, NULL at the end. */
static const struct ktest *next_test(const struct ktest *last, const char *glob)
{
	const struct ktest *test, *next = NULL;

	for_each_ktest(test)
	{
		if (!chosen(test, glob) || (last && !before(last, test)))
			continue;
		if (!next || before(test, next))
			next = test;
	}
	return next;
}

static bool same_suite(const struct ktest *a, const struct ktest *b)
{
	return a && b && strcmp(a->suite, b->suite) == 0;
}

static unsigned int count_suites(const char *glob)
{
	const struct ktest *last = NULL, *test;
	unsigned int suites = 0;

	for (test = next_test(NULL, glob); test; last = test, test = next_test(test, glob))
		suites += !same_suite(last, test);
	return suites;
}

static unsigned int count_tests(const struct ktest *first, const char *glob)
{
	const struct ktest *test;
	unsigned int tests = 0;

	for (test = first; same_suite(first, test); test = next_test(test, glob))
		tests++;
	return tests;
}

/* --- running ------------------------------------------------------------------------------------ */

/* The last test of a suite answers for all of it: then @before is given. */
static void run_test(const struct ktest *test, unsigned int number, const struct holdings *before)
{
	unsigned int warnings = warn_count();

	memset(&current, 0, sizeof(current));
	test->run();
	warnings = warn_count() - warnings;
	if (warnings != current.expected_warnings)
		ktest_fail(__FILE__, __LINE__, "%u warnings, expected %u", warnings,
			   current.expected_warnings);
	if (before)
		expect_same(before);
	if (current.failed) {
		totals.failed++;
		console_printf("    not ok %u %s\n", number, test->name);
	} else if (current.skipped) {
		totals.skipped++;
		console_printf("    ok %u %s # SKIP %s\n", number, test->name, current.skip_reason);
	} else {
		totals.passed++;
		console_printf("    ok %u %s\n", number, test->name);
	}
}

/* Returns the first test of the next suite. */
static const struct ktest *run_suite(const struct ktest *first, const char *glob,
				     unsigned int number)
{
	unsigned int failed = totals.failed, test_number = 0;
	const struct ktest *test = first, *next;
	struct holdings before = ktest_in_use();

	console_printf("    KTAP version 1\n    # Subtest: %s\n", first->suite);
	console_printf("    1..%u\n", count_tests(first, glob));
	for (; same_suite(first, test); test = next) {
		next = next_test(test, glob);
		run_test(test, ++test_number, same_suite(first, next) ? NULL : &before);
	}
	console_printf("%s %u %s\n", totals.failed == failed ? "ok" : "not ok", number,
		       first->suite);
	return test;
}

int ktest_run_all(const char *glob)
{
	const struct ktest *test = next_test(NULL, glob);
	unsigned int number = 0;

	if (!test) {
		console_printf("selftest: no test matches '%s'; expected a suite or suite.test, "
			       "with * and ?\n",
			       glob);
		return -ENOENT;
	}
	memset(&totals, 0, sizeof(totals));
	console_printf("KTAP version 1\n1..%u\n", count_suites(glob));
	while (test && !console_interrupted())
		test = run_suite(test, glob, ++number);
	if (test) {
		console_printf("# interrupted before %s\n", test->suite);
		return -EINTR;
	}
	console_printf("# totals: pass:%u fail:%u skip:%u\n", totals.passed, totals.failed,
		       totals.skipped);
	return (int)totals.failed;
}

/* --- how to start them -------------------------------------------------------------------------- */

static int parse_selftest(const char *value)
{
	boot_action_set(ktest_run_all, value);
	return 0;
}
BOOT_PARAM("selftest", "selftest[=glob]", "run the self-tests, then exit", parse_selftest);

static int selftest(int argc, char **argv)
{
	return ktest_run_all(argc > 1 ? argv[1] : "") == 0 ? 0 : -EIO;
}
PROMPT_COMMAND("selftest", "[glob]", "run self-tests: all, or those that match", selftest);
