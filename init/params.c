/* SPDX-License-Identifier: MIT */
#include <asm/setup.h>
#include <init/params.h>
#include <init/words.h>
#include <kernel/command.h>
#include <kernel/console.h>
#include <kernel/fault_inject.h>
#include <kernel/printk.h>
#include <kernel/proc_file.h>
#include <lib/cmdline.h>
#include <lib/errno.h>
#include <lib/nearest.h>
#include <lib/parse.h>
#include <lib/string.h>

/*
 * The kernel command line. Each parameter belongs to the file that acts on it, and that file
 * registers a record with BOOT_PARAM(). lib/cmdline.c splits the line into words, and this file
 * passes each word to its owner.
 *
 * This happens before memory can be allocated and before a console exists. Therefore owners only
 * store the value, and warnings wait in the log.
 *
 * QEMU puts the file name of the kernel first, and GRUB does not. So a first word that is unknown
 * and looks like a file name is skipped.
 */

/* Output of `help params`: the width of a line, and the start of its second column. */
#define COLUMNS     80
#define HELP_COLUMN 24

/* The image chooser acts on this parameter before the kernel runs. The kernel only accepts it. */
static int parse_nopae(const char *value)
{
	return *value ? -EINVAL : 0;
}
BOOT_PARAM("nopae", "nopae", "start the kernel without PAE, whatever the CPU can do", parse_nopae);

/* Only tests and injected faults use random numbers, and this number repeats them. */
static u32 seed = 1;

static int parse_seed(const char *value)
{
	int err = parse_u32(value, UINT_MAX, &seed);

	if (!err)
		fault_inject_seed(seed);
	return err;
}
BOOT_PARAM("seed", "seed=nn", "start of the random numbers in tests and injected faults",
	   parse_seed);

u32 boot_seed(void)
{
	return seed;
}

/* Limit for messages that show the command line: more would push other messages out of the log. */
#define CMDLINE_MESSAGES 8

static const struct boot_param *find(const char *name)
{
	const struct boot_param *p;

	for_each_in_set(p, boot_params)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

static void warn_unknown(const char *name)
{
	struct nearest nearest = { .word = name };
	const struct boot_param *p;

	for_each_in_set(p, boot_params)
		nearest_offer(&nearest, p->name);
	if (nearest.name)
		pr_warn("%s: unknown parameter, did you mean %s?\n", name, nearest.name);
	else
		pr_warn("%.300s: unknown parameter; `help params` at the prompt shows all\n", name);
}

static bool looks_like_file(const char *word)
{
	size_t length = strlen(word);

	return strchr(word, '/') || (length >= 4 && strcmp(word + length - 4, ".elf") == 0);
}

/* The syntax says whether a value is required: "nopae", "selftest[=glob]", "mem=nn[KMG]". */
static bool takes_value(const struct boot_param *param)
{
	return param->syntax[strlen(param->name)] != '\0';
}

static bool needs_value(const struct boot_param *param)
{
	return param->syntax[strlen(param->name)] == '=';
}

static void parse_word(const struct cmdline_word *word, bool first)
{
	const struct boot_param *param = find(word->name);
	const char *equals = word->has_value ? "=" : "";

	if (!param && !*word->name) {
		pr_warn("%s%.200s: ignored, expected the name of a parameter before it\n", equals,
			word->value);
		return;
	}
	if (!param) {
		if (!first || !looks_like_file(word->name))
			warn_unknown(word->name);
		return;
	}
	if ((needs_value(param) && !*word->value) || (!takes_value(param) && *word->value) ||
	    param->parse(word->value) != 0)
		pr_warn("%s%s%.200s: ignored, expected %s\n", word->name, equals, word->value,
			param->syntax);
	else if (word->has_value && !*word->value)
		pr_warn("%s=: nothing follows the '=': taken as %s\n", word->name, word->name);
}

/* A message holds about 500 characters. A longer line is cut at blanks into several messages. */
static void print_cmdline(const char *line)
{
	const size_t most = 400;
	unsigned int messages = 0;
	size_t left = strlen(line);

	do {
		size_t n = min(left, most);

		if (messages++ == CMDLINE_MESSAGES) {
			pr_info("Command line: %zu characters more; `cmdline` at the prompt "
				"shows all\n",
				left);
			break;
		}
		if (n < left) {
			while (n && line[n] != ' ')
				n--;
			n = n ? n : most;
		}
		pr_info("Command line: %.*s\n", (int)n, line);
		line += n;
		left -= n;
	} while (left);
}

void params_parse(char *cmdline, u32 lost)
{
	size_t length = strlen(cmdline);
	char *words = cmdline + length + 1;
	const char *next = words;
	struct cmdline_word word;
	bool first = true;

	print_cmdline(cmdline);
	if (lost)
		pr_warn("The command line has %zu characters, expected at most %zu: "
			"the last %u are lost\n",
			length + lost, length, lost);
	memcpy(words, cmdline, length + 1);
	/* A word ends at or before the start of the next one. */
	while ((next = cmdline_next(next, (char *)next, SIZE_MAX, &word))) {
		if (word.open)
			pr_warn("%.200s: a quote has no end: the rest of the line "
				"belongs to this word\n",
				word.name);
		if (lost && !*next) {
			pr_warn("%.200s: ignored, since its end may be lost\n", word.name);
			break;
		}
		parse_word(&word, first);
		first = false;
	}
}

static void cmdline_show(printf_fn *out)
{
	const char *line = boot_cmdline();
	size_t left = strlen(line);

	for (size_t n; left; line += n, left -= n) {
		n = min(left, (size_t)200);
		out("%.*s", (int)n, line);
	}
	out("\n");
}
PROC_FILE("cmdline", cmdline_show);

static int show_cmdline(int argc, char **argv)
{
	cmdline_show(console_printf);
	return 0;
}
PROMPT_COMMAND("cmdline", "", "the command line that the kernel was started with", show_cmdline);

void params_list(const char *prefix, word_offer_fn *offer, void *arg)
{
	const struct boot_param *p;

	for_each_in_set(p, boot_params)
		offer(arg, p->name);
}

/* Prints one line if both columns fit on it, and two otherwise. */
static void show(const struct boot_param *param, printf_fn *print)
{
	bool fits = strlen(param->syntax) < HELP_COLUMN - 1 &&
		    strlen(param->help) < COLUMNS - HELP_COLUMN;

	if (fits)
		print("%-*s %s\n", HELP_COLUMN - 1, param->syntax, param->help);
	else
		print("%s\n        %s\n", param->syntax, param->help);
}

void params_show(printf_fn *print)
{
	char name[WORD_SIZE] = "";

	while (words_next(params_list, "", name))
		show(find(name), print);
}

bool params_show_one(const char *name, printf_fn *print)
{
	const struct boot_param *param = find(name);

	if (param)
		show(param, print);
	return param != NULL;
}
