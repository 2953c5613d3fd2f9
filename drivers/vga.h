/* SPDX-License-Identifier: MIT */
#pragma once

#include <kernel/console.h>

/* The VGA text screen, 80 columns and 25 lines. */
extern struct console vga_console;

/**
 * vga_init() - clear the screen
 *
 * Context: boot, once, before vga_console is registered.
 */
void vga_init(void);
