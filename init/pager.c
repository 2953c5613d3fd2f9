/* SPDX-License-Identifier: MIT */
#include <asm/irqflags.h>
#include <drivers/input.h>
#include <init/keys.h>
#include <init/pager.h>
#include <kernel/command.h>
#include <kernel/console.h>
#include <kernel/preempt.h>
#include <lib/errno.h>
#include <lib/parse.h>
#include <lib/string.h>
#include <sched/sched.h>

/*
 * The pager shows long output one page at a time.
 *
 * While a command runs, its output is kept in a buffer. The pages are shown when the command has
 * ended, and not earlier, because a report often holds a lock and a user may take minutes to press
 * a key. If the output does not fit into the buffer, the pager shows part of it earlier: in pages
 * if the command may sleep at that point, and without a stop otherwise. The invariant: no text is
 * lost, unless the kernel panics in that command. The price is a 16 KiB buffer, and that the output
 * of a long command appears late.
 *
 * Scripts type at the prompt, too, and would wait for ever at the end of a page. So output is paged
 * only if the console has proved to be a terminal: the prompt asks once for the cursor's position,
 * and a terminal answers (line_ask_terminal()). Pages also do not stop while typed keys are
 * waiting.
 */

#define COLUMNS   80
#define KEPT_SIZE 16384

static char kept[KEPT_SIZE];
static size_t nr_kept;

static struct thread *owner;     /* thread whose output is kept; NULL for none */
static unsigned int row, column; /* of the cursor, counted from the start of the page */
static unsigned int rows_in_use; /* height of a page; 0 for no pages */
static unsigned int rows_told;   /* height from the terminal's answer; 0 for none */
static bool drop;                /* the user has asked for no more */

/* The choice of `pager` and pager=. */
static enum { PAGER_AUTO, PAGER_OFF, PAGER_ROWS } policy;
static u32 rows_given;

static int parse_pager(const char *value)
{
	if (strcmp(value, "auto") == 0)
		policy = PAGER_AUTO;
	else if (strcmp(value, "off") == 0)
		policy = PAGER_OFF;
	else if (parse_u32(value, 1000, &rows_given) == 0 && rows_given >= 2)
		policy = PAGER_ROWS;
	else
		return -EINVAL;
	return 0;
}
BOOT_PARAM("pager", "pager=auto|off|2..1000", "stop after a page of this many rows", parse_pager);

/* --- a page at a time ------------------------------------------------------------------------- */

/* Waits for a key. Returns the number of rows before the next stop: a page, one, or none. */
static unsigned int rows_wanted(void)
{
	struct key_decoder keys = { 0 };

	for (;;) {
		switch (key_decode(&keys, console_getc())) {
		case ' ':
		case 'f':
		case CTRL('f'):
		case KEY_PAGE_DOWN:
			return rows_in_use - 1;
		case '\r':
		case '\n':
		case 'j':
		case KEY_DOWN:
			return 1;
		case 'q':
		case 'Q':
		case CTRL('c'):
			return 0;
		}
	}
}

/* Pasted text arrives byte by byte, so the next byte may still be on its way. */
static bool typed_ahead(void)
{
	for (unsigned int waits = 0; waits < 5 && !console_poll(); waits++)
		msleep(10);
	return console_poll();
}

static void stop_for_key(void)
{
	unsigned int wanted;

	if (typed_ahead() && !console_interrupted()) {
		row = 0;
		return;
	}
	console_printf("-- more: Space shows a page, Enter a line, q ends --");
	wanted = rows_wanted();
	console_printf("\r\033[K");
	drop = wanted == 0;
	row = drop ? 0 : rows_in_use - 1 - wanted;
}

/*
 * The cursor leaves a full row only with the next character. A newline at that point adds no row.
 */
static void count(char c)
{
	if (c == '\n' || column == COLUMNS) {
		row++;
		column = 0;
	}
	column += c != '\n';
}

/* Shows the text up to the end of a page, and returns the number of bytes shown. */
static size_t show_page(const char *text, size_t n)
{
	size_t shown;

	for (shown = 0; shown < n && row < rows_in_use - 1; shown++)
		count(text[shown]);
	console_write(text, shown);
	return shown;
}

static void show_pages(const char *text, size_t n)
{
	while (n) {
		size_t shown;

		if (row >= rows_in_use - 1)
			stop_for_key();
		if (drop || console_interrupted())
			return;
		shown = show_page(text, n);
		text += shown;
		n -= shown;
	}
}

static void show_kept(void)
{
	size_t n = nr_kept;

	nr_kept = 0;
	/* The pager's own output is not kept. */
	owner = NULL;
	show_pages(kept, n);
}

/* --- keeping ---------------------------------------------------------------------------------- */

/* Empties the buffer by showing it, because its text precedes the new text. */
static void make_room(void)
{
	struct thread *me = owner;

	if (!in_atomic() && !irqs_disabled()) {
		show_kept();
	} else {
		owner = NULL;
		console_write(kept, nr_kept);
		nr_kept = 0;
	}
	owner = me;
}

static bool keep(const char *text, size_t n)
{
	if (!owner || in_interrupt() || owner != current)
		return false;
	if (n > KEPT_SIZE - nr_kept)
		make_room();
	memcpy(kept + nr_kept, text, n);
	nr_kept += n;
	return true;
}

static void begin_keeping(void)
{
	owner = rows_in_use ? current : NULL;
}

void pager_start(unsigned int terminal_rows)
{
	rows_told = terminal_rows;
	if (policy == PAGER_ROWS)
		rows_in_use = rows_given;
	else
		rows_in_use = policy == PAGER_AUTO && terminal_rows >= 2 ? terminal_rows : 0;
	row = column = 0;
	nr_kept = 0;
	drop = false;
	console_use_keeper(keep);
	begin_keeping();
}

unsigned int pager_rows(void)
{
	return policy == PAGER_ROWS ? rows_given : rows_told;
}

void pager_stop(void)
{
	show_kept();
	rows_in_use = 0;
}

void pager_show(void)
{
	if (!owner)
		return;
	show_kept();
	drop = false;
	begin_keeping();
}

static int pager_command(int argc, char **argv)
{
	if (argc == 2 && parse_pager(argv[1]) != 0) {
		console_printf(
			"pager: '%s', expected auto, off, or the rows of the terminal, 2 to 1000\n",
			argv[1]);
		return -EINVAL;
	}
	if (policy == PAGER_OFF)
		console_printf("pager: off\n");
	else if (policy == PAGER_ROWS)
		console_printf("pager: %u rows\n", rows_given);
	else if (rows_told)
		console_printf("pager: auto, the terminal says that it has %u rows\n", rows_told);
	else
		console_printf(
			"pager: auto, off since no terminal has answered; `pager ROWS` helps\n");
	return 0;
}

static void list_policies(const char *prefix, word_offer_fn *offer, void *arg)
{
	offer(arg, "auto");
	offer(arg, "off");
}
PROMPT_COMMAND("pager", "[ROWS]", "show long output by pages; or auto, off", pager_command,
	       .words = list_policies, .example = "pager 25");
