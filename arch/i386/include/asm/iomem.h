/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/**
 * iomem_show() - what lies where in the physical address space
 * @out: console_printf() or the like
 *
 * In the format of Linux's /proc/iomem: first and last byte in hex, what it is, and what lies inside
 * of something indented below it.
 * Context: any, after memory_setup().
 */
void iomem_show(printf_fn *out);
