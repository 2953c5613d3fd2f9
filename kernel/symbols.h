/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Names of code addresses. tools/symbols.sh generates the table from the linked kernel, and a
 * second link adds it.
 */

/* Room for any name with offset. */
#define SYMBOL_TEXT 80

/**
 * symbol_lookup() - find the function that contains an address
 * @addr: any address
 * @offset: set to the distance from the function's start, in bytes; may be NULL
 * @buf: at least SYMBOL_TEXT bytes
 *
 * Context: any.
 * Return: @buf, with the function's name; NULL if the address is not in the kernel's text.
 */
const char *symbol_lookup(unsigned long addr, unsigned long *offset, char *buf);

/**
 * symbol_format() - format an address as text
 * @addr: any address
 * @buf: at least SYMBOL_TEXT bytes
 *
 * Context: any.
 * Return: @buf: "name+0x12", or the address in hexadecimal if it has no name.
 */
const char *symbol_format(unsigned long addr, char *buf);
