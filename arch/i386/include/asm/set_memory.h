/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Changing the rights of kernel pages that are mapped. Large pages are split where the rights of their
 * parts come to differ, and are not joined again.
 *
 * No page may be writable and executable at once, where the CPU has NX: a call that would make one so
 * is refused. To write to code, take away the right to execute first.
 *
 * For all of them:
 *
 * @addr: first page, page-aligned
 * @pages: how many
 *
 * Context: not in interrupts. The caller sees to it that nobody else changes the same pages.
 * Return: 0; -EINVAL if a page is not mapped or would become writable and executable, and then nothing
 * was changed, and a warning says which; -ENOMEM if there is no memory to split a large page: rights
 * are as before.
 */

/**
 * set_memory_ro() - make pages read-only
 * @addr: first page, page-aligned
 * @pages: how many
 */
int set_memory_ro(unsigned long addr, unsigned long pages);

/**
 * set_memory_rw() - make pages writable
 * @addr: first page, page-aligned
 * @pages: how many
 */
int set_memory_rw(unsigned long addr, unsigned long pages);

/**
 * set_memory_x() - make pages executable
 * @addr: first page, page-aligned
 * @pages: how many
 */
int set_memory_x(unsigned long addr, unsigned long pages);

/**
 * set_memory_nx() - forbid to execute pages; does nothing where there is no NX
 * @addr: first page, page-aligned
 * @pages: how many
 */
int set_memory_nx(unsigned long addr, unsigned long pages);
