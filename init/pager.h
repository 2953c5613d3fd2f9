/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/* Long output of commands, a page at a time. */

/**
 * pager_start() - a line of commands was typed: count the rows of what it prints from here on
 * @terminal_rows: height of the terminal; 0 if none has told, then nothing is paged unless `pager` says so
 *
 * Context: the prompt's thread.
 */
void pager_start(unsigned int terminal_rows);

/**
 * pager_stop() - page nothing any more, up to the next pager_start()
 *
 * For commands that run for long: what they print is shown at once. Shows what was kept until now.
 * Context: the prompt's thread, may sleep.
 */
void pager_stop(void);

/**
 * pager_show() - a command has ended: show what it printed
 *
 * Stops when a page is full, until a key is pressed. After 'q' or Ctrl-C the rest is not shown.
 * Context: the prompt's thread, may sleep.
 */
void pager_show(void);
