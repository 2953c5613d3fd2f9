/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/page.h>
#include <asm/table_window.h>
#include <kernel/preempt.h>

/*
 * The first contents of pages of programs. A CPU sees such a page through a
 * window (arch/i386/table_window.c), and keeps its thread until the page is filled.
 */

/**
 * clear_user_page() - fill a page with zeroes
 * @page: any page
 *
 * Context: thread; not in an interrupt.
 */
static inline void clear_user_page(struct page *page)
{
	preempt_disable();
	clear_page(table_window_open_inline(WINDOW_TO, page));
	table_window_close(WINDOW_TO);
	preempt_enable();
}

/**
 * copy_user_page() - copy a whole page
 * @to: page to write
 * @from: page to read
 *
 * Context: that of clear_user_page().
 */
static inline void copy_user_page(struct page *to, const struct page *from)
{
	void *dst;

	preempt_disable();
	dst = table_window_open_inline(WINDOW_TO, to);
	copy_page(dst, table_window_open_inline(WINDOW_FROM, from));
	table_window_close(WINDOW_FROM);
	table_window_close(WINDOW_TO);
	preempt_enable();
}
