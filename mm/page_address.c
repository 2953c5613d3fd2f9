/* SPDX-License-Identifier: MIT */
#include <asm/fault.h>
#include <asm/pgtable.h>
#include <asm/traps.h>
#include <kernel/preempt.h>
#include <kernel/symbols.h>
#include <mm/highmem.h>
#include <mm/kmap_slots.h>

/*
 * From a page to its address and back. A page of low memory always has an address, in the direct
 * map. A page of high memory has one while it is mapped by kmap(): page_address() returns NULL at
 * other times.
 *
 * A caller that does not check for NULL touches page 0 and faults, often far from the mistake. So
 * each CPU remembers the last page for which page_address() returned NULL, and the report of such
 * a fault names the page and the caller.
 */

/**
 * struct no_address - the last page_address() of a CPU that returned NULL
 * @page: page that was not mapped; NULL: there was no such call
 * @caller: return address of the call
 */
struct no_address {
	const struct page *page;
	unsigned long caller;
};
static DEFINE_PER_CPU(struct no_address, no_address);

static noinline void remember_no_address(const struct page *page, unsigned long caller)
{
	preempt_disable();
	*this_cpu_ptr(no_address) = (struct no_address){ page, caller };
	preempt_enable();
}

void *page_address_high(const struct page *page)
{
	unsigned int slot = kmap_slot_hint(page);

	if (!kmap_slot_is_of(slot, page) || kmap_slot_users(&kmap_slots[slot]) <= 0) {
		remember_no_address(page, (unsigned long)__builtin_return_address(0));
		return NULL;
	}
	return (void *)kmap_slot_address(slot);
}

struct page *kmap_to_page(const void *addr)
{
	unsigned long vaddr = (unsigned long)addr;

	if (vaddr >= PKMAP_BASE && vaddr < kmap_slot_address(LAST_PKMAP)) {
		pte_t pte = pkmap_ptes[(vaddr - PKMAP_BASE) >> PAGE_SHIFT];

		return pte_present(pte) ? pfn_to_page(pte_pfn(pte)) : NULL;
	}
	if (is_direct_map(addr))
		return virt_to_page(addr);
	return kmap_local_to_page(vaddr);
}

static void explain_fault(unsigned long address, printf_fn *out)
{
	const struct no_address *last = this_cpu_ptr(no_address);
	char text[SYMBOL_TEXT];

	kmap_slot_describe(address, out);
	if (address < PAGE_SIZE && last->page)
		out("  page_address(frame %#lx) was NULL for %s: the page is not mapped\n",
		    page_to_pfn(last->page), symbol_format(last->caller - 1, text));
}
FAULT_EXPLANATION(explain_fault);
