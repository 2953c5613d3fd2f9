/* SPDX-License-Identifier: MIT */
#pragma once

#include <kernel/console.h>

/* The first serial port, 115200 baud, 8 bits, no parity. */
extern struct console serial_console;

/**
 * serial_probe() - look for the first serial port
 *
 * The first call tests it and sets it up.
 * Context: boot, before serial_console is registered.
 * Return: false if there is none.
 */
bool serial_probe(void);

/**
 * serial_enable_input() - pass received bytes to console_input()
 *
 * Context: boot, once, after irq_init() and a successful serial_probe().
 */
void serial_enable_input(void);
