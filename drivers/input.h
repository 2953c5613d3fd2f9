/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/* Keys: handed in by drivers, taken out by the prompt. */

/**
 * console_input() - hand in a key
 * @c: a byte; cursor keys come as the sequences of ECMA-48 (up is ESC [ A)
 *
 * Called by serial and keyboard drivers. A byte that does not fit the buffer (4096) is dropped, and counted.
 * Context: interrupt, or interrupts off, on the boot CPU.
 */
void console_input(char c);

/**
 * console_input_room() - how many bytes can be handed in?
 *
 * Context: as console_input().
 * Return: bytes that fit the buffer now.
 */
u32 console_input_room(void);

/**
 * console_input_lost() - say that a device has lost bytes
 * @bytes: how many, at least
 *
 * The next console_getc() reports it.
 * Context: any.
 */
void console_input_lost(u32 bytes);

/**
 * console_input_use_resume() - what to call when there is room again
 * @resume: called in the reader's thread, on any CPU, each time that half of the buffer has become empty
 *
 * Context: boot.
 */
void console_input_use_resume(void (*resume)(void));

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
