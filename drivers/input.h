/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Input bytes of all consoles: drivers add them, and the prompt takes them.
 */

/**
 * console_input() - add a byte
 * @c: the byte; a cursor key is the sequence of ECMA-48 (up is ESC [ A)
 *
 * For the serial and keyboard drivers. If the buffer of 4096 bytes is full, the byte is dropped and
 * counted.
 *
 * Context: interrupt, or interrupts off, on the boot CPU.
 */
void console_input(char c);

/**
 * console_input_room() - the number of bytes that can be added
 *
 * Context: interrupt, or interrupts off, on the boot CPU.
 * Return: bytes that fit into the buffer now.
 */
u32 console_input_room(void);

/**
 * console_input_lost() - note that a device has lost bytes
 * @bytes: their number, at least
 *
 * The next console_getc() reports it.
 *
 * Context: any.
 */
void console_input_lost(u32 bytes);

/**
 * console_input_use_resume() - set a function to call when there is room again
 * @resume: called in the reader's thread, on any CPU, each time that half of the buffer is empty
 *          again
 *
 * Context: boot.
 */
void console_input_use_resume(void (*resume)(void));

/**
 * console_input_resume() - call the function of console_input_use_resume()
 *
 * For the taker, which calls it after each read. Without need it does nothing.
 * Context: thread, no lock held.
 */
void console_input_resume(void);

/**
 * struct input_taker - another place for bytes than the prompt
 * @take: takes a byte; in the context of console_input(), or in a thread
 * @room: number of bytes that @take can take now
 */
struct input_taker {
	void (*take)(char c);
	u32 (*room)(void);
};

/**
 * console_input_use_taker() - give the bytes that arrive to another place, replaces
 * @taker: gets each byte once the prompt has none any more; NULL: the prompt gets them again
 *
 * Context: thread of the prompt.
 */
void console_input_use_taker(const struct input_taker *taker);

/**
 * console_take() - take the next byte if there is one
 * @c: set to the byte
 *
 * Context: any; not while another thread is in console_getc().
 * Return: false if there is none.
 */
bool console_take(char *c);

/**
 * console_getc() - take the next byte, and wait for it if necessary
 *
 * Context: may sleep; one thread at a time.
 * Return: the byte.
 */
char console_getc(void);

/**
 * console_poll() - is a byte waiting?
 *
 * Context: any.
 * Return: true if console_getc() would not wait.
 */
bool console_poll(void);

/**
 * console_interrupted() - has the user typed Ctrl-C since the command began?
 *
 * A long command checks this from time to time, and ends if it is true.
 *
 * Context: any.
 * Return: true after Ctrl-C.
 */
bool console_interrupted(void);

/**
 * console_clear_interrupted() - forget an earlier Ctrl-C, because a new command begins
 *
 * Context: any.
 */
void console_clear_interrupted(void);
