/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/* Size of a buffer that fits any region_name(). */
#define REGION_TEXT 80

/**
 * region_name() - name the part of the address space that contains an address
 * @vaddr: any address
 * @buf: filled with a readable name: "direct map", "pkmap slot 7", "vmalloc guard"
 * @size: bytes in @buf, REGION_TEXT is enough
 *
 * Context: any.
 * Return: @buf.
 */
const char *region_name(unsigned long vaddr, char *buf, size_t size);
