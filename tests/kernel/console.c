/* SPDX-License-Identifier: MIT */
#include <asm/cpus.h>
#include <asm/irq.h>
#include <asm/irqflags.h>
#include <asm/percpu.h>
#include <asm/time.h>
#include <init/lineedit.h>
#include <init/prompt.h>
#include <init/words.h>
#include <kernel/command.h>
#include <kernel/console.h>
#include <kernel/log_ring.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <lib/cmdline.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>
#include <tests/kernel/ktest.h>

/*
 * Printing, the prompt and boot parameters. A test console records what all consoles receive.
 * It stays registered for the rest of the run, and ignores output unless a test is listening.
 */

/* --- what is printed -------------------------------------------------------------------------- */

static char heard[4096];
static size_t nr_heard;
static bool listening;

static void hear(const char *s, size_t n)
{
	for (size_t i = 0; listening && i < n && nr_heard < sizeof(heard) - 1; i++)
		heard[nr_heard++] = s[i];
	heard[nr_heard] = '\0';
}

static void listen(void)
{
	nr_heard = 0;
	heard[0] = '\0';
	listening = true;
}

/* The first test that listens registers it, and checks the old messages that it then receives. */
static struct console listener = { .name = "listener", .write = hear };
static bool registered;

static void register_listener(void)
{
	if (!registered)
		console_register(&listener);
	registered = true;
}

KTEST(console, a_new_console_is_told_what_was_printed_before)
{
	if (registered) {
		ktest_skip("a console can be registered only once a boot");
		return;
	}
	listen();
	register_listener();
	listening = false;
	EXPECT(nr_heard > 1000);
	EXPECT(strstr(heard, "Highland ") != NULL);
}

static size_t nr_bytes;

static void count_bytes(const char *s, size_t n)
{
	nr_bytes += n;
}

KTEST(console, an_unregistered_console_hears_nothing)
{
	static struct console counter = { .name = "counter", .write = count_bytes };

	nr_bytes = 0;
	console_register(&counter);
	EXPECT(nr_bytes > 1000);
	nr_bytes = 0;
	console_write("heard\n", 6);
	EXPECT_EQ(nr_bytes, 6);
	console_unregister(&counter);
	console_unregister(&counter);
	console_write("not heard\n", 10);
	printk(KERN_EMERG "not heard\n");
	EXPECT_EQ(nr_bytes, 6);
	/* The other consoles are still registered. */
	register_listener();
	listen();
	console_write("still heard\n", 12);
	listening = false;
	EXPECT(strstr(heard, "still heard\n") != NULL);
}

KTEST(console, a_message_has_a_time_and_is_heard)
{
	register_listener();
	listen();
	EXPECT_EQ(printk(KERN_EMERG "%s %d\n", "seven", 7), 8);
	listening = false;
	EXPECT_EQ(heard[0], '[');
	EXPECT(strstr(heard, "] seven 7\n") != NULL);
}

KTEST(console, a_debug_message_is_not_heard)
{
	register_listener();
	listen();
	pr_debug("whispered\n");
	listening = false;
	EXPECT_STREQ(heard, "");
}

KTEST(console, a_message_goes_on_with_cont)
{
	register_listener();
	listen();
	pr_emerg("one,");
	pr_cont(" two,");
	pr_cont(" three\n");
	listening = false;
	EXPECT(strstr(heard, "] one, two, three\n") != NULL);
}

KTEST(console, an_unfinished_message_is_finished_by_the_next)
{
	register_listener();
	listen();
	pr_emerg("left open");
	pr_emerg("next\n");
	listening = false;
	EXPECT(strstr(heard, "] left open\n[") != NULL);
	EXPECT(strstr(heard, "] next\n") != NULL);
}

KTEST(console, a_message_that_is_too_long_says_so)
{
	register_listener();
	listen();
	pr_emerg("%0600d\n", 0);
	listening = false;
	EXPECT(strstr(heard, "000...[cut]\n") != NULL);
}

/* The test uses a small ring of its own, because the user may want to read the log. */
KTEST(console, the_log_keeps_the_newest)
{
	static char bytes[256];
	struct log_ring ring = { .bytes = bytes, .size = sizeof(bytes) };
	struct log_record record = { .length = 7 };
	u32 at = 0, read = 0, stored = 1000, first = 0;
	char text[LOG_TEXT];

	EXPECT(!log_ring_next(&ring, &at, &record, text));
	for (u32 i = 0; i < stored; i++) {
		record.ns = i;
		record.length =
			(u16)snprintf(text, sizeof(text), "%u%.*s", i, (int)(i % 9), "aaaaaaaaa");
		log_ring_store(&ring, &record, text);
	}
	for (; log_ring_next(&ring, &at, &record, text); read++) {
		char want[16];

		if (read == 0)
			first = (u32)record.ns;
		snprintf(want, sizeof(want), "%u%.*s", first + read, (int)((first + read) % 9),
			 "aaaaaaaaa");
		EXPECT_EQ(record.ns, first + read);
		EXPECT_STREQ(text, want);
	}
	EXPECT_EQ(first + read, stored);
	/* Each text has 12 to 20 bytes, plus a header. */
	EXPECT(read >= 256 / (sizeof(record) + 12) && read <= 256 / (sizeof(record) + 3));
}

/* --- commands and parameters ------------------------------------------------------------------ */

/* Parses one word at a time, in the buffer of the line, as at boot. */
static void expect_params(const char *cmdline, const char *want)
{
	char words[128], got[128];
	const char *next = words;
	struct cmdline_word word;
	size_t n = 0;

	strscpy(words, cmdline, sizeof(words));
	got[0] = '\0';
	while ((next = cmdline_next(next, (char *)next, SIZE_MAX, &word)) && n < sizeof(got)) {
		snprintf(got + n, sizeof(got) - n, "%s%s%s%s;", word.name,
			 word.has_value ? "|" : "", word.value, word.open ? "!" : "");
		n += strlen(got + n);
	}
	EXPECT_STREQ(got, want);
}

KTEST(console, a_command_line_is_cut_at_blanks)
{
	expect_params("", "");
	expect_params("  \t ", "");
	expect_params("a", "a;");
	expect_params(" a=1  b=\tc ", "a|1;b|;c;");
	expect_params("a=b=c", "a|b=c;");
}

KTEST(console, quotes_keep_blanks)
{
	expect_params("run=\"a b;c\" x", "run|a b;c;x;");
	expect_params("\"run=a b;c\" x", "run|a b;c;x;");
	expect_params("a=\"\" b", "a|;b;");
	expect_params("a=\"never closed", "a|never closed!;");
}

KTEST(console, escaped_quotes_are_characters)
{
	expect_params("\"run=a \\\"b c\\\"\" d", "run|a \"b c\";d;");
	expect_params("a=it\\'s b=\\\\ c=\\d \\", "a|it's;b|\\;c|\\d;\\;");
}

KTEST(console, commands_are_run_and_failures_counted)
{
	EXPECT_EQ(prompt_run(""), 0);
	EXPECT_EQ(prompt_run(" ; ;"), 0);
	EXPECT_EQ(prompt_run("help help"), 0);
	EXPECT_EQ(prompt_run("  help   history ;help \"history\""), 0);
	register_listener();
	listen();
	EXPECT_EQ(prompt_run("halp;history;nonsense;\"a;b\""), 3);
	listening = false;
	EXPECT(strstr(heard, "halp: unknown command; did you mean 'help'?\n") != NULL);
	EXPECT(strstr(heard, "nonsense: unknown command") != NULL);
	EXPECT(strstr(heard, "a;b: unknown command") != NULL);
	EXPECT_EQ(prompt_run("help \"history; help"), 1);
	listen();
	EXPECT_EQ(prompt_run("\"\";\""), 2);
	listening = false;
	EXPECT_STREQ(heard,
		     "\"\" is no command; `help` lists them\n\": a double quote is not closed\n");
}

static void expect_output(const char *line, const char *want)
{
	register_listener();
	listen();
	EXPECT_EQ(prompt_run(line), 1);
	listening = false;
	EXPECT_STREQ(heard, want);
}

KTEST(console, a_name_in_capitals_is_near)
{
	expect_output("HELP x", "HELP: unknown command; did you mean 'help'?\n");
}

/* A command must not ignore a word, because the user typed it for a reason. */
KTEST(console, a_wrong_number_of_arguments_is_refused)
{
	expect_output("reboot x", "reboot: unexpected argument 'x'; usage: reboot\n");
	expect_output("uptime \"a b\" c", "uptime: unexpected argument 'a b'; usage: uptime\n");
	expect_output("help help me",
		      "help: unexpected argument 'me'; usage: help [NAME | params NAME]\n");
	expect_output("sleep", "sleep: an argument is missing; usage: sleep SECONDS\n");
	expect_output("hold slots", "hold slots: an argument is missing; usage: hold [undo | slots "
				    "SECONDS]\n");
	expect_output("hold foo", "hold: unexpected argument 'foo'; usage: hold [undo | slots "
				  "SECONDS]\n");
	expect_output("hold undo slots 1 x",
		      "hold: unexpected argument 'x'; usage: hold [undo | slots SECONDS]\n");
	expect_output("walk 1 2", "walk: unexpected argument '2'; usage: walk ADDR\n");
}

KTEST(console, no_word_is_dropped_without_a_message)
{
	char line[LINE_SIZE] = "help";
	size_t n = 4;

	for (unsigned int words = 1; words < 65; words++)
		n += (size_t)scnprintf(line + n, sizeof(line) - n, " x");
	expect_output(line, "help: a command of 65 words, expected at most 64\n");
	/* The 64th word still counts. */
	line[n - 2] = '\0';
	expect_output(line, "help: unexpected argument 'x'; usage: help [NAME | params NAME]\n");
}

KTEST(console, every_pattern_has_to_match_a_test)
{
	expect_output("selftest buddy nosuchsuite",
		      "selftest: no test matches 'nosuchsuite'; `selftest list` shows all\n");
	expect_output("selftest budy,*",
		      "selftest: no test matches 'budy'; did you mean 'buddy'?\n");
	expect_output("bench a*,nosuch", "bench: no benchmark matches 'nosuch'; `bench list` shows "
					 "all\n");
	register_listener();
	listen();
	EXPECT_EQ(prompt_run("selftest list lock_order"), 0);
	listening = false;
	EXPECT(strstr(heard, "  lock_order.") == heard);
}

static unsigned int lines_with(const char *text)
{
	unsigned int lines = 0;

	for (const char *at = heard; (at = strstr(at, text)); at++)
		lines++;
	return lines;
}

KTEST(console, cpuinfo_shows_every_cpu)
{
	char last[24];

	if (num_online_cpus() > 12) {
		ktest_skip("the report is longer than what a test can listen to");
		return;
	}
	register_listener();
	listen();
	EXPECT_EQ(prompt_run("cpuinfo"), 0);
	listening = false;
	EXPECT_EQ(lines_with("processor\t: "), num_online_cpus());
	snprintf(last, sizeof(last), "processor\t: %u\n", num_online_cpus() - 1);
	EXPECT_EQ(lines_with(last), 1);
}

/* Ticks come from the CPU's local APIC, or from line 0. */
static u32 ticks_counted(void)
{
	const struct irq_counts *counts = &per_cpu(irq_counts, 0);

	return READ_ONCE(counts->local[VECTOR_TIMER - LOCAL_VECTOR_BASE]) +
	       READ_ONCE(counts->lines[IRQ_TIMER]);
}

KTEST(console, interrupts_are_counted)
{
	u32 before = ticks_counted();

	for (unsigned int i = 0; i < 100 && time_has_ticks() && ticks_counted() == before; i++)
		mdelay(10);
	EXPECT((ticks_counted() != before) == time_has_ticks());
	register_listener();
	listen();
	EXPECT_EQ(prompt_run("interrupts"), 0);
	listening = false;
	EXPECT_EQ(lines_with(" CPU"), num_online_cpus());
	EXPECT_EQ(lines_with("LOC:"), 1);
}

static const char *const some_words[] = { "pear", "peach", "apple", "peas", "peach" };

static void list_some_words(const char *prefix, word_offer_fn *offer, void *arg)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(some_words); i++)
		offer(arg, some_words[i]);
}

KTEST(console, words_are_found_by_name)
{
	char word[WORD_SIZE] = "", all[64];
	size_t n = 0;

	while (words_next(list_some_words, "", word))
		n += (size_t)scnprintf(all + n, sizeof(all) - n, "%s ", word);
	EXPECT_STREQ(all, "apple peach pear peas ");
	EXPECT_EQ(words_common(list_some_words, "p", word), 3);
	EXPECT_STREQ(word, "pea");
	EXPECT_EQ(words_common(list_some_words, "pear", word), 1);
	EXPECT_STREQ(word, "pear");
	EXPECT_EQ(words_common(list_some_words, "x", word), 0);
	EXPECT_STREQ(word, "x");
	EXPECT(words_nearest(list_some_words, "peech", word));
	EXPECT_STREQ(word, "peach");
	EXPECT(!words_nearest(list_some_words, "banana", word));
	register_listener();
	listen();
	words_show(list_some_words, "p");
	listening = false;
	EXPECT_STREQ(heard, "  peach  pear   peas\n");
}

KTEST(console, an_expected_warning_is_marked)
{
	register_listener();
	ktest_expect_warnings(1);
	listen();
	warn("on purpose");
	listening = false;
	EXPECT(strstr(heard, "] expected: WARNING: on purpose\n") != NULL);
	EXPECT(!strstr(heard, "Call trace"));
}

KTEST(console, a_command_of_too_many_characters_fails)
{
	static char line[2 * LINE_SIZE];

	memset(line, 'x', sizeof(line) - 1);
	EXPECT_EQ(prompt_run(line), 1);
}

/* The line of `help`: two blanks, the name, a blank, the arguments, a blank, the help text. */
static size_t help_columns(const struct command *c)
{
	return 2 + max(strlen(c->name), (size_t)12) + 1 + max(strlen(c->args), (size_t)10) + 1 +
	       strlen(c->help);
}

KTEST(console, every_command_has_a_name_and_a_line_of_help)
{
	const struct command *c, *d;

	for_each_in_set(c, prompt_commands) {
		if (help_columns(c) > 79)
			ktest_fail(__FILE__, __LINE__, "help of %s has %zu columns, expected 79",
				   c->name, help_columns(c));
		EXPECT(*c->name && !strchr(c->name, ' ') && *c->help);
		for_each_in_set(d, prompt_commands)
			EXPECT(c == d || strcmp(c->name, d->name) != 0);
	}
}

KTEST(console, every_parameter_has_a_name_and_a_line_of_help)
{
	const struct boot_param *p, *q;

	for_each_in_set(p, boot_params) {
		EXPECT(strncmp(p->syntax, p->name, strlen(p->name)) == 0);
		EXPECT(strlen(p->syntax) <= 80);
		if (!*p->help || strlen(p->help) > 72)
			ktest_fail(__FILE__, __LINE__, "help of %s= has %zu columns, expected 72",
				   p->name, strlen(p->help));
		for_each_in_set(q, boot_params)
			EXPECT(p == q || strcmp(p->name, q->name) != 0);
	}
}

/* --- time and interrupts ---------------------------------------------------------------------- */

KTEST(console, time_goes_on)
{
	u64 before = time_ns(), after;

	EXPECT(!irqs_disabled());
	mdelay(30);
	after = time_ns();
	EXPECT(after - before >= 30000000);
	/* A busy host may stretch it, but not to a minute. */
	EXPECT(after - before < 60000000000ull);
}

KTEST(console, the_timer_interrupts)
{
	if (!time_has_ticks()) {
		ktest_skip("no timer interrupt arrives");
		return;
	}
	/* Only an interrupt ends the halt, and no key is pressed. */
	for (int i = 0; i < 3; i++)
		cpu_wait_for_interrupt();
	EXPECT(!irqs_disabled());
}
