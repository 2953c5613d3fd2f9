/* SPDX-License-Identifier: MIT */
#pragma once

#include <kernel/console.h>

/* The VGA text screen, 80 columns and 25 lines. */
extern struct console vga_console;

/**
 * vga_probe() - is the screen in text mode? Clears it
 *
 * Context: boot, once, before vga_console is registered.
 * Return: false where the loader left a graphics mode, or the firmware is EFI, which has no text mode.
 */
bool vga_probe(void);

/**
 * vga_map() - from now on reach the screen through the fixmap
 *
 * Context: boot, once, between paging_init_early() and paging_init().
 */
void vga_map(void);
