/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/page.h>
#include <asm/pagetable.h>
#include <asm/table_window.h>
#include <kernel/preempt.h>
#include <mm/page.h>
#include <vm/mm.h>

/*
 * New pages of programs: their first contents, and their entries. A CPU sees such a page through a
 * window (arch/i386/table_window.c), and keeps its thread until the page is filled.
 */

/*
 * The constants of user_page_pte(), by the rights AREA_WRITE and AREA_EXEC: the bits of the entry,
 * less the address of the first descriptor times FRAME_SCALE. zero_page_init() sets them.
 */
extern pteval_t user_pte_bases[AREA_PROT + 1];

/**
 * user_page_pte() - make the entry of a page of a program
 * @page: any page
 * @rights: AREA_WRITE and AREA_EXEC, or one of them, or 0
 *
 * One addition instead of a decision for each right.
 * Context: any.
 * Return: the same as pte_user().
 */
static inline pte_t user_page_pte(const struct page *page, u32 rights)
{
	return (pte_t){ user_pte_bases[rights] + (pteval_t)(unsigned long)page * FRAME_SCALE };
}

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
