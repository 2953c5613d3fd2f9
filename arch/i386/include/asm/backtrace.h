/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Who called whom, by the chain of frame pointers.
 */

/**
 * current_ip() - address of the code that asks
 *
 * For who passes on to an inner function who called: it costs one instruction, and no frame.
 */
static __always_inline unsigned long current_ip(void)
{
	unsigned long ip;

	__asm__("movl $., %0" : "=r"(ip));
	return ip;
}

/**
 * show_backtrace() - print the calls that led here
 *
 * Context: any. Reads the stack with care: a damaged chain ends the trace, nothing more.
 */
void show_backtrace(void);

/**
 * show_calls() - print the calls that led somewhere
 * @eip: printed as the first line, unless it is 0
 * @ebp: frame pointer there
 * @most: lines at most, without the first one, which says what they are
 * @out: where to
 *
 * Context: as show_backtrace().
 */
void show_calls(unsigned long eip, unsigned long ebp, unsigned int most, printf_fn *out);

/**
 * caller_address() - return address some frames up
 * @depth: 0 is the caller of the function that asks
 *
 * Return: the address, or 0 if the chain is shorter.
 */
unsigned long caller_address(unsigned int depth);
