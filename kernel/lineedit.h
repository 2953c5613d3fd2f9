/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/* The longest line, with its end. */
#define LINE_SIZE 256

/* Lines that are remembered. */
#define HISTORY_LINES 32

/**
 * struct line_history - earlier lines; all zeroes at first
 * @lines: number n is at n modulo HISTORY_LINES
 * @nr: how many there ever were
 */
struct line_history {
	char lines[HISTORY_LINES][LINE_SIZE];
	unsigned int nr;
};

/**
 * struct line_editor - a line being edited
 * @line: LINE_SIZE bytes, terminated
 * @length: of it
 * @cursor: 0 to @length
 * @history: earlier lines
 * @at: number of the one shown; @history->nr while it is the one being written
 * @state, @number: within a sequence, what was read of it
 * @draft: the line being written, while an earlier one is shown
 */
struct line_editor {
	char *line;
	size_t length, cursor;
	struct line_history *history;
	unsigned int at;
	enum { LINE_PLAIN, LINE_ESCAPE, LINE_SEQUENCE } state;
	unsigned int number;
	char draft[LINE_SIZE];
};

/**
 * line_edit_start() - begin with an empty line
 * @e: editor
 * @line: the line, LINE_SIZE bytes
 * @history: earlier lines; gets this one when it is complete, if it is not empty or the same again
 */
void line_edit_start(struct line_editor *e, char *line, struct line_history *history);

/**
 * line_edit() - what a byte does to the line
 * @e: editor
 * @c: a byte from console_getc()
 *
 * Keys: left, right, home, end, Ctrl-A/E/B/F, backspace, delete, Ctrl-D, Ctrl-K/U/W, up, down and
 * Ctrl-P/N for earlier lines, Ctrl-C empties the line and ends it. Prints nothing.
 * Context: any.
 * Return: true if the line is complete.
 */
bool line_edit(struct line_editor *e, char c);

/**
 * line_read() - let the user edit a line on the console
 * @prompt: shown in front of it
 * @line: result, LINE_SIZE bytes, without the newline
 * @history: as line_edit_start()
 * @complete: called for Tab: may extend the word that ends at @line; returns whether it did
 *
 * Ctrl-L clears the screen.
 * Context: interrupts on; waits for keys.
 */
void line_read(const char *prompt, char *line, struct line_history *history,
	       bool (*complete)(char *line));

/**
 * line_history_show() - call a function for each remembered line, oldest first
 * @history: the lines
 * @show: gets one
 */
void line_history_show(const struct line_history *history, void (*show)(const char *line));
