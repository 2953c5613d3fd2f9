/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/layout.h>
#include <asm/pgtable.h>
#include <kernel/spinlock.h>
#include <lib/list.h>
#include <lib/types.h>

/*
 * The page tables of an address space. The kernel half is shared by all: with PAE the pointer table
 * names the pages of swapper_pg_dir; without PAE the entries are copied, and set_kernel_pde() visits
 * all directories when a large page is split.
 *
 *	PAE      CR3 -> pointer table (lowmem) -> directories (highmem) -> tables (highmem)
 *	non-PAE  CR3 -> directory (lowmem)     -> tables (highmem)
 *
 * User directories of PAE live as long as the address space, because a CPU reads the pointer table
 * only when it loads CR3. Tables are freed when they become empty. The descriptor of a table is in
 * state PAGE_TABLE: its word a is the number of the address space, its word b counts the entries in
 * use (not zero).
 */

/* First address that a program cannot use. */
#define TASK_SIZE PAGE_OFFSET

/**
 * struct pagetable - the page tables of an address space, and the CPUs that use them
 * @cr3: value to load
 * @top: the pointer table, or the directory without PAE
 * @cpus: bit n: CPU n has it loaded, so flushes must reach this CPU; changed by locked operations
 * @lock: guards all entries of user addresses and @nr_tables; taken after the mm lock, before the lock
 *        of a zone. Interrupts stay on
 * @nr_tables: pages of tables and directories
 * @id: number of the address space, word a of its tables
 * @all: link in the list of all, for splits of large pages
 */
struct pagetable {
	u32 cr3;
	pteval_t *top;
	u32 cpus;
	spinlock_t lock;
	u32 nr_tables;
	u32 id;
	struct list_head all;
};

/* The page tables without a user half, for CPUs that leave those of a dying process. */
extern struct pagetable kernel_pagetable;
