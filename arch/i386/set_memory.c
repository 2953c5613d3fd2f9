/* SPDX-License-Identifier: MIT */
#include <asm/fixmap.h>
#include <asm/pgtable.h>
#include <asm/region.h>
#include <asm/set_memory.h>
#include <asm/tlbflush.h>
#include <kernel/meminfo_line.h>
#include <kernel/panic.h>
#include <kernel/spinlock.h>
#include <lib/errno.h>

/*
 * Changes the rights of mapped pages, in three passes over the range. The first pass checks that
 * all of it is mapped and may be changed. The second pass splits large pages. The third pass
 * changes the entries and flushes once. Only the first two can fail, so a failure leaves all rights
 * unchanged.
 *
 * A lock allows one change at a time. Two changes in one large page would each make a table for it,
 * and the rights in the first table would be lost. The price: a large page, once split, is never
 * joined again.
 */

/*
 * Protects the rights of present kernel entries, and large pages against being split. It is held
 * over a flush, so no CPU may wait for it with interrupts off. It is taken before all other
 * spinlocks: a split allocates a table.
 */
static spinlock_t rights_lock;

struct change {
	const char *name;
	pteval_t set, clear;
};

/* The value of the entry that maps an address: of its PTE, or of the directory entry. */
static pteval_t entry_of(unsigned long vaddr)
{
	const pte_t *pte = pte_lookup(vaddr);

	return pte ? pte->val : kernel_pde(vaddr).val;
}

static pteval_t changed(pteval_t val, const struct change *change)
{
	return (val & ~change->clear) | (change->set & pte_supported_mask);
}

static bool is_writable_and_executable(pteval_t val)
{
	const pteval_t nx = PTE_NX & pte_supported_mask;

	return nx && val & PTE_WRITE && !(val & nx);
}

static int check_page(unsigned long vaddr, const struct change *change)
{
	char region[REGION_TEXT];
	pteval_t val = entry_of(vaddr);

	region_name(vaddr, region, sizeof(region));
	if (vaddr < PAGE_OFFSET || !(val & PTE_PRESENT)) {
		warn("set_memory_%s(%08lx): expected a mapped kernel page, this is: %s",
		     change->name, vaddr, region);
		return -EINVAL;
	}
	if (is_writable_and_executable(changed(val, change))) {
		warn("set_memory_%s(%08lx), in %s: the page would be writable and executable",
		     change->name, vaddr, region);
		return -EINVAL;
	}
	return 0;
}

/* Keep the large page at `vaddr` if all of it changes, or nothing does. */
static int split_if_needed(unsigned long vaddr, unsigned long end, const struct change *change)
{
	pteval_t val = entry_of(vaddr);

	if (pte_lookup(vaddr) || changed(val, change) == val ||
	    ((vaddr & ~PDE_MASK) == 0 && end - vaddr >= PDE_SIZE))
		return 0;
	return pagetable_split(vaddr);
}

/*
 * The entry was present and may be cached; change_locked() flushes. No other CPU changes the
 * entry, since rights_lock is held.
 */
static void change_entry(unsigned long vaddr, const struct change *change)
{
	pte_t *pte = pte_lookup(vaddr);
	pde_t pde = kernel_pde(vaddr);

	if (pte)
		replace_pteval(&pte->val, changed(pte->val, change));
	else
		set_kernel_pde(vaddr, pde, (pde_t){ changed(pde.val, change) });
}

/* Address of the next page with an entry of its own, at most `end`. */
static unsigned long next_entry(unsigned long vaddr, unsigned long end)
{
	unsigned long size = pte_lookup(vaddr) ? PAGE_SIZE : PDE_SIZE - (vaddr & ~PDE_MASK);

	return end - vaddr > size ? vaddr + size : end;
}

static int change_locked(unsigned long addr, unsigned long end, const struct change *change)
{
	unsigned long vaddr;
	int err = 0;

	for (vaddr = addr; vaddr != end && !err; vaddr = next_entry(vaddr, end))
		err = check_page(vaddr, change);
	for (vaddr = addr; vaddr != end && !err; vaddr = next_entry(vaddr, end))
		err = split_if_needed(vaddr, end, change);
	if (err)
		return err;
	for (vaddr = addr; vaddr != end; vaddr = next_entry(vaddr, end))
		change_entry(vaddr, change);
	/* The entries were present and may be global: invlpg drops both kinds (4.10.4.1). */
	flush_tlb_kernel_range(addr, end, TLB_RIGHTS);
	return 0;
}

static int change_rights(unsigned long addr, unsigned long pages, const struct change *change)
{
	int err;

	if (addr & ~PAGE_MASK || pages > (0ul - addr) >> PAGE_SHIFT) {
		warn("set_memory_%s(%08lx, %lu pages): expected whole pages of the address space",
		     change->name, addr, pages);
		return -EINVAL;
	}
	spin_lock(&rights_lock);
	err = change_locked(addr, addr + (pages << PAGE_SHIFT), change);
	spin_unlock(&rights_lock);
	return err;
}

int set_memory_ro(unsigned long addr, unsigned long pages)
{
	return change_rights(addr, pages, &(struct change){ .name = "ro", .clear = PTE_WRITE });
}

int set_memory_rw(unsigned long addr, unsigned long pages)
{
	return change_rights(addr, pages, &(struct change){ .name = "rw", .set = PTE_WRITE });
}

int set_memory_x(unsigned long addr, unsigned long pages)
{
	return change_rights(addr, pages, &(struct change){ .name = "x", .clear = PTE_NX });
}

int set_memory_nx(unsigned long addr, unsigned long pages)
{
	return change_rights(addr, pages, &(struct change){ .name = "nx", .set = PTE_NX });
}

/* --- meminfo: the direct map by sizes of page ------------------------------------------------- */

/* Counted on request, so no stored number can become wrong. */
static unsigned long direct_map_kb(bool large)
{
	unsigned long vaddr = PAGE_OFFSET, end = (unsigned long)high_memory, kb = 0;

	for (; vaddr != end; vaddr = next_entry(vaddr, end)) {
		bool is_large = pde_large(kernel_pde(vaddr));

		if (is_large == large && entry_of(vaddr) & PTE_PRESENT)
			kb += (large ? PDE_SIZE : PAGE_SIZE) >> 10;
	}
	return kb;
}

static unsigned long small_kb(void)
{
	return direct_map_kb(false);
}
MEMINFO_LINE(900, "DirectMap4k", small_kb);

static unsigned long large_kb(void)
{
	return direct_map_kb(true);
}
MEMINFO_LINE(910, CONFIG_PAE ? "DirectMap2M" : "DirectMap4M", large_kb);
