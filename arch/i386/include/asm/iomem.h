/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/**
 * iomem_show() - print the uses of the physical address space
 * @out: output function, such as console_printf()
 *
 * In the format of Linux's /proc/iomem: first and last byte in hex, and the use. A range inside of
 * another one is indented below it.
 * Context: any, after memory_setup().
 */
void iomem_show(printf_fn *out);
