/* SPDX-License-Identifier: MIT */
#include <asm/io.h>
#include <drivers/debugcon.h>

/*
 * A port that accepts bytes at any time, without waiting. If it exists, it reads as its own
 * address; otherwise it reads as 0xff.
 */

#define DEBUG_PORT 0xe9

bool debugcon_probe(void)
{
	return inb(DEBUG_PORT) == DEBUG_PORT;
}

static void debugcon_write(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		outb(DEBUG_PORT, (u8)s[i]);
}

struct console debugcon_console = { .name = "debugcon", .write = debugcon_write };
