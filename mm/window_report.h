/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/**
 * table_windows_show() - print the windows to page tables of all CPUs that show a frame
 * @out: function that prints
 *
 * Context: any. A window that moves meanwhile is printed as it was before or after the move.
 */
void table_windows_show(printf_fn *out);
