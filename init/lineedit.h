/* SPDX-License-Identifier: MIT */
#pragma once

#include <init/keys.h>
#include <lib/types.h>

/* Size of the longest line, with its terminator. */
#define LINE_SIZE 512

/* Number of lines in the history. */
#define HISTORY_LINES 32

/**
 * struct line_history - earlier lines; all zeroes at the start
 * @lines: line number n is at index n modulo HISTORY_LINES
 * @nr: number of lines since boot
 */
struct line_history {
	char lines[HISTORY_LINES][LINE_SIZE];
	unsigned int nr;
};

/**
 * struct line_editor - a line that is being edited
 * @line: the line, LINE_SIZE bytes, terminated
 * @length: its length in bytes
 * @cursor: position of the cursor, 0 to @length
 * @window: first character that the screen shows
 * @history: earlier lines
 * @at: number of the line that is shown; @history->nr for the new one
 * @keys: decodes bytes to keys
 * @lost: number of characters that did not fit into @line
 * @terminal_rows: height of the terminal from its last answer to line_ask_terminal(); 0 if there
 *             was none
 * @draft: the new line, while an earlier one is shown
 * @kept: text that Ctrl-K, Ctrl-U or Ctrl-W removed last, for Ctrl-Y
 *
 * All zeroes before the first line. @kept and @terminal_rows keep their values from line to line.
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
 * line_edit_start() - begin an empty line
 * @e: the editor
 * @line: buffer of LINE_SIZE bytes
 * @history: earlier lines; the complete line is added, unless it is empty or repeats the last one
 *
 * Context: any.
 */
void line_edit_start(struct line_editor *e, char *line, struct line_history *history);

/**
 * line_edit() - apply one byte to the line
 * @e: the editor
 * @c: a byte from console_getc()
 *
 * Keys: left, right, home, end, Ctrl-B/F/A/E move; Ctrl or Alt with left or right, Alt-B/F move by
 * words; backspace, delete, Ctrl-D delete; Ctrl-K, Ctrl-U, Ctrl-W, Alt-D and Alt-backspace remove
 * text that Ctrl-Y inserts again; Ctrl-T exchanges two characters; up, down and Ctrl-P/N show
 * earlier lines; Ctrl-C empties the line and ends it. Prints nothing.
 *
 * Context: any.
 * Return: true if the line is complete.
 */
bool line_edit(struct line_editor *e, char c);

/**
 * line_insert() - insert text at the cursor
 * @e: the editor
 * @text: the text; characters that do not fit are counted in @e->lost
 *
 * Context: any.
 */
void line_insert(struct line_editor *e, const char *text);

/**
 * line_complete_fn - completes the word at the cursor for the Tab key
 * @line: the line
 * @cursor: position of the cursor
 * @text: buffer of LINE_SIZE bytes, set to the text to insert
 *
 * It may print, starting with a newline: the line is drawn again afterwards.
 *
 * Return: true if there is text to insert.
 */
typedef bool line_complete_fn(const char *line, size_t cursor, char *text);

/**
 * line_read() - let the user edit a line on the console
 * @e: the editor; the caller may read its @terminal_rows afterwards
 * @prompt: text shown before the line
 * @line: set to the line, without a newline; LINE_SIZE bytes
 * @history: as for line_edit_start()
 * @complete: called for Tab
 *
 * Ctrl-L clears the screen. A character that does not fit is reported.
 *
 * Context: thread, interrupts on; waits for keys.
 * Return: false if the user cancelled the line with Ctrl-C.
 */
bool line_read(struct line_editor *e, const char *prompt, char *line, struct line_history *history,
	       line_complete_fn *complete);

/**
 * line_ask_terminal() - ask the terminal for its number of rows
 *
 * The answer, if a terminal is there, arrives as a key (ECMA-48, 8.3.14, CPR), and line_edit()
 * stores it. A console that is not a terminal ignores the question.
 *
 * Context: any.
 */
void line_ask_terminal(void);

/**
 * line_history_show() - call a function for each line of the history, oldest first
 * @history: the lines
 * @show: receives one line
 *
 * Context: any that @show allows.
 */
void line_history_show(const struct line_history *history, void (*show)(const char *line));
