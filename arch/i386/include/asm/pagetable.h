/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/layout.h>
#include <asm/pgtable.h>
#include <lib/spinlock_type.h>
#include <lib/types.h>

/*
 * The page tables of an address space. The kernel half is shared by all: with PAE the pointer
 * table names the pages of swapper_pg_dir; without PAE the entries are copied, and
 * set_kernel_pde() visits all directories when a large page is split.
 *
 *	PAE      CR3 -> pointer table (lowmem) -> directories (highmem) -> tables (highmem)
 *	non-PAE  CR3 -> directory (lowmem)     -> tables (highmem)
 *
 * User directories of PAE live as long as the address space, because a CPU reads the pointer table
 * only when it loads CR3. Tables are freed when they become empty. The descriptor of a table is in
 * state PAGE_TABLE: its word a is the number of the address space, its word b counts the entries in
 * use (not zero).
 */

/* First address that a program cannot use. */
#define TASK_SIZE PAGE_OFFSET

/* Directories of the user half: one for each GiB with PAE, otherwise the top itself. */
#define NR_USER_DIRECTORIES (CONFIG_PAE ? TASK_SIZE >> 30 : 0)

/* The pointer table of PAE: four pointers, at a multiple of 32 (Intel SDM 3A, 4.4.1). */
#define POINTERS 4

/* Entries of a page of a directory or of a table. */
#define PTRS_PER_PAGE PTRS_PER_PTE

/**
 * struct pagetable - the page tables of an address space, and the CPUs that use them
 * @cr3: value to load
 * @top: the pointer table, or the directory without PAE
 * @cpus: bit n: CPU n has it loaded, so flushes must reach this CPU; changed by locked operations
 * @lock: guards all entries of user addresses and @nr_tables; taken after the mm lock, before
 *        the lock of a zone. Interrupts stay on
 * @nr_tables: pages of tables and directories
 * @id: number of the address space, word a of its tables
 * @last_index, @last_table: the table that was mapped last, and its number pde_index(); the table
 *                           is NULL if there is none. They save the way through the directory.
 *                           Guarded by @lock
 * @copy: the kernel half of @top
 * @pointers: memory of @top with PAE
 */
struct pagetable {
	u32 cr3;
	pteval_t *top;
	u32 cpus;
	spinlock_t lock;
	u32 nr_tables;
	u32 id;
	u32 last_index;
	struct page *last_table;
	struct directory_copy copy;
#if CONFIG_PAE
	pteval_t pointers[POINTERS] __aligned(32);
#endif
};

/* The page tables without a user half, for CPUs that leave those of a dying process. */
extern struct pagetable kernel_pagetable;

/* --- entries of the user half ----------------------------------------------------------------- */

/*
 * An entry of a user page that is not zero names a frame, even while the CPU may not use it: an
 * area without rights keeps its pages, and their entries lose the present bit. Or it names a slot
 * of swap space, which has the page:
 *
 *	page     [frame][rights, PTE_USER, ...]    PTE_USER always, the present bit perhaps
 *	swapped  [slot, 24 bits][PTE_SWAP]         neither
 *	nothing  0
 *
 * So PTE_USER alone tells the entries that name a frame.
 */

#define PTE_SWAP       0x80u
#define PTE_SLOT_SHIFT 8

/* PTE_NX, in the high word of an entry. */
#define PTE_NX_HIGH ((u32)((u64)PTE_NX >> 32))

/**
 * pte_user() - make the entry of a user page
 * @pfn: the frame
 * @write: may be written
 * @exec: may be executed; matters where the CPU has NX
 *
 * The accessed bit is set, since the page was just asked for; the dirty bit is set with @write.
 * Context: any.
 * Return: the entry.
 */
static inline pte_t pte_user(unsigned long pfn, bool write, bool exec)
{
	pteval_t bits = PTE_PRESENT | PTE_USER | PTE_ACCESSED;

	/* Each CPU has these bits, but not NX. */
	if (write)
		bits |= PTE_WRITE | PTE_DIRTY;
	if (!exec)
		bits |= pte_supported_mask & PTE_NX;
	return (pte_t){ (pteval_t)pfn << PAGE_SHIFT | bits };
}

/**
 * pte_names_page() - does an entry of the user half name a frame?
 * @pte: the entry
 *
 * Context: any.
 * Return: false if it is zero, or names a slot of swap space.
 */
static inline bool pte_names_page(pte_t pte)
{
	return (u32)pte.val & PTE_USER;
}

/**
 * pte_swap(), pte_is_swap(), pte_swap_slot() - entries of pages that are in swap space
 * @slot: number of the slot, of 24 bits, not 0
 * @pte: any entry of the user half; for pte_swap_slot() one that pte_is_swap() is true for
 *
 * Context: any.
 * Return: the entry; whether it is one; its slot.
 */
static inline pte_t pte_swap(u32 slot)
{
	return (pte_t){ slot << PTE_SLOT_SHIFT | PTE_SWAP };
}

static inline bool pte_is_swap(pte_t pte)
{
	return ((u32)pte.val & (PTE_USER | PTE_SWAP)) == PTE_SWAP;
}

static inline u32 pte_swap_slot(pte_t pte)
{
	return (u32)pte.val >> PTE_SLOT_SHIFT;
}

/**
 * pte_unused() - is an entry of the user half zero?
 * @pte: the entry
 *
 * Each entry in use has PTE_USER or PTE_SWAP, so the low word tells, even of an entry without
 * rights.
 * Context: any.
 * Return: true if it is.
 */
static inline bool pte_unused(pte_t pte)
{
	return (u32)pte.val == 0;
}

/**
 * pte_writable() - may a present entry be written through?
 * @pte: any entry
 *
 * Context: any.
 * Return: true if it is present and has the write bit.
 */
static inline bool pte_writable(pte_t pte)
{
	return ((u32)pte.val & (PTE_PRESENT | PTE_WRITE)) == (PTE_PRESENT | PTE_WRITE);
}

/**
 * pte_exchange() - replace an entry, unless the CPU or another one has changed it meanwhile
 * @ptep: the entry in memory
 * @old: its expected value; set to the value that was found on failure
 * @new: its new value
 *
 * One locked instruction, so no accessed or dirty bit is lost. If @old was present, the caller owes
 * flush_tlb_user_page() for each change but new rights. For another frame it clears the entry and
 * flushes first.
 * Context: the lock of the page tables held.
 * Return: true if the entry was @old and is @new now.
 */
static inline bool pte_exchange(pte_t *ptep, pte_t *old, pte_t new)
{
	bool same;

#if CONFIG_PAE
	__asm__ volatile("lock cmpxchg8b %1"
			 : "=@ccz"(same), "+m"(*ptep), "+A"(old->val)
			 : "b"((u32) new.val), "c"((u32)(new.val >> 32))
			 : "memory");
#else
	__asm__ volatile("lock cmpxchgl %3, %1"
			 : "=@ccz"(same), "+m"(*ptep), "+a"(old->val)
			 : "r"(new.val)
			 : "memory");
#endif
	return same;
}

/**
 * pte_set_low_rights() - give an entry other rights, and leave PTE_NX as it is
 * @ptep: the entry in memory, not zero
 * @rights: those of PTE_PRESENT and PTE_WRITE that it has from now on
 *
 * Without the lock, only CPUs change an entry, and only its accessed and dirty bits. So one locked
 * instruction that toggles what differs loses none of them. The caller owes flush_tlb_user_page()
 * for a right that is gone.
 * Context: the lock of the page tables held.
 * Return: those of PTE_PRESENT and PTE_WRITE that the entry has lost.
 */
static inline u32 pte_set_low_rights(pte_t *ptep, u32 rights)
{
	const u32 old = (u32)ptep->val, changed = (old ^ rights) & (PTE_PRESENT | PTE_WRITE);

	__atomic_fetch_xor((u32 *)ptep, changed, __ATOMIC_SEQ_CST);
	return old & changed;
}

/**
 * pte_set_rights() - give an entry other rights, and keep its frame
 * @ptep: the entry in memory, not zero
 * @rights: those of PTE_PRESENT, PTE_WRITE and PTE_NX that it has from now on
 *
 * Rights are taken before others are given: a walk in between finds no right that neither the old
 * nor the new entry has. No accessed or dirty bit is lost. The caller owes flush_tlb_user_page()
 * for a right that is gone; a CPU that does not know of a new right faults.
 * Context: the lock of the page tables held.
 * Return: true if the entry was present, and has lost a right.
 */
static inline bool pte_set_rights(pte_t *ptep, pteval_t rights)
{
	const u32 high = CONFIG_PAE ? (u32)((u64)rights >> 32) : 0;
	u32 *const words = (u32 *)ptep;
	const u32 old = words[0], old_high = CONFIG_PAE ? words[1] & PTE_NX_HIGH : 0;
	u32 lost;

	if (high > old_high)
		WRITE_ONCE(words[1], words[1] | PTE_NX_HIGH);
	lost = pte_set_low_rights(ptep, (u32)rights);
	if (high < old_high)
		WRITE_ONCE(words[1], words[1] & ~PTE_NX_HIGH);
	return old & PTE_PRESENT && (lost || high > old_high);
}

/**
 * pte_take() - clear an entry
 * @ptep: the entry in memory
 *
 * The caller owes flush_tlb_user_page() if the entry was present.
 * Context: the lock of the page tables held.
 * Return: its last value, with the accessed and dirty bits as the CPU left them.
 */
static inline pte_t pte_take(pte_t *ptep)
{
	pte_t old = *ptep;

	old.val &= ~(pteval_t)0xffffffffu;
	old.val |= __atomic_exchange_n((u32 *)ptep, 0, __ATOMIC_SEQ_CST);
	if (CONFIG_PAE)
		WRITE_ONCE(((u32 *)ptep)[1], 0);
	return old;
}

/**
 * pte_forget() - clear an entry whose accessed and dirty bits do not matter
 * @ptep: the entry in memory
 *
 * The caller owes flush_tlb_user_page() if the entry was present. The rest of the entry can be
 * read before, since only these two bits change without the lock.
 * Context: the lock of the page tables held.
 */
static inline void pte_forget(pte_t *ptep)
{
	__atomic_exchange_n((u32 *)ptep, 0, __ATOMIC_SEQ_CST);
	if (CONFIG_PAE)
		WRITE_ONCE(((u32 *)ptep)[1], 0);
}

/**
 * pte_write_protect() - take the write bit away
 * @ptep: the entry in memory
 *
 * The caller owes flush_tlb_user_page() if the entry was writable.
 * Context: the lock of the page tables held.
 */
static inline void pte_write_protect(pte_t *ptep)
{
	__atomic_fetch_and((u32 *)ptep, ~PTE_WRITE, __ATOMIC_SEQ_CST);
}

/**
 * pte_allow_write() - give the write bit
 * @ptep: the entry in memory, present
 *
 * No flush is owed: a CPU with the old entry faults, drops it with the fault (Intel SDM 3A,
 * 4.10.4.1), and finds the new one. The operation is locked, since a CPU may set bits, too.
 * Context: the lock of the page tables held.
 */
static inline void pte_allow_write(pte_t *ptep)
{
	__atomic_fetch_or((u32 *)ptep, PTE_WRITE | PTE_DIRTY | PTE_ACCESSED, __ATOMIC_SEQ_CST);
}

/**
 * pde_of_user_table() - make a directory entry of the user half
 * @table: physical address of the table
 *
 * Context: any.
 * Return: the entry. It allows everything; the PTEs hold the rights.
 */
static inline pde_t pde_of_user_table(phys_addr_t table)
{
	return (pde_t){ (pteval_t)table | PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED };
}

/* --- the whole -------------------------------------------------------------------------------- */

/**
 * pagetable_register() - make page tables usable
 * @pt: zeroed, except @top: memory of the direct map, @pointers or a page
 * @directories: with PAE the physical addresses of zeroed pages, NR_USER_DIRECTORIES of them
 *
 * Fills the top, gives @pt a number, and keeps the kernel half up to date from now on.
 * Context: any.
 */
void pagetable_register(struct pagetable *pt, const phys_addr_t *directories);

/**
 * pagetable_unregister() - forget page tables
 * @pt: no CPU has it loaded: pagetable_leave()
 *
 * Context: any. The caller frees the top and the directories.
 */
void pagetable_unregister(struct pagetable *pt);

/**
 * pagetable_directory() - find the physical address of a directory of the user half, with PAE
 * @pt: registered
 * @nr: its number, less than NR_USER_DIRECTORIES
 *
 * Context: any.
 * Return: the address.
 */
static inline phys_addr_t pagetable_directory(const struct pagetable *pt, unsigned int nr)
{
	return pt->top[nr] & PTE_FRAME_MASK;
}

/**
 * pagetable_load() - make this CPU use page tables
 * @pt: registered, or &kernel_pagetable
 *
 * Does nothing if this CPU has loaded them last. Otherwise all its translations of user addresses
 * are dropped. Flushes of @pt reach this CPU from now on.
 * Context: interrupts off.
 */
void pagetable_load(struct pagetable *pt);

/**
 * pagetable_rest() - tell that nothing uses the user half of the loaded page tables
 *
 * They stay loaded until this CPU loads others, or has to flush a translation of theirs.
 * Context: interrupts off.
 */
void pagetable_rest(void);

/**
 * pagetable_leave() - make all CPUs use kernel_pagetable that have loaded given page tables
 * @pt: no thread will load them any more
 *
 * Context: as for smp_call_function_many(), without a spinlock.
 */
void pagetable_leave(struct pagetable *pt);

/*
 * The functions below drop translations of user addresses, on the CPUs that have loaded given page
 * tables. A CPU that loads them at the same time enters the set of such CPUs first and loads them
 * afterwards, so either the flush reaches it or it sees the changed entries. Context: as
 * <asm/tlbflush.h> says for all CPUs; the lock of the page tables may be held.
 */
/**
 * flush_tlb_user_range(), flush_tlb_user_page() - drop the translations of a range, or of one page
 * @pt: the page tables
 * @start: first byte of a page
 * @end: one past the last byte
 * @addr: any byte of the page
 *
 * Paging-structure caches are dropped, too: a table may be freed afterwards that had these
 * addresses.
 * Context: see above.
 */
void flush_tlb_user_range(struct pagetable *pt, unsigned long start, unsigned long end);

static inline void flush_tlb_user_page(struct pagetable *pt, unsigned long addr)
{
	flush_tlb_user_range(pt, addr, addr + 1);
}

/**
 * flush_tlb_user_cpus() - drop the translations of all user addresses on some CPUs
 * @cpus: bit n: CPU n. Those that had the page tables loaded after their entries were changed,
 *	so the page tables may be gone meanwhile
 *
 * Context: see above.
 */
void flush_tlb_user_cpus(u32 cpus);

/**
 * pagetable_users() - CPUs that owe a flush after a change of an entry
 * @pt: the page tables, locked
 *
 * Context: any, after the change.
 * Return: bit n: CPU n, for flush_tlb_user_cpus().
 */
static inline u32 pagetable_users(const struct pagetable *pt)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return READ_ONCE(pt->cpus);
}

/**
 * flush_tlb_user_all() - drop the translations of all user addresses
 * @pt: the page tables
 *
 * Context: see above.
 */
void flush_tlb_user_all(struct pagetable *pt);
