/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Consoles: devices that show text. Keyboard input is in drivers/input.h.
 *
 * Output that is not a log message, such as that of a prompt command or a KTAP line, is written
 * with console_printf(). It has no time stamp and no level, and is not kept in the log. A function
 * that can report both ways takes a printf_fn (lib/types.h).
 */

/**
 * struct console - a device that shows text
 * @name: its name in console=: "ttyS0", "tty0", "debugcon"
 * @write: shows n bytes. "\n" begins a new line; the driver adds what its device needs. "\b" moves
 *         left. It polls the device, and so works with interrupts off and in a panic.
 * @scroll: shows the text this many half screens further back, or forward if negative, until the
 *          next write; NULL if the device scrolls by itself or cannot scroll
 * @next: private to printk.c
 * @busy: private to printk.c: cpu_tag() of the CPU that executes @write; 0 for none
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
 * @con: must stay valid until console_unregister()
 *
 * The console first receives all messages of the log that are below the console level.
 *
 * Context: boot.
 */
void console_register(struct console *con);

/**
 * console_unregister() - remove a console
 * @con: a console; the function does nothing if it is not registered
 *
 * When this function returns, no CPU executes @con's write. The console may be freed or registered
 * again.
 *
 * Context: any, except within @con's write.
 */
void console_unregister(struct console *con);

/**
 * console_write() - write to all consoles, without logging
 * @s: the bytes
 * @n: number of bytes
 *
 * Context: any.
 */
void console_write(const char *s, size_t n);

/**
 * console_scroll() - show earlier lines on the consoles that can scroll
 * @half_screens: distance back, in half screens; negative for forward
 *
 * Context: any.
 */
void console_scroll(int half_screens);

/**
 * console_printf() - write formatted text to all consoles, without logging
 * @fmt: as for printk(), without a level
 *
 * Context: any.
 * Return: the number of characters written.
 */
int console_printf(const char *fmt, ...) __printf(1, 2);

/**
 * console_use_keeper() - set a function that may keep text instead of printing it
 * @keep: called by console_printf() in any context; returns true if it has kept the text, which is
 *        then not written. The pager keeps text and shows it later.
 *
 * Context: the prompt's thread.
 */
void console_use_keeper(bool (*keep)(const char *s, size_t n));
