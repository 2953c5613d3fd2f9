/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/**
 * boot_seed() - where random numbers begin
 *
 * Context: any.
 * Return: what seed= says; the same in every boot without it. Whoever uses it prints it.
 */
u32 boot_seed(void);
