/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/**
 * current_ip() - the address of the code that calls this
 *
 * For functions that pass their call site down: it costs one instruction, and no frame.
 * Context: any.
 * Return: an address in the calling function.
 */
static __always_inline unsigned long current_ip(void)
{
	unsigned long ip;

	__asm__("movl $., %0" : "=r"(ip));
	return ip;
}
