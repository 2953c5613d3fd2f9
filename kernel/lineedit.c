/* SPDX-License-Identifier: MIT */
#include <kernel/console.h>
#include <kernel/input.h>
#include <kernel/lineedit.h>
#include <lib/string.h>

/*
 * A line editor, in two parts. line_edit() takes bytes, knows of no console and can be tested without
 * one: keys are characters, control characters, or the sequences of ECMA-48 that a terminal sends.
 *
 * line_read() shows what comes of it. After each key the line is shown anew from its start: carriage
 * return, prompt, text, erase to the end, and the cursor back to its place. That is more than a clever
 * editor sends, and it cannot get out of step with the screen. A line wider than the screen is shown as
 * a window of it. Only a character at the end of a line, what most keys are, is shown alone.
 */

#define SCREEN_COLUMNS 80

#define CTRL(letter) ((letter)&0x1f)
#define DELETE       0x7f

/* Keys that come as sequences, above all characters. */
enum { KEY_NONE = 256, KEY_UP, KEY_DOWN, KEY_LEFT, KEY_RIGHT, KEY_HOME, KEY_END, KEY_DELETE };

/* --- keys --------------------------------------------------------------------------------------- */

static int key_of_sequence(char final, unsigned int number)
{
	switch (final) {
	case 'A':
		return KEY_UP;
	case 'B':
		return KEY_DOWN;
	case 'C':
		return KEY_RIGHT;
	case 'D':
		return KEY_LEFT;
	case 'H':
		return KEY_HOME;
	case 'F':
		return KEY_END;
	case '~':
		break;
	default:
		return KEY_NONE;
	}
	switch (number) {
	case 1:
		return KEY_HOME;
	case 3:
		return KEY_DELETE;
	case 4:
		return KEY_END;
	default:
		return KEY_NONE;
	}
}

/* The key that a byte completes: parameters of a sequence are digits and ';', its end is a letter. */
static int decode(struct line_editor *e, char c)
{
	switch (e->state) {
	case LINE_ESCAPE:
		e->state = c == '[' || c == 'O' ? LINE_SEQUENCE : LINE_PLAIN;
		e->number = 0;
		return KEY_NONE;
	case LINE_SEQUENCE:
		if (c >= '0' && c <= '9')
			e->number = (e->number * 10 + (unsigned int)(c - '0')) % 1000;
		if (c >= '0' && c <= ';')
			return KEY_NONE;
		e->state = LINE_PLAIN;
		return key_of_sequence(c, e->number);
	default:
		if (c != '\033')
			return (u8)c;
		e->state = LINE_ESCAPE;
		return KEY_NONE;
	}
}

/* --- history ------------------------------------------------------------------------------------ */

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

/* --- changing ----------------------------------------------------------------------------------- */

static void set_line(struct line_editor *e, const char *text)
{
	strscpy(e->line, text, LINE_SIZE);
	e->length = e->cursor = strlen(e->line);
}

static void insert(struct line_editor *e, char c)
{
	if (e->length == LINE_SIZE - 1)
		return;
	memmove(e->line + e->cursor + 1, e->line + e->cursor, e->length - e->cursor + 1);
	e->line[e->cursor++] = c;
	e->length++;
}

/* Takes out what lies between two places. */
static void cut(struct line_editor *e, size_t from, size_t to)
{
	memmove(e->line + from, e->line + to, e->length - to + 1);
	e->length -= to - from;
	e->cursor = from;
}

static size_t start_of_word(const struct line_editor *e)
{
	size_t at = e->cursor;

	while (at && e->line[at - 1] == ' ')
		at--;
	while (at && e->line[at - 1] != ' ')
		at--;
	return at;
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
	else if ((key == KEY_UP || key == CTRL('p')) && e->at)
		go_in_history(e, e->at - 1);
	else if (key == KEY_DOWN || key == CTRL('n'))
		go_in_history(e, e->at + 1);
}

static void change(struct line_editor *e, int key)
{
	if ((key == '\b' || key == DELETE) && e->cursor)
		cut(e, e->cursor - 1, e->cursor);
	else if ((key == KEY_DELETE || key == CTRL('d')) && e->cursor < e->length)
		cut(e, e->cursor, e->cursor + 1);
	else if (key == CTRL('k'))
		cut(e, e->cursor, e->length);
	else if (key == CTRL('u'))
		cut(e, 0, e->cursor);
	else if (key == CTRL('w'))
		cut(e, start_of_word(e), e->cursor);
	else if (key >= ' ' && key < DELETE)
		insert(e, (char)key);
	else
		move(e, key);
}

void line_edit_start(struct line_editor *e, char *line, struct line_history *history)
{
	e->line = line;
	e->history = history;
	e->at = history->nr;
	e->state = LINE_PLAIN;
	set_line(e, "");
}

bool line_edit(struct line_editor *e, char c)
{
	int key = decode(e, c);

	if (key == CTRL('c')) {
		set_line(e, "");
		return true;
	}
	if (key == '\r' || key == '\n') {
		remember(e->history, e->line);
		return true;
	}
	change(e, key);
	return false;
}

/* --- showing ------------------------------------------------------------------------------------ */

/* Characters of the line that the screen has room for. */
static size_t room_after(const char *prompt)
{
	return SCREEN_COLUMNS - 1 - strlen(prompt);
}

static void redraw(const struct line_editor *e, const char *prompt)
{
	size_t room = room_after(prompt);
	size_t from = e->cursor > room ? e->cursor - room : 0;
	size_t shown = min(e->length - from, room);

	console_printf("\r%s", prompt);
	console_write(e->line + from, shown);
	console_printf("\033[K");
	if (from + shown > e->cursor)
		console_printf("\033[%uD", (unsigned int)(from + shown - e->cursor));
}

static bool appended(const struct line_editor *e, char c, size_t length_before)
{
	return c >= ' ' && c < DELETE && e->length == length_before + 1 && e->cursor == e->length;
}

/* Keys that have to do with the console rather than with the line. */
static bool console_key(struct line_editor *e, char c, bool (*complete)(char *line))
{
	if (c == CTRL('l'))
		console_printf("\033[H\033[2J");
	else if (c != '\t')
		return false;
	else if (e->cursor == e->length && complete(e->line))
		e->length = e->cursor = strlen(e->line);
	return true;
}

void line_read(const char *prompt, char *line, struct line_history *history,
	       bool (*complete)(char *line))
{
	struct line_editor e;

	line_edit_start(&e, line, history);
	redraw(&e, prompt);
	for (;;) {
		bool in_sequence = e.state != LINE_PLAIN;
		size_t length = e.length;
		char c = console_getc();

		if (!console_key(&e, c, complete) && line_edit(&e, c)) {
			console_printf("%s\n", c == CTRL('c') ? "^C" : "");
			return;
		}
		if (!in_sequence && appended(&e, c, length) && e.length <= room_after(prompt))
			console_write(&c, 1);
		else if (e.state == LINE_PLAIN)
			redraw(&e, prompt);
	}
}
