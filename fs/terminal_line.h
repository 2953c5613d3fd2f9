/* SPDX-License-Identifier: MIT */
#pragma once

#include <kernel/spinlock.h>
#include <sched/wait.h>

/* The line discipline: from typed bytes to bytes that a program reads. */

/* Bits of struct termios, with the values of Linux. */
#define INLCR   0x0040u
#define IGNCR   0x0080u
#define ICRNL   0x0100u
#define OPOST   0x0001u
#define ISIG    0x0001u
#define ICANON  0x0002u
#define ECHO    0x0008u
#define ECHOE   0x0010u
#define ECHOK   0x0020u
#define ECHONL  0x0040u
#define NOFLSH  0x0080u
#define TOSTOP  0x0100u
#define ECHOCTL 0x0200u
#define ECHOKE  0x0800u
#define IEXTEN  0x8000u

enum { VINTR, VQUIT, VERASE, VKILL, VEOF, VTIME, VMIN, VSUSP = 10, VEOL, VWERASE = 14, NR_CC = 19 };

struct termios {
	u32 iflag, oflag, cflag, lflag;
	u8 line;
	u8 cc[NR_CC];
};

extern const struct termios termios_default;

#define LINE_SIZE 4096u
#define LINE_END  0x100u /* a line ends after this byte */
#define LINE_EOF  0x200u /* end of file: a line ends here, without a byte */

/**
 * struct line - bytes between the keyboard and the program
 * @termios: settings
 * @bytes: a ring of LINE_SIZE bytes, each with LINE_END or LINE_EOF
 * @head, @tail: bytes that were ever added and read, modulo 2^32
 * @ready: bytes up to here can be read; the others are the line that is being edited
 * @echo: writes to the screen; called with the lock of the owner held
 *
 * The owner has a lock for it.
 */
struct line {
	struct termios termios;
	u16 *bytes;
	u32 head, tail, ready;
	void (*echo)(const char *s, size_t n);
};

/**
 * line_input() - a byte was typed
 * @line: any
 * @c: the byte
 *
 * Context: lock of the owner held.
 * Return: the signal that the byte means, or 0.
 */
int line_input(struct line *line, char c);

/**
 * line_peek() - copy what a read gets
 * @line: any
 * @to: room for @size bytes
 * @size: at least 1
 * @taken: set to the number of bytes of the ring that line->tail has to advance by, which is larger
 *         than the result after an end of file
 *
 * In canonical mode a read ends with a line.
 * Context: lock of the owner held.
 * Return: number of bytes.
 */
u32 line_peek(const struct line *line, char *to, u32 size, u32 *taken);

/**
 * line_flush() - forget all bytes
 * @line: any
 *
 * Context: lock of the owner held.
 */
void line_flush(struct line *line);

/**
 * line_set() - change the settings
 * @line: any
 * @termios: the new ones
 *
 * Context: lock of the owner held.
 */
void line_set(struct line *line, const struct termios *termios);
