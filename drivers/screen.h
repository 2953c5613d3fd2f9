/* SPDX-License-Identifier: MIT */
#pragma once

#include <drivers/vt.h>
#include <kernel/console.h>

/* The screen: a framebuffer if the loader set one up, otherwise the VGA's text mode. */
extern struct console screen_console;

/**
 * screen_probe() - look for a screen in text mode, and clear it
 *
 * Context: boot, once, before screen_console is registered.
 * Return: false if the loader set a graphics mode, or if the firmware is EFI, which has no text
 * mode.
 */
bool screen_probe(void);

/**
 * screen_map() - reach a screen of text through the fixmap from now on
 *
 * Context: boot, once, between paging_init_early() and paging_init().
 */
void screen_map(void);

/**
 * screen_probe_early() - use a framebuffer before vmalloc works
 *
 * Clears it, and shows up to 80 x 25 characters at its upper left, until
 * screen_probe_framebuffer(). That function also reports the reason of a failure here.
 * Context: boot, once, between paging_init_early() and vmalloc_init(), before screen_console is
 *          registered.
 * Return: true if the framebuffer shows text now.
 */
bool screen_probe_early(void);

/**
 * screen_probe_framebuffer() - map a framebuffer and clear it
 *
 * If the loader described one that cannot be used, a warning says why. In both cases screen_console
 * is not registered afterwards.
 * Context: boot, once, after vmalloc_init().
 * Return: true if the framebuffer shows text now.
 */
bool screen_probe_framebuffer(void);

/**
 * screen_keep_history() - start to keep the lines that scroll away from a text screen
 *
 * Without memory for it nothing changes.
 * Context: boot, once, after vmalloc_init().
 */
void screen_keep_history(void);

/**
 * screen_terminal() - the terminal that the screen shows
 *
 * Context: any; its fields may change at any time.
 * Return: NULL if there is no screen, or it is not used.
 */
const struct vt *screen_terminal(void);
