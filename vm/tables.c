/* SPDX-License-Identifier: MIT */
#include <asm/tlbflush.h>
#include <kernel/command.h>
#include <lib/errno.h>
#include <mm/page_alloc.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>
#include <vm/table_probe.h>
#include <vm/tables.h>

/*
 * The page tables of programs are in high memory. A program that touches 2 GiB needs 4 MiB of
 * tables; a hundred of them would fill half of lowmem. Only the top has to be in lowmem, whose
 * physical address goes into CR3: 32 bytes with PAE, a page without.
 *
 *	PAE      top: 4 pointers     -> 1 to 3 directories -> tables of 512 entries, 2 MiB each
 *	non-PAE  top: 1024 entries                         -> tables of 1024 entries, 4 MiB each
 *
 * The directories of PAE exist from the beginning, since a CPU reads the pointers only when it
 * loads CR3. A table is made by the first fault at its addresses, and freed when its last entry is
 * cleared: its descriptor counts the entries that are not zero. So an empty table is all zeroes.
 * A few of them are kept for the next programs, which need not clear them: a fork takes some three
 * tables, and gives them back when the child ends. (Directories are kept in vm/create.c.)
 *
 * The price is that a table has to be mapped for each look at it, and before that the directory. A
 * CPU has windows for both, which mostly show the wanted page already (arch/i386/table_window.c).
 * And the page tables remember the table that was mapped last, so the directory is rarely asked.
 *
 * A boot with highpte=0 keeps all of them in lowmem, for comparison.
 */

static bool highpte = true;

static int set_highpte(const char *text)
{
	if ((*text != '0' && *text != '1') || text[1])
		return -EINVAL;
	highpte = *text == '1';
	return 0;
}
BOOT_PARAM("highpte", "highpte=0|1", "1: page tables of programs are in high memory", set_highpte);

bool tables_set_high(bool high)
{
	return __atomic_exchange_n(&highpte, high, __ATOMIC_RELAXED);
}

static gfp_t table_gfp(void)
{
	if (!highpte)
		return GFP_USER;
	return tables_below_4g ? GFP_USER | __GFP_DMA32 : GFP_HIGHUSER;
}

/* Empty tables, linked through word b; PFN_NONE ends the list. Any number of CPUs share them. */
#define MOST_KEPT 18u

static spinlock_t kept_lock; /* innermost, except for the locks of zones */
static u32 kept = PFN_NONE, nr_kept;

static struct page *take_kept(void)
{
	struct page *page = NULL;

	spin_lock(&kept_lock);
	if (nr_kept) {
		page = pfn_to_page(kept);
		kept = page->b;
		nr_kept--;
		page->b = 0;
	}
	spin_unlock(&kept_lock);
	return page;
}

static struct page *alloc_table(void)
{
	struct page *page = take_kept();

	if (page)
		return page;
	page = alloc_page(table_gfp() | __GFP_ZERO | __GFP_NOWARN);
	if (page) {
		set_page_state(page, PAGE_TABLE);
		page->b = 0;
		__atomic_fetch_add(&nr_user_page_tables, 1, __ATOMIC_RELAXED);
	}
	return page;
}

static void free_table(struct page *page)
{
	__atomic_fetch_sub(&nr_user_page_tables, 1, __ATOMIC_RELAXED);
	__free_page(page);
}

void table_put(struct page *page)
{
	bool keep;

	page->a = 0;
	spin_lock(&kept_lock);
	keep = nr_kept < MOST_KEPT;
	if (keep) {
		page->b = kept;
		kept = (u32)page_to_pfn(page);
		nr_kept++;
	}
	spin_unlock(&kept_lock);
	if (!keep)
		free_table(page);
}

void tables_trim(void)
{
	struct page *page;

	while ((page = take_kept()))
		free_table(page);
}

/* --- the top and the directories -------------------------------------------------------------- */

static pteval_t *alloc_top(struct pagetable *pt)
{
#if CONFIG_PAE
	return pt->pointers;
#else
	return (pteval_t *)__get_free_pages(GFP_KERNEL | __GFP_NOWARN, 0);
#endif
}

static void free_top(pteval_t *top)
{
	if (!CONFIG_PAE)
		free_pages((unsigned long)top, 0);
}

int pagetable_create(struct pagetable *pt)
{
	phys_addr_t directories[4];
	unsigned int nr;

	pt->top = alloc_top(pt);
	if (!pt->top)
		return -ENOMEM;
	for (nr = 0; nr != NR_USER_DIRECTORIES; nr++) {
		struct page *page = alloc_table();

		if (!page)
			goto no_memory;
		directories[nr] = page_to_phys(page);
	}
	pagetable_register(pt, directories);
	pt->nr_tables = nr;
	return 0;

no_memory:
	while (nr--)
		table_put(pfn_to_page(PFN_DOWN(directories[nr])));
	free_top(pt->top);
	return -ENOMEM;
}

void pagetable_set_owner(struct pagetable *pt, u32 id)
{
	pt->id = id;
	for (unsigned int i = 0; i != NR_USER_DIRECTORIES; i++)
		pfn_to_page(PFN_DOWN(pagetable_directory(pt, i)))->a =
			TABLE_OWNER(id, (unsigned long)i << 30);
}

void pagetable_free(struct pagetable *pt)
{
	pagetable_unregister(pt);
	for (unsigned int i = 0; i != NR_USER_DIRECTORIES; i++)
		table_put(pfn_to_page(PFN_DOWN(pagetable_directory(pt, i))));
	free_top(pt->top);
}

/* --- entries of directories ------------------------------------------------------------------- */

/* Maps the directory of an address, and finds its entry in it. */
static pteval_t *pde_map(const struct pagetable *pt, unsigned long addr)
{
	pteval_t *directory;

	if (!CONFIG_PAE)
		return pt->top + pde_index(addr);
	directory = table_window_open(
		WINDOW_DIRECTORY,
		pfn_to_page(PFN_DOWN(pagetable_directory(pt, (unsigned int)(addr >> 30)))));
	return directory + (pde_index(addr) & (PTRS_PER_PAGE - 1));
}

static void pde_unmap(void)
{
	if (CONFIG_PAE)
		table_window_close(WINDOW_DIRECTORY);
}

static struct page *table_of(pteval_t pde)
{
	return pfn_to_page(PFN_DOWN(pde & PTE_FRAME_MASK));
}

bool table_find(struct pagetable *pt, unsigned long addr)
{
	pteval_t *pde = pde_map(pt, addr);
	pteval_t value = *pde;

	pde_unmap();
	if (!value)
		return false;
	pt->last_index = pde_index(addr);
	pt->last_table = table_of(value);
	return true;
}

/* The entry was zero, so no CPU has cached it: no flush. */
static void install(struct pagetable *pt, unsigned long addr, pteval_t *pde, struct page *page)
{
	page->a = TABLE_OWNER(pt->id, addr);
	pt->nr_tables++;
	set_pteval(pde, pde_of_user_table(page_to_phys(page)).val);
	pt->last_index = pde_index(addr);
	pt->last_table = page;
}

/* Installs @page if there is no table, or one of those that are kept if @page is NULL. */
static bool make_from(struct pagetable *pt, unsigned long addr, struct page **page)
{
	pteval_t *pde = pde_map(pt, addr);
	bool exists = *pde;

	if (!exists && !*page)
		*page = take_kept();
	if (!exists && *page) {
		install(pt, addr, pde, *page);
		*page = NULL;
		exists = true;
	}
	pde_unmap();
	return exists;
}

bool table_ready(struct pagetable *pt, unsigned long addr)
{
	struct page *page = NULL;

	if (pt->last_table && pt->last_index == pde_index(addr))
		return true;
	return make_from(pt, addr, &page);
}

/* The allocator is asked without the lock, so the entry is looked at again afterwards. */
int table_make(struct pagetable *pt, unsigned long addr)
{
	struct page *page = NULL;
	bool exists;

	for (;;) {
		spin_lock(&pt->lock);
		exists = make_from(pt, addr, &page);
		spin_unlock(&pt->lock);
		if (exists)
			break;
		page = alloc_table();
		if (!page)
			return -ENOMEM;
	}
	if (page)
		table_put(page);
	return 0;
}

bool table_search(const struct pagetable *pt, unsigned long *addr, unsigned long end)
{
	unsigned long at = *addr;

	while (at < end) {
		/* To the end of this directory, with one mapping. */
		unsigned long stop = CONFIG_PAE ? min((at | ((1ul << 30) - 1)) + 1, end) : end;
		pteval_t *first = pde_map(pt, at), *pde = first;

		while (at < stop && !*pde) {
			at = (at & PDE_MASK) + PDE_SIZE;
			pde++;
		}
		pde_unmap();
		if (at < stop) {
			*addr = at;
			return true;
		}
	}
	return false;
}

void table_detach(struct pagetable *pt, unsigned long addr, struct page *page)
{
	pteval_t *pde = pde_map(pt, addr);

	clear_pteval(pde);
	pde_unmap();
	pt->nr_tables--;
	if (pt->last_table == page)
		pt->last_table = NULL;
}
