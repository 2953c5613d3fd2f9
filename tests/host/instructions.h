/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/**
 * host_instructions() - count the instructions of a function
 * @fn: the function; it runs in a child process, so only memory that is shared keeps its results
 * @arg: its argument
 * @most: the counting ends here, and the child with it; a step takes 2 to 20 microseconds
 *
 * Return: the number, the same each time; @most if there are that many or more; 0 after a
 * host_fail(), if this machine forbids tracing or if the child died.
 */
u64 host_instructions(void (*fn)(void *arg), void *arg, u64 most);
