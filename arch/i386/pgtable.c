/* SPDX-License-Identifier: MIT */
#include <asm/pgtable.h>
#include <asm/tlbflush.h>
#include <kernel/spinlock.h>
#include <lib/errno.h>
#include <lib/string.h>

/*
 * Finds and makes page tables. All tables are in the direct map, so the physical address in a
 * directory entry leads straight to the table. Early tables come from memblock. Later ones come
 * from the page allocator, which is a higher layer: it registers its functions with
 * pagetable_use_allocator().
 *
 * A directory entry that names a table never changes again, except by pagetable_drop(). So
 * pte_lookup() needs no lock. The price is that an empty table is never freed: 4 KiB for each 2 MiB
 * (PAE) or 4 MiB that were mapped once.
 */

pde_t swapper_pg_dir[NR_PDES] __aligned(PAGE_SIZE);
pteval_t swapper_pdpt[4] __aligned(32);
pteval_t pte_supported_mask __ro_after_init;
pteval_t pte_writecombine __ro_after_init;

/*
 * Held while an entry of the directory is set, so that two CPUs do not both install a table. No
 * lock is taken while this one is held.
 */
static spinlock_t directory_lock;

static struct table_allocator tables;

struct table_allocator pagetable_use_allocator(struct table_allocator allocator)
{
	struct table_allocator before = tables;

	tables = allocator;
	return before;
}

/* A directory entry allows everything; the PTEs hold the rights (Intel SDM 3A, 4.6.1). */
static pteval_t pde_of_table(phys_addr_t table)
{
	return (pteval_t)table | PTE_PRESENT | PTE_WRITE | PTE_ACCESSED;
}

/*
 * Two CPUs may make the same table at once. The second one finds the first one's table and frees
 * its own page.
 */
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
	/* Clear bit 7, PDE_LARGE: in a PTE it has another meaning. */
	for (pteval_t i = 0; i < PTRS_PER_PTE; i++)
		set_pte(&ptes[i], (pte_t){ (pde->val & ~(pteval_t)PDE_LARGE) + (i << PAGE_SHIFT) });
	replace_pteval(&pde->val, pde_of_table(table));
	__atomic_fetch_add(&splits, 1, __ATOMIC_RELAXED);
	flush_tlb_all(TLB_RIGHTS);
	return 0;
}
