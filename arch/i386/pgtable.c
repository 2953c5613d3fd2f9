/* SPDX-License-Identifier: MIT */
#include <asm/pgtable.h>
#include <asm/tlbflush.h>
#include <kernel/panic.h>
#include <kernel/spinlock.h>
#include <lib/errno.h>
#include <lib/string.h>

/*
 * The kernel's directory, and the tables that it names. All tables are in the direct map, so the
 * physical address in a directory entry leads straight to the table. Early tables come from
 * memblock. Later ones come from the page allocator, which is a higher layer: it registers its
 * functions with pagetable_use_allocator().
 *
 * set_kernel_pde() is the only function that writes an entry of the directory. The reason is that
 * each process will have a top level of its own, whose upper part is the kernel's:
 *
 *	PAE       CR3 ─▶ PDPT of a process ─┬─▶ its own page directories       user half
 *	                                    └─▶ pages of swapper_pg_dir        kernel half, shared
 *	non-PAE   CR3 ─▶ directory of a process: its own entries               user half
 *	                                         copies from swapper_pg_dir    kernel half
 *
 * With PAE, all processes share the pages of the kernel's directory, so a new entry is visible in
 * all of them at once, and tables are made on demand. Without PAE, a new entry would have to be
 * copied into the directory of every process, before any CPU uses the address in that process. So
 * nothing changes there after boot: paging_complete() makes all tables of vmalloc, pkmap and
 * fixmap, and afterwards a new entry is a panic. That costs one table of 4 KiB for each 4 MiB of
 * addresses, used or not, and arch/i386/borders.c limits the range on machines with little RAM.
 * One kind of change is left, in both modes: a large page of the direct map is split, or gets other
 * rights. A change of that kind has to visit all directories.
 *
 * A directory entry that names a table never changes again, except by pagetable_drop(). So
 * pte_lookup() needs no lock. The price is that an empty table is never freed.
 *
 * Linux for x86-64 also makes the top-level entries of its vmalloc range at boot
 * (preallocate_vmalloc_pages()). Its other answer, for 32 bits, copies a missing entry into the
 * directory of a process that faults on it (vmalloc_fault()). That saves tables, but then any
 * access to vmalloc memory may fault, in a page-fault handler too.
 */

pde_t swapper_pg_dir[NR_PDES] __aligned(PAGE_SIZE);
pteval_t swapper_pdpt[4] __aligned(32);
pteval_t pte_supported_mask __ro_after_init;
pteval_t pte_writecombine __ro_after_init;

static struct table_allocator tables;

struct table_allocator pagetable_use_allocator(struct table_allocator allocator)
{
	struct table_allocator before = tables;

	tables = allocator;
	return before;
}

/* --- the one writer --------------------------------------------------------------------------- */

/*
 * Held while an entry of the directory is compared and changed, so that of two CPUs that change the
 * same entry only one succeeds. It also guards the list of copies. No lock is taken while
 * this one is held.
 */
static spinlock_t directory_lock;

/* The copies of the kernel half. */
static LIST_HEAD(copies);

/*
 * Without PAE each address space has copies of the kernel's entries. A CPU that uses one of them
 * meanwhile sees the old entry or the new one, as with the kernel's own directory.
 */
static void change_copies(unsigned int index, pteval_t val)
{
	struct directory_copy *copy;

	if (CONFIG_PAE)
		return;
	list_for_each_entry(copy, &copies, link)
		replace_pteval(&copy->top[index], val);
}

void directory_copy_add(struct directory_copy *copy)
{
	const pteval_t *kernel = CONFIG_PAE ? swapper_pdpt : (const pteval_t *)swapper_pg_dir;
	unsigned int first = CONFIG_PAE ? PAGE_OFFSET >> 30 : pde_index(PAGE_OFFSET);
	unsigned int end = CONFIG_PAE ? 4 : NR_PDES;
	unsigned long flags = spin_lock_irqsave(&directory_lock);

	for (unsigned int i = first; i < end; i++)
		copy->top[i] = kernel[i];
	list_add_tail(&copy->link, &copies);
	spin_unlock_irqrestore(&directory_lock, flags);
}

void directory_copy_remove(struct directory_copy *copy)
{
	unsigned long flags = spin_lock_irqsave(&directory_lock);

	list_del(&copy->link);
	spin_unlock_irqrestore(&directory_lock, flags);
}

/* All tables that boot makes exist. */
static bool complete __ro_after_init;

static bool may_change(unsigned long vaddr, pde_t old, pde_t new)
{
	if (!complete)
		return true;
	if (vaddr < PAGE_OFFSET)
		return false;
	if (is_direct_map((void *)vaddr))
		return pde_large(old) && pde_present(new);
	return CONFIG_PAE;
}

bool set_kernel_pde(unsigned long vaddr, pde_t old, pde_t new)
{
	pde_t *pde = &swapper_pg_dir[pde_index(vaddr)];
	unsigned long flags;
	bool unchanged;

	if (unlikely(!may_change(vaddr, old, new)))
		panic("set_kernel_pde(%08lx): " PTE_FMT " would become " PTE_FMT " after boot: "
		      "expected a large page of the direct map to be split or to get other "
		      "rights%s",
		      vaddr, old.val, new.val, CONFIG_PAE ? ", or a table above it" : "");
	flags = spin_lock_irqsave(&directory_lock);
	unchanged = pde->val == old.val;
	if (unchanged) {
		replace_pteval(&pde->val, new.val);
		change_copies(pde_index(vaddr), new.val);
	}
	spin_unlock_irqrestore(&directory_lock, flags);
	return unchanged;
}

/* A directory entry allows everything; the PTEs hold the rights (Intel SDM 3A, 4.6.1). */
pde_t pde_of_table(phys_addr_t table)
{
	return (pde_t){ (pteval_t)table | PTE_PRESENT | PTE_WRITE | PTE_ACCESSED };
}

/* --- making and dropping tables --------------------------------------------------------------- */

/*
 * Two CPUs may make the same table at once. The second one finds the first one's table and frees
 * its own page. The new entry was not present, so no CPU has cached it: no flush (Intel SDM 3A,
 * 4.10.2.3).
 */
pte_t *pte_make_table(unsigned long vaddr)
{
	phys_addr_t table;

	if (pde_present(kernel_pde(vaddr)))
		return pte_lookup(vaddr);
	table = tables.alloc();
	if (!table)
		return NULL;
	if (!set_kernel_pde(vaddr, (pde_t){ 0 }, pde_of_table(table)))
		tables.free(table);
	return pte_lookup(vaddr);
}

void pagetable_drop(unsigned long vaddr)
{
	set_kernel_pde(vaddr, kernel_pde(vaddr), (pde_t){ 0 });
}

void __init pagetable_complete(void)
{
	complete = true;
}

/* --- splitting a large page ------------------------------------------------------------------- */

static unsigned int splits;

unsigned int pagetable_splits(void)
{
	return READ_ONCE(splits);
}

/*
 * The entry is present before and after, and the CPU may have cached the large page, which is
 * global. One locked store replaces it, so no walk sees half of it. Until the flush a CPU may use
 * the large page or a PTE of the table; both give the same frame and rights (Intel SDM 3A,
 * 4.10.2.3). The flush drops all translations of all CPUs, with the global ones and the
 * paging-structure caches (4.10.4.1).
 */
int pagetable_split(unsigned long vaddr)
{
	pde_t large = kernel_pde(vaddr);
	phys_addr_t table = tables.alloc();
	pte_t *ptes = __va(table);

	if (!table)
		return -ENOMEM;
	/* Clear bit 7, PDE_LARGE: in a PTE it has another meaning. */
	for (pteval_t i = 0; i < PTRS_PER_PTE; i++)
		set_pte(&ptes[i],
			(pte_t){ (large.val & ~(pteval_t)PDE_LARGE) + (i << PAGE_SHIFT) });
	if (!set_kernel_pde(vaddr, large, pde_of_table(table)))
		panic("pagetable_split(%08lx): its entry changed from " PTE_FMT " to " PTE_FMT
		      " meanwhile: expected one caller at a time",
		      vaddr, large.val, kernel_pde(vaddr).val);
	__atomic_fetch_add(&splits, 1, __ATOMIC_RELAXED);
	flush_tlb_all(TLB_RIGHTS);
	return 0;
}
