/* SPDX-License-Identifier: MIT */
#include <asm/fixmap.h>
#include <asm/percpu.h>
#include <asm/pgtable.h>
#include <asm/tlbflush.h>
#include <kernel/panic.h>
#include <kernel/preempt.h>
#include <mm/kmap_local.h>

/*
 * Each CPU has a row of fixmap pages, its slots, used as a stack:
 *
 *	    guard   slot 1   slot 2   slot 3          guard of the next CPU
 *	  | ///// | page A | page B | (empty) | ... | ///// |
 *	                     ^ top: address of the slot mapped last
 *
 * `top` is all the state there is. To map is to add a page to it and to write the PTE there; to unmap
 * is to clear the PTE, to drop the translation, and to subtract. An interrupt in between takes slots
 * above `top` and has given them back when it returns, so nothing needs interrupts off.
 *
 * A guard's PTE is not present, but not zero either. So "is the PTE of the new slot zero?" is one test
 * for both ways of going wrong: too deep (it is the next guard), or a slot that is in use.
 *
 * Unmapping flushes at once (invlpg): a touch afterwards faults, on any CPU that keeps stale entries.
 */

_Static_assert(KMAP_LOCAL_DEPTH == FIX_KMAP_PER_CPU - 1, "one slot of a CPU is the guard");

/* Not zero, not present, and recognised in a page-table dump: bits 1-11 only. */
#define GUARD_PTE ((pte_t){ 0xaa0 })

#define SLOTS_START fix_to_virt(FIX_KMAP_BEGIN)
#define SLOTS_END   (fix_to_virt(FIX_KMAP_END) + PAGE_SIZE)

/*
 * `top` of each CPU, and where its slots begin. A thread stays on its CPU while `top` is above that: the
 * scheduler sees it, takes the mappings off when the thread has to go, and puts them back when it comes.
 * To add to `top` is one instruction; from then on the thread is pinned, and may look at it twice.
 */
static DEFINE_PER_CPU(u32, kmap_top);
static DEFINE_PER_CPU(u32, kmap_bottom);
static pte_t *slot_ptes __ro_after_init;

/* The tables of the fixmap lie side by side, and so do the PTEs of all slots. */
static inline pte_t *slot_pte(unsigned long vaddr)
{
	return slot_ptes + ((vaddr - SLOTS_START) >> PAGE_SHIFT);
}

void __init kmap_local_init(void)
{
	slot_ptes = pte_lookup(SLOTS_START);
	for (unsigned int cpu = 0; cpu <= NR_CPUS; cpu++)
		set_pte(slot_ptes + cpu * FIX_KMAP_PER_CPU, GUARD_PTE);
	kmap_local_init_cpu();
}

void kmap_local_init_cpu(void)
{
	u32 guard = SLOTS_START + smp_processor_id() * FIX_KMAP_PER_CPU * PAGE_SIZE;

	this_cpu(kmap_top) = this_cpu(kmap_bottom) = guard;
}

static noinline void __noreturn no_slot(unsigned long vaddr, const struct page *page)
{
	if (slot_pte(vaddr)->val == GUARD_PTE.val)
		panic("kmap_local_page(frame %#lx): all %u slots are in use; a mapping is not undone?",
		      page_to_pfn(page), KMAP_LOCAL_DEPTH);
	panic("kmap_local_page(frame %#lx): the slot at %08lx still maps frame %#lx",
	      page_to_pfn(page), vaddr, pte_pfn(*slot_pte(vaddr)));
}

void *kmap_local_page(const struct page *page)
{
	unsigned long vaddr;
	pte_t *pte;

	if (!page_is_highmem(page))
		return lowmem_page_address(page);
	this_cpu_add(kmap_top, PAGE_SIZE);
	vaddr = this_cpu(kmap_top);
	pte = slot_pte(vaddr);
	if (unlikely(!pte_none(*pte)))
		no_slot(vaddr, page);
	set_pte(pte, mk_pte(page_to_pfn(page), PAGE_KERNEL_LOCAL));
	return (void *)vaddr;
}

static noinline void __noreturn not_the_latest(unsigned long vaddr)
{
	if (vaddr < SLOTS_START || vaddr >= SLOTS_END)
		panic("kunmap_local(%08lx): not an address that kmap_local_page() returned", vaddr);
	if (this_cpu(kmap_top) == this_cpu(kmap_bottom))
		panic("kunmap_local(%08lx): nothing is mapped", vaddr);
	panic("kunmap_local(%08lx): not the latest mapping, expected %08x (frame %#lx)", vaddr,
	      this_cpu(kmap_top), pte_pfn(*slot_pte(this_cpu(kmap_top))));
}

void kunmap_local(const void *addr)
{
	unsigned long vaddr = (unsigned long)addr & PAGE_MASK;

	if (vaddr >= PAGE_OFFSET && vaddr < (unsigned long)high_memory)
		return;
	if (unlikely(vaddr != this_cpu(kmap_top) || vaddr == this_cpu(kmap_bottom)))
		not_the_latest(vaddr);
	clear_pte(slot_pte(vaddr));
	flush_tlb_one(vaddr);
	this_cpu_sub(kmap_top, PAGE_SIZE);
}

void *kmap_atomic(const struct page *page)
{
	preempt_disable();
	pagefault_disable();
	return kmap_local_page(page);
}

void kunmap_atomic(const void *addr)
{
	kunmap_local(addr);
	pagefault_enable();
	preempt_enable();
}

/* --- threads that come and go ------------------------------------------------------------------- */

unsigned int kmap_local_held(void)
{
	return (this_cpu(kmap_top) - this_cpu(kmap_bottom)) >> PAGE_SHIFT;
}

void kmap_local_switch_out(struct kmap_local_stack *save)
{
	u32 vaddr = this_cpu(kmap_bottom);

	save->nr = kmap_local_held();
	for (u32 i = 0; i < save->nr; i++) {
		pte_t *pte = slot_pte(vaddr += PAGE_SIZE);

		save->pfn[i] = pte_present(*pte) ? (u32)pte_pfn(*pte) : KMAP_LOCAL_EMPTY;
		clear_pte(pte);
		/* Also where it is empty: it may have been cleared and not yet flushed. */
		flush_tlb_one(vaddr);
	}
	this_cpu(kmap_top) = this_cpu(kmap_bottom);
}

void kmap_local_switch_in(struct kmap_local_stack *saved)
{
	u32 vaddr = this_cpu(kmap_bottom);

	for (u32 i = 0; i < saved->nr; i++) {
		vaddr += PAGE_SIZE;
		if (saved->pfn[i] != KMAP_LOCAL_EMPTY)
			set_pte(slot_pte(vaddr), mk_pte(saved->pfn[i], PAGE_KERNEL_LOCAL));
	}
	this_cpu(kmap_top) = vaddr;
	saved->nr = 0;
}

void kmap_local_show(printf_fn *out)
{
	for (unsigned long vaddr = SLOTS_START; vaddr < SLOTS_END; vaddr += PAGE_SIZE)
		if (pte_present(*slot_pte(vaddr)))
			out("%08lx frame %#lx local\n", vaddr, pte_pfn(*slot_pte(vaddr)));
}

struct page *kmap_local_to_page(unsigned long vaddr)
{
	pte_t pte;

	if (vaddr < SLOTS_START || vaddr >= SLOTS_END)
		return NULL;
	pte = *slot_pte(vaddr & PAGE_MASK);
	return pte_present(pte) ? pfn_to_page(pte_pfn(pte)) : NULL;
}
