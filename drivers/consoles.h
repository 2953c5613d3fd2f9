/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * consoles_init() - register the consoles that console= names, or serial port and screen
 *
 * A framebuffer has to wait for consoles_map().
 * Context: boot, once, after the parameters are parsed.
 */
void consoles_init(void);

/**
 * consoles_map() - map the memory of the screen
 *
 * Before this call, a text screen uses the boot page tables, and a framebuffer shows nothing. After
 * it, a framebuffer shows as much text as the VGA would.
 * Context: boot, once, between paging_init_early() and paging_init().
 */
void consoles_map(void);

/**
 * consoles_complete() - register the remaining consoles, and start to keep lines that scroll away
 *
 * Context: boot, once, after vmalloc_init().
 */
void consoles_complete(void);

/**
 * consoles_enable_input() - accept input from the keyboard and the serial port
 *
 * Both are used, whatever console= says.
 * Context: boot, once, after irq_init().
 */
void consoles_enable_input(void);
