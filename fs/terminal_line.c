/* SPDX-License-Identifier: MIT */
#include <fs/terminal_line.h>
#include <lib/string.h>

/*
 * The line discipline. In canonical mode a program gets whole lines, which the user can edit before
 * Enter. In raw mode it gets each byte at once. In both modes some bytes are no input but signals.
 *
 *	      tail               ready          head
 *	       ▼                   ▼              ▼
 *	───────│ ls -l\n│ cat x\n  │ the line that│───────
 *	         can be read          is edited
 *
 * A line that ends with Ctrl-D has no newline, so the end is a mark at its last byte. On an empty
 * line the mark is an entry of its own, which a read takes and returns 0: the end of file.
 *
 * Editing and echo happen in the interrupt of the key. So the typed bytes are visible even while
 * the program computes, and Ctrl-C reaches a program that does not read.
 */

const struct termios termios_default = {
	.iflag = ICRNL,
	.oflag = OPOST | 4, /* ONLCR: the consoles do it */
	.cflag = 0xbf,      /* 8 bits, 38400 bits a second */
	.lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
	.cc = { 3, 034, 0177, 025, 4, 0, 1, 0, 021, 023, 032, 0, 022, 017, 027, 026 },
};

static u16 *line_at(const struct line *line, u32 at)
{
	return &line->bytes[at % LINE_SIZE];
}

/* Control characters are shown as ^X. Returns the number of columns. */
static u32 echo_columns(const struct line *line, u8 c)
{
	if ((c < 32 || c == 127) && (line->termios.lflag & ECHOCTL))
		return 2;
	return (c & 0xc0) == 0x80 ? 0 : 1; /* a byte after the first of UTF-8 needs none */
}

static void echo_byte(const struct line *line, char c)
{
	char text[2] = { '^', (char)(c ^ 0100) };

	if (c == '\n' || c == '\t' || echo_columns(line, (u8)c) != 2)
		line->echo(&c, 1);
	else
		line->echo(text, 2);
}

static void rub_out(struct line *line)
{
	u32 columns;
	u8 c;

	/* All bytes of a character of UTF-8, down to its first. */
	do {
		c = (u8)*line_at(line, --line->head);
	} while ((c & 0xc0) == 0x80 && line->head != line->ready);
	if (!(line->termios.lflag & ECHO))
		return;
	for (columns = (c & 0xc0) == 0x80 ? 1 : echo_columns(line, c); columns; columns--)
		line->echo("\b \b", 3);
}

/* Is c the special character of this index? 0 switches one off. */
static bool is_special(const struct line *line, u8 index, char c)
{
	return c && (u8)c == line->termios.cc[index];
}

static int signal_of(const struct line *line, char c)
{
	if (!(line->termios.lflag & ISIG))
		return 0;
	if (is_special(line, VINTR, c))
		return SIGINT;
	if (is_special(line, VQUIT, c))
		return SIGQUIT;
	return is_special(line, VSUSP, c) ? SIGTSTP : 0;
}

/* Keys that edit the line. Returns false if c is none of them. */
static bool edit(struct line *line, char c)
{
	if (is_special(line, VERASE, c)) {
		if (line->head != line->ready)
			rub_out(line);
	} else if (is_special(line, VKILL, c)) {
		while (line->head != line->ready)
			rub_out(line);
	} else if (is_special(line, VWERASE, c) && (line->termios.lflag & IEXTEN)) {
		while (line->head != line->ready && (u8)*line_at(line, line->head - 1) == ' ')
			rub_out(line);
		while (line->head != line->ready && (u8)*line_at(line, line->head - 1) != ' ')
			rub_out(line);
	} else {
		return false;
	}
	return true;
}

static void add(struct line *line, u16 byte)
{
	/* The last place is for the end of a line. */
	if (line->head - line->tail < LINE_SIZE - ((byte & LINE_END) ? 0 : 1))
		*line_at(line, line->head++) = byte;
}

int line_input(struct line *line, char c)
{
	const struct termios *termios = &line->termios;
	bool canonical = termios->lflag & ICANON, ends;
	int signal;

	if (c == '\r' && (termios->iflag & IGNCR))
		return 0;
	if (c == '\r' && (termios->iflag & ICRNL))
		c = '\n';
	else if (c == '\n' && (termios->iflag & INLCR))
		c = '\r';
	signal = signal_of(line, c);
	if (signal) {
		if (!(termios->lflag & NOFLSH))
			line_flush(line);
		if (termios->lflag & ECHO)
			echo_byte(line, c);
		return signal;
	}
	if (canonical && edit(line, c))
		return 0;
	if (canonical && is_special(line, VEOF, c)) {
		if (line->head != line->ready)
			*line_at(line, line->head - 1) |= LINE_END;
		else
			add(line, LINE_EOF | LINE_END);
		line->ready = line->head;
		return 0;
	}
	ends = canonical && (c == '\n' || is_special(line, VEOL, c));
	add(line, (u16)((u8)c | (ends ? LINE_END : 0)));
	if ((termios->lflag & ECHO) || (c == '\n' && (termios->lflag & ECHONL)))
		echo_byte(line, c);
	if (ends || !canonical)
		line->ready = line->head;
	return 0;
}

u32 line_peek(const struct line *line, char *to, u32 size, u32 *taken)
{
	bool canonical = line->termios.lflag & ICANON;
	u32 n = 0, at = line->tail;

	while (n < size && at != line->ready) {
		u16 byte = *line_at(line, at);

		/* An end of file after bytes is left for the next read. */
		if ((byte & LINE_EOF) && n && canonical)
			break;
		at++;
		if (!(byte & LINE_EOF))
			to[n++] = (char)byte;
		if ((byte & LINE_END) && canonical)
			break;
	}
	*taken = at - line->tail;
	return n;
}

void line_flush(struct line *line)
{
	line->tail = line->ready = line->head;
}

void line_set(struct line *line, const struct termios *termios)
{
	line->termios = *termios;
	if (!(termios->lflag & ICANON))
		line->ready = line->head;
}
