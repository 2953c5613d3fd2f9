/* SPDX-License-Identifier: MIT */
#include <asm/table_window.h>
#include <kernel/panic.h>
#include <kernel/preempt.h>

/*
 * Windows to the page tables of programs, and to their pages. The tables are in high memory, so the
 * kernel has to map a table to look at it. A program mostly faults in the same table again and
 * again, 512 pages with PAE. A mapping by kmap_local_page() would be made and undone for each
 * fault, with an invlpg each time. So each CPU has three pages of the fixmap that keep the table,
 * the second table and the directory that it has looked at last:
 *
 *	CPU 0   | table | second | directory |   CPU 1   | table | second | directory | ...
 *	            |                   |
 *	            v                   v
 *	         frame of the table  frame of the directory        until another one is needed
 *
 * Two more windows show the pages of programs themselves, while the kernel fills a page with zeroes
 * or copies one to another. They move nearly each time, so the move is in line. It costs half as
 * much as a slot of kmap_local_page(): nothing is nested, and no caller is noted for reports.
 *
 * A window is a fixed address, and so there is one of each kind: no stack, and no order of undoing.
 * Opening it compares the page that it shows with the page that is wanted.
 *
 * Which debts a change has. Only its own CPU uses a window. So a window that moves owes an invlpg
 * on this CPU, between the change of the entry and the first use, and other CPUs are owed nothing:
 * if one of them has cached an entry by speculation, it never uses it. A window that stays owes
 * nothing, whatever happens to the table that it shows, since the address of a frame does not
 * change.
 *
 * While a window is open, the thread must not leave the CPU, and no other code on the CPU may open
 * the same one. The lock of the page tables is held around each look at a table, and it disables
 * preemption; for the contents of a page, preemption is disabled until the page is filled.
 * Interrupt handlers do not look at tables or pages of programs. So interrupts can stay on.
 *
 * A window can go on showing a frame that has been freed, and has another use now. That does no
 * harm. Nothing reads or writes through it: code that opens the window asks for a page, and gets
 * that page. The mapping is one more name for a frame of RAM, with the rights and the kind of cache
 * that the direct map and kmap_local slots give. Programs cannot reach it. And should the same
 * frame be wanted again, the window shows it already. A stray write through such a window would be
 * a bug that is hard to find. With DEBUG=1, therefore, closing a window unmaps it, and opening one
 * checks the rules.
 *
 * The price is five pages of addresses for each CPU.
 */

DEFINE_PER_CPU(const struct page *, table_window_pages[TABLE_WINDOWS]);
DEFINE_PER_CPU(unsigned long, table_windows_start);

unsigned long table_window_address(u32 cpu, enum table_window window)
{
	return fix_to_virt(FIX_WINDOW_BEGIN) + (cpu * TABLE_WINDOWS + window) * PAGE_SIZE;
}

void table_window_init_cpu(void)
{
	this_cpu(table_windows_start) = table_window_address(smp_processor_id(), 0);
}

void table_window_move(enum table_window window, const struct page *page)
{
	if (DEBUG && this_cpu(table_window_pages[window]))
		panic("window %u is opened twice", window);
	if (DEBUG && !in_atomic())
		panic("window %u is opened by a thread that can be preempted", window);
	table_window_set(window, this_cpu(table_windows_start) + window * PAGE_SIZE, page);
}

void table_window_shut(enum table_window window)
{
	unsigned long vaddr = this_cpu(table_windows_start) + window * PAGE_SIZE;

	if (!this_cpu(table_window_pages[window]))
		panic("window %u is closed twice", window);
	this_cpu(table_window_pages[window]) = NULL;
	clear_pte(&fixmap_ptes[fixmap_index(vaddr)]);
	flush_tlb_one(vaddr);
}

const struct page *table_window_page(u32 cpu, enum table_window window)
{
	return READ_ONCE(per_cpu(table_window_pages[window], cpu));
}
