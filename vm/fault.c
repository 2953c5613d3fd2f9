/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/fault.h>
#include <asm/tlbflush.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <mm/kmap_local.h>
#include <sched/sched.h>
#include <vm/anon.h>
#include <vm/area.h>
#include <vm/around.h>
#include <vm/fault.h>
#include <vm/zero_page.h>

/*
 * Page faults of programs. A program touches an address, and its page tables do not allow it.
 * Either the area allows it, and the entry is only not made yet; or the program has made a
 * mistake, and gets a signal. The entry becomes:
 *
 *	                     read                        write
 *	anonymous, nothing   the shared frame of zeroes  a new page of zeroes
 *	anonymous, shared    (never faults)              a copy; the page itself if no other has it
 *	private file         the file's page, read-only  a copy of the file's page
 *	shared file          the file's page             the file's page
 *
 * The frame of zeroes makes reading of untouched memory cost an entry and no page. Copying at the
 * first write ("copy on write") makes fork(2) cheap.
 *
 * The lock of the address space is held for reading, so areas stay as they are, and threads of a
 * program can fault at the same time. Memory is allocated without the lock of the page tables,
 * which is a spinlock. So each case looks at the entry, lets go, allocates, looks again, and
 * only then changes the entry. If the entry has changed meanwhile, another thread was faster, and
 * the access is tried again. The most frequent case, a write where the CPU has found nothing,
 * saves the first look: the entry is expected to be zero.
 *
 * The invariant: a private page is writable only while one address space has it.
 */

/* --- one page --------------------------------------------------------------------------------- */

/* The result of a step, if it is neither 0 nor an error. */
enum step {
	STEP_AGAIN = 1, /* the entry has changed, or there is a table now */
	STEP_IN_VAIN,   /* the entry allows the access */
};

struct fault {
	struct mm *mm;
	const struct area *area;
	unsigned long addr; /* of the page */
	u32 access;
	bool absent; /* the CPU has found no entry */
};

static pte_t pte_for(const struct area *area, unsigned long pfn, bool write)
{
	return pte_user(pfn, write, area->flags & AREA_EXEC);
}

/*
 * Puts a page where nothing is. The reference of @page is that of the mapping, on success. Returns
 * STEP_AGAIN if something is there.
 */
static int install_new(const struct fault *fault, struct page *page)
{
	struct pagetable *pt = &fault->mm->pagetable;
	struct table table;
	int result = STEP_AGAIN;

	spin_lock(&pt->lock);
	while (unlikely(!table_map(pt, fault->addr, &table))) {
		spin_unlock(&pt->lock);
		if (table_make(pt, fault->addr) != 0)
			return -ENOMEM;
		spin_lock(&pt->lock);
	}
	if (likely(pte_none(table.ptes[pte_index(fault->addr)]))) {
		anon_added(fault->mm, &table, fault->addr, page);
		table_set(&table, fault->addr,
			  pte_for(fault->area, page_to_pfn(page), fault->area->flags & AREA_WRITE));
		result = 0;
	}
	table_unmap(&table);
	spin_unlock(&pt->lock);
	return result;
}

/* A write where nothing is. */
static int zero_fill(const struct fault *fault)
{
	struct page *page = alloc_page(GFP_HIGHUSER | __GFP_NOWARN);
	int result;

	if (!page)
		return -ENOMEM;
	clear_highpage(page);
	result = install_new(fault, page);
	if (unlikely(result))
		__free_page(page);
	return result;
}

/*
 * Puts a page where @expected is. The reference of @page is that of the mapping, on success. A
 * changed frame owes a flush between the old entry and the new one, since other CPUs must not write
 * to the new page and read the old one.
 */
static bool replace(const struct fault *fault, pte_t expected, struct page *page)
{
	struct pagetable *pt = &fault->mm->pagetable;
	struct family_share share = { 0 };
	struct page *old = NULL;
	struct table table;
	bool same = false;
	pte_t *ptep;

	spin_lock(&pt->lock);
	if (table_map(pt, fault->addr, &table)) {
		ptep = &table.ptes[pte_index(fault->addr)];
		same = ((ptep->val ^ expected.val) & ~(pteval_t)(PTE_ACCESSED | PTE_DIRTY)) == 0;
		if (same && pte_none(*ptep)) {
			table.page->b++;
		} else if (same) {
			unsigned long pfn = pte_pfn(pte_take(ptep));

			flush_tlb_user_page(pt, fault->addr);
			if (!is_zero_pfn(pfn))
				old = pfn_to_page(pfn);
		}
		if (same) {
			anon_added(fault->mm, &table, fault->addr, page);
			set_pte(ptep, pte_for(fault->area, page_to_pfn(page),
					      fault->area->flags & AREA_WRITE));
			if (old && page_state(old) == PAGE_OBJECT)
				mapped_add(fault->mm, -1);
			else if (old)
				anon_removed(fault->mm, old, &share);
		}
		table_unmap(&table);
	}
	spin_unlock(&pt->lock);
	family_share_end(&share);
	if (old)
		vm_put_page(old);
	return same;
}

/*
 * A write to the frame of zeroes, if @from is NULL, or to a page that others have. @from is
 * referenced by the caller, and the reference dropped.
 */
static int copy(const struct fault *fault, pte_t expected, struct page *from)
{
	struct page *page = alloc_page(GFP_HIGHUSER | __GFP_NOWARN);
	int result = -ENOMEM;

	if (page) {
		if (from)
			copy_highpage(page, from);
		else
			clear_highpage(page);
		result = replace(fault, expected, page) ? 0 : STEP_AGAIN;
		if (result)
			__free_page(page);
	}
	if (from)
		vm_put_page(from);
	return result;
}

/*
 * The entry forbids a write that the area allows. Called with the lock of the page tables, releases
 * it.
 */
static int write_present(const struct fault *fault, const struct table *table)
{
	struct pagetable *pt = &fault->mm->pagetable;
	pte_t *ptep = &table->ptes[pte_index(fault->addr)], old = *ptep;
	struct page *page = pfn_to_page(pte_pfn(old));
	bool zero = is_zero_pfn(pte_pfn(old)), in_place;

	in_place = fault->area->flags & AREA_SHARED;
	if (!in_place && !zero && page_state(page) != PAGE_OBJECT)
		in_place = anon_try_reuse(table, fault->addr, page);
	if (in_place) {
		/*
		 * More rights owe no flush: a CPU with the old entry faults, and finds the new
		 * one.
		 */
		while (!pte_exchange(ptep, &old,
				     (pte_t){ old.val | PTE_WRITE | PTE_DIRTY | PTE_ACCESSED }))
			;
		table_unmap(table);
		spin_unlock(&pt->lock);
		flush_tlb_one(fault->addr);
		return 0;
	}
	if (!zero)
		get_page(page);
	table_unmap(table);
	spin_unlock(&pt->lock);
	return copy(fault, old, zero ? NULL : page);
}

/* --- pages of objects ------------------------------------------------------------------------- */

/* A page that does not exist is made, and mapped by the next step. */
static int object_page(const struct fault *fault)
{
	const struct area *area = fault->area;
	bool private_write = fault->access == AREA_WRITE && !(area->flags & AREA_SHARED);
	struct page *page = NULL;
	int err;

	if (!private_write && vm_map_around(fault->mm, area, fault->addr))
		return 0;
	err = vm_object_page(area->object, area_index(area, fault->addr), true, &page);
	if (err)
		return err == -EINVAL ? -ENXIO : err;
	if (private_write)
		return copy(fault, (pte_t){ 0 }, page);
	vm_put_page(page);
	return STEP_AGAIN;
}

/* --- which case it is ------------------------------------------------------------------------- */

static int nothing_there(const struct fault *fault, const struct table *table)
{
	struct pagetable *pt = &fault->mm->pagetable;

	if (fault->area->object || fault->access == AREA_WRITE) {
		table_unmap(table);
		spin_unlock(&pt->lock);
		return fault->area->object ? object_page(fault) : zero_fill(fault);
	}
	table_set(table, fault->addr, pte_for(fault->area, zero_pfn, false));
	table_unmap(table);
	spin_unlock(&pt->lock);
	return 0;
}

/* Looks at the entry, and does the next step. */
static int step(const struct fault *fault)
{
	struct pagetable *pt = &fault->mm->pagetable;
	struct table table;
	bool present;
	pte_t pte;

	spin_lock(&pt->lock);
	if (!table_map(pt, fault->addr, &table)) {
		spin_unlock(&pt->lock);
		return table_make(pt, fault->addr) != 0 ? -ENOMEM : STEP_AGAIN;
	}
	pte = table.ptes[pte_index(fault->addr)];
	if (pte_none(pte))
		return nothing_there(fault, &table);
	present = pte_present(pte);
	if (!present) {
		/* It was without rights, and the area has got some back. */
		set_pte(&table.ptes[pte_index(fault->addr)],
			pte_for(fault->area, pte_pfn(pte), false));
		pte = table.ptes[pte_index(fault->addr)];
	}
	if (fault->access == AREA_WRITE && !pte_writable(pte))
		return write_present(fault, &table);
	table_unmap(&table);
	spin_unlock(&pt->lock);
	return present ? STEP_IN_VAIN : 0;
}

/* Returns 0, an error, or STEP_IN_VAIN if the entry has allowed the access from the beginning. */
static int make_present(const struct fault *fault)
{
	int result = STEP_AGAIN;

	if (fault->absent && fault->access == AREA_WRITE && !fault->area->object)
		result = zero_fill(fault);
	while (result == STEP_AGAIN)
		result = step(fault);
	return result;
}

/* --- areas ------------------------------------------------------------------------------------ */

/* A CPU without NX executes what it can read. */
static bool allows(const struct area *area, u32 access)
{
	if (access == AREA_EXEC && !(pte_supported_mask & PTE_NX))
		access = AREA_READ;
	if (access == AREA_READ)
		return area->flags & AREA_PROT;
	return area->flags & access;
}

/*
 * The stack grows down to a touched address, if that leaves the gap below it, and stays below the
 * limit. The lock is held for writing.
 */
static int grow_stack(struct mm *mm, unsigned long addr)
{
	struct area *area = area_first(mm, addr);
	struct range_node *below;
	unsigned long pages;

	addr &= PAGE_MASK;
	if (!area || (area->node.start > addr && !(area->flags & AREA_GROWSDOWN)) ||
	    addr < MMAP_MIN_ADDR)
		return -EFAULT;
	if (area->node.start <= addr)
		return 0;
	below = range_tree_prev(&area->node);
	if (below && below->end + STACK_GUARD_GAP > addr && area_of(below)->flags & AREA_PROT &&
	    !(area_of(below)->flags & AREA_GROWSDOWN))
		return -EFAULT;
	pages = (area->node.start - addr) >> PAGE_SHIFT;
	if (area->node.end - addr > mm->limit_stack ||
	    pages > (mm->limit_as >> PAGE_SHIFT) - min(mm->nr_pages, mm->limit_as >> PAGE_SHIFT))
		return -EFAULT;
	area_resize(area, addr, area->node.end);
	return 0;
}

/* Faults at the same time write the same word; all their areas stay while the lock is held. */
static struct area *find_area(struct mm *mm, unsigned long addr)
{
	struct area *area = READ_ONCE(mm->last_used);

	if (area && addr >= area->node.start && addr < area->node.end)
		return area;
	area = area_first(mm, addr);
	WRITE_ONCE(mm->last_used, area);
	return area;
}

/* Returns 0, an error of vm_fault(), or STEP_IN_VAIN. @absent: the CPU has found no entry. */
static inline int handle(struct mm *mm, unsigned long addr, u32 access, bool absent)
{
	struct fault fault = {
		.mm = mm, .addr = addr & PAGE_MASK, .access = access, .absent = absent
	};
	struct area *area;
	int err = 0;

	if (addr >= TASK_SIZE)
		return -EFAULT;
	down_read(&mm->lock);
	area = find_area(mm, addr);
	if (area && area->node.start > addr && area->flags & AREA_GROWSDOWN) {
		up_read(&mm->lock);
		down_write(&mm->lock);
		err = grow_stack(mm, addr);
		up_write(&mm->lock);
		if (err)
			return err;
		down_read(&mm->lock);
		area = area_first(mm, addr);
	}
	if (!area || area->node.start > addr) {
		err = -EFAULT;
	} else if (!allows(area, access)) {
		err = -EACCES;
	} else {
		/* Several threads may do this at once; all set the same bit. */
		if (!(area->flags & AREA_TOUCHED))
			__atomic_fetch_or(&area->flags, AREA_TOUCHED, __ATOMIC_RELAXED);
		fault.area = area;
		err = make_present(&fault);
	}
	up_read(&mm->lock);
	return err;
}

int vm_fault(struct mm *mm, unsigned long addr, u32 access)
{
	int result = handle(mm, addr, access, false);

	return result == STEP_IN_VAIN ? 0 : result;
}

int vm_fault_reason(struct mm *mm, unsigned long addr, u32 access)
{
	int result = handle(mm, addr, access, false);

	return result == STEP_IN_VAIN ? -EFAULT : result;
}

int vm_populate(struct mm *mm, unsigned long start, unsigned long end)
{
	const struct area *area;
	int result = 0, err;
	u32 access;

	for (; start < end; start += PAGE_SIZE) {
		down_read(&mm->lock);
		area = area_first(mm, start);
		access = area && area->node.start <= start ? area->flags & AREA_PROT : 0;
		/* A private page that may be written is brought in to be written. */
		if (access & AREA_WRITE && !(area->flags & AREA_SHARED))
			access = AREA_WRITE;
		else if (access)
			access = AREA_READ;
		else if (!area || area->node.start > start)
			result = result ? result : -ENOMEM;
		up_read(&mm->lock);
		err = access ? vm_fault(mm, start, access) : 0;
		result = result ? result : err;
		if (err == -ENOMEM)
			break;
	}
	return result;
}

/* --- the exception ---------------------------------------------------------------------------- */

static u32 access_of(u32 error_code)
{
	if (error_code & FAULT_WRITE)
		return AREA_WRITE;
	return error_code & FAULT_FETCH ? AREA_EXEC : AREA_READ;
}

/*
 * A fault whose entry allows the access is no mistake by itself: another thread was faster, or
 * this CPU had an old entry, which it has dropped with the fault (Intel SDM 3A, 4.10.4.1). But if
 * the CPU continues to fault at the same place, no way leads out. Then the fault is given up, and
 * the program gets a signal.
 */
#define FAULTS_IN_VAIN 1000u

static DEFINE_PER_CPU(u32, faults_in_vain); /* in succession, at vain_address */
static DEFINE_PER_CPU(unsigned long, vain_address);

/* Preemption is off. */
static bool may_try_again(const struct trap_frame *frame, unsigned long address)
{
	if (this_cpu(vain_address) != address) {
		this_cpu(vain_address) = address;
		this_cpu(faults_in_vain) = 0;
	}
	this_cpu_add(faults_in_vain, 1);
	if (this_cpu(faults_in_vain) < FAULTS_IN_VAIN)
		return true;
	this_cpu(faults_in_vain) = 0;
	pr_warn("page fault at %08lx, EIP %08x, error code %x: the entry allows the access, but "
		"it faulted %u times\n",
		address, frame->eip, frame->error_code, FAULTS_IN_VAIN);
	return false;
}

/* For accesses that are meant to reach the program, interrupts on. */
static bool user_fault(struct trap_frame *frame, unsigned long address)
{
	struct thread *me = current;
	bool again;
	int result;

	if (!me || !me->mm)
		return false;
	result = handle(me->mm, address, access_of(frame->error_code),
			!(frame->error_code & FAULT_PRESENT));
	if (likely(result == 0)) {
		this_cpu(faults_in_vain) = 0;
		return true;
	}
	if (result < 0)
		return false;
	preempt_disable();
	again = may_try_again(frame, address);
	preempt_enable();
	return again;
}

void __init vm_fault_init(void)
{
	fault_use_program(user_fault);
}
