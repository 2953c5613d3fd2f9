/* SPDX-License-Identifier: MIT */
#include <asm/irqflags.h>
#include <drivers/input.h>
#include <drivers/keyboard.h>
#include <init/lineedit.h>
#include <kernel/console.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>
#include <tests/kernel/ktest.h>

/*
 * From a key to a line: the input buffer, the keyboard's codes, and the line editor.
 */

/* --- keys ------------------------------------------------------------------------------------- */

static void type(const char *keys)
{
	unsigned long flags = local_irq_save();

	for (; *keys; keys++)
		console_input(*keys);
	local_irq_restore(flags);
}

KTEST(keys, keys_come_out_in_order)
{
	type("ab");
	EXPECT(console_poll());
	EXPECT_EQ(console_getc(), 'a');
	EXPECT_EQ(console_getc(), 'b');
	EXPECT(!console_poll());
}

KTEST(keys, keys_that_do_not_fit_are_dropped)
{
	unsigned int keys = 0;

	for (unsigned int i = 0; i < 5000; i++)
		type("x");
	EXPECT_EQ(console_input_room(), 0);
	for (; console_poll(); keys++)
		EXPECT_EQ(console_getc(), 'x');
	EXPECT_EQ(keys, 4096);
}

static void expect_keys(const u8 *codes, unsigned int nr, const char *want)
{
	struct keyboard kbd = { 0 };
	char got[64], text[KEY_TEXT];
	size_t n = 0;

	for (unsigned int i = 0; i < nr; i++) {
		keyboard_decode(&kbd, codes[i], text);
		strscpy(got + n, text, sizeof(got) - n);
		n += strlen(text);
	}
	got[n] = '\0';
	EXPECT_STREQ(got, want);
}

#define EXPECT_KEYS(want, ...)                              \
	do {                                                \
		static const u8 codes_[] = { __VA_ARGS__ }; \
		expect_keys(codes_, sizeof(codes_), want);  \
	} while (0)

KTEST(keys, a_keyboard_is_understood)
{
	EXPECT_KEYS("a1 \n", 0x1e, 0x9e, 0x02, 0x82, 0x39, 0xb9, 0x1c, 0x9c);
	/* Shift, left and right, pressed and released. */
	EXPECT_KEYS("A!a", 0x2a, 0x1e, 0x02, 0xaa, 0x1e);
	EXPECT_KEYS("Aa", 0x36, 0x1e, 0xb6, 0x1e);
	/* Caps Lock affects letters only. */
	EXPECT_KEYS("A1aA", 0x3a, 0xba, 0x1e, 0x02, 0x2a, 0x1e, 0xaa, 0x1e);
	/* Ctrl-A, Ctrl-C; right Ctrl. */
	EXPECT_KEYS("\001\003", 0x1d, 0x1e, 0x2e, 0x9d);
	EXPECT_KEYS("\001a", 0xe0, 0x1d, 0x1e, 0xe0, 0x9d, 0x1e);
}

KTEST(keys, keys_without_a_character_are_sequences)
{
	EXPECT_KEYS("\033[A\033[D", 0xe0, 0x48, 0xe0, 0xc8, 0xe0, 0x4b, 0xe0, 0xcb);
	EXPECT_KEYS("\033[3~\033[H\033[F", 0xe0, 0x53, 0xe0, 0x47, 0xe0, 0x4f);
	/* Some keyboards send a shift code with an arrow key. It does not count as Shift. */
	EXPECT_KEYS("\033[Ca", 0xe0, 0x2a, 0xe0, 0x4d, 0x1e);
	EXPECT_KEYS("", 0x3b, 0x44, 0x57, 0xff, 0xe0, 0x37, 0xe0, 0xb7);
}

KTEST(keys, the_number_block_has_two_meanings)
{
	EXPECT_KEYS("\033[H\033[A\033[F\033[3~", 0x47, 0xc7, 0x48, 0x4f, 0x53);
	EXPECT_KEYS("7894561230.", 0x45, 0xc5, 0x47, 0x48, 0x49, 0x4b, 0x4c, 0x4d, 0x4f, 0x50, 0x51,
		    0x52, 0x53);
	EXPECT_KEYS("-+*-+*", 0x4a, 0x4e, 0x37, 0x45, 0xc5, 0x4a, 0x4e, 0x37);
	/* Shift inverts Num Lock. The separate arrow keys ignore both. */
	EXPECT_KEYS("7\033[H", 0x2a, 0x47, 0xaa, 0x45, 0xc5, 0x2a, 0x47, 0xaa);
	EXPECT_KEYS("\033[A\033[3~", 0x45, 0xc5, 0xe0, 0x48, 0xe0, 0x53);
	EXPECT_KEYS("1\033[F", 0x45, 0xc5, 0x4f, 0x45, 0xc5, 0x4f);
	/* Pause is neither Ctrl nor Num Lock. */
	EXPECT_KEYS("a\033[H", 0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5, 0x1e, 0x47);
}

KTEST(keys, shift_and_a_page_key_are_for_the_screen)
{
	EXPECT_KEYS("\033[5~\033[6~", 0xe0, 0x49, 0xe0, 0x51);
	EXPECT_KEYS("\033[5;2~\033[6;2~a", 0x2a, 0xe0, 0x49, 0xe0, 0x51, 0xaa, 0x1e);
	/* The keyboard sends a release of Shift before the key and a press after it. Shift stays
	 * pressed. */
	EXPECT_KEYS("\033[5;2~A", 0x36, 0xe0, 0xaa, 0xe0, 0x49, 0xe0, 0x2a, 0x1e);
}

/* --- the line editor -------------------------------------------------------------------------- */

static struct line_history history;
static unsigned int line_lost; /* characters that did not fit into the last line */

static void edit(const char *bytes, char line[LINE_SIZE])
{
	static struct line_editor e;

	line_edit_start(&e, line, &history);
	while (*bytes && !line_edit(&e, *bytes))
		bytes++;
	EXPECT_EQ(strlen(line), e.length);
	EXPECT(e.cursor <= e.length);
	line_lost = e.lost;
}

static void expect_line(const char *bytes, const char *want)
{
	char line[LINE_SIZE];

	edit(bytes, line);
	EXPECT_STREQ(line, want);
}

KTEST(keys, a_line_can_be_edited)
{
	memset(&history, 0, sizeof(history));
	expect_line("plain\r", "plain");
	expect_line("bc\001a\005d\r", "abcd");
	expect_line("ac\033[Db\r", "abc");
	expect_line("abx\177c\r", "abc");
	expect_line("xabc\033[H\033[3~\r", "abc");
	expect_line("bcd\033OHa\033[4~e\r", "abcde");
	expect_line("abcxyz\033[D\033[D\033[D\013\r", "abc");
	expect_line("xyzabc\033[D\033[D\033[D\025\r", "abc");
	expect_line("one two  \027\r", "one ");
	expect_line("given up\003", "");
	/* Keys do nothing at the ends of the line, nor do keys without a meaning. */
	expect_line("\177\033[D\033[C\033[3~\013\025\027a\033[C\004\r", "a");
	expect_line("a\033[1;5Qb\033[17~c\033xd\007\r", "abcd");
}

KTEST(keys, a_line_can_be_edited_by_words)
{
	memset(&history, 0, sizeof(history));
	/* Ctrl with left and right, Alt-B and Alt-F stop at each character that is no letter. */
	expect_line("one two\033[1;5Dx\r", "one xtwo");
	expect_line("one two\033b\033bx\r", "xone two");
	expect_line("one;two\033[1;3D\033[1;3D\033[1;5Cx\r", "onex;two");
	expect_line("one two\001\033fx\r", "onex two");
	/* Shift changes nothing. */
	expect_line("one two\033[1;2Dx\r", "one twxo");
	/* Ctrl-Y inserts the text that Alt-D, Alt-backspace or Ctrl-W removed. */
	expect_line("one two\001\033d\r", " two");
	expect_line("kmap.slots\033\177x\r", "kmap.x");
	expect_line("kmap.slots\033\bx\r", "kmap.x");
	expect_line("one kmap.slots\027\001\031 \r", "kmap.slots one ");
	expect_line("one two\025\031\031\r", "one twoone two");
	expect_line("onetwo\033[D\033[D\033[D\013\001\031\r", "twoone");
	expect_line("teh\024\r", "the");
	expect_line("a\024\r", "a");
	/* A control character ends an incomplete sequence. */
	expect_line("ab\033[1;5\001x\r", "xab");
	expect_line("ab\033\003", "");
}

KTEST(keys, a_terminal_tells_its_height)
{
	static struct line_editor e;
	char line[LINE_SIZE];

	line_edit_start(&e, line, &history);
	EXPECT_EQ(e.terminal_rows, 0);
	for (const char *answer = "ab\033[24;80Rc"; *answer; answer++)
		line_edit(&e, *answer);
	EXPECT_EQ(e.terminal_rows, 24);
	EXPECT_STREQ(line, "abc");
	e.terminal_rows = 0;
}

KTEST(keys, earlier_lines_come_back)
{
	char bytes[32], line[LINE_SIZE], up[3 * HISTORY_LINES + 1];

	memset(&history, 0, sizeof(history));
	expect_line("\033[A\033[B\r", "");
	expect_line("first\r", "first");
	expect_line("second\r", "second");
	expect_line("second\r", "second");
	EXPECT_EQ(history.nr, 2);
	expect_line("\033[A\003", "");
	expect_line("\033[A\r", "second");
	expect_line("draft\033[A\033[A\033[B\033[B\003", "");
	expect_line("draft\033[A\033[A\033[B\033[B", "draft");
	expect_line("\033[A\033[A\033[A\033[A\r", "first");
	for (unsigned int i = 0; i < 100; i++) {
		snprintf(bytes, sizeof(bytes), "line %u\r", i);
		edit(bytes, line);
	}
	/* Ctrl-P, more often than there are lines. */
	memset(up, 'P' & 0x1f, sizeof(up) - 1);
	up[sizeof(up) - 1] = '\0';
	snprintf(line, sizeof(line), "line %u", 100 - HISTORY_LINES);
	expect_line(up, line);
}

KTEST(keys, a_line_that_is_too_long_is_cut_and_that_is_counted)
{
	static char bytes[2 * LINE_SIZE];
	char line[LINE_SIZE];

	memset(&history, 0, sizeof(history));
	memset(bytes, 'y', sizeof(bytes) - 1);
	edit(bytes, line);
	EXPECT_EQ(strlen(line), LINE_SIZE - 1);
	EXPECT_EQ(line_lost, LINE_SIZE);
}
