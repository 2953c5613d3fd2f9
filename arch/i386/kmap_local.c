/* SPDX-License-Identifier: MIT */
#include <asm/fault.h>
#include <asm/fixmap.h>
#include <asm/kmap_local.h>
#include <asm/percpu.h>
#include <asm/pgtable.h>
#include <asm/tlbflush.h>
#include <kernel/panic.h>
#include <kernel/preempt.h>
#include <kernel/printk.h>
#include <kernel/report_section.h>
#include <kernel/symbols.h>

/*
 * Most code needs the address of a high page only until the end of a function. For that, each CPU
 * has a row of fixmap pages, its slots, and uses them as a stack. Such stacks of per-CPU slots,
 * mappings of a thread that survive preemption, and the names are Linux's (kmap_local_page() of
 * 5.11):
 *
 *	    guard   slot 1   slot 2   slot 3          guard of the next CPU
 *	  | ///// | page A | page B | (empty) | ... | ///// |
 *	                     ^ top: address of the slot mapped last
 *
 * `top` is the whole state. Mapping adds a slot to it and writes the PTE there. Unmapping clears
 * the PTE, flushes its translation (invlpg), and subtracts a slot. So nothing is searched and no
 * lock is taken. An interrupt at any instruction uses the slots above `top`, and has given them
 * back when it returns; therefore interrupts need not be off.
 *
 * The PTE of a guard is not present, but not zero either. So a single test, whether the low bits
 * of the new slot's PTE are zero, finds both mistakes: nesting too deep (the slot is the next
 * guard), and a slot that is still in use.
 *
 * The slots belong to a CPU, and a mapping to a thread. So a thread with mappings stays on its CPU.
 * When another thread runs there, the scheduler saves the mappings and clears the slots. Before the
 * thread continues, the scheduler maps the same pages at the same addresses.
 *
 * Price: mappings must be undone in reverse order, and only the thread that made one may use it.
 * Each slot records the page that it mapped last and the caller, so that reports can name both.
 * With DEBUG=1 there is a guard between any two slots, and kmap_local_force_map=1 gives low pages
 * slots, too: bugs that only high memory would show then appear on every machine.
 */

_Static_assert(KMAP_LOCAL_DEPTH *KMAP_LOCAL_STRIDE == FIX_KMAP_PER_CPU - 1,
	       "one page of a CPU is the guard");

/* Not zero, not present (bit 0), and easy to recognise in a dump: bits 5, 7, 9 and 11. */
#define GUARD_PTE ((pte_t){ 0xaa0 })

#define SLOT_SIZE   (KMAP_LOCAL_STRIDE * PAGE_SIZE)
#define SLOTS_START fix_to_virt(FIX_KMAP_BEGIN)
#define SLOTS_END   (fix_to_virt(FIX_KMAP_END) + PAGE_SIZE)

/*
 * `top` of each CPU, and the address of its guard, which `top` has while nothing is mapped. The
 * scheduler keeps a thread on its CPU while the two differ. One instruction adds to `top`; from
 * then on the thread cannot move, so it may read `top` more than once.
 *
 * The addition precedes the check that there is such a slot. An interrupt or a switch between the
 * two finds one mapping too many, and panics like the check.
 */
DEFINE_PER_CPU(u32, kmap_top);
DEFINE_PER_CPU(u32, kmap_bottom);

pteval_t local_pte_base __ro_after_init;

/* The last use of each slot, at the index of its PTE. Its CPU writes it before it sets the PTE. */
static struct kmap_local_use last_use[FIXMAP_TABLES * PTRS_PER_PTE];

static inline pte_t *slot_pte(unsigned long vaddr)
{
	return &fixmap_ptes[fixmap_index(vaddr)];
}

/* Puts a guard PTE on every page that is not a slot, and one after the last slot. */
void __init kmap_local_init_slots(const struct page *frame_0)
{
	local_pte_base =
		PAGE_KERNEL_LOCAL.val - (pteval_t)(unsigned long)frame_0 * KMAP_LOCAL_SCALE;
	for (unsigned int page = 0; page < NR_CPUS * FIX_KMAP_PER_CPU + KMAP_LOCAL_STRIDE; page++) {
		unsigned int within = page % FIX_KMAP_PER_CPU;

		if (within == 0 || within % KMAP_LOCAL_STRIDE || page >= NR_CPUS * FIX_KMAP_PER_CPU)
			set_pte(slot_pte(SLOTS_START) + page, GUARD_PTE);
	}
	kmap_local_init_cpu();
}

void kmap_local_init_cpu(void)
{
	u32 guard = SLOTS_START + smp_processor_id() * FIX_KMAP_PER_CPU * PAGE_SIZE;

	this_cpu(kmap_top) = this_cpu(kmap_bottom) = guard;
}

/* For reports. */
static unsigned long frame_of(const struct page *page)
{
	return pte_pfn(mk_local_pte(page));
}

/* --- reports of mistakes ---------------------------------------------------------------------- */

static void describe(unsigned long vaddr, const char *how, printf_fn *out)
{
	const struct kmap_local_use *use = &last_use[fixmap_index(vaddr)];
	char text[SYMBOL_TEXT];

	if (use->page)
		out("  %08lx %s frame %#lx for %s\n", vaddr & PAGE_MASK, how, frame_of(use->page),
		    symbol_format(use->caller, text));
}

void kmap_local_describe(unsigned long vaddr, printf_fn *out)
{
	if (vaddr >= SLOTS_START && vaddr < SLOTS_END)
		describe(vaddr, "was last mapped to", out);
}
FAULT_EXPLANATION(kmap_local_describe);

void kmap_local_show_held(unsigned int nr, printf_fn *out)
{
	u32 vaddr = this_cpu(kmap_top);

	for (; nr && vaddr != this_cpu(kmap_bottom); nr--, vaddr -= SLOT_SIZE)
		describe(vaddr, "maps", out);
}

static noinline void __noreturn no_slot(const struct page *page)
{
	unsigned long vaddr = this_cpu(kmap_top);

	this_cpu_sub(kmap_top, SLOT_SIZE);
	kmap_local_show_held(KMAP_LOCAL_DEPTH, printk);
	if (slot_pte(vaddr)->val == GUARD_PTE.val)
		panic("kmap_local_page(frame %#lx): all %u slots are in use; mapping not undone?",
		      frame_of(page), KMAP_LOCAL_DEPTH);
	panic("kmap_local_page(frame %#lx): the slot at %08lx still maps frame %#lx",
	      frame_of(page), vaddr, pte_pfn(*slot_pte(vaddr)));
}

void kmap_local_too_deep(void)
{
	unsigned int held = kmap_local_held();

	this_cpu_sub(kmap_top, SLOT_SIZE);
	kmap_local_show_held(KMAP_LOCAL_DEPTH, printk);
	panic("kmap_local_page(): %u mappings, expected %u: all %u slots used; mapping not undone?",
	      held, KMAP_LOCAL_DEPTH, KMAP_LOCAL_DEPTH);
}

static noinline void __noreturn not_the_latest(unsigned long vaddr)
{
	u32 top = this_cpu(kmap_top);

	if (vaddr < SLOTS_START || vaddr >= SLOTS_END)
		panic("kunmap_local(%08lx): not an address that kmap_local_page() returned", vaddr);
	kmap_local_show_held(KMAP_LOCAL_DEPTH, printk);
	if (top == this_cpu(kmap_bottom)) {
		kmap_local_describe(vaddr, printk);
		panic("kunmap_local(%08lx): nothing is mapped", vaddr);
	}
	panic("kunmap_local(%08lx): not the latest mapping, expected %08x (frame %#lx)", vaddr, top,
	      pte_pfn(*slot_pte(top)));
}

/* --- mapping and unmapping -------------------------------------------------------------------- */

void *kmap_local_slot(const struct page *page, unsigned long caller)
{
	unsigned long slot;

	this_cpu_add(kmap_top, SLOT_SIZE);
	slot = fixmap_index(this_cpu(kmap_top));
	/* Every PTE has one of these bits. They are written last and cleared first. */
	if (unlikely((u32)fixmap_ptes[slot].val & PTE_LOW_BITS))
		no_slot(page);
	last_use[slot] = (struct kmap_local_use){ page, caller };
	set_pte(&fixmap_ptes[slot], mk_local_pte(page));
	return (void *)(unsigned long)this_cpu(kmap_top);
}

/* If nothing is mapped, `top` is the address of the guard, whose PTE is not present. */
void kunmap_local_slot(const void *addr)
{
	unsigned long vaddr = (unsigned long)addr & PAGE_MASK, slot = fixmap_index(vaddr);

	if (unlikely(vaddr != this_cpu(kmap_top) || !pte_present(fixmap_ptes[slot])))
		not_the_latest(vaddr);
	clear_pte(&fixmap_ptes[slot]);
	flush_tlb_one(vaddr);
	this_cpu_sub(kmap_top, SLOT_SIZE);
}

/* --- switching threads ------------------------------------------------------------------------ */

unsigned int kmap_local_held(void)
{
	return (this_cpu(kmap_top) - this_cpu(kmap_bottom)) / SLOT_SIZE;
}

/*
 * Flushes even a slot whose PTE is clear: kunmap_local() may have been interrupted between
 * clearing and invlpg, and the next thread uses the same address.
 */
void kmap_local_save(struct kmap_local_stack *save)
{
	u32 vaddr = this_cpu(kmap_bottom), nr = kmap_local_held();

	if (unlikely(nr > KMAP_LOCAL_DEPTH))
		kmap_local_too_deep();
	save->nr = nr;
	save->mapped = 0;
	for (u32 i = 0; i < nr; i++) {
		pte_t *pte = slot_pte(vaddr += SLOT_SIZE);

		save->use[i] = last_use[fixmap_index(vaddr)];
		save->mapped |= (u32)pte_present(*pte) << i;
		clear_pte(pte);
		flush_tlb_one(vaddr);
	}
	this_cpu(kmap_top) = this_cpu(kmap_bottom);
}

void kmap_local_restore(struct kmap_local_stack *saved)
{
	u32 vaddr = this_cpu(kmap_bottom);

	for (u32 i = 0; i < saved->nr; i++) {
		vaddr += SLOT_SIZE;
		last_use[fixmap_index(vaddr)] = saved->use[i];
		if (saved->mapped >> i & 1)
			set_pte(slot_pte(vaddr), mk_local_pte(saved->use[i].page));
		else if (saved->use[i].page)
			/* The thread may have been preempted between the halves of this PTE. */
			set_pte_high(slot_pte(vaddr), mk_local_pte(saved->use[i].page));
	}
	this_cpu(kmap_top) = vaddr;
	saved->nr = 0;
}

/* Walks the slots in use from `vaddr` on, up to `end`. */
#define for_each_slot_in_use(vaddr, end)              \
	for (; (vaddr) < (end); (vaddr) += PAGE_SIZE) \
		if (pte_present(*slot_pte(vaddr)))

unsigned long kmap_local_slot_address(u32 cpu, u32 nr)
{
	return SLOTS_START + cpu * FIX_KMAP_PER_CPU * PAGE_SIZE + (nr + 1) * SLOT_SIZE;
}

unsigned int kmap_local_in_use(void)
{
	unsigned int nr = 0;

	for (unsigned long vaddr = SLOTS_START; vaddr < SLOTS_END; vaddr += PAGE_SIZE)
		nr += pte_present(*slot_pte(vaddr));
	return nr;
}

void kmap_local_show(printf_fn *out)
{
	unsigned long vaddr = SLOTS_START;

	for_each_slot_in_use(vaddr, SLOTS_END)
		describe(vaddr, "maps", out);
}

static void use_values(struct json *json, unsigned long vaddr)
{
	char text[SYMBOL_TEXT];

	json_object(json, NULL);
	json_number(json, "address", vaddr);
	json_number(json, "pfn", pte_pfn(*slot_pte(vaddr)));
	json_string(json, "caller", symbol_format(last_use[fixmap_index(vaddr)].caller, text));
	json_object_end(json);
}

static void kmap_local_section(struct json *json)
{
	u32 cpu;

	json_number(json, "depth", KMAP_LOCAL_DEPTH);
	json_number(json, "stride", SLOT_SIZE);
	json_array(json, "cpus");
	for_each_cpu_with_data(cpu) {
		unsigned long vaddr = SLOTS_START + cpu * FIX_KMAP_PER_CPU * PAGE_SIZE;
		unsigned long end = vaddr + FIX_KMAP_PER_CPU * PAGE_SIZE;

		json_object(json, NULL);
		json_number(json, "first_slot", vaddr + SLOT_SIZE);
		json_array(json, "mapped");
		for_each_slot_in_use(vaddr, end)
			use_values(json, vaddr);
		json_array_end(json);
		json_object_end(json);
	}
	json_array_end(json);
}
REPORT_SECTION(420, "kmap_local", kmap_local_section);

bool kmap_local_pfn(unsigned long vaddr, unsigned long *pfn)
{
	pte_t pte;

	if (vaddr < SLOTS_START || vaddr >= SLOTS_END)
		return false;
	pte = *slot_pte(vaddr & PAGE_MASK);
	*pfn = pte_pfn(pte);
	return pte_present(pte);
}
