/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/* Keys: handed in by drivers, taken out by the prompt. */

/**
 * console_input() - hand in a key
 * @c: a byte; cursor keys come as the sequences of ECMA-48 (up is ESC [ A)
 *
 * Called by serial and keyboard drivers. A byte that does not fit the buffer (256) is dropped.
 * Context: interrupt, or interrupts off.
 */
void console_input(char c);

/**
 * console_getc() - next key
 *
 * Context: may sleep; one thread at a time.
 * Return: the byte.
 */
char console_getc(void);

/**
 * console_poll() - is a key waiting?
 *
 * Context: any.
 * Return: true if console_getc() would not wait.
 */
bool console_poll(void);

/**
 * console_interrupted() - was Ctrl-C typed since the command began?
 *
 * Whatever takes long looks from time to time, and ends.
 */
bool console_interrupted(void);

/**
 * console_clear_interrupted() - a new command begins
 */
void console_clear_interrupted(void);
