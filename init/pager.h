/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * The pager: shows long output of commands one page at a time.
 */

/**
 * pager_start() - begin to count the rows of output
 * @terminal_rows: height of the terminal in rows; 0 if unknown
 *
 * Context: the prompt's thread, before it executes a line.
 */
void pager_start(unsigned int terminal_rows);

/**
 * pager_rows() - height of the user's terminal
 *
 * Context: any.
 * Return: rows, from the terminal's answer or from the command `pager`; 0 if no terminal is known.
 */
unsigned int pager_rows(void);

/**
 * pager_stop() - turn paging off until the next pager_start()
 *
 * For commands that run for a long time: their output is shown at once. Shows the text that was
 * kept so far.
 *
 * Context: the prompt's thread, may sleep.
 */
void pager_stop(void);

/**
 * pager_show() - show the output of a command that has ended
 *
 * Stops at the end of each page until the user presses a key. After 'q' or Ctrl-C the rest is
 * dropped.
 *
 * Context: the prompt's thread, may sleep.
 */
void pager_show(void);
