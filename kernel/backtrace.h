/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * The calls that led to a place, by the chain of frame pointers.
 */

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
