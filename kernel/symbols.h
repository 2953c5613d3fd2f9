/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Names for addresses of code. The table is made by tools/symbols.sh from the linked kernel and
 * linked into it.
 */

/* Enough for any name with offset and size. */
#define SYMBOL_TEXT 80

/**
 * symbol_lookup() - which function does an address lie in?
 * @addr: any address
 * @offset: bytes from its start; may be NULL
 *
 * Return: its name, or NULL if the address is not in the kernel's text.
 */
const char *symbol_lookup(unsigned long addr, unsigned long *offset);

/**
 * symbol_format() - an address as text
 * @addr: any address
 * @buf: at least SYMBOL_TEXT bytes
 *
 * Return: @buf: "name+0x12", or the address in hex if there is no name.
 */
const char *symbol_format(unsigned long addr, char *buf);
