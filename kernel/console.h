/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Consoles: where text goes out. Where keys come in is drivers/input.h.
 *
 * Output that is not a log message (what a prompt command shows, KTAP lines) is written with
 * console_printf(): no time stamp, no level, not in the ring buffer. Functions that can report both
 * ways take a printf_fn (lib/types.h).
 */

/**
 * struct console - a device that shows text
 * @name: as in console=: "ttyS0", "tty0", "debugcon"
 * @write: shows n bytes; "\n" is a new line (the driver adds what its device needs), "\b" moves
 *         left. Polls: works with interrupts off, in a panic too.
 * @scroll: shows what is half a screen further back, or forward if negative, until the next write;
 *          NULL: the device does that itself, or cannot
 * @next: private to printk.c
 * @busy: private to printk.c: cpu_tag() of the CPU that is in @write; 0 if none is
 */
struct console {
	const char *name;
	void (*write)(const char *s, size_t n);
	void (*scroll)(int half_screens);
	struct console *next;
	u32 busy;
};

/**
 * console_register() - add a console
 * @con: stays registered up to console_unregister()
 *
 * Everything still in the ring buffer, of a level that consoles show, is written to it first.
 * Context: boot.
 */
void console_register(struct console *con);

/**
 * console_unregister() - write no more to a console
 * @con: nothing is done if it is not registered
 *
 * When this returns no CPU is in @con's write, and it may be freed or registered again.
 * Context: any, but not in @con's write.
 */
void console_unregister(struct console *con);

/**
 * console_write() - write to every console, past the log
 * @s: bytes
 * @n: how many
 *
 * Context: any.
 */
void console_write(const char *s, size_t n);

/**
 * console_scroll() - show earlier lines on the consoles that can
 * @half_screens: how far back; negative: forward
 *
 * Context: any.
 */
void console_scroll(int half_screens);

/**
 * console_printf() - formatted console_write()
 * @fmt: as for printk(), without a level
 *
 * Context: any.
 * Return: the number of characters written.
 */
int console_printf(const char *fmt, ...) __printf(1, 2);

/**
 * console_use_keeper() - let somebody keep what is printed, to show it later
 * @keep: called by console_printf() in any context; returns true if it has taken the text, which is not
 *        written then
 */
void console_use_keeper(bool (*keep)(const char *s, size_t n));
