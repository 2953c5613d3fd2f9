/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/* Enough for one key: ESC [ 3 ~ and the terminating 0. */
#define KEY_TEXT 8

/**
 * keyboard_enable_input() - hand keys to console_input()
 *
 * A mouse at the same controller is switched off: a byte of it that no driver reads would block the
 * keyboard.
 *
 * Context: boot, once, after irq_init().
 */
void keyboard_enable_input(void);

/**
 * struct keyboard - state of the decoder
 * @shift, @ctrl: bits of the keys held, left 1 and right 2
 * @skip: bytes that are still to be ignored: the rest of Pause
 * @caps_lock, @num_lock: switched on
 * @extended: the last byte was 0xe0
 */
struct keyboard {
	u8 shift, ctrl, skip;
	bool caps_lock, num_lock, extended;
};

/**
 * keyboard_decode() - decode a byte from the keyboard
 * @kbd: state, changed accordingly
 * @scancode: of set 1
 * @text: set to the text of the key, terminated: a character, or a sequence of ECMA-48; "" for none
 *
 * Context: any.
 */
void keyboard_decode(struct keyboard *kbd, u8 scancode, char text[KEY_TEXT]);
