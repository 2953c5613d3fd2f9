/* SPDX-License-Identifier: MIT */
#include <drivers/input.h>
#include <init/lineedit.h>
#include <init/pager.h>
#include <init/params.h>
#include <init/prompt.h>
#include <init/words.h>
#include <kernel/command.h>
#include <kernel/console.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>

/*
 * The prompt reads lines and executes commands.
 *
 * Commands are records in a linker set. The file that owns what a command shows defines its record,
 * so this file needs no list. It splits a line into commands and words, finds the record of the
 * first word, checks the number of arguments and calls the function. It knows only its own commands
 * by name, `help` and `history`.
 *
 *	"meminfo; kmapinfo slots"
 *	    ─▶ commands at ';' ─▶ words at blanks ─▶ record ─▶ run(argc, argv)
 */

#define MAX_WORDS 64
#define UNCLOSED  (-1)

static struct line_history history;

static const struct command *find(const char *name)
{
	const struct command *c;

	for_each_in_set(c, prompt_commands) {
		if (strcmp(c->name, name) == 0)
			return c;
	}
	return NULL;
}

void prompt_list_commands(const char *prefix, word_offer_fn *offer, void *arg)
{
	const struct command *c;

	for_each_in_set(c, prompt_commands)
		offer(arg, c->name);
}

static int unknown(const char *name)
{
	char nearest[WORD_SIZE];

	if (!*name)
		console_printf("\"\" is no command; `help` lists them\n");
	else if (words_nearest(prompt_list_commands, name, nearest))
		console_printf("%s: unknown command; did you mean '%s'?\n", name, nearest);
	else
		console_printf("%s: unknown command; `help` lists them\n", name);
	return -ENOENT;
}

/*
 * Splits text into words in place. Blanks in double quotes belong to a word. Returns the number of
 * words, of which at most MAX_WORDS are stored, or UNCLOSED.
 */
static int split(char *text, char *words[MAX_WORDS + 1])
{
	int nr = 0;

	for (;;) {
		char *to;
		bool quoted = false;

		text += strspn(text, " \t");
		if (!*text)
			break;
		to = text;
		if (nr < MAX_WORDS)
			words[nr] = to;
		nr++;
		for (; *text && (quoted || (*text != ' ' && *text != '\t')); text++) {
			if (*text == '"')
				quoted = !quoted;
			else
				*to++ = *text;
		}
		if (*text)
			text++;
		*to = '\0';
		if (quoted)
			return UNCLOSED;
	}
	words[min(nr, MAX_WORDS)] = NULL;
	return nr;
}

/*
 * Counts the arguments that a usage such as "ADDR", "N...|all" or "[undo | slots SECONDS]" allows.
 * The words of all alternatives are added, so a command must itself refuse an argument too many for
 * one alternative.
 */
static void count_arguments(const char *usage, int *fewest, int *most)
{
	const char *dots;
	bool optional = false;

	*fewest = *most = 0;
	while (*(usage += strspn(usage, " "))) {
		size_t length = strcspn(usage, " ");

		optional |= *usage == '[';
		if (*usage != '|') {
			*fewest += !optional;
			*most += 1;
		}
		if (memchr(usage, ']', length))
			optional = false;
		dots = strstr(usage, "...");
		if (dots && dots < usage + length)
			*most = MAX_WORDS;
		usage += length;
	}
}

/* Refuses arguments that the command does not expect, because it would ignore them. */
static bool arguments_fit(const struct command *c, int nr, char **words)
{
	int fewest, most;

	count_arguments(c->args, &fewest, &most);
	if (nr - 1 >= fewest && nr - 1 <= most)
		return true;
	if (nr - 1 < fewest)
		console_printf("%s: an argument is missing", c->name);
	else
		console_printf("%s: unexpected argument '%s'", c->name, words[most + 1]);
	console_printf("; usage: %s%s%s\n", c->name, *c->args ? " " : "", c->args);
	return false;
}

static int run_command(char *text)
{
	char *words[MAX_WORDS + 1];
	int nr = split(text, words);
	const struct command *c;

	if (nr == 0)
		return 0;
	if (nr == UNCLOSED) {
		console_printf("%s: a double quote is not closed\n", *words[0] ? words[0] : "\"");
		return -EINVAL;
	}
	if (nr > MAX_WORDS) {
		console_printf("%s: a command of %d words, expected at most %d\n", words[0], nr,
			       MAX_WORDS);
		return -E2BIG;
	}
	c = find(words[0]);
	if (!c)
		return unknown(words[0]);
	if (!arguments_fit(c, nr, words))
		return -EINVAL;
	if (c->streams)
		pager_stop();
	return c->run(nr, words);
}

/* Length up to the next ';' outside of quotes. */
static size_t command_length(const char *line)
{
	bool quoted = false;
	size_t n;

	for (n = 0; line[n] && (quoted || line[n] != ';'); n++)
		quoted ^= line[n] == '"';
	return n;
}

int prompt_run(const char *line)
{
	char text[LINE_SIZE];
	int failed = 0;

	while (*line && !console_interrupted()) {
		size_t n = command_length(line);

		if (n >= sizeof(text)) {
			console_printf("a command of %u characters, expected at most %u\n",
				       (unsigned int)n, LINE_SIZE - 1);
			failed++;
		} else {
			memcpy(text, line, n);
			text[n] = '\0';
			failed += run_command(text) != 0;
			pager_show();
		}
		line += n + (line[n] == ';');
	}
	return failed;
}

/* --- the Tab key ------------------------------------------------------------------------------ */

/* Finds the start of the command at the cursor: after the last ';' outside of quotes. */
static size_t start_of_command(const char *line, size_t cursor)
{
	size_t start = 0, end;

	while ((end = start + command_length(line + start)) < cursor)
		start = end + 1;
	return start + strspn(line + start, " \t");
}

static bool separates(char c)
{
	return c == ' ' || c == '\t' || c == ',' || c == ';' || c == '"';
}

/* Returns the list that a word belongs to: the first word is a command's name. NULL if there is
 * none. */
static word_list_fn *list_for(const char *line, size_t command, size_t word)
{
	char name[WORD_SIZE];
	const struct command *c;
	size_t length = strcspn(line + command, " \t;"), first;

	if (word <= command)
		return prompt_list_commands;
	strscpy(name, line + command, min(length + 1, sizeof(name)));
	c = find(name);
	if (!c)
		return NULL;
	first = command + length;
	first += strspn(line + first, " \t");
	return word > first && c->later_words ? c->later_words : c->words;
}

/* Lists the words that a pattern matches, for the user to check; the pattern itself stays. */
static bool show_matches(word_list_fn *list, const char *pattern)
{
	char word[WORD_SIZE] = "";

	if (words_next(list, pattern, word)) {
		console_printf("\n");
		words_show(list, pattern);
	} else {
		console_printf("\a");
	}
	return false;
}

/* Inserts the common beginning of all possible words; lists them if nothing can be inserted. */
static bool complete(const char *line, size_t cursor, char *text)
{
	char prefix[WORD_SIZE], common[WORD_SIZE];
	size_t start = cursor, length;
	word_list_fn *list;
	unsigned int matches;

	while (start && !separates(line[start - 1]))
		start--;
	length = cursor - start;
	list = list_for(line, start_of_command(line, cursor), start);
	if (!list || length >= sizeof(prefix)) {
		console_printf("\a");
		return false;
	}
	memcpy(prefix, line + start, length);
	prefix[length] = '\0';
	if (words_is_pattern(prefix))
		return show_matches(list, prefix);
	matches = words_common(list, prefix, common);
	if (matches > 1 && !common[length]) {
		console_printf("\n");
		words_show(list, prefix);
		return false;
	}
	snprintf(text, LINE_SIZE, "%s%s", common + length,
		 matches == 1 && !separates(line[cursor] ?: 'x') ? " " : "");
	if (matches == 0)
		console_printf("\a");
	return matches > 0;
}

static bool interactive;

bool prompt_is_interactive(void)
{
	return interactive;
}

void prompt(void)
{
	static char line[LINE_SIZE];
	static struct line_editor editor;

	interactive = true;
	line_ask_terminal();
	console_printf("\nType `help` for the commands.\n");
	for (;;) {
		if (!line_read(&editor, "highland> ", line, &history, complete))
			continue;
		console_clear_interrupted();
		pager_start(editor.terminal_rows);
		prompt_run(line);
		pager_stop();
		/* Drops the Ctrl-C that ended a command, and the keys before it: they are not for
		 * the next one. */
		while (console_interrupted() && console_poll() && console_getc() != CTRL('c'))
			;
	}
}

/* --- commands of the prompt itself ------------------------------------------------------------ */

static int help_all(void)
{
	char name[WORD_SIZE] = "";

	while (words_next(prompt_list_commands, "", name)) {
		const struct command *c = find(name);

		console_printf("  %-12s %-10s %s\n", c->name, c->args, c->help);
	}
	console_printf("`help NAME` shows an example; `help params` lists the boot parameters.\n");
	return 0;
}

static int help_param(const char *name)
{
	char nearest[WORD_SIZE];

	if (params_show_one(name, console_printf))
		return 0;
	console_printf("help params: '%s', expected the name of a boot parameter", name);
	if (words_nearest(params_list, name, nearest))
		console_printf("; did you mean '%s'?", nearest);
	console_printf("\n");
	return -ENOENT;
}

static void help_command(const struct command *c)
{
	console_printf("%s%s%s: %s\n", c->name, *c->args ? " " : "", c->args, c->help);
	console_printf("example: %s\n", c->example ?: c->name);
}

#define HELP_ARGS "[NAME | params NAME]"

static int help(int argc, char **argv)
{
	const struct command *c;

	if (argc < 2)
		return help_all();
	if (strcmp(argv[1], "params") == 0 && argc == 3)
		return help_param(argv[2]);
	if (argc > 2) {
		console_printf("help: unexpected argument '%s'; usage: help " HELP_ARGS "\n",
			       argv[2]);
		return -EINVAL;
	}
	if (strcmp(argv[1], "params") == 0) {
		params_show(console_printf);
		return 0;
	}
	c = find(argv[1]);
	/* A command has precedence over a boot parameter of the same name. */
	if (!c)
		return params_show_one(argv[1], console_printf) ? 0 : unknown(argv[1]);
	help_command(c);
	return 0;
}

static void list_topics(const char *prefix, word_offer_fn *offer, void *arg)
{
	params_list(prefix, offer, arg);
	offer(arg, "params");
	prompt_list_commands(prefix, offer, arg);
}
PROMPT_COMMAND("help", HELP_ARGS, "what can be typed here", help, .words = list_topics,
	       .later_words = params_list, .example = "help alloc");

static void show_line(const char *line)
{
	console_printf("  %s\n", line);
}

static int show_history(int argc, char **argv)
{
	line_history_show(&history, show_line);
	return 0;
}
PROMPT_COMMAND("history", "", "the lines typed so far", show_history);
