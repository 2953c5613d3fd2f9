/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/**
 * madt_read() - fill `topology` from the ACPI MADT
 *
 * Context: boot, once, after acpi_init().
 * Return: false if there is none; nothing has changed then.
 */
bool madt_read(void);
