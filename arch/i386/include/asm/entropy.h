/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/**
 * entropy_fill() - make bytes that nothing can guess, as far as this machine can
 * @to: gets the bytes
 * @n: their number
 *
 * Context: any except NMI.
 */
void entropy_fill(void *to, size_t n);
