/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/fixmap.h>
#include <asm/kmap_local.h>
#include <asm/layout.h>
#include <asm/percpu.h>
#include <asm/tlbflush.h>

/*
 * Windows to the page tables and pages of programs. arch/i386/table_window.c is the chapter. A page
 * is named by the address of its descriptor, as in <asm/kmap_local.h>.
 */

struct page;

/* The windows of a CPU. Code that has one of them open must not open the same one again. */
enum table_window {
	WINDOW_TABLE,     /* a page table */
	WINDOW_SECOND,    /* another one beside it: the copy of a fork, the target of a move */
	WINDOW_DIRECTORY, /* a directory of PAE */
	WINDOW_TO,        /* a page that is filled */
	WINDOW_FROM,      /* a page that is copied */
};

_Static_assert(WINDOW_FROM + 1 == TABLE_WINDOWS, "the fixmap has room for all");

/*
 * The page that each window of this CPU shows, or NULL; and the address of its first window. Only
 * their CPU uses them, with preemption off.
 */
DECLARE_PER_CPU(const struct page *, table_window_pages[TABLE_WINDOWS]);
DECLARE_PER_CPU(unsigned long, table_windows_start);

/**
 * table_window_set() - the common part of all moves
 * @window: which
 * @vaddr: its address on this CPU
 * @page: any page
 *
 * Context: that of table_window_open().
 */
static __always_inline void table_window_set(enum table_window window, unsigned long vaddr,
					     const struct page *page)
{
	pte_t *pte = &fixmap_ptes[fixmap_index(vaddr)];

	/* Never present with half of the address of a frame. */
	clear_pte(pte);
	set_pte(pte, mk_local_pte(page));
	flush_tlb_one(vaddr);
	this_cpu(table_window_pages[window]) = page;
}

/**
 * table_window_move() - the slow part of table_window_open(): show another page
 * @window: which
 * @page: any page
 *
 * Context: that of table_window_open().
 */
void table_window_move(enum table_window window, const struct page *page);

/**
 * table_window_shut() - the part of table_window_close() that DEBUG=1 has
 * @window: which; panics if it is not open
 *
 * Context: that of table_window_open().
 */
void table_window_shut(enum table_window window);

/**
 * table_window_open() - get an address of a page table
 * @window: which; not open on this CPU
 * @page: the table
 *
 * Costs a comparison if this CPU has looked at the same table last.
 * Context: thread; preemption off until table_window_close(), and not in an interrupt.
 * Return: the address, valid on this CPU until table_window_close().
 */
static __always_inline void *table_window_open(enum table_window window, const struct page *page)
{
	if (DEBUG || unlikely(this_cpu(table_window_pages[window]) != page))
		table_window_move(window, page);
	return (void *)(this_cpu(table_windows_start) + window * PAGE_SIZE);
}

/**
 * table_window_open_inline() - table_window_open() for a window that mostly has to move
 * @window: which; not open on this CPU
 * @page: the page
 *
 * Context: that of table_window_open().
 * Return: that of table_window_open().
 */
static __always_inline void *table_window_open_inline(enum table_window window,
						      const struct page *page)
{
	unsigned long vaddr = this_cpu(table_windows_start) + window * PAGE_SIZE;

	if (DEBUG)
		table_window_move(window, page);
	else if (this_cpu(table_window_pages[window]) != page)
		table_window_set(window, vaddr, page);
	return (void *)vaddr;
}

/**
 * table_window_close() - end the use of the address that table_window_open() has returned
 * @window: which
 *
 * The window still shows the table afterwards, except with DEBUG=1.
 * Context: that of table_window_open().
 */
static inline void table_window_close(enum table_window window)
{
	if (DEBUG)
		table_window_shut(window);
}

/**
 * table_window_init_cpu() - make the windows of this CPU usable
 *
 * Context: once on each CPU.
 */
void table_window_init_cpu(void);

/**
 * table_window_address() - address of a window
 * @cpu: number of a CPU
 * @window: which
 *
 * Context: any.
 * Return: the address, whether or not the window shows a page.
 */
unsigned long table_window_address(u32 cpu, enum table_window window);

/**
 * table_window_page() - find the page that a window shows
 * @cpu: number of a CPU that has per-CPU data
 * @window: which
 *
 * Context: any. A snapshot.
 * Return: the page, or NULL if it shows none.
 */
const struct page *table_window_page(u32 cpu, enum table_window window);
