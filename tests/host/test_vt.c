/* SPDX-License-Identifier: MIT */
#include "host.h"

#include <drivers/vt.h>

/*
 * The terminal. The device of these tests stores what it was asked to draw.
 * After each write the terminal's text, its `shown` and the device must agree.
 */

#define COLUMNS  20
#define ROWS     6
#define CAPACITY 16

static struct vt vt;
static u16 lines[CAPACITY * COLUMNS], shown[ROWS * COLUMNS], screen[ROWS * COLUMNS];
static unsigned int cursor_row, cursor_column, cells_drawn;
static bool cursor_visible;

static void draw(struct vt *v, unsigned int row, unsigned int column, const u16 *cells,
		 unsigned int n)
{
	REQUIRE(row < ROWS && column < COLUMNS && n >= 1 && n <= COLUMNS - column);
	memcpy(screen + row * COLUMNS + column, cells, n * sizeof(u16));
	cells_drawn += n;
}

static void show_cursor(struct vt *v, unsigned int row, unsigned int column, bool visible)
{
	REQUIRE(row < ROWS && column < COLUMNS);
	cursor_row = row;
	cursor_column = column;
	cursor_visible = visible;
}

static const struct vt_device device = { .draw = draw, .cursor = show_cursor };

static void begin(void)
{
	for (unsigned int i = 0; i < ROWS * COLUMNS; i++)
		screen[i] = VT_BLANK;
	vt_init(&vt, &device, COLUMNS, ROWS, lines, CAPACITY, shown);
	cells_drawn = 0;
}

static void say(const char *s)
{
	vt_write(&vt, s, strlen(s));
	CHECK(memcmp(screen, shown, sizeof(shown)) == 0);
}

/* The characters of a line, without trailing blanks. */
static const char *row_text(unsigned int row)
{
	static char text[COLUMNS + 1];
	unsigned int n = COLUMNS;

	for (unsigned int i = 0; i < COLUMNS; i++)
		text[i] = (char)screen[row * COLUMNS + i];
	while (n && text[n - 1] == ' ')
		n--;
	text[n] = '\0';
	return text;
}

static void expect_screen(const char *const want[ROWS])
{
	for (unsigned int row = 0; row < ROWS; row++)
		CHECK_STREQ(row_text(row), want[row]);
}

#define EXPECT_SCREEN(...) expect_screen((const char *const[ROWS]){ __VA_ARGS__ })

static void expect_cursor(unsigned int row, unsigned int column)
{
	CHECK_EQ(cursor_row, row);
	CHECK_EQ(cursor_column, column);
}

static u8 colours_at(unsigned int row, unsigned int column)
{
	return (u8)(screen[row * COLUMNS + column] >> 8);
}

/* --- text ------------------------------------------------------------------------------------- */

static void text_and_controls(void)
{
	begin();
	say("one\ntwo\rTW\n\tx\b\by\n");
	EXPECT_SCREEN("one", "TWo", "       yx", "", "", "");
	expect_cursor(3, 0);
	CHECK(cursor_visible);
}

/* A line as wide as the screen takes one row, even with its newline. */
static void a_full_line_takes_one_line(void)
{
	begin();
	say("12345678901234567890\nnext");
	EXPECT_SCREEN("12345678901234567890", "next", "", "", "", "");
	begin();
	say("123456789012345678901");
	EXPECT_SCREEN("12345678901234567890", "1", "", "", "", "");
	begin();
	say("12345678901234567890\rx");
	EXPECT_SCREEN("x2345678901234567890", "", "", "", "", "");
}

static void scrolls_by_a_line(void)
{
	begin();
	say("1\n2\n3\n4\n5\n6\n7");
	EXPECT_SCREEN("2", "3", "4", "5", "6", "7");
	expect_cursor(5, 1);
}

static void scrolls_by_several_lines(void)
{
	begin();
	vt.jump = 3;
	say("1\n2\n3\n4\n5\n6\n7");
	EXPECT_SCREEN("4", "5", "6", "7", "", "");
	expect_cursor(3, 1);
	say("\n8\n9\n10");
	EXPECT_SCREEN("7", "8", "9", "10", "", "");
}

/* A write draws each cell at most once, however often it scrolls. */
static void a_write_is_drawn_once(void)
{
	begin();
	for (int i = 0; i < 200; i++)
		say("0123456789abcdefghi\n");
	cells_drawn = 0;
	say("a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm\nn");
	CHECK(cells_drawn <= ROWS * COLUMNS);
	cells_drawn = 0;
	say("x");
	CHECK_EQ(cells_drawn, 1);
}

/* --- sequences -------------------------------------------------------------------------------- */

static void moves_the_cursor(void)
{
	begin();
	say("\033[3;5Hx");
	expect_cursor(2, 5);
	say("\033[A\033[2D");
	expect_cursor(1, 3);
	say("\033[2B\033[C");
	expect_cursor(3, 4);
	say("\033[99;99H");
	expect_cursor(5, 19);
	say("\033[99A\033[99D");
	expect_cursor(0, 0);
	say("\033[4d\033[7G");
	expect_cursor(3, 6);
	say("\033[E");
	expect_cursor(4, 0);
	say("\0337\033[H\0338");
	expect_cursor(4, 0);
	say("\033[0;0H");
	expect_cursor(0, 0);
	say("\033[?25l");
	CHECK(!cursor_visible);
	say("\033[?25h");
	CHECK(cursor_visible);
}

static void erases(void)
{
	begin();
	say("aaaa\nbbbb\ncccc\033[2;3H\033[K");
	EXPECT_SCREEN("aaaa", "bb", "cccc", "", "", "");
	say("\033[1K");
	EXPECT_SCREEN("aaaa", "", "cccc", "", "", "");
	say("\033[J");
	EXPECT_SCREEN("aaaa", "", "", "", "", "");
	say("dd\033[1J");
	EXPECT_SCREEN("", "", "", "", "", "");
	say("\033[Hxyz\033[2J");
	EXPECT_SCREEN("", "", "", "", "", "");
	expect_cursor(0, 3);
}

static void inserts_and_deletes_characters(void)
{
	begin();
	say("abcdef\033[1;3H\033[2P");
	EXPECT_SCREEN("abef", "", "", "", "", "");
	say("\033[3@");
	EXPECT_SCREEN("ab   ef", "", "", "", "", "");
	say("\033[99P\033[H\033[X");
	EXPECT_SCREEN(" b", "", "", "", "", "");
}

static void colours(void)
{
	begin();
	say("a\033[31mb\033[1mc\033[44md\033[7me\033[0mf"
	    "\033[93mg\033[38;5;46mh\033[48;2;0;0;255mi\033[39;49mj");
	CHECK_EQ(colours_at(0, 0), 0x07);
	CHECK_EQ(colours_at(0, 1), 0x04);
	CHECK_EQ(colours_at(0, 2), 0x0c);
	CHECK_EQ(colours_at(0, 3), 0x1c);
	CHECK_EQ(colours_at(0, 4), 0x41);
	CHECK_EQ(colours_at(0, 5), 0x07);
	CHECK_EQ(colours_at(0, 6), 0x0e);
	CHECK_EQ(colours_at(0, 7), 0x0a);
	CHECK_EQ(colours_at(0, 8), 0x1a);
	CHECK_EQ(colours_at(0, 9), 0x07);
	say("\033[41m\033[K\033[m");
	CHECK_EQ(colours_at(0, 15), 0x47);
	EXPECT_SCREEN("abcdefghij", "", "", "", "", "");
}

/* An unknown sequence leaves nothing on the screen, and does not swallow the text after it. */
static void unknown_sequences_leave_no_litter(void)
{
	begin();
	say("a\033[5nb\033[?2004hc\033[>4;2md\033[1 qe"
	    "\033]0;title\af\033]2;t\033\\g\033(Bh\033=i\033[200z");
	EXPECT_SCREEN("abcdefghi", "", "", "", "", "");
	say("\033]unfinished\nj");
	EXPECT_SCREEN("abcdefghij", "", "", "", "", "");
	begin();
	say("\033[1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17;18;19;20;21mx\033[99999999999999Cy");
	EXPECT_SCREEN("x                  y", "", "", "", "", "");
}

static void a_sequence_may_be_cut(void)
{
	begin();
	say("a\033");
	say("[");
	say("3");
	say("Cb\xe2");
	say("\x94");
	say("\x80");
	CHECK_EQ(screen[4] & 0xff, 'b');
	CHECK_EQ(screen[5] & 0xff, 0xc4);
}

static void characters_beyond_ascii(void)
{
	begin();
	say("\xc3\xa9\xe2\x94\x82\xe2\x86\x92\xe2\x96\x88|"
	    "\xf0\x9f\x98\x80|\xff|\x80|\xc3|\xe2\x94|");
	CHECK_EQ(screen[0] & 0xff, 0x82);
	CHECK_EQ(screen[1] & 0xff, 0xb3);
	CHECK_EQ(screen[2] & 0xff, '>');
	CHECK_EQ(screen[3] & 0xff, 0xdb);
	CHECK_STREQ(row_text(0) + 4, "|?|?|?|?|?|");
}

/* The text screen has no `shown`, but receives everything that is written or scrolled. */
static void a_device_may_be_given_whole_rows(void)
{
	begin();
	vt_init(&vt, &device, COLUMNS, ROWS, lines, CAPACITY, NULL);
	vt_write(&vt, "1\n2\n3\n4\n5\n6\n7", 13);
	EXPECT_SCREEN("2", "3", "4", "5", "6", "7");
	vt_scroll_back(&vt, 1);
	EXPECT_SCREEN("1", "2", "3", "4", "5", "6");
	vt_write(&vt, "\033[H\033[2J", 7);
	EXPECT_SCREEN("", "", "", "", "", "");
}

/* --- scrolling back --------------------------------------------------------------------------- */

static void scrolls_back(void)
{
	begin();
	say("1\n2\n3\n4\n5\n6\n7\n8\n9");
	vt_scroll_back(&vt, 2);
	EXPECT_SCREEN("2", "3", "4", "5", "6", "7");
	CHECK(!cursor_visible);
	vt_scroll_back(&vt, 100);
	EXPECT_SCREEN("1", "2", "3", "4", "5", "6");
	vt_scroll_back(&vt, -1);
	EXPECT_SCREEN("2", "3", "4", "5", "6", "7");
	say("x");
	EXPECT_SCREEN("4", "5", "6", "7", "8", "9x");
	CHECK(cursor_visible);
	vt_scroll_back(&vt, 1);
	vt_scroll_back(&vt, -100);
	EXPECT_SCREEN("4", "5", "6", "7", "8", "9x");
}

/* The ring has room for ten lines above the screen. */
static void the_oldest_lines_are_lost(void)
{
	char line[16];

	begin();
	for (int i = 1; i <= 100; i++) {
		snprintf(line, sizeof(line), "\n%d", i);
		say(line);
	}
	vt_scroll_back(&vt, 1000);
	EXPECT_SCREEN("85", "86", "87", "88", "89", "90");
	say("\033[3J");
	vt_scroll_back(&vt, 1000);
	EXPECT_SCREEN("95", "96", "97", "98", "99", "100");
}

static void a_longer_ring_keeps_the_text(void)
{
	static u16 more[40 * COLUMNS];
	char line[16];

	begin();
	for (int i = 1; i <= 30; i++) {
		snprintf(line, sizeof(line), "\n%d", i);
		say(line);
	}
	CHECK(vt_set_lines(&vt, more, 40) == lines);
	say("");
	EXPECT_SCREEN("25", "26", "27", "28", "29", "30");
	for (int i = 31; i <= 50; i++) {
		snprintf(line, sizeof(line), "\n%d", i);
		say(line);
	}
	vt_scroll_back(&vt, 1000);
	EXPECT_SCREEN("15", "16", "17", "18", "19", "20");
}

/* After any write the screen shows the newest lines of the ring, and no other memory changes. */
static void random_bytes(void)
{
	static const char alphabet[] =
		"\033\033\033[[[[;;??0123456789ABCDEFGHJKPXdfhlmM@c78\n\n\r\b\t"
		"abcdefgh \xc3\xa9\xe2\x94\x80\xff]\a\\(";
	char bytes[64];

	begin();
	for (int round = 0; round < 30000; round++) {
		size_t n = host_random_below(sizeof(bytes));

		vt.jump = 1 + (unsigned int)host_random_below(ROWS);
		for (size_t i = 0; i < n; i++)
			bytes[i] = host_random_below(8)
					   ? alphabet[host_random_below(sizeof(alphabet) - 1)]
					   : (char)host_random_below(256);
		vt_write(&vt, bytes, n);
		REQUIRE(vt.row < ROWS && vt.column < COLUMNS && vt.top < CAPACITY);
		REQUIRE(vt.history <= CAPACITY - ROWS);
		if (host_random_below(8) == 0)
			vt_scroll_back(&vt, (int)host_random_below(20) - 10);
		REQUIRE(memcmp(screen, shown, sizeof(shown)) == 0);
		for (int row = 0; row < ROWS; row++) {
			unsigned int at =
				(vt.top + CAPACITY - vt.back + (unsigned int)row) % CAPACITY;

			REQUIRE(memcmp(shown + row * COLUMNS, lines + at * COLUMNS,
				       COLUMNS * sizeof(u16)) == 0);
		}
	}
}

int main(void)
{
	host_run("text_and_controls", text_and_controls);
	host_run("a_full_line_takes_one_line", a_full_line_takes_one_line);
	host_run("scrolls_by_a_line", scrolls_by_a_line);
	host_run("scrolls_by_several_lines", scrolls_by_several_lines);
	host_run("a_write_is_drawn_once", a_write_is_drawn_once);
	host_run("moves_the_cursor", moves_the_cursor);
	host_run("erases", erases);
	host_run("inserts_and_deletes_characters", inserts_and_deletes_characters);
	host_run("colours", colours);
	host_run("unknown_sequences_leave_no_litter", unknown_sequences_leave_no_litter);
	host_run("a_sequence_may_be_cut", a_sequence_may_be_cut);
	host_run("characters_beyond_ascii", characters_beyond_ascii);
	host_run("a_device_may_be_given_whole_rows", a_device_may_be_given_whole_rows);
	host_run("scrolls_back", scrolls_back);
	host_run("the_oldest_lines_are_lost", the_oldest_lines_are_lost);
	host_run("a_longer_ring_keeps_the_text", a_longer_ring_keeps_the_text);
	host_run("random_bytes", random_bytes);
	return host_done();
}
