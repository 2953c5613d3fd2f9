/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * The checker of ownership: are page tables, labels of pages and counts of one mind? vm/check.c is
 * the chapter.
 */

/**
 * vm_check() - compare all page tables with all owners
 *
 * Prints each mistake, up to a limit. Programs that run at the same time are no problem, but the
 * counts of pages that they use at this moment are not compared.
 * Context: may sleep; no lock of an address space, of an object or of page tables held.
 * Return: number of mistakes.
 */
u32 vm_check(void);

/**
 * vm_check_some() - compare the next few frames with their owners
 *
 * Context: that of vm_check().
 */
void vm_check_some(void);
