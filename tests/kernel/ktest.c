/* SPDX-License-Identifier: MIT */
#include <drivers/input.h>
#include <init/boot_action.h>
#include <init/lineedit.h>
#include <init/words.h>
#include <kernel/command.h>
#include <kernel/console.h>
#include <kernel/panic.h>
#include <kernel/watchdog.h>
#include <lib/errno.h>
#include <lib/glob.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>
#include <mm/page_alloc.h>
#include <mm/page_owner.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>
#include <tests/kernel/graded.h>
#include <tests/kernel/ktest.h>
#include <thread/thread.h>
#include <vm/mm.h>
#include <vm/reclaim.h>
#include <vm/writeback.h>

/*
 * The runner of the in-kernel tests. It prints KTAP version 1 (Linux
 * Documentation/dev-tools/ktap.rst): a plan and a line for each suite and, indented, a plan and a
 * line for each of its tests. A plan comes first, so a run that stops in the middle cannot look
 * successful.
 *
 *	KTAP version 1
 *	1..2
 *	    1..3
 *	    ok 1 a_name_of_a_test
 *	    ...
 *	ok 1 kmap
 *
 * Suites run in alphabetical order, tests in the order of the source. The linker set has neither
 * order. The runner searches all of it for the next test each time, which is fast enough for some
 * hundred tests.
 */

static struct {
	bool failed, skipped, interrupted;
	char skip_reason[80];
	unsigned int expected_warnings;
} running;

static struct {
	unsigned int passed, failed, skipped;
} totals;

/*
 * --- functions that tests call ------------------------------------------------------------------
 */

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

	running.failed = true;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	console_printf("    # %s:%d: %s\n", file, line, text);
}

void ktest_skip(const char *fmt, ...)
{
	va_list args;

	running.skipped = true;
	va_start(args, fmt);
	vsnprintf(running.skip_reason, sizeof(running.skip_reason), fmt, args);
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
	running.expected_warnings = nr;
	warn_expect(nr);
}

bool ktest_interrupted(void)
{
	running.interrupted |= console_interrupted();
	return running.interrupted;
}

/*
 * --- memory that a suite has to free ------------------------------------------------------------
 */

void ktest_settle(void)
{
	/* They would start with the first disk of a test, and stay. */
	writeback_start();
	reclaim_start();
	thread_trim();
	mms_trim();
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

/* --- choosing and ordering -------------------------------------------------------------------- */

/* A test is chosen by the name of its suite or by its own: "kmap", "kmap.*", "*.wrap*". */
static bool chosen(const struct ktest *test, const char *globs)
{
	char name[WORD_SIZE];

	if (!*globs || glob_match_any(globs, test->suite))
		return true;
	snprintf(name, sizeof(name), "%s.%s", test->suite, test->name);
	return glob_match_any(globs, name);
}

static bool before(const struct ktest *a, const struct ktest *b)
{
	int order = strcmp(a->suite, b->suite);

	return order ? order < 0 : a->line < b->line;
}

/* Returns the first chosen test after `last`; NULL at the end. */
static const struct ktest *next_test(const struct ktest *last, const char *globs)
{
	const struct ktest *test, *next = NULL;

	for_each_in_set(test, ktests) {
		if (!chosen(test, globs) || (last && !before(last, test)))
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

static unsigned int count_suites(const char *globs)
{
	const struct ktest *last = NULL, *test;
	unsigned int suites = 0;

	for (test = next_test(NULL, globs); test; last = test, test = next_test(test, globs))
		suites += !same_suite(last, test);
	return suites;
}

static unsigned int count_tests(const struct ktest *first, const char *globs)
{
	const struct ktest *test;
	unsigned int tests = 0;

	for (test = first; same_suite(first, test); test = next_test(test, globs))
		tests++;
	return tests;
}

/* --- listing ---------------------------------------------------------------------------------- */

/* Lists suites; if the prefix contains a dot, lists the tests of suites. */
static void list_names(const char *prefix, word_offer_fn *offer, void *arg)
{
	const struct ktest *test;
	char name[WORD_SIZE];

	for_each_in_set(test, ktests) {
		snprintf(name, sizeof(name), "%s.%s", test->suite, test->name);
		offer(arg, strchr(prefix, '.') ? name : test->suite);
	}
}

static void list_arguments(const char *prefix, word_offer_fn *offer, void *arg)
{
	if (!strchr(prefix, '.'))
		offer(arg, "list");
	list_names(prefix, offer, arg);
}

/* `selftest list` without a pattern: one line per suite would be longer than a screen. */
static int list_suites(void)
{
	const struct ktest *last = NULL, *test;
	unsigned int at = 0;

	for (test = next_test(NULL, ""); test; last = test, test = next_test(test, ""))
		if (!same_suite(last, test))
			console_printf("  %-13s %3u tests%s", test->suite, count_tests(test, ""),
				       ++at % 3 ? "" : "\n");
	console_printf("%s`selftest list SUITE` shows the tests of a suite.\n", at % 3 ? "\n" : "");
	return 0;
}

static int list_chosen(const char *globs)
{
	const struct ktest *test;

	if (!*globs)
		return list_suites();
	for (test = next_test(NULL, globs); test; test = next_test(test, globs))
		console_printf("  %s.%s\n", test->suite, test->name);
	return 0;
}

/* Names the patterns without a match: a typing error must not look like a passed test. */
static unsigned int report_unmatched(const char *globs)
{
	char glob[GLOB_SIZE], nearest[WORD_SIZE];
	unsigned int unmatched = 0;

	while ((globs = glob_next(globs, glob))) {
		if (next_test(NULL, glob))
			continue;
		unmatched++;
		if (words_nearest(list_names, glob, nearest))
			console_printf("selftest: no test matches '%s'; did you mean '%s'?\n", glob,
				       nearest);
		else
			console_printf(
				"selftest: no test matches '%s'; `selftest list` shows all\n",
				glob);
	}
	return unmatched;
}

/* --- running ---------------------------------------------------------------------------------- */

static void report_skipped(const char *name, unsigned int number, const char *reason)
{
	totals.skipped++;
	console_printf("    ok %u %s # SKIP %s\n", number, name, reason);
}

/* Runs a test. The last test of a suite fails if the suite leaks memory; then @before is given. */
static void run_test(const struct ktest *test, unsigned int number, const struct holdings *before)
{
	unsigned int warnings = warn_count();
	static char name[128]; /* a panic report names it */

	snprintf(name, sizeof(name), "test %s.%s", test->suite, test->name);
	console_printf("    # %s.%s\n", test->suite, test->name);
	memset(&running, 0, sizeof(running));
	watchdog_begin(name);
	test->run();
	watchdog_end();
	warn_expect(0);
	warnings = warn_count() - warnings;
	if (warnings != running.expected_warnings && !running.interrupted)
		ktest_fail(__FILE__, __LINE__, "%u warnings, expected %u", warnings,
			   running.expected_warnings);
	if (before)
		expect_same(before);
	if (running.failed) {
		totals.failed++;
		console_printf("    not ok %u %s\n", number, test->name);
		graded_say("    ", "not ok %s.%s", test->suite, test->name);
	} else if (running.interrupted) {
		report_skipped(test->name, number, "interrupted");
	} else if (running.skipped) {
		report_skipped(test->name, number, running.skip_reason);
	} else {
		totals.passed++;
		console_printf("    ok %u %s\n", number, test->name);
		graded_say("    ", "ok %s.%s", test->suite, test->name);
	}
}

/* Returns the first test of the next suite. After Ctrl-C the remaining tests are reported as
 * skipped, so the output still matches the plan. */
static const struct ktest *run_suite(const struct ktest *first, const char *globs,
				     unsigned int number)
{
	unsigned int failed = totals.failed, test_number = 0;
	const struct ktest *test = first, *next;
	struct holdings before = ktest_in_use();

	console_printf("    KTAP version 1\n    # Subtest: %s\n", first->suite);
	console_printf("    1..%u\n", count_tests(first, globs));
	for (; same_suite(first, test); test = next) {
		next = next_test(test, globs);
		test_number++;
		if (console_interrupted())
			report_skipped(test->name, test_number, "interrupted");
		else
			run_test(test, test_number, same_suite(first, next) ? NULL : &before);
	}
	console_printf("%s %u %s\n", totals.failed == failed ? "ok" : "not ok", number,
		       first->suite);
	return test;
}

/* After Ctrl-C: reports a whole suite as skipped, so the output still matches the plan. */
static const struct ktest *skip_suite(const struct ktest *first, const char *globs,
				      unsigned int number)
{
	const struct ktest *test = first;

	for (; same_suite(first, test); test = next_test(test, globs))
		totals.skipped++;
	console_printf("ok %u %s # SKIP interrupted\n", number, first->suite);
	return test;
}

static int run_chosen(const char *globs)
{
	const struct ktest *test = next_test(NULL, globs);
	unsigned int number = 0;

	memset(&totals, 0, sizeof(totals));
	graded_begin();
	console_printf("KTAP version 1\n1..%u\n", count_suites(globs));
	while (test) {
		number++;
		if (console_interrupted())
			test = skip_suite(test, globs, number);
		else
			test = run_suite(test, globs, number);
	}
	console_printf("# totals: pass:%u fail:%u skip:%u\n", totals.passed, totals.failed,
		       totals.skipped);
	graded_end();
	if (console_interrupted()) {
		console_printf("# interrupted by Ctrl-C\n");
		return -EINTR;
	}
	return (int)totals.failed;
}

int ktest_run_all(const char *globs)
{
	char first[GLOB_SIZE];
	const char *rest = glob_next(globs, first);
	bool list = rest && strcmp(first, "list") == 0;

	if (list)
		globs = rest;
	if (report_unmatched(globs))
		return -ENOENT;
	return list ? list_chosen(globs) : run_chosen(globs);
}

/* --- how to start them ------------------------------------------------------------------------ */

static int parse_selftest(const char *value)
{
	boot_action_set("selftest", ktest_run_all, value);
	return 0;
}
BOOT_PARAM("selftest", "selftest[=glob,glob|=list]", "run the self-tests, then exit",
	   parse_selftest);

static int selftest(int argc, char **argv)
{
	char globs[LINE_SIZE];

	words_join(argv + 1, globs, sizeof(globs));
	return ktest_run_all(globs) == 0 ? 0 : -EIO;
}
PROMPT_COMMAND("selftest", "[glob]...", "run self-tests: all, some, or list them", selftest,
	       .words = list_arguments, .streams = true, .example = "selftest kmap*,zones");
