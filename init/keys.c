/* SPDX-License-Identifier: MIT */
#include <init/keys.h>
#include <lib/string.h>

/*
 * A decoder from bytes to keys.
 *
 * A key without a character arrives as a sequence: ESC [ (or ESC O), decimal parameters separated
 * by ';', and a final letter or '~' (ECMA-48, 5.4). xterm adds a parameter for the modifiers: ESC [
 * 1 ; 5 D is Ctrl with the left arrow. ESC followed by a letter is that letter with Alt.
 *
 * Until the next byte arrives, a lone Escape key looks like the start of a sequence. Escape has no
 * meaning here, so the decoder never has to wait with a timeout.
 */

/* xterm's second parameter minus one: one bit each for Shift, Alt and Ctrl. */
static bool with_alt_or_ctrl(const struct key_decoder *d)
{
	return d->numbers[1] && ((d->numbers[1] - 1) & 6);
}

static int key_of_number(unsigned int number)
{
	switch (number) {
	case 1:
	case 7:
		return KEY_HOME;
	case 3:
		return KEY_DELETE;
	case 4:
	case 8:
		return KEY_END;
	case 5:
		return KEY_PAGE_UP;
	case 6:
		return KEY_PAGE_DOWN;
	default:
		return KEY_NONE;
	}
}

static int key_of_sequence(const struct key_decoder *d, char final)
{
	switch (final) {
	case 'A':
		return KEY_UP;
	case 'B':
		return KEY_DOWN;
	case 'C':
		return with_alt_or_ctrl(d) ? KEY_WORD_RIGHT : KEY_RIGHT;
	case 'D':
		return with_alt_or_ctrl(d) ? KEY_WORD_LEFT : KEY_LEFT;
	case 'H':
		return KEY_HOME;
	case 'F':
		return KEY_END;
	case 'R':
		return KEY_POSITION;
	case '~':
		return key_of_number(d->numbers[0]);
	default:
		return KEY_NONE;
	}
}

static int key_with_alt(char c)
{
	switch (c) {
	case 'b':
		return KEY_WORD_LEFT;
	case 'f':
		return KEY_WORD_RIGHT;
	case 'd':
		return KEY_DELETE_WORD;
	case '\b':
	case KEY_RUBOUT:
		return KEY_ERASE_WORD;
	default:
		return KEY_NONE;
	}
}

static int after_escape(struct key_decoder *d, char c)
{
	if (c == '[' || c == 'O') {
		d->state = KEYS_SEQUENCE;
		return KEY_NONE;
	}
	d->state = KEYS_PLAIN;
	return key_with_alt(c);
}

static int in_sequence(struct key_decoder *d, char c)
{
	if (c >= '0' && c <= '9') {
		unsigned int *number = &d->numbers[min(d->nr, 1u)];

		if (d->nr < ARRAY_SIZE(d->numbers))
			*number = (*number * 10 + (unsigned int)(c - '0')) % 10000;
		return KEY_NONE;
	}
	if (c == ';')
		d->nr++;
	/* Other parameters and intermediate characters, which no known key has. */
	if (c >= ' ' && c <= '?')
		return KEY_NONE;
	d->state = KEYS_PLAIN;
	return key_of_sequence(d, c);
}

int key_decode(struct key_decoder *d, char c)
{
	if (c == KEY_ESCAPE) {
		memset(d, 0, sizeof(*d));
		d->state = KEYS_ESCAPE;
		return KEY_NONE;
	}
	/* Backspace is the only control character that can follow Escape: it is Alt-backspace. */
	if ((u8)c < ' ' && !(d->state == KEYS_ESCAPE && c == '\b'))
		d->state = KEYS_PLAIN;
	switch (d->state) {
	case KEYS_ESCAPE:
		return after_escape(d, c);
	case KEYS_SEQUENCE:
		return in_sequence(d, c);
	default:
		return (u8)c;
	}
}
