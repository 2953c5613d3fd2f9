/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/boot_record.h>

/**
 * module_is_disk() - is a boot module the contents of a RAM disk?
 * @module: any
 *
 * Context: any.
 * Return: the N of the word "disk=ramN" in its text; -1 if there is none.
 */
int module_is_disk(const struct boot_module *module);
