/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/page.h>
#include <lib/list.h>
#include <lib/types.h>

/*
 * Page tables: one set of names for both paging modes (Intel SDM 3A, 4.3 and 4.4).
 *
 * A *directory* of page-directory entries (PDEs) covers the 4 GiB of addresses. Each PDE names a
 * *table* of page-table entries (PTEs), or maps one large page.
 *
 *	          entry     directory             a table, and a large page, spans
 *	non-PAE   32 bits   1024 entries, 1 page  4 MiB
 *	PAE       64 bits   2048 entries, 4 pages 2 MiB
 *
 * Physical Address Extension (PAE) has a third level of four entries, one for each page of the
 * directory. The kernel keeps those four pages side by side. So a directory is one array, indexed
 * by address >> PDE_SHIFT, in both modes. Only the code that prepares a value for CR3, and the dump
 * of page tables, know the third level.
 *
 * The CPU may walk the tables at any time, so an entry must be valid at each moment. Without PAE an
 * entry is written by one 32-bit store. With PAE it takes two stores:
 *
 * - To make an entry present, set_pte() writes the high word first. The present bit is in the low
 *   word.
 * - To clear an entry, clear_pte() writes the low word first.
 * - To map another frame at a present address, the caller clears the entry, flushes, and sets it
 *   again.
 * - To change the rights, or to replace a large page by a table, replace_pteval() changes both
 *   words in one locked instruction. The address stays mapped, and no walk sees half of a change.
 *
 * <asm/tlbflush.h> says which flush each change needs.
 */

#if CONFIG_PAE
typedef u64 pteval_t;
#define PTE_FRAME_MASK 0x000ffffffffff000ull /* bits 12 to 51 */
#define PTE_NX         (1ull << 63)
#define PTE_FMT        "%016llx"
#else
typedef u32 pteval_t;
#define PTE_FRAME_MASK 0xfffff000u
#define PTE_NX         0u
#define PTE_FMT        "%08x"
#endif

#define NR_PDES (1u << (32 - PDE_SHIFT))

/* Bits of PTEs and PDEs: Intel SDM 3A, tables 4-5, 4-6, 4-10, 4-11. */
#define PTE_PRESENT  0x001u
#define PTE_WRITE    0x002u
#define PTE_USER     0x004u
#define PTE_PWT      0x008u
#define PTE_PCD      0x010u
#define PTE_ACCESSED 0x020u
#define PTE_DIRTY    0x040u
#define PDE_LARGE    0x080u /* in a PDE: maps a large page */
#define PTE_GLOBAL   0x100u
#define PTE_LOW_BITS 0xfffu /* all bits below the frame */

typedef struct {
	pteval_t val;
} pte_t;

typedef struct {
	pteval_t val;
} pde_t;

typedef struct {
	pteval_t val;
} pgprot_t;

/*
 * Mask of the bits that this CPU has. PTE_NX and PTE_GLOBAL are removed where the CPU would fault
 * on them or ignore them. paging_init_early() sets the mask before it makes the first PTE.
 */
extern pteval_t pte_supported_mask;

/*
 * The bits that make a page write-combining: PWT, which selects entry 1 of the Page Attribute Table
 * (PAT); paging_init_early() programs it (Intel SDM 3A, 12.12). A CPU without a PAT gets PCD and
 * PWT, uncacheable.
 */
extern pteval_t pte_writecombine;

/**
 * pgprot() - make protection bits
 * @bits: PTE_PRESENT, ...
 *
 * Context: any, after paging_init_early() has set pte_supported_mask.
 * Return: those of the bits that this CPU has.
 */
static inline pgprot_t pgprot(pteval_t bits)
{
	return (pgprot_t){ bits & pte_supported_mask };
}

#define PTE_KERNEL_BITS (PTE_PRESENT | PTE_ACCESSED | PTE_DIRTY | PTE_GLOBAL)

#define PAGE_KERNEL         pgprot(PTE_KERNEL_BITS | PTE_WRITE | PTE_NX)
#define PAGE_KERNEL_RO      pgprot(PTE_KERNEL_BITS | PTE_NX)
#define PAGE_KERNEL_ROX     pgprot(PTE_KERNEL_BITS)
/* Device memory: strong uncacheable (PAT entry 3), and write-combining where the CPU has a PAT. */
#define PAGE_KERNEL_NOCACHE pgprot(PTE_KERNEL_BITS | PTE_WRITE | PTE_NX | PTE_PCD | PTE_PWT)
#define PAGE_KERNEL_WC      pgprot(PTE_KERNEL_BITS | PTE_WRITE | PTE_NX | pte_writecombine)
/*
 * For pkmap and kmap_local slots. Never global, so that one CR3 load is enough to recycle the slots
 * of pkmap.
 */
#define PAGE_KERNEL_LOCAL   pgprot((PTE_KERNEL_BITS & ~PTE_GLOBAL) | PTE_WRITE | PTE_NX)

/*
 * The kernel's directory: NR_PDES entries. It is the only page directory so far. Only
 * set_kernel_pde() writes to it.
 */
extern pde_t swapper_pg_dir[];

/* With PAE, CR3 points to these four entries, which name the four pages of the directory. */
extern pteval_t swapper_pdpt[4];

/**
 * pte_present(), pte_none(), pte_pfn() - is a PTE present, is it empty, which frame does it map?
 * @pte: any entry; for pte_pfn() a present one
 *
 * Context: any.
 * Return: true if it is; for pte_pfn() the frame number.
 */
static inline bool pte_present(pte_t pte)
{
	return (u32)pte.val & PTE_PRESENT;
}

static inline bool pte_none(pte_t pte)
{
	return pte.val == 0;
}

static inline unsigned long pte_pfn(pte_t pte)
{
	return (unsigned long)((pte.val & PTE_FRAME_MASK) >> PAGE_SHIFT);
}

/**
 * mk_pte(), mk_large_pde() - make a PTE, or a PDE that maps a large page of PDE_SIZE bytes
 * @pfn: the frame; for a large page the first of its frames, a multiple of their number
 * @prot: rights and cache type
 *
 * Context: any.
 * Return: the entry.
 */
static inline pte_t mk_pte(unsigned long pfn, pgprot_t prot)
{
	return (pte_t){ ((pteval_t)pfn << PAGE_SHIFT) | prot.val };
}

static inline pde_t mk_large_pde(unsigned long pfn, pgprot_t prot)
{
	return (pde_t){ ((pteval_t)pfn << PAGE_SHIFT) | prot.val | PDE_LARGE };
}

/**
 * pde_present(), pde_large(), pde_is_table() - is a PDE present, and what does it name?
 * @pde: any entry
 *
 * Context: any.
 * Return: true if it is present; for pde_large() if it maps a large page; for pde_is_table() if it
 * names a page table.
 */
static inline bool pde_present(pde_t pde)
{
	return pde.val & PTE_PRESENT;
}

static inline bool pde_large(pde_t pde)
{
	return (pde.val & (PTE_PRESENT | PDE_LARGE)) == (PTE_PRESENT | PDE_LARGE);
}

/**
 * pde_index(), pte_index() - find the place of the entries of an address
 * @vaddr: any address
 *
 * Context: any.
 * Return: index in the kernel's directory, or in the page table.
 */
static inline unsigned int pde_index(unsigned long vaddr)
{
	return vaddr >> PDE_SHIFT;
}

static inline unsigned int pte_index(unsigned long vaddr)
{
	return vaddr >> PAGE_SHIFT & (PTRS_PER_PTE - 1);
}

/**
 * set_pteval() - write an entry that is not present
 * @entry: a PTE or PDE in memory
 * @val: its new value
 *
 * No flush is needed afterwards.
 * Context: any.
 */
static inline void set_pteval(pteval_t *entry, pteval_t val)
{
#if CONFIG_PAE
	u32 *word = (u32 *)entry;

	__asm__ volatile("movl %2, %0; movl %3, %1"
			 : "=m"(word[1]), "=m"(word[0])
			 : "ri"((u32)(val >> 32)), "ri"((u32)val)
			 : "memory");
#else
	WRITE_ONCE(*entry, val);
#endif
}

/**
 * clear_pteval() - make an entry not present
 * @entry: a PTE or PDE in memory
 *
 * The caller flushes.
 * Context: any.
 */
static inline void clear_pteval(pteval_t *entry)
{
#if CONFIG_PAE
	u32 *word = (u32 *)entry;

	__asm__ volatile("movl $0, %0; movl $0, %1" : "=m"(word[0]), "=m"(word[1])::"memory");
#else
	WRITE_ONCE(*entry, 0);
#endif
}

/**
 * replace_pteval() - change a present entry in one step
 * @entry: a PTE or PDE in memory
 * @val: its new value: the same frames, with other rights or another page size
 *
 * The caller flushes, as <asm/tlbflush.h> says.
 * Context: any.
 */
static inline void replace_pteval(volatile pteval_t *entry, pteval_t val)
{
#if CONFIG_PAE
	u64 old = *entry;

	__asm__ volatile("1: lock cmpxchg8b %0; jne 1b"
			 : "+m"(*entry), "+A"(old)
			 : "b"((u32)val), "c"((u32)(val >> 32))
			 : "memory", "cc");
#else
	*entry = val;
#endif
}

/**
 * set_pte() - write a PTE that is not present; no flush is needed afterwards
 * @ptep: the PTE in memory
 * @pte: its new value
 *
 * Context: any.
 */
static inline void set_pte(pte_t *ptep, pte_t pte)
{
	set_pteval(&ptep->val, pte.val);
}

/**
 * set_pte_high() - write only the half of a PTE that set_pte() writes first
 * @ptep: the PTE in memory
 * @pte: its new value
 *
 * The present bit does not change. Without PAE this does nothing.
 *
 * Context: any.
 */
static inline void set_pte_high(pte_t *ptep, pte_t pte)
{
#if CONFIG_PAE
	WRITE_ONCE(((u32 *)&ptep->val)[1], (u32)(pte.val >> 32));
#else
	(void)ptep;
	(void)pte;
#endif
}

/**
 * clear_pte() - make a PTE not present; the caller flushes
 * @ptep: the PTE in memory
 *
 * Context: any.
 */
static inline void clear_pte(pte_t *ptep)
{
	clear_pteval(&ptep->val);
}

static inline bool pde_is_table(pde_t pde)
{
	return ((u32)pde.val & (PTE_PRESENT | PDE_LARGE)) == PTE_PRESENT;
}

/**
 * kernel_pde() - read the kernel's directory entry of an address
 * @vaddr: any address
 *
 * Context: any.
 * Return: the entry.
 */
static inline pde_t kernel_pde(unsigned long vaddr)
{
	return swapper_pg_dir[pde_index(vaddr)];
}

/**
 * pte_in_table() - find the PTE of an address in a page table
 * @pde: directory entry of the address, for which pde_is_table() is true
 * @vaddr: any address
 *
 * Context: any.
 * Return: address of the PTE in the direct map, where all page tables are.
 */
static inline pte_t *pte_in_table(pde_t pde, unsigned long vaddr)
{
	return (pte_t *)__va(pde.val & PTE_FRAME_MASK) + pte_index(vaddr);
}

/**
 * pte_lookup() - find the PTE of a kernel address
 * @vaddr: any address
 *
 * Context: any.
 * Return: the PTE in memory, present or not; NULL if the address has no table (nothing there, or a
 * large page).
 */
static inline pte_t *pte_lookup(unsigned long vaddr)
{
	pde_t pde = kernel_pde(vaddr);

	return likely(pde_is_table(pde)) ? pte_in_table(pde, vaddr) : NULL;
}

/**
 * set_kernel_pde() - change an entry of the kernel's directory, if it has not changed meanwhile
 * @vaddr: any address that the entry covers
 * @old: the expected value of the entry
 * @new: its new value
 *
 * The only writer of swapper_pg_dir; pgtable.c says why there is only one. The comparison and the
 * change are one step under a lock, so one of two CPUs that change an entry at once gets false.
 * The CPU itself changes no entry: all entries have the accessed bit from the beginning, and large
 * pages the dirty bit.
 *
 * After boot, only these changes are allowed; any other panics:
 *
 *	a large page of the direct map is split, or changes its rights      both modes
 *	a table above the direct map is made or dropped                     PAE only
 *
 * The caller owes the flush of <asm/tlbflush.h>: none if @old was not present; flush_tlb_all() for
 * a split; for other rights or a dropped table, a flush of all addresses that the entry covers.
 *
 * Context: any.
 * Return: true; false, and no change, if the entry was not @old.
 */
bool set_kernel_pde(unsigned long vaddr, pde_t old, pde_t new);

/**
 * struct directory_copy - a top level with the kernel's entries in its upper part
 * @top: with PAE four entries of the third level; otherwise a directory
 * @link: in the list of all copies
 */
struct directory_copy {
	pteval_t *top;
	struct list_head link;
};

/**
 * directory_copy_add() - fill the kernel's part of a copy, and keep it up to date from now on
 * @copy: its @top is set
 *
 * Context: any.
 */
void directory_copy_add(struct directory_copy *copy);

/**
 * directory_copy_remove() - forget a copy
 * @copy: was added
 *
 * Context: any.
 */
void directory_copy_remove(struct directory_copy *copy);

/**
 * pde_of_table() - make a directory entry that names a table
 * @table: physical address of the table
 *
 * Context: any.
 * Return: the entry.
 */
pde_t pde_of_table(phys_addr_t table);

/**
 * pte_make_table() - slow path of pte_alloc_kernel(): make the missing table
 * @vaddr: an address for which pte_lookup() returned NULL
 *
 * Context: as pte_alloc_kernel().
 * Return: as pte_alloc_kernel().
 */
pte_t *pte_make_table(unsigned long vaddr);

/**
 * pte_alloc_kernel() - find the PTE of a kernel address, make its table if there is none
 * @vaddr: an address that no large page maps
 *
 * Tables come from memblock until pagetable_use_allocator() is called. A table is never freed; the
 * next mapping at that place uses it again. Without PAE, all tables of vmalloc, pkmap and fixmap
 * exist after boot, and the call panics for an address outside of them.
 *
 * Context: boot and later; not in interrupts.
 * Return: the PTE in memory; NULL if there is no memory for a table.
 */
static inline pte_t *pte_alloc_kernel(unsigned long vaddr)
{
	pde_t pde = kernel_pde(vaddr);

	return likely(pde_is_table(pde)) ? pte_in_table(pde, vaddr) : pte_make_table(vaddr);
}

/**
 * pagetable_drop() - take a table out of the directory
 * @vaddr: any address that the table covers
 *
 * The caller flushes. The page of the table stays allocated unless the caller frees it.
 * Context: boot, and tests with a table of their own; after boot only with PAE.
 */
void pagetable_drop(unsigned long vaddr);

/**
 * pagetable_complete() - end the changes of the kernel's directory
 *
 * From now on set_kernel_pde() allows only the changes that it lists.
 *
 * Context: boot, once, when all tables exist that are not made on demand.
 */
void pagetable_complete(void);

/**
 * pagetable_split() - replace a large page by a table of PTEs
 * @vaddr: an address in the large page
 *
 * The PTEs map the same frames with the same rights, so no mapping changes. All CPUs flush
 * nevertheless, because the TLB must not hold entries of both sizes for long.
 *
 * Context: as pte_alloc_kernel(). The caller keeps others from splitting or changing this large
 * page.
 * Return: 0; -ENOMEM if there is no memory for the table.
 */
int pagetable_split(unsigned long vaddr);

/**
 * pagetable_splits() - count the large pages that were split so far
 *
 * Context: any.
 * Return: their number since boot.
 */
unsigned int pagetable_splits(void);

/**
 * struct table_allocator - the source of page tables
 * @alloc: returns the physical address of a zeroed page in the direct map, or 0
 * @free: takes back a page that was not used
 */
struct table_allocator {
	phys_addr_t (*alloc)(void);
	void (*free)(phys_addr_t table);
};

/**
 * pagetable_use_allocator() - set the source of page tables
 * @allocator: the functions, which are copied
 *
 * Context: boot, and tests on the only CPU that makes tables.
 * Return: the previous source, for a test that restores it.
 */
struct table_allocator pagetable_use_allocator(struct table_allocator allocator);
