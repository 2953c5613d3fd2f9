/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Keys, decoded from the bytes that a terminal sends (ECMA-48, and xterm for the modifiers). The
 * value of a key with a character, including control characters, is that character. All other keys
 * have larger values.
 */
enum {
	KEY_NONE = 256,
	KEY_UP,
	KEY_DOWN,
	KEY_LEFT,
	KEY_RIGHT,
	KEY_HOME,
	KEY_END,
	KEY_DELETE,
	KEY_PAGE_UP,
	KEY_PAGE_DOWN,
	KEY_WORD_LEFT,
	KEY_WORD_RIGHT,
	KEY_DELETE_WORD,
	KEY_ERASE_WORD,
	KEY_POSITION, /* not a key: the terminal reports the position of its cursor */
};

#define CTRL(letter) ((letter)&0x1f)
#define KEY_ESCAPE   033
#define KEY_RUBOUT   0x7f

/**
 * struct key_decoder - state of a decoder; all zeroes at the start
 * @state: whether it is in a sequence
 * @numbers: the first two parameters of the sequence; after KEY_POSITION row and column, from 1
 * @nr: index of the current parameter
 */
struct key_decoder {
	enum { KEYS_PLAIN, KEYS_ESCAPE, KEYS_SEQUENCE } state;
	unsigned int numbers[2];
	unsigned int nr;
};

/**
 * key_decode() - decode one byte
 * @d: the decoder
 * @c: a byte from console_getc()
 *
 * A control character ends an incomplete sequence, and counts as itself.
 *
 * Context: any.
 * Return: a character or a KEY_...; KEY_NONE in a sequence, and for keys without a meaning here.
 */
int key_decode(struct key_decoder *d, char c);
