/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Functions that change the rights of mapped kernel pages. A large page is split when its parts get
 * different rights, and is never joined again.
 *
 * On a CPU with NX, no page may be writable and executable at once: a call that would make one so
 * is refused. To write to code, first remove the right to execute it.
 *
 * For all of them:
 *
 * @addr: first page, page-aligned
 * @pages: number of pages
 *
 * Context: interrupts on, not in interrupts, and no spinlock is held. The caller makes sure that no
 * other code changes the same pages.
 * Return: 0; -EINVAL if a page is not mapped or would become writable and executable: nothing was
 * changed, and a warning names the page; -ENOMEM if there is no memory to split a large page: the
 * rights are unchanged.
 */

/**
 * set_memory_ro() - make pages read-only
 * @addr: first page, page-aligned
 * @pages: how many
 *
 * Context: interrupts on, not in interrupts, and no spinlock is held.
 * Return: 0, -EINVAL or -ENOMEM; see above.
 */
int set_memory_ro(unsigned long addr, unsigned long pages);

/**
 * set_memory_rw() - make pages writable
 * @addr: first page, page-aligned
 * @pages: how many
 *
 * Context: interrupts on, not in interrupts, and no spinlock is held.
 * Return: 0, -EINVAL or -ENOMEM; see above.
 */
int set_memory_rw(unsigned long addr, unsigned long pages);

/**
 * set_memory_x() - make pages executable
 * @addr: first page, page-aligned
 * @pages: how many
 *
 * Context: interrupts on, not in interrupts, and no spinlock is held.
 * Return: 0, -EINVAL or -ENOMEM; see above.
 */
int set_memory_x(unsigned long addr, unsigned long pages);

/**
 * set_memory_nx() - make pages not executable; does nothing on a CPU without NX
 * @addr: first page, page-aligned
 * @pages: number of pages
 *
 * Context: interrupts on, not in interrupts, and no spinlock is held.
 * Return: 0, -EINVAL or -ENOMEM; see above.
 */
int set_memory_nx(unsigned long addr, unsigned long pages);
