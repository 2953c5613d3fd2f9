/* SPDX-License-Identifier: MIT */
#include <drivers/input.h>
#include <init/keys.h>
#include <init/lineedit.h>
#include <kernel/console.h>
#include <lib/string.h>

/*
 * A line editor in two parts, so that most of it can be tested without a console.
 *
 * line_edit() takes bytes and changes the line. The keys are characters, control characters, or
 * sequences that keys.h decodes; they do the same as in a shell (the Emacs keys of GNU readline).
 *
 * line_read() shows the line. After each key it draws the line again from its start: carriage
 * return, prompt, text, erase to the end, and the cursor back to its place. The invariant: the
 * screen shows the line after each key, whatever was on the screen before. The price is more output
 * than a clever editor sends. The most frequent key, a character at the end of the line, is
 * therefore printed alone.
 *
 * A line wider than the screen is shown through a window, with '<' and '>' where it continues.
 */

#define SCREEN_COLUMNS 80

/* --- history ---------------------------------------------------------------------------------- */

static unsigned int oldest(const struct line_history *history)
{
	return history->nr > HISTORY_LINES ? history->nr - HISTORY_LINES : 0;
}

static void remember(struct line_history *history, const char *line)
{
	if (!*line)
		return;
	if (history->nr && strcmp(history->lines[(history->nr - 1) % HISTORY_LINES], line) == 0)
		return;
	strscpy(history->lines[history->nr++ % HISTORY_LINES], line, LINE_SIZE);
}

void line_history_show(const struct line_history *history, void (*show)(const char *line))
{
	for (unsigned int i = oldest(history); i < history->nr; i++)
		show(history->lines[i % HISTORY_LINES]);
}

/* --- changing --------------------------------------------------------------------------------- */

static void set_line(struct line_editor *e, const char *text)
{
	strscpy(e->line, text, LINE_SIZE);
	e->length = e->cursor = strlen(e->line);
}

static void insert(struct line_editor *e, char c)
{
	if (e->length == LINE_SIZE - 1) {
		e->lost++;
		return;
	}
	memmove(e->line + e->cursor + 1, e->line + e->cursor, e->length - e->cursor + 1);
	e->line[e->cursor++] = c;
	e->length++;
}

void line_insert(struct line_editor *e, const char *text)
{
	while (*text)
		insert(e, *text++);
}

/* Removes the text between two positions. */
static void cut(struct line_editor *e, size_t from, size_t to)
{
	memmove(e->line + from, e->line + to, e->length - to + 1);
	e->length -= to - from;
	e->cursor = from;
}

/* Removes it, too, and keeps it for Ctrl-Y. */
static void cut_and_keep(struct line_editor *e, size_t from, size_t to)
{
	if (from == to)
		return;
	memcpy(e->kept, e->line + from, to - from);
	e->kept[to - from] = '\0';
	cut(e, from, to);
}

/* Ctrl-W removes everything back to a blank. Other keys for words stop at any character that is
 * neither a letter nor a digit. */
static bool is_no_blank(char c)
{
	return c != ' ';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static size_t start_of_word(const struct line_editor *e, bool (*in_word)(char c))
{
	size_t at = e->cursor;

	while (at && !in_word(e->line[at - 1]))
		at--;
	while (at && in_word(e->line[at - 1]))
		at--;
	return at;
}

static size_t end_of_word(const struct line_editor *e)
{
	size_t at = e->cursor;

	while (at < e->length && !is_letter(e->line[at]))
		at++;
	while (at < e->length && is_letter(e->line[at]))
		at++;
	return at;
}

/* Exchanges the characters before and at the cursor; at the end of the line the last two. */
static void transpose(struct line_editor *e)
{
	size_t at = min(e->cursor, e->length - 1);
	char c;

	if (e->length < 2 || at == 0)
		return;
	c = e->line[at];
	e->line[at] = e->line[at - 1];
	e->line[at - 1] = c;
	e->cursor = at + 1;
}

static void go_in_history(struct line_editor *e, unsigned int at)
{
	const struct line_history *history = e->history;

	if (at > history->nr || at < oldest(history))
		return;
	if (e->at == history->nr)
		strscpy(e->draft, e->line, LINE_SIZE);
	e->at = at;
	set_line(e, at == history->nr ? e->draft : history->lines[at % HISTORY_LINES]);
}

static void move(struct line_editor *e, int key)
{
	if (key == KEY_LEFT || key == CTRL('b'))
		e->cursor -= e->cursor != 0;
	else if (key == KEY_RIGHT || key == CTRL('f'))
		e->cursor += e->cursor < e->length;
	else if (key == KEY_HOME || key == CTRL('a'))
		e->cursor = 0;
	else if (key == KEY_END || key == CTRL('e'))
		e->cursor = e->length;
	else if (key == KEY_WORD_LEFT)
		e->cursor = start_of_word(e, is_letter);
	else if (key == KEY_WORD_RIGHT)
		e->cursor = end_of_word(e);
	else if ((key == KEY_UP || key == CTRL('p')) && e->at)
		go_in_history(e, e->at - 1);
	else if (key == KEY_DOWN || key == CTRL('n'))
		go_in_history(e, e->at + 1);
}

static void change(struct line_editor *e, int key)
{
	if ((key == '\b' || key == KEY_RUBOUT) && e->cursor)
		cut(e, e->cursor - 1, e->cursor);
	else if ((key == KEY_DELETE || key == CTRL('d')) && e->cursor < e->length)
		cut(e, e->cursor, e->cursor + 1);
	else if (key == CTRL('k'))
		cut_and_keep(e, e->cursor, e->length);
	else if (key == CTRL('u'))
		cut_and_keep(e, 0, e->cursor);
	else if (key == CTRL('w'))
		cut_and_keep(e, start_of_word(e, is_no_blank), e->cursor);
	else if (key == KEY_ERASE_WORD)
		cut_and_keep(e, start_of_word(e, is_letter), e->cursor);
	else if (key == KEY_DELETE_WORD)
		cut_and_keep(e, e->cursor, end_of_word(e));
	else if (key == CTRL('y'))
		line_insert(e, e->kept);
	else if (key == CTRL('t'))
		transpose(e);
	else if (key >= ' ' && key < KEY_RUBOUT)
		insert(e, (char)key);
	else
		move(e, key);
}

void line_edit_start(struct line_editor *e, char *line, struct line_history *history)
{
	e->line = line;
	e->history = history;
	e->at = history->nr;
	e->keys = (struct key_decoder){ 0 };
	e->lost = 0;
	e->window = 0;
	set_line(e, "");
}

bool line_edit(struct line_editor *e, char c)
{
	int key = key_decode(&e->keys, c);

	if (key == CTRL('c')) {
		set_line(e, "");
		return true;
	}
	if (key == '\r' || key == '\n') {
		remember(e->history, e->line);
		return true;
	}
	if (key == KEY_POSITION)
		e->terminal_rows = e->keys.numbers[0];
	change(e, key);
	return false;
}

/* --- showing ---------------------------------------------------------------------------------- */

/* Number of characters of the line that fit on the screen. */
static size_t room_after(const char *prompt)
{
	return SCREEN_COLUMNS - 1 - strlen(prompt);
}

/* Moves the window only if the cursor has left it, and leaves room on both sides of the cursor. */
static void scroll(struct line_editor *e, size_t room)
{
	size_t first = e->window + (e->window > 0), end = e->window + room;

	if (e->length <= room)
		e->window = 0;
	else if (e->cursor < first || e->cursor > end || (e->cursor + 1 >= end && e->length > end))
		e->window = e->cursor - min(e->cursor, room * 2 / 3);
}

static void redraw(struct line_editor *e, const char *prompt)
{
	size_t room = room_after(prompt), shown;
	bool more_before, more_behind;

	scroll(e, room);
	shown = min(e->length - e->window, room);
	more_before = e->window > 0;
	more_behind = e->window + shown < e->length;
	console_printf("\r%s%s", prompt, more_before ? "<" : "");
	console_write(e->line + e->window + more_before, shown - more_before - more_behind);
	console_printf("%s\033[K", more_behind ? ">" : "");
	if (e->window + shown > e->cursor)
		console_printf("\033[%uD", (unsigned int)(e->window + shown - e->cursor));
}

static bool appended(const struct line_editor *e, char c, size_t length_before)
{
	return c >= ' ' && c < KEY_RUBOUT && e->length == length_before + 1 &&
	       e->cursor == e->length;
}

/* Reports lost characters once per line, at the first one. */
static void report_lost(const struct line_editor *e, unsigned int lost_before)
{
	if (e->lost && !lost_before)
		console_printf("\a\nThe line is full: %u characters, what follows is lost.\n",
			       LINE_SIZE - 1);
}

/* Leaves the whole line on the screen, followed by "^C". */
static void give_up(struct line_editor *e, const char *prompt)
{
	e->cursor = e->length;
	redraw(e, prompt);
	console_printf("^C");
}

/* Keys that act on the console and not on the line. */
static bool console_key(struct line_editor *e, char c, line_complete_fn *complete)
{
	if (c == CTRL('l') || c == '\t')
		e->keys = (struct key_decoder){ 0 };
	if (c == CTRL('l')) {
		console_printf("\033[H\033[2J");
		line_ask_terminal();
	} else if (c == '\t') {
		char text[LINE_SIZE];

		if (complete(e->line, e->cursor, text))
			line_insert(e, text);
	} else if (c == CTRL('d') && e->length == 0) {
		console_printf("\n`poweroff` ends the machine.\n");
	} else {
		return false;
	}
	return true;
}

/* Save the cursor, move down as far as possible, ask for the position, restore the cursor. */
void line_ask_terminal(void)
{
	console_printf("\0337\033[999B\033[6n\0338");
}

bool line_read(struct line_editor *e, const char *prompt, char *line, struct line_history *history,
	       line_complete_fn *complete)
{
	line_edit_start(e, line, history);
	redraw(e, prompt);
	for (;;) {
		bool in_sequence = e->keys.state != KEYS_PLAIN;
		size_t length = e->length;
		unsigned int lost = e->lost;
		char c = console_getc();

		/* The line is ASCII. Bytes of other characters are dropped; the first byte of each
		 * rings the bell. */
		if ((u8)c >= 0xc0)
			console_printf("\a");
		if (c == CTRL('c'))
			give_up(e, prompt);
		if (!console_key(e, c, complete) && line_edit(e, c)) {
			console_printf("\n");
			return c != CTRL('c');
		}
		report_lost(e, lost);
		if (lost && e->lost > lost)
			continue;
		if (!in_sequence && appended(e, c, length) &&
		    e->length - e->window <= room_after(prompt))
			console_write(&c, 1);
		else if (e->keys.state == KEYS_PLAIN)
			redraw(e, prompt);
	}
}
