/* SPDX-License-Identifier: MIT */
#include <asm/fixmap.h>
#include <asm/pgtable.h>
#include <asm/tlbflush.h>
#include <asm/traps.h>
#include <kernel/cpu_call.h>
#include <kernel/panic.h>
#include <kernel/preempt.h>
#include <kernel/printk.h>
#include <kernel/spinlock.h>
#include <kernel/symbols.h>
#include <kernel/wait.h>
#include <mm/highmem.h>
#include <mm/kmap_slots.h>

/*
 * kmap(): mappings that stay until somebody undoes them, wherever that is. One page table of slots at
 * PKMAP_BASE serves everybody, so a page that is mapped twice shares its slot, and slots are counted.
 *
 * A slot is in one of three states:
 *
 *	free   PTE empty; no CPU has a translation for it
 *	held   PTE present, users > 0
 *	idle   PTE present, users == 0: still mapped, because to unmap would cost a flush. If its page
 *	       is mapped again, it is held again for nothing.
 *
 * With DEBUG=1 a slot that becomes idle is unmapped and flushed at once, so that a late touch faults.
 *
 * New mappings take free slots in rising order. When the end is reached all idle slots are cleared and
 * one flush makes all of them free: the cost of the flush is spread over as many mappings as there are
 * slots. The PTEs are not global, so a CR3 load is that flush. All CPUs do it, and before it is over no
 * cleared slot is used again: an address of kmap() may be handed to another CPU through memory, which does
 * not pass through here and could not flush for itself.
 *
 * Where all slots are held, who wants one waits in a line, and the first of it is woken when a slot becomes
 * idle. Nobody passes the line. If every holder of a slot stands in the line nobody will ever give one
 * back, which is reported.
 *
 * The descriptor of a highmem page holds the number of its slot plus one. It may be out of date after
 * the page was freed and allocated anew (allocation writes the whole word), so an idle slot may belong
 * to a page that has none, or another: a slot is the page's only if the page says so.
 */

/*
 * Guards all below, the PTEs, and the slot number in the flags of highmem pages. Interrupts stay on, and
 * no handler takes it: a flush on all CPUs is waited for while it is held. The scheduler's lock and that of
 * smp_call() are taken inside.
 */
static spinlock_t kmap_lock;

static struct wait_queue line; /* who waits for a slot; guarded by kmap_lock, not by its own */
static unsigned int next_slot; /* where to look for a free one */

static unsigned int slot_of_page(const struct page *page)
{
	return (page->flags >> PAGE_KMAP_SHIFT & PAGE_KMAP_MASK) - 1;
}

static bool page_has_slot(const struct page *page)
{
	return page->flags & PAGE_KMAP_MASK << PAGE_KMAP_SHIFT;
}

static void set_slot_of_page(struct page *page, unsigned int slot)
{
	page->flags = (page->flags & ~(PAGE_KMAP_MASK << PAGE_KMAP_SHIFT)) |
		      (slot + 1) << PAGE_KMAP_SHIFT;
}

static void clear_slot_of_page(struct page *page)
{
	page->flags &= ~(PAGE_KMAP_MASK << PAGE_KMAP_SHIFT);
}

/* All idle slots become free. The pages behind them lose their address before the flush, so nobody can
 * find a slot that is about to be used for something else. */
static void recycle_idle_slots(void)
{
	bool any = false;

	for (unsigned int slot = 0; slot < LAST_PKMAP; slot++) {
		pte_t pte = pkmap_ptes[slot];
		struct page *page;

		if (kmap_slots[slot].users || !pte_present(pte))
			continue;
		page = pfn_to_page(pte_pfn(pte));
		if (page_has_slot(page) && slot_of_page(page) == slot)
			clear_slot_of_page(page);
		clear_pte(&pkmap_ptes[slot]);
		any = true;
	}
	if (!any)
		return;
	flush_tlb_nonglobal(TLB_KMAP);
	next_slot = 0;
}

/* Returns LAST_PKMAP where there is none. */
static unsigned int find_free_slot(void)
{
	while (next_slot < LAST_PKMAP && pte_present(pkmap_ptes[next_slot]))
		next_slot++;
	return next_slot;
}

/* Returns LAST_PKMAP if all are held. */
static unsigned int new_slot(void)
{
	unsigned int slot = find_free_slot();

	if (slot < LAST_PKMAP)
		return slot;
	recycle_idle_slots();
	return find_free_slot();
}

static bool waits(const struct thread *thread)
{
	const struct waiter *waiter = line.first;

	while (waiter && waiter->thread != thread)
		waiter = waiter->next;
	return waiter;
}

static void check_deadlock(void)
{
	for (unsigned int slot = 0; slot < LAST_PKMAP; slot++)
		if (!kmap_slots[slot].users || !waits(kmap_slots[slot].thread))
			return;
	pr_emerg("kmap: all slots are held:\n");
	kmap_show_holders(printk);
	panic("kmap: all %u slots are held by threads that wait for one", LAST_PKMAP);
}

/* The slot that the page has got, or one for it. */
static unsigned int wait_in_line(const struct page *page)
{
	struct waiter waiter = { 0 };
	unsigned int slot = LAST_PKMAP;

	wait_queue_add(&line, &waiter);
	check_deadlock();
	while (slot == LAST_PKMAP) {
		set_current_state(THREAD_SLEEPING);
		spin_unlock(&kmap_lock);
		schedule();
		spin_lock(&kmap_lock);
		if (page_has_slot(page))
			slot = slot_of_page(page);
		else if (line.first == &waiter)
			slot = new_slot();
	}
	set_current_state(THREAD_RUNNABLE);
	wait_queue_remove(&line, &waiter);
	/* Several slots may have become idle while one thread was woken. */
	if (line.first)
		sched_wake(line.first->thread);
	return slot;
}

static unsigned int get_slot(struct page *page)
{
	unsigned int slot = line.first ? LAST_PKMAP : new_slot();

	if (slot == LAST_PKMAP)
		slot = wait_in_line(page);
	if (!page_has_slot(page)) {
		set_pte(&pkmap_ptes[slot], mk_pte(page_to_pfn(page), PAGE_KERNEL_LOCAL));
		set_slot_of_page(page, slot);
	}
	return slot;
}

static inline void hold(struct kmap_slot *slot, unsigned long caller)
{
	slot->since = READ_ONCE(sched_ticks);
	slot->caller = caller;
	slot->thread = current;
}

void *kmap(struct page *page)
{
	unsigned int slot;

	might_sleep("kmap");
	if (!page_is_highmem(page))
		return lowmem_page_address(page);
	spin_lock(&kmap_lock);
	slot = page_has_slot(page) ? slot_of_page(page) : get_slot(page);
	if (kmap_slots[slot].users++ == 0)
		hold(&kmap_slots[slot], (unsigned long)__builtin_return_address(0));
	spin_unlock(&kmap_lock);
	return (void *)kmap_slot_address(slot);
}

/* An address where a descriptor should be is what is mostly given by mistake. */
static noinline void __noreturn bad_kunmap(const struct page *page)
{
	unsigned long offset = (unsigned long)page - (unsigned long)mem_map;

	if (offset % sizeof(*page) || offset / sizeof(*page) >= max_pfn)
		panic("kunmap(%p): expected the descriptor of the page, not an address", page);
	if (in_interrupt())
		panic("kunmap of frame %#lx in an interrupt", page_to_pfn(page));
	if (page_has_slot(page))
		kmap_slot_describe(kmap_slot_address(slot_of_page(page)), printk);
	panic("kunmap of frame %#lx, which is not mapped by kmap()", page_to_pfn(page));
}

/* DEBUG=1: a touch faults from now on, on every CPU. */
static void unmap_at_once(struct page *page, unsigned int slot)
{
	if (!cpu_may_call_others())
		return;
	clear_slot_of_page(page);
	clear_pte(&pkmap_ptes[slot]);
	flush_tlb_page(kmap_slot_address(slot), TLB_KMAP);
	next_slot = min(next_slot, slot);
}

void kunmap(struct page *page)
{
	unsigned int slot;

	if (DEBUG && page_to_pfn(page) >= max_pfn)
		bad_kunmap(page);
	if (!page_is_highmem(page))
		return;
	if (in_interrupt())
		bad_kunmap(page);
	spin_lock(&kmap_lock);
	slot = slot_of_page(page);
	if (!page_has_slot(page) || slot >= LAST_PKMAP || kmap_slots[slot].users == 0)
		bad_kunmap(page);
	if (--kmap_slots[slot].users == 0) {
		if (DEBUG)
			unmap_at_once(page, slot);
		if (line.first)
			sched_wake(line.first->thread);
	}
	spin_unlock(&kmap_lock);
}

/*
 * page_address() of a page that has none is NULL, and who trusts it touches page 0. What each CPU was asked
 * last is kept, so that the report of such a fault can say where the NULL may have come from.
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

static void explain_fault(unsigned long address, printf_fn *out)
{
	const struct no_address *last = this_cpu_ptr(no_address);
	char text[SYMBOL_TEXT];

	kmap_slot_describe(address, out);
	if (address < PAGE_SIZE && last->page)
		out("  page_address(frame %#lx) was NULL for %s: the page is not mapped\n",
		    page_to_pfn(last->page), symbol_format(last->caller - 1, text));
}

void *page_address(const struct page *page)
{
	unsigned int slot;

	if (!page_is_highmem(page))
		return lowmem_page_address(page);
	slot = slot_of_page(page);
	if (!page_has_slot(page) || kmap_slots[slot].users == 0) {
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
	if (vaddr >= PAGE_OFFSET && vaddr < (unsigned long)high_memory)
		return virt_to_page(addr);
	return kmap_local_to_page(vaddr);
}

void __init kmap_init(void)
{
	pkmap_ptes = pte_alloc_kernel(PKMAP_BASE);
	if (!pkmap_ptes)
		panic("no memory for the page table of kmap()");
	fault_use_explanation(explain_fault);
}
