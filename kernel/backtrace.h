/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Backtraces: the chain of calls that led to a place, found through the frame pointers.
 */

/**
 * show_backtrace() - print the calls that led to the caller
 *
 * Context: any. Never faults: a damaged chain ends the backtrace early.
 */
void show_backtrace(void);

/**
 * show_calls() - print the calls that led to a given place
 * @eip: address to print as the first line; 0 for none
 * @ebp: frame pointer at that place
 * @most: the largest number of lines, without the heading
 * @out: function to print with
 *
 * Context: any. Never faults: a damaged chain ends the backtrace early.
 */
void show_calls(unsigned long eip, unsigned long ebp, unsigned int most, printf_fn *out);

/**
 * caller_address() - find the return address some frames up
 * @depth: 0 for the caller of the calling function, 1 for its caller, and so on
 *
 * Context: any.
 * Return: the address; 0 if the chain is shorter.
 */
unsigned long caller_address(unsigned int depth);
