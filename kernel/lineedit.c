/* SPDX-License-Identifier: MIT */
#include <kernel/console.h>
#include <kernel/lineedit.h>
#include <lib/string.h>

/*
 * A line editor. After each key the line is shown anew from its start: carriage return, prompt, text,
 * erase to the end, and the cursor back to its place. That is more than a clever editor sends, and it
 * cannot get out of step with the screen. A line wider than the screen is shown as a window of it.
 */

#define SCREEN_COLUMNS 80
#define HISTORY        32

#define CTRL(letter) ((letter)&0x1f)
#define DELETE       0x7f

/* Keys that come as sequences, above all characters. */
enum { KEY_NONE = 256, KEY_UP, KEY_DOWN, KEY_LEFT, KEY_RIGHT, KEY_HOME, KEY_END, KEY_DELETE };

static char history[HISTORY][LINE_SIZE];
static unsigned int nr_history; /* lines ever remembered; the last HISTORY are kept */

struct editor {
	const char *prompt;
	char *line;
	size_t length, cursor;
	unsigned int at; /* in the history; nr_history is the line being written */
	char draft[LINE_SIZE];
};

/* --- keys --------------------------------------------------------------------------------------- */

static int key_of_sequence(void)
{
	char c = console_getc();
	int number = 0;

	if (c != '[' && c != 'O')
		return KEY_NONE;
	for (c = console_getc(); c >= '0' && c <= '9'; c = console_getc())
		number = number * 10 + c - '0';
	switch (c) {
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
		return number == 3   ? KEY_DELETE
		       : number == 1 ? KEY_HOME
		       : number == 4 ? KEY_END
				     : KEY_NONE;
	default:
		return KEY_NONE;
	}
}

static int read_key(void)
{
	u8 c = (u8)console_getc();

	return c == '\033' ? key_of_sequence() : c;
}

/* --- showing ------------------------------------------------------------------------------------ */

static void redraw(const struct editor *e)
{
	size_t room = SCREEN_COLUMNS - 1 - strlen(e->prompt);
	size_t from = e->cursor > room ? e->cursor - room : 0;
	size_t shown = min(e->length - from, room);

	console_printf("\r%s", e->prompt);
	console_write(e->line + from, shown);
	console_printf("\033[K");
	if (from + shown > e->cursor)
		console_printf("\033[%uD", (unsigned int)(from + shown - e->cursor));
}

/* --- changing ----------------------------------------------------------------------------------- */

static void set_line(struct editor *e, const char *text)
{
	strscpy(e->line, text, LINE_SIZE);
	e->length = e->cursor = strlen(e->line);
}

static void insert(struct editor *e, char c)
{
	if (e->length == LINE_SIZE - 1)
		return;
	memmove(e->line + e->cursor + 1, e->line + e->cursor, e->length - e->cursor + 1);
	e->line[e->cursor++] = c;
	e->length++;
}

/* Takes out what lies between two places. */
static void cut(struct editor *e, size_t from, size_t to)
{
	memmove(e->line + from, e->line + to, e->length - to + 1);
	e->length -= to - from;
	e->cursor = from;
}

static size_t start_of_word(const struct editor *e)
{
	size_t at = e->cursor;

	while (at && e->line[at - 1] == ' ')
		at--;
	while (at && e->line[at - 1] != ' ')
		at--;
	return at;
}

static void go_in_history(struct editor *e, unsigned int at)
{
	unsigned int oldest = nr_history > HISTORY ? nr_history - HISTORY : 0;

	if (at > nr_history || at < oldest || at + 1 == 0)
		return;
	if (e->at == nr_history)
		memcpy(e->draft, e->line, LINE_SIZE);
	e->at = at;
	set_line(e, at == nr_history ? e->draft : history[at % HISTORY]);
}

static void remember(const char *line)
{
	if (!*line || (nr_history && strcmp(history[(nr_history - 1) % HISTORY], line) == 0))
		return;
	strscpy(history[nr_history++ % HISTORY], line, LINE_SIZE);
}

static void move(struct editor *e, int key)
{
	if (key == KEY_LEFT || key == CTRL('b'))
		e->cursor -= e->cursor != 0;
	else if (key == KEY_RIGHT || key == CTRL('f'))
		e->cursor += e->cursor < e->length;
	else if (key == KEY_HOME || key == CTRL('a'))
		e->cursor = 0;
	else if (key == KEY_END || key == CTRL('e'))
		e->cursor = e->length;
	else if (key == KEY_UP || key == CTRL('p'))
		go_in_history(e, e->at - 1);
	else if (key == KEY_DOWN || key == CTRL('n'))
		go_in_history(e, e->at + 1);
}

static void change(struct editor *e, int key)
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

void line_read(const char *prompt, char *line, bool (*complete)(char *line))
{
	struct editor e = { .prompt = prompt, .line = line, .at = nr_history };

	set_line(&e, "");
	for (;;) {
		int key;

		redraw(&e);
		key = read_key();
		if (key == '\r' || key == '\n')
			break;
		if (key == CTRL('c')) {
			console_printf("^C");
			set_line(&e, "");
			break;
		}
		if (key == CTRL('l'))
			console_printf("\033[H\033[2J");
		else if (key == '\t' && complete && e.cursor == e.length && complete(line))
			set_line(&e, line);
		else
			change(&e, key);
	}
	console_printf("\n");
	remember(line);
}

void line_history(void (*show)(const char *line))
{
	for (unsigned int i = nr_history > HISTORY ? nr_history - HISTORY : 0; i < nr_history; i++)
		show(history[i % HISTORY]);
}
