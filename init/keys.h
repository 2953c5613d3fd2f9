/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Keys, decoded from the bytes that a terminal sends for them (ECMA-48, and xterm's for the modifiers). A
 * key that is a character, a control character included, is its own value; the others are above all
 * characters.
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
	KEY_POSITION, /* no key: the terminal has answered where its cursor is */
};

#define CTRL(letter) ((letter)&0x1f)
#define KEY_ESCAPE   033
#define KEY_RUBOUT   0x7f

/**
 * struct key_decoder - what was read of a sequence; all zeroes at first
 * @state: whether it is within one
 * @numbers: its parameters, of which the first two count; after KEY_POSITION row and column from 1
 * @nr: index of the parameter that is being read
 */
struct key_decoder {
	enum { KEYS_PLAIN, KEYS_ESCAPE, KEYS_SEQUENCE } state;
	unsigned int numbers[2];
	unsigned int nr;
};

/**
 * key_decode() - the key that a byte completes
 * @d: the decoder
 * @c: a byte from console_getc()
 *
 * A control character ends a sequence that is not complete, and counts as itself.
 * Context: any.
 * Return: a character, or a KEY_...; KEY_NONE within a sequence, and for keys that mean nothing here.
 */
int key_decode(struct key_decoder *d, char c);
