/* SPDX-License-Identifier: MIT */
#pragma once

#include <drivers/vt.h>

/* The VGA text screen, 80 columns and 25 lines, as a device of a terminal. */
#define VGA_COLUMNS 80
#define VGA_ROWS    25

extern const struct vt_device vga_device;

/**
 * vga_clear() - fill the screen with blanks
 *
 * Context: boot, before vga_device is used; the screen is in text mode.
 */
void vga_clear(void);

/**
 * vga_map() - map the screen in the fixmap
 *
 * Context: boot, once, between paging_init_early() and paging_init().
 */
void vga_map(void);
