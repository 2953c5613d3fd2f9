/* SPDX-License-Identifier: MIT */
#include <mm/memblock.h>

#include <lib/command.h>
#include <lib/errno.h>
#include <lib/string.h>

/*
 * The boot parameters of memblock, with Linux's names and meaning. They only set variables that
 * mm/memblock.c defines: that file compiles on the host too, and knows of no command line.
 */

static int parse_memblock(const char *value)
{
	if (strcmp(value, "debug") != 0)
		return -EINVAL;
	memblock_debug = true;
	return 0;
}

BOOT_PARAM("memblock", "memblock=debug", "log what memblock adds, removes and reserves",
	   parse_memblock);

static int parse_movable_node(const char *value)
{
	if (value[0])
		return -EINVAL;
	movable_node_enabled = true;
	return 0;
}

BOOT_PARAM("movable_node", "movable_node", "allocate nothing at boot from hotpluggable memory",
	   parse_movable_node);
