/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/**
 * mp_table_read() - fill `topology` from the table of the MultiProcessor Specification
 *
 * Context: boot, once, on a machine with a BIOS.
 * Return: false if there is none, or none that is sane; nothing has changed then.
 */
bool mp_table_read(void);
