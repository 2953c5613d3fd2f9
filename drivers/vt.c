/* SPDX-License-Identifier: MIT */
#include <drivers/code_page.h>
#include <drivers/vt.h>
#include <lib/string.h>

/*
 * The terminal behind a screen (ECMA-48, 5th edition; the names of sequences are from there).
 *
 *	          ┌───────────────┐ ◀─ top - history
 *	          │ earlier lines │
 *	 back ──▶ ├───────────────┤ ◀─ top          refresh(): what differs
 *	          │    screen     │ ──────────────────────────────────────▶ shown ─▶ device
 *	          └───────────────┘ ◀─ top + rows
 *	           lines, a ring
 *
 * Text changes only the ring, which is ordinary memory. At the end of a write, the terminal
 * compares the rows that may have changed with `shown`, and passes the cells that differ to the
 * device. So it never reads a device, which would be slow on a framebuffer. A long write is drawn
 * once, however often it scrolls. Scrolling by a line moves `top`. If copying a cell is as fast as
 * comparing it, the device has no `shown` and gets whole rows.
 *
 * A line that is printed alone still moves all other lines. If drawing is expensive, the screen
 * scrolls by `jump` lines at once (the "jump scroll" of the DEC VT100), and the next lines fill the
 * free space.
 */

#define TAB 8

/* --- the ring --------------------------------------------------------------------------------- */

/* A row counted from `top`; negative: above the screen. */
static u16 *ring_line(const struct vt *vt, int row)
{
	unsigned int at = vt->top + (row < 0 ? vt->capacity : 0) + (unsigned int)row;

	if (at >= vt->capacity)
		at -= vt->capacity;
	return vt->lines + at * vt->columns;
}

static void touch(struct vt *vt, unsigned int from, unsigned int to)
{
	vt->dirty_from = min(vt->dirty_from, from);
	vt->dirty_to = max(vt->dirty_to, to);
}

/* A blank of the present background, as terminals erase. */
static u16 blank(const struct vt *vt)
{
	return (u16)(' ' | (vt->colours & 0x70) << 8 | 0x0700);
}

static void erase(struct vt *vt, unsigned int row, unsigned int from, unsigned int to)
{
	u16 *line = ring_line(vt, (int)row), cell = blank(vt);

	for (unsigned int i = from; i < to; i++)
		line[i] = cell;
	touch(vt, row, row + 1);
}

static void erase_rows(struct vt *vt, unsigned int from, unsigned int to)
{
	for (unsigned int row = from; row < to; row++)
		erase(vt, row, 0, vt->columns);
}

static void move_up(struct vt *vt, unsigned int lines)
{
	unsigned int top = vt->top + lines;

	vt->top = top >= vt->capacity ? top - vt->capacity : top;
	vt->history = min(vt->history + lines, vt->capacity - vt->rows);
	erase_rows(vt, vt->rows - lines, vt->rows);
	touch(vt, 0, vt->rows);
}

/* Move lines down. The history above the screen stays in the ring. */
static void move_down(struct vt *vt)
{
	for (unsigned int row = vt->rows - 1; row > 0; row--)
		memcpy(ring_line(vt, (int)row), ring_line(vt, (int)row - 1),
		       vt->columns * sizeof(u16));
	erase(vt, 0, 0, vt->columns);
	touch(vt, 0, vt->rows);
}

/* --- showing ---------------------------------------------------------------------------------- */

static void refresh_row(struct vt *vt, unsigned int row)
{
	const u16 *want = ring_line(vt, (int)row - (int)vt->back);
	u16 *have;

	if (!vt->shown) {
		vt->device->draw(vt, row, 0, want, vt->columns);
		vt->nr_drawn += vt->columns;
		return;
	}
	have = vt->shown + row * vt->columns;
	for (unsigned int from = 0, to; from < vt->columns; from = to) {
		if (want[from] == have[from]) {
			to = from + 1;
			continue;
		}
		for (to = from + 1; to < vt->columns && want[to] != have[to]; to++)
			continue;
		vt->device->draw(vt, row, from, want + from, to - from);
		memcpy(have + from, want + from, (to - from) * sizeof(u16));
		vt->nr_drawn += to - from;
	}
}

static void refresh(struct vt *vt)
{
	for (unsigned int row = vt->dirty_from; row < min(vt->dirty_to, vt->rows); row++)
		refresh_row(vt, row);
	vt->dirty_from = vt->rows;
	vt->dirty_to = 0;
	vt->device->cursor(vt, vt->row, vt->column, !vt->cursor_hidden && !vt->back);
}

static void show_from(struct vt *vt, unsigned int back)
{
	if (back == vt->back)
		return;
	vt->back = back;
	touch(vt, 0, vt->rows);
}

/* --- characters ------------------------------------------------------------------------------- */

static u8 effective_colours(const struct vt *vt)
{
	u8 front = (u8)((vt->colours & 0x0f) | (vt->bright ? 0x08 : 0)), back = vt->colours >> 4;

	return vt->reverse ? (u8)(back | (front & 7) << 4) : (u8)(front | back << 4);
}

static void new_line(struct vt *vt)
{
	vt->wrap_pending = false;
	if (vt->row + 1 < vt->rows) {
		vt->row++;
		return;
	}
	move_up(vt, vt->jump);
	vt->row = vt->rows - vt->jump;
}

static void put(struct vt *vt, u8 c)
{
	if (vt->wrap_pending) {
		vt->column = 0;
		new_line(vt);
	}
	ring_line(vt, (int)vt->row)[vt->column] = (u16)(c | effective_colours(vt) << 8);
	touch(vt, vt->row, vt->row + 1);
	if (vt->column + 1 < vt->columns)
		vt->column++;
	else
		vt->wrap_pending = true;
}

static void move_to(struct vt *vt, unsigned int row, unsigned int column)
{
	vt->row = min(row, vt->rows - 1);
	vt->column = min(column, vt->columns - 1);
	vt->wrap_pending = false;
}

static void control(struct vt *vt, u8 c)
{
	switch (c) {
	case '\n':
	case '\v':
	case '\f':
		/* A line that is printed ends in "\n" alone, see struct console. */
		vt->column = 0;
		new_line(vt);
		break;
	case '\r':
		move_to(vt, vt->row, 0);
		break;
	case '\b':
		move_to(vt, vt->row, vt->column - (vt->column != 0));
		break;
	case '\t':
		move_to(vt, vt->row, (vt->column / TAB + 1) * TAB);
		break;
	case '\033':
		vt->state = VT_ESCAPE;
		break;
	}
}

/* --- control sequences ------------------------------------------------------------------------ */

/* ECMA-48 numbers the colours red, green, blue from bit 0; the VGA in the opposite order. */
static u8 vga_colour(unsigned int colour)
{
	return (u8)((colour & 2) | (colour & 1) << 2 | (colour & 4) >> 2);
}

/*
 * The nearest of the eight colours and the eight bright ones to an RGB value, in the order of
 * ECMA-48.
 */
static unsigned int nearest_colour(unsigned int red, unsigned int green, unsigned int blue)
{
	unsigned int most = max(red, green), half;

	most = max(most, blue);
	half = most / 2;
	if (most < 64)
		return 0;
	return (red > half) | (green > half) << 1 | (blue > half) << 2 | (most > 192) << 3;
}

/* The colour of 38;5;n and 48;5;n: 16 fixed ones, a cube of six levels each, 24 greys (xterm). */
static unsigned int colour_of_256(unsigned int n)
{
	unsigned int grey;

	if (n < 16)
		return n;
	if (n < 232)
		return nearest_colour((n - 16) / 36 * 51, (n - 16) / 6 % 6 * 51, (n - 16) % 6 * 51);
	grey = (min(n, 255u) - 232) * 10 + 8;
	return grey < 64 ? 0 : grey < 128 ? 8 : grey < 200 ? 7 : 15;
}

static void set_front(struct vt *vt, unsigned int colour)
{
	vt->colours = (u8)((vt->colours & 0x70) | vga_colour(colour & 7) | (colour & 8));
}

static void set_back(struct vt *vt, unsigned int colour)
{
	vt->colours = (u8)((vt->colours & 0x0f) | vga_colour(colour & 7) << 4);
}

/* Parameter 38 or 48 with its own parameters. Return: how many parameters were used. */
static unsigned int extended_colour(struct vt *vt, unsigned int at)
{
	const unsigned int *p = vt->parameters + at;
	unsigned int left = vt->nr_parameters - at, colour, taken;

	if (left >= 3 && p[1] == 5) {
		colour = colour_of_256(p[2]);
		taken = 3;
	} else if (left >= 5 && p[1] == 2) {
		colour = nearest_colour(p[2], p[3], p[4]);
		taken = 5;
	} else {
		return left;
	}
	if (p[0] == 38)
		set_front(vt, colour);
	else
		set_back(vt, colour);
	return taken;
}

static void reset_colours(struct vt *vt)
{
	vt->colours = 0x07;
	vt->bright = vt->reverse = false;
}

static void select_rendition(struct vt *vt, unsigned int n)
{
	if (n == 0)
		reset_colours(vt);
	else if (n == 1 || n == 22)
		vt->bright = n == 1;
	else if (n == 7 || n == 27)
		vt->reverse = n == 7;
	else if (n >= 30 && n <= 37)
		set_front(vt, n - 30);
	else if (n == 39)
		set_front(vt, 7);
	else if (n >= 40 && n <= 47)
		set_back(vt, n - 40);
	else if (n == 49)
		set_back(vt, 0);
	else if (n >= 90 && n <= 97)
		set_front(vt, n - 90 + 8);
	else if (n >= 100 && n <= 107)
		set_back(vt, n - 100);
}

static void select_renditions(struct vt *vt)
{
	for (unsigned int i = 0; i < vt->nr_parameters;) {
		if (vt->parameters[i] == 38 || vt->parameters[i] == 48)
			i += extended_colour(vt, i);
		else
			select_rendition(vt, vt->parameters[i++]);
	}
}

static void erase_in_display(struct vt *vt, unsigned int what)
{
	if (what == 0) {
		erase(vt, vt->row, vt->column, vt->columns);
		erase_rows(vt, vt->row + 1, vt->rows);
	} else if (what == 1) {
		erase_rows(vt, 0, vt->row);
		erase(vt, vt->row, 0, vt->column + 1);
	} else if (what == 2) {
		erase_rows(vt, 0, vt->rows);
	} else if (what == 3) {
		vt->history = 0;
	}
}

static void erase_in_line(struct vt *vt, unsigned int what)
{
	if (what <= 2)
		erase(vt, vt->row, what == 0 ? vt->column : 0,
		      what == 1 ? vt->column + 1 : vt->columns);
}

/* Remove n cells at the cursor, or insert n blanks; the rest of the line moves. */
static void shift_line(struct vt *vt, unsigned int n, bool in)
{
	u16 *line = ring_line(vt, (int)vt->row);
	unsigned int rest = vt->columns - vt->column;

	n = min(n, rest);
	memmove(line + vt->column + (in ? n : 0), line + vt->column + (in ? 0 : n),
		(rest - n) * sizeof(u16));
	if (in)
		erase(vt, vt->row, vt->column, vt->column + n);
	else
		erase(vt, vt->row, vt->columns - n, vt->columns);
}

static void end_of_sequence(struct vt *vt, u8 final)
{
	unsigned int first = vt->nr_parameters ? vt->parameters[0] : 0;
	unsigned int second = vt->nr_parameters > 1 ? vt->parameters[1] : 0;
	unsigned int n = max(first, 1u), row = vt->row, column = vt->column;

	vt->state = VT_TEXT;
	if (vt->is_private) {
		if ((final == 'h' || final == 'l') && first == 25)
			vt->cursor_hidden = final == 'l';
		return;
	}
	switch (final) {
	case 'A':
		return move_to(vt, row - min(row, n), column);
	case 'B':
		return move_to(vt, row + n, column);
	case 'C':
		return move_to(vt, row, column + n);
	case 'D':
		return move_to(vt, row, column - min(column, n));
	case 'E':
		return move_to(vt, row + n, 0);
	case 'F':
		return move_to(vt, row - min(row, n), 0);
	case 'G':
		return move_to(vt, row, n - 1);
	case 'd':
		return move_to(vt, n - 1, column);
	case 'H':
	case 'f':
		return move_to(vt, n - 1, max(second, 1u) - 1);
	case 'J':
		return erase_in_display(vt, first);
	case 'K':
		return erase_in_line(vt, first);
	case 'P':
		return shift_line(vt, n, false);
	case '@':
		return shift_line(vt, n, true);
	case 'X':
		return erase(vt, row, column, min(column + n, vt->columns));
	case 'm':
		return select_renditions(vt);
	}
}

/* ECMA-48, 5.4: parameters 0x30-0x3f, intermediates 0x20-0x2f, then one final byte from 0x40. */
static void sequence(struct vt *vt, u8 c)
{
	unsigned int *number = &vt->parameters[vt->nr_parameters - 1];

	if (c >= '0' && c <= '9') {
		*number = min(*number * 10 + (c - '0'), 10000u);
	} else if (c == ';' || c == ':') {
		if (vt->nr_parameters < VT_PARAMETERS)
			vt->parameters[vt->nr_parameters++] = 0;
	} else if (c >= 0x40) {
		end_of_sequence(vt, c);
	} else if (c >= 0x20) {
		vt->is_private = true; /* < = > ?, or an intermediate: a sequence of another kind */
	} else {
		vt->state = VT_TEXT;
		control(vt, c);
	}
}

static void begin_sequence(struct vt *vt)
{
	vt->parameters[0] = 0;
	vt->nr_parameters = 1;
	vt->is_private = false;
	vt->state = VT_SEQUENCE;
}

static void reset(struct vt *vt)
{
	reset_colours(vt);
	vt->cursor_hidden = false;
	erase_rows(vt, 0, vt->rows);
	move_to(vt, 0, 0);
}

static void escape(struct vt *vt, u8 c)
{
	vt->state = VT_TEXT;
	if (c == '[') {
		begin_sequence(vt);
	} else if (c == ']' || c == 'P' || c == 'X' || c == '^' || c == '_') {
		vt->state = VT_STRING; /* a title or the like, up to BEL or ESC \ */
	} else if (c >= 0x20 && c <= 0x2f) {
		vt->state = VT_SKIP_ONE; /* another character set: one byte names it */
	} else if (c == 'c') {
		reset(vt);
	} else if (c == 'D' || c == 'E') {
		if (c == 'E')
			vt->column = 0;
		new_line(vt);
	} else if (c == 'M') {
		if (vt->row)
			move_to(vt, vt->row - 1, vt->column);
		else
			move_down(vt);
	} else if (c == '7') {
		vt->saved_row = vt->row;
		vt->saved_column = vt->column;
	} else if (c == '8') {
		move_to(vt, vt->saved_row, vt->saved_column);
	} else if (c < 0x20) {
		control(vt, c);
	}
}

/* --- UTF-8 (RFC 3629) ------------------------------------------------------------------------- */

static void utf8(struct vt *vt, u8 c)
{
	if ((c & 0xc0) == 0x80) {
		if (!vt->utf8_left) {
			put(vt, '?');
			return;
		}
		vt->utf8 = vt->utf8 << 6 | (c & 0x3f);
		if (--vt->utf8_left == 0)
			put(vt, vt->utf8 < 0x80 ? '?' : code_page_character(vt->utf8));
		return;
	}
	vt->utf8_left = c >= 0xf8 ? 0 : c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
	vt->utf8 = c & (0x3fu >> vt->utf8_left);
	if (!vt->utf8_left)
		put(vt, '?');
}

/* An incomplete character is shown as one that does not exist. */
static void end_utf8(struct vt *vt)
{
	if (vt->utf8_left) {
		vt->utf8_left = 0;
		put(vt, '?');
	}
}

/* --- bytes ------------------------------------------------------------------------------------ */

static void text(struct vt *vt, u8 c)
{
	if (c >= 0x80 && (c & 0xc0) == 0x80 && vt->utf8_left)
		return utf8(vt, c);
	end_utf8(vt);
	if (c >= 0x80)
		utf8(vt, c);
	else if (c < 0x20)
		control(vt, c);
	else if (c != 0x7f)
		put(vt, c);
}

static void interpret(struct vt *vt, u8 c)
{
	switch (vt->state) {
	case VT_TEXT:
		return text(vt, c);
	case VT_ESCAPE:
		return escape(vt, c);
	case VT_SEQUENCE:
		return sequence(vt, c);
	case VT_STRING:
	case VT_STRING_ESCAPE:
		/* A string without an end must not swallow the following lines. */
		if (c == '\a' || c == '\n' || (vt->state == VT_STRING_ESCAPE && c == '\\'))
			vt->state = VT_TEXT;
		else
			vt->state = c == '\033' ? VT_STRING_ESCAPE : VT_STRING;
		return;
	case VT_SKIP_ONE:
		vt->state = VT_TEXT;
		return;
	}
}

/*
 * Fast path: most bytes are ASCII that is placed next to the previous character. The last column is
 * left to put(). Return: the number of bytes used.
 */
static size_t put_plain(struct vt *vt, const char *s, size_t n)
{
	u16 *cell = ring_line(vt, (int)vt->row) + vt->column;
	u16 colours = (u16)(effective_colours(vt) << 8);
	size_t room = vt->columns - vt->column - 1, i = 0;

	if (vt->state != VT_TEXT || vt->utf8_left)
		return 0;
	for (n = min(n, room); i < n && s[i] >= ' ' && s[i] < 0x7f; i++)
		cell[i] = (u16)((u8)s[i] | colours);
	vt->column += (unsigned int)i;
	if (i)
		touch(vt, vt->row, vt->row + 1);
	return i;
}

void vt_write(struct vt *vt, const char *s, size_t n)
{
	show_from(vt, 0);
	for (size_t i = 0; i < n;) {
		i += put_plain(vt, s + i, n - i);
		if (i < n)
			interpret(vt, (u8)s[i++]);
	}
	refresh(vt);
}

void vt_scroll_back(struct vt *vt, int lines)
{
	int back = (int)vt->back + lines;

	show_from(vt, back < 0 ? 0 : min((unsigned int)back, vt->history));
	refresh(vt);
}

/* --- beginning -------------------------------------------------------------------------------- */

static void fill_blank(u16 *cells, size_t n)
{
	for (size_t i = 0; i < n; i++)
		cells[i] = VT_BLANK;
}

void vt_init(struct vt *vt, const struct vt_device *device, unsigned int columns, unsigned int rows,
	     u16 *lines, unsigned int capacity, u16 *shown)
{
	*vt = (struct vt){ .device = device,
			   .columns = columns,
			   .rows = rows,
			   .jump = 1,
			   .lines = lines,
			   .capacity = capacity,
			   .shown = shown,
			   .colours = 0x07,
			   .dirty_from = rows };
	fill_blank(lines, (size_t)rows * columns);
	if (shown)
		fill_blank(shown, (size_t)rows * columns);
	refresh(vt);
}

u16 *vt_set_lines(struct vt *vt, u16 *lines, unsigned int capacity)
{
	u16 *old = vt->lines;

	for (int row = -(int)vt->history; row < (int)vt->rows; row++)
		memcpy(lines + ((unsigned int)row + vt->history) * vt->columns, ring_line(vt, row),
		       vt->columns * sizeof(u16));
	vt->lines = lines;
	vt->top = vt->history;
	vt->capacity = capacity;
	return old;
}
