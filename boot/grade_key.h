/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/boot_record.h>
#include <lib/types.h>

/**
 * grade_key_take() - move the value of grade_key= into the boot record
 * @record: gets the value as text, if it has none yet
 * @text: the chooser's copy of the command line
 * @loaders: physical address of the loader's command line, of which @text is a copy
 *
 * Stars replace the value in both lines. Later code finds no other copy of it.
 *
 * Context: before paging.
 */
void grade_key_take(struct boot_record *record, char *text, u32 loaders);
