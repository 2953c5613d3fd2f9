/* SPDX-License-Identifier: MIT */
#include <asm/time.h>
#include <kernel/command.h>
#include <kernel/console.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <lib/limits.h>
#include <lib/vsnprintf.h>
#include <sched/sched.h>
#include <vm/anon.h>
#include <vm/check.h>
#include <vm/gather.h>
#include <vm/rmap.h>
#include <vm/swap.h>
#include <vm/swap_walk.h>
#include <vm/zero_page.h>

/*
 * Ownership is kept in two places, and each must lead to the other:
 *
 *	page tables ──▶ frames      every entry names a frame of a program, and its label leads back
 *	frames ──▶ page tables      every anonymous frame has as many entries as references; one
 *	                            more if the swap cache has it
 *
 * A mistake in one of them shows late, as memory that is never freed, or as a page of one program
 * in another. The checker finds it at once. It goes through all page tables, and then through all
 * frames.
 *
 * It runs while programs do. An entry is compared under the lock of its page tables, which keeps
 * the label. A page may have more references than entries for a moment, while a copy reads it or a
 * flush is awaited. So a frame is looked at many times before it counts as a mistake. More entries
 * than references are never right.
 */

#define MOST_MESSAGES 10u
#define LOOKS         100u
#define PATIENCE_NS   1000000000ull

static u32 mistakes;

static void __printf(1, 2) mistake(const char *fmt, ...)
{
	char text[128];
	va_list args;

	if (__atomic_fetch_add(&mistakes, 1, __ATOMIC_RELAXED) >= MOST_MESSAGES)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	pr_err("ownership: %s\n", text);
}

/* --- from page tables to frames --------------------------------------------------------------- */

struct counts {
	unsigned long anon, file, swap;
};

static void check_entry(const struct mm *mm, const struct table *table, unsigned long addr,
			struct counts *counts)
{
	const pte_t pte = table->ptes[pte_index(addr)];
	unsigned long pfn = pte_pfn(pte);
	const struct page *page = pfn_to_page(pfn);
	enum page_state state;

	if (pte_is_swap(pte)) {
		counts->swap++;
		if (!swap_count(pte_swap_slot(pte)))
			mistake("space %u, %08lx: slot %u is free", mm->family->id, addr,
				pte_swap_slot(pte));
		return;
	}
	if (is_zero_pfn(pfn))
		return;
	state = pfn_valid(pfn) ? page_state(page) : PAGE_HOLE;
	if (state == PAGE_OBJECT) {
		counts->file++;
	} else if (state == PAGE_ANON || state == PAGE_ANON_SHARED) {
		counts->anon++;
		if (!rmap_leads_to(page, mm, page_to_pfn(table->page), addr))
			mistake("space %u, %08lx: frame %#lx, %s, has the label %#x:%#x",
				mm->family->id, addr, pfn, page_state_name(state), page->a,
				page->b);
		if (state == PAGE_ANON_SHARED && pte_writable(pte))
			mistake("space %u, %08lx: shared frame %#lx is writable", mm->family->id,
				addr, pfn);
	} else {
		mistake("space %u, %08lx: frame %#lx is mapped, and %s", mm->family->id, addr, pfn,
			page_state_name(state));
	}
}

/* The page tables are locked. */
static void check_table(struct mm *mm, unsigned long start, struct counts *counts)
{
	struct table table;
	u32 used = 0;

	if (!table_map(&mm->pagetable, start, &table))
		return;
	start &= PDE_MASK;
	if (table.page->a != TABLE_OWNER(mm->family->id, start))
		mistake("space %u, table of %08lx: owner is %#x", mm->family->id, start,
			table.page->a);
	for (u32 i = 0; i < PTRS_PER_PAGE; i++) {
		if (pte_none(table.ptes[i]))
			continue;
		used++;
		check_entry(mm, &table, start + i * PAGE_SIZE, counts);
	}
	if (used != table.page->b)
		mistake("space %u, table of %08lx: %u entries, counted as %u", mm->family->id,
			start, used, table.page->b);
	table_unmap(&table);
}

static void check_mm(struct mm *mm)
{
	struct counts counts = { 0 };
	unsigned long at = 0;

	spin_lock(&mm->pagetable.lock);
	while (at < TASK_SIZE && table_next(&mm->pagetable, &at, TASK_SIZE)) {
		check_table(mm, at, &counts);
		at = table_end(at, TASK_SIZE);
	}
	if (counts.anon != mm->anon_pages || counts.file != mm->file_pages ||
	    counts.swap != mm->swap_pages)
		mistake("space %u: %lu anonymous pages, counts %lu; %lu of files, counts %lu; "
			"%lu slots, counts %lu",
			mm->family->id, counts.anon, mm->anon_pages, counts.file, mm->file_pages,
			counts.swap, mm->swap_pages);
	spin_unlock(&mm->pagetable.lock);
}

/* --- from frames to page tables --------------------------------------------------------------- */

static bool count_entry(struct mm *mm, unsigned long addr, const struct table *table, void *arg)
{
	return true;
}

static bool is_anon(const struct page *page)
{
	return page_state(page) == PAGE_ANON || page_state(page) == PAGE_ANON_SHARED ||
	       page_state(page) == PAGE_SWAP;
}

/*
 * As many references as entries, at one of several looks? A CPU of a virtual machine may not run
 * for some milliseconds, in which its thread keeps a reference. So there is patience before the
 * first mistake.
 */
static void check_frame(const struct page *page)
{
	u32 found = 0, refs = 0;
	u64 end = 0;

	for (u32 look = 0; look < LOOKS || time_ns() < end; look++) {
		refs = __atomic_load_n(&page->refcount, __ATOMIC_ACQUIRE);
		if (!is_anon(page) || refs == 0)
			return;
		found = rmap_walk(page, RMAP_ALL, count_entry, NULL) + !!anon_slot(page);
		if (found == refs || refs != READ_ONCE(page->refcount))
			return;
		if (!look && !READ_ONCE(mistakes))
			end = time_ns() + PATIENCE_NS;
		sched_yield();
	}
	mistake("frame %#lx, %s, label %#x:%#x: %u entries, expected %u", page_to_pfn(page),
		page_state_name(page_state(page)), page->a, page->b, found, refs);
}

static void check_frames(unsigned long pfn, unsigned long end)
{
	for (; pfn < end; pfn++)
		if (is_anon(pfn_to_page(pfn)))
			check_frame(pfn_to_page(pfn));
}

/* --- the whole -------------------------------------------------------------------------------- */

u32 vm_check(void)
{
	mistakes = 0;
	for (u32 id = 0; id < families_end(); id++) {
		struct family *family;

		family_lock();
		family = family_of(id);
		if (family && family->mm)
			check_mm(family->mm);
		family_unlock();
	}
	check_frames(0, max_pfn);
	return mistakes;
}

/* Frames that one call of vm_check_some() looks at. */
#define SOME 256ul

void vm_check_some(void)
{
	static unsigned long next;
	unsigned long pfn = READ_ONCE(next), end = min(pfn + SOME, max_pfn);

	WRITE_ONCE(next, end == max_pfn ? 0 : end);
	mistakes = 0;
	check_frames(pfn, end);
	if (mistakes)
		panic("ownership of pages: %u mistakes", mistakes);
}

static int vmcheck(int argc, char **argv)
{
	u32 found = vm_check();
	int slots = swap_check(console_printf, vm_swap_walk);

	found += slots > 0 ? (u32)slots : 0;
	console_printf("%u families, %u mistakes\n", families_count(), found);
	return found ? -EIO : 0;
}
PROMPT_COMMAND("vmcheck", "", "compare page tables with the owners of pages", vmcheck);
