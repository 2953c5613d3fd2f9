/* SPDX-License-Identifier: MIT */
#pragma once

#include <drivers/vt.h>
#include <kernel/console.h>

/* The screen: a framebuffer where the loader left one, else the VGA's text. */
extern struct console screen_console;

/**
 * screen_probe() - is there a screen of text?
 *
 * Clears it.
 * Context: boot, once, before screen_console is registered.
 * Return: false where the loader left a graphics mode, or the firmware is EFI, which has no text mode.
 */
bool screen_probe(void);

/**
 * screen_map() - reach a screen of text through the fixmap from now on
 *
 * Context: boot, once, between paging_init_early() and paging_init().
 */
void screen_map(void);

/**
 * screen_probe_early() - can a framebuffer show text before there is vmalloc?
 *
 * Clears it, and shows up to 80 x 25 characters at its upper left; screen_probe_framebuffer() ends that.
 * Whatever prevents it is left to screen_probe_framebuffer() to say.
 * Context: boot, once, between paging_init_early() and vmalloc_init(), before screen_console is registered.
 */
bool screen_probe_early(void);

/**
 * screen_probe_framebuffer() - is there a framebuffer that text can be shown on?
 *
 * Maps it and clears it. If the loader named one that cannot be used, a warning says why. In each case
 * screen_console is not registered afterwards.
 * Context: boot, once, after vmalloc_init().
 */
bool screen_probe_framebuffer(void);

/**
 * screen_keep_history() - from now on keep what scrolls away from a screen of text
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
