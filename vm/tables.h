/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/pagetable.h>
#include <asm/table_window.h>
#include <kernel/spinlock.h>
#include <mm/page.h>

/*
 * Page tables of programs: finding, making and freeing them. vm/tables.c is the chapter.
 *
 * The lock of the page tables is held around all functions here, unless they say otherwise.
 */

/**
 * struct table - a page table that is mapped now
 * @page: its page; word b counts the entries that are not zero
 * @ptes: all its entries
 * @window: that shows it
 */
struct table {
	struct page *page;
	pte_t *ptes;
	enum table_window window;
};

/**
 * table_end() - where a walk over a range leaves the table of an address
 * @addr: an address of the range
 * @end: first address behind the range; 0 is the end of the address space
 *
 * Context: any.
 * Return: the first address behind those of the table that covers @addr, or @end if it is lower.
 */
static inline unsigned long table_end(unsigned long addr, unsigned long end)
{
	unsigned long next = (addr & PDE_MASK) + PDE_SIZE;

	return next - 1 < end - 1 ? next : end;
}

/**
 * table_part() - the number of entries of a range that are in one table
 * @addr: an address of the range
 * @end: first address behind the range, above @addr
 *
 * Context: any.
 * Return: the number of entries from that of @addr on, in the table that covers @addr.
 */
static inline u32 table_part(unsigned long addr, unsigned long end)
{
	return (u32)min(PTRS_PER_PTE - pte_index(addr), (end - addr) >> PAGE_SHIFT);
}

/**
 * pte_page() - the descriptor of the frame that an entry names
 * @pte: not zero
 *
 * A descriptor has 16 bytes and a frame 4096, so one shift turns the address of the frame into the
 * offset of its descriptor. The way over the frame number takes two.
 *
 * Context: any.
 * Return: the descriptor.
 */
static inline struct page *pte_page(pte_t pte)
{
	u32 offset = (u32)(pte.val / FRAME_SCALE) & ~(u32)(sizeof(struct page) - 1);

	return (struct page *)((char *)mem_map + offset);
}

/**
 * ptes_unused() - count neighbouring entries that are zero
 * @from: the first one, which is zero
 * @end: behind the last one to look at
 *
 * Context: the lock of the page tables held.
 * Return: their number, at least 1.
 */
static inline u32 ptes_unused(const pte_t *from, const pte_t *end)
{
	const pte_t *at = from + 1;

	while (at != end && pte_none(*at))
		at++;
	return (u32)(at - from);
}

/**
 * tables_set_high() - choose the zone of tables that are allocated from now on
 * @high: high memory, as with highpte=1
 *
 * Context: any.
 * Return: what was chosen before.
 */
bool tables_set_high(bool high);

/**
 * tables_trim() - free the empty tables that are kept for the next programs
 *
 * Context: any, without a spinlock.
 */
void tables_trim(void);

/*
 * Word a of a table or directory: number of the address space, and of the directory entry of its
 * first address.
 */
#define TABLE_OWNER(id, addr) ((id) << 11 | pde_index(addr))

/**
 * table_owner_id(), table_owner_addr() - the place of a table or directory, from its page
 * @table: its page
 *
 * Context: any; word a does not change while the table exists.
 * Return: the number of the address space; the first address that the table covers.
 */
static inline u32 table_owner_id(const struct page *table)
{
	return table->a >> 11;
}

static inline unsigned long table_owner_addr(const struct page *table)
{
	return (unsigned long)(table->a & 0x7ffu) << PDE_SHIFT;
}

/**
 * pagetable_create() - make the top and the directories, and register them
 * @pt: zeroed
 *
 * Context: may sleep, without the lock.
 * Return: 0, or -ENOMEM.
 */
int pagetable_create(struct pagetable *pt);

/**
 * pagetable_set_owner() - give page tables to an address space
 * @pt: without a table
 * @id: number of the address space, less than 2^21
 *
 * Context: any, without the lock; no other CPU looks at @pt.
 */
void pagetable_set_owner(struct pagetable *pt, u32 id);

/**
 * pagetable_free() - free what pagetable_create() has made
 * @pt: no CPU has it loaded, and no table is left
 *
 * Context: may sleep, without the lock.
 */
void pagetable_free(struct pagetable *pt);

/**
 * table_find() - the slow part of table_map(): look into the directory
 * @pt: any
 * @addr: user address
 *
 * Sets @pt->last_table and @pt->last_index.
 * Context: the lock held.
 * Return: false if there is no table.
 */
bool table_find(struct pagetable *pt, unsigned long addr);

/**
 * table_search() - the slow part of table_next()
 * @pt: any
 * @addr: as for table_next()
 * @end: as for table_next()
 *
 * Context: that of table_next().
 * Return: that of table_next().
 */
bool table_search(const struct pagetable *pt, unsigned long *addr, unsigned long end);

/**
 * table_open() - map the table that was found last
 * @window: that shows it
 * @pt: its last_table is the one
 * @table: set
 *
 * Context: that of table_map().
 * Return: true.
 */
static __always_inline bool table_open(enum table_window window, const struct pagetable *pt,
				       struct table *table)
{
	table->window = window;
	table->page = pt->last_table;
	table->ptes = table_window_open(window, table->page);
	return true;
}

/**
 * table_map_in() - the common part of table_map() and table_map_second()
 * @window: that shows the table
 * @pt: any
 * @addr: user address
 * @table: set on success
 *
 * Context: that of table_map().
 * Return: that of table_map().
 */
static __always_inline bool table_map_in(enum table_window window, struct pagetable *pt,
					 unsigned long addr, struct table *table)
{
	if (unlikely(!pt->last_table || pt->last_index != pde_index(addr)) && !table_find(pt, addr))
		return false;
	return table_open(window, pt, table);
}

/**
 * table_map() - map the table that covers an address
 * @pt: any
 * @addr: user address
 * @table: set on success
 *
 * Context: the lock held until table_unmap(). No other table is mapped so.
 * Return: false if there is no table.
 */
static inline bool table_map(struct pagetable *pt, unsigned long addr, struct table *table)
{
	return table_map_in(WINDOW_TABLE, pt, addr, table);
}

/**
 * table_map_second() - map a table beside another one
 * @pt: any
 * @addr: user address
 * @table: set on success
 *
 * Context: that of table_map(), under which another table is mapped.
 * Return: false if there is no table.
 */
static inline bool table_map_second(struct pagetable *pt, unsigned long addr, struct table *table)
{
	return table_map_in(WINDOW_SECOND, pt, addr, table);
}

/**
 * table_map_next() - map the next table of a range
 * @pt: any
 * @addr: where to begin, below @end; set to the first address at or above it that has a table
 * @end: first address that does not matter any more
 * @table: set on success
 *
 * Context: that of table_map().
 * Return: false if there is no table below @end.
 */
static inline bool table_map_next(struct pagetable *pt, unsigned long *addr, unsigned long end,
				  struct table *table)
{
	/* A copy, so that the caller's address can be in a register. */
	unsigned long at = *addr;

	if (unlikely(!pt->last_table || pt->last_index != pde_index(at))) {
		if (!table_search(pt, &at, end) || !table_find(pt, at))
			return false;
		*addr = at;
	}
	return table_open(WINDOW_TABLE, pt, table);
}

/**
 * table_unmap() - undo table_map() or table_map_second()
 * @table: the table
 *
 * Context: that of table_map().
 */
static inline void table_unmap(const struct table *table)
{
	table_window_close(table->window);
}

/**
 * table_make() - make sure that an address has a table
 * @pt: any
 * @addr: user address
 *
 * Context: may sleep, without the lock. The caller's lock of the address space keeps others from
 * freeing the table again.
 * Return: 0, or -ENOMEM.
 */
int table_make(struct pagetable *pt, unsigned long addr);

/**
 * table_ready() - make sure that an address has a table, if no memory has to be allocated for it
 * @pt: any
 * @addr: user address
 *
 * Context: the lock held.
 * Return: false if there is no table, and none is kept.
 */
bool table_ready(struct pagetable *pt, unsigned long addr);

/**
 * table_next() - find the next table
 * @pt: any
 * @addr: where to begin; set to the first address at or above it that has a table
 * @end: first address that does not matter any more
 *
 * Context: the lock held.
 * Return: false if there is no table below @end.
 */
static inline bool table_next(const struct pagetable *pt, unsigned long *addr, unsigned long end)
{
	if (*addr >= end)
		return false;
	if (pt->last_table && pt->last_index == pde_index(*addr))
		return true;
	return table_search(pt, addr, end);
}

/**
 * table_detach() - take an empty table out of its directory
 * @pt: any
 * @addr: an address that it covers
 * @page: its page
 *
 * The caller flushes one of its addresses, and calls table_put() afterwards.
 * Context: the lock held.
 */
void table_detach(struct pagetable *pt, unsigned long addr, struct page *page);

/**
 * table_put() - free a table that no CPU can reach
 * @page: from table_detach(); all its entries are zero
 *
 * Context: any.
 */
void table_put(struct page *page);

/**
 * table_entry() - find the entry of an address
 * @table: mapped
 * @addr: an address that it covers
 *
 * Context: that of table_map().
 * Return: the entry, valid until table_unmap().
 */
static inline pte_t *table_entry(const struct table *table, unsigned long addr)
{
	return &table->ptes[pte_index(addr)];
}

/**
 * table_set() - write an entry that is zero
 * @table: mapped
 * @addr: address of the entry
 * @pte: not zero
 *
 * Context: the lock held. No flush is needed.
 */
static inline void table_set(const struct table *table, unsigned long addr, pte_t pte)
{
	table->page->b++;
	set_pte(table_entry(table, addr), pte);
}
