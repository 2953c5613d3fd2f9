/* SPDX-License-Identifier: MIT */
#pragma once

#include <kernel/console.h>

/* The debug port of QEMU (-debugcon) and Bochs (port_e9_hack): output only. */
extern struct console debugcon_console;

/**
 * debugcon_probe() - look for the debug port
 *
 * Context: any.
 * Return: whether it exists.
 */
bool debugcon_probe(void);
