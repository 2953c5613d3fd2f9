/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/* The longest line, with its end. */
#define LINE_SIZE 256

/**
 * line_read() - let the user edit a line
 * @prompt: shown in front of it
 * @line: result, LINE_SIZE bytes, without the newline
 * @complete: called for Tab: may extend the word that ends at @line; returns whether it did. NULL: Tab
 *            does nothing.
 *
 * Keys: left, right, home, end, Ctrl-A/E/B/F, backspace, delete, Ctrl-D, Ctrl-K/U/W, up, down and Ctrl-P/N
 * for earlier lines, Ctrl-L clears the screen, Ctrl-C gives the line up.
 * Context: interrupts on; waits for keys.
 */
void line_read(const char *prompt, char *line, bool (*complete)(char *line));

/**
 * line_history() - call a function for each remembered line, oldest first
 * @show: gets the line
 */
void line_history(void (*show)(const char *line));
