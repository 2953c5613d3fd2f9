/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * consoles_init() - register the consoles that console= names, or serial and screen
 *
 * A framebuffer has to wait for consoles_map().
 * Context: boot, once, after the parameters are parsed.
 */
void consoles_init(void);

/**
 * consoles_map() - give the consoles that are memory mappings of their own
 *
 * Until then a screen of text uses the boot page tables, and a framebuffer shows nothing; from now on it
 * shows as much as VGA's text mode would.
 * Context: boot, once, between paging_init_early() and paging_init().
 */
void consoles_map(void);

/**
 * consoles_complete() - register what consoles_init() could not, and keep what scrolls off the screen
 *
 * Context: boot, once, after vmalloc_init().
 */
void consoles_complete(void);

/**
 * consoles_enable_input() - listen to the keyboard and to the serial line
 *
 * Both, whatever console= says: whoever types is heard.
 * Context: boot, once, after irq_init().
 */
void consoles_enable_input(void);
