/* SPDX-License-Identifier: MIT */
#pragma once

#include <init/keys.h>
#include <lib/types.h>

/* The longest line, with its end. */
#define LINE_SIZE 512

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
 * @window: first character that the screen shows
 * @history: earlier lines
 * @at: number of the one shown; @history->nr while it is the one being written
 * @keys: makes keys of bytes
 * @lost: characters that did not fit into @line
 * @terminal_rows: height of the terminal, as it last answered line_ask_terminal(); 0 if it never has
 * @draft: the line being written, while an earlier one is shown
 * @kept: what Ctrl-K, Ctrl-U or Ctrl-W took out last, for Ctrl-Y
 *
 * All zeroes before the first line. @kept and @terminal_rows stay from line to line.
 */
struct line_editor {
	char *line;
	size_t length, cursor, window;
	struct line_history *history;
	unsigned int at;
	struct key_decoder keys;
	unsigned int lost;
	unsigned int terminal_rows;
	char draft[LINE_SIZE];
	char kept[LINE_SIZE];
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
 * Keys: left, right, home, end, Ctrl-B/F/A/E; Ctrl or Alt with left or right, Alt-B/F by words; backspace,
 * delete, Ctrl-D; Ctrl-K, Ctrl-U, Ctrl-W, Alt-D and Alt-backspace take out what Ctrl-Y brings back; Ctrl-T; up,
 * down and Ctrl-P/N for earlier lines; Ctrl-C empties the line and ends it. Prints nothing.
 * Context: any.
 * Return: true if the line is complete.
 */
bool line_edit(struct line_editor *e, char c);

/**
 * line_insert() - insert text at the cursor
 * @e: editor
 * @text: what does not fit into the line is counted in @e->lost
 *
 * Context: any.
 */
void line_insert(struct line_editor *e, const char *text);

/**
 * line_complete_fn - what the Tab key does
 * @line: the line
 * @cursor: place in it
 * @text: LINE_SIZE bytes: set to what has to be inserted there
 *
 * May print, beginning with a newline: the line is shown anew afterwards.
 * Return: whether there is something to insert.
 */
typedef bool line_complete_fn(const char *line, size_t cursor, char *text);

/**
 * line_read() - let the user edit a line on the console
 * @e: editor, of which the terminal's height may be read afterwards
 * @prompt: shown in front of it
 * @line: result, LINE_SIZE bytes, without the newline
 * @history: as line_edit_start()
 * @complete: called for Tab
 *
 * Ctrl-L clears the screen. A character that does not fit is reported.
 * Context: interrupts on; waits for keys.
 * Return: false if the line was given up with Ctrl-C.
 */
bool line_read(struct line_editor *e, const char *prompt, char *line, struct line_history *history,
	       line_complete_fn *complete);

/**
 * line_ask_terminal() - ask the terminal how many rows it has
 *
 * The answer, if somebody is there to give it, arrives as a key (ECMA-48, 8.3.14, CPR), and line_edit() keeps
 * it. A console that is no terminal swallows the question.
 */
void line_ask_terminal(void);

/**
 * line_history_show() - call a function for each remembered line, oldest first
 * @history: the lines
 * @show: gets one
 */
void line_history_show(const struct line_history *history, void (*show)(const char *line));
