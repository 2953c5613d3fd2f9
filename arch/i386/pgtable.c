/* SPDX-License-Identifier: MIT */
#include <asm/pgtable.h>
#include <asm/tlbflush.h>
#include <kernel/spinlock.h>
#include <lib/errno.h>
#include <lib/string.h>

/*
 * Finding and making page tables. All tables lie in the direct map, so the address in a directory entry
 * is enough to reach a table. Tables come from memblock while there is nothing else, then from whatever
 * the page allocator hands in: it stands above this file.
 */

pde_t swapper_pg_dir[NR_PDES] __aligned(PAGE_SIZE);
pteval_t swapper_pdpt[4] __aligned(32);
pteval_t pte_supported_mask __ro_after_init;
pteval_t pte_writecombine __ro_after_init;

/* Guards entries of the directory against two that make a table at once. No lock is taken inside. */
static spinlock_t directory_lock;

static struct table_allocator tables;

struct table_allocator pagetable_use_allocator(struct table_allocator allocator)
{
	struct table_allocator before = tables;

	tables = allocator;
	return before;
}

/* Rights are those of the PTEs: a directory entry allows everything (Intel SDM 3A, 4.6.1). */
static pteval_t pde_of_table(phys_addr_t table)
{
	return (pteval_t)table | PTE_PRESENT | PTE_WRITE | PTE_ACCESSED;
}

/* Two CPUs may need the same table at once: the second one finds it made, and gives its own page back. */
pte_t *pte_make_table(unsigned long vaddr)
{
	pde_t *pde = &swapper_pg_dir[pde_index(vaddr)];
	unsigned long flags;
	phys_addr_t table;

	if (pde_present(*pde))
		return pte_lookup(vaddr);
	table = tables.alloc();
	if (!table)
		return NULL;
	flags = spin_lock_irqsave(&directory_lock);
	if (!pde_present(*pde)) {
		set_pde(pde, (pde_t){ pde_of_table(table) });
		table = 0;
	}
	spin_unlock_irqrestore(&directory_lock, flags);
	if (table)
		tables.free(table);
	return pte_lookup(vaddr);
}

void pagetable_drop(unsigned long vaddr)
{
	clear_pteval(&swapper_pg_dir[pde_index(vaddr)].val);
}

static unsigned int splits;

unsigned int pagetable_splits(void)
{
	return READ_ONCE(splits);
}

int pagetable_split(unsigned long vaddr)
{
	pde_t *pde = &swapper_pg_dir[pde_index(vaddr)];
	phys_addr_t table = tables.alloc();
	pte_t *ptes = __va(table);

	if (!table)
		return -ENOMEM;
	/* Bit 7, PDE_LARGE, means something else in a PTE. */
	for (pteval_t i = 0; i < PTRS_PER_PTE; i++)
		set_pte(&ptes[i], (pte_t){ (pde->val & ~(pteval_t)PDE_LARGE) + (i << PAGE_SHIFT) });
	replace_pteval(&pde->val, pde_of_table(table));
	__atomic_fetch_add(&splits, 1, __ATOMIC_RELAXED);
	flush_tlb_all(TLB_RIGHTS);
	return 0;
}
