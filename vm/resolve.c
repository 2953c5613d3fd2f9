/* SPDX-License-Identifier: MIT */
#include <lib/errno.h>
#include <vm/anon.h>
#include <vm/around.h>
#include <vm/cache_page.h>
#include <vm/cache_write.h>
#include <vm/resolve.h>
#include <vm/swap_fault.h>
#include <vm/user_page.h>
#include <vm/zero_page.h>

/*
 * Entries for pages that a program touches. The area allows the access; the entry does not, or is
 * not made yet. It becomes:
 *
 *	                     read                        write
 *	anonymous, nothing   the shared frame of zeroes  a new page of zeroes
 *	anonymous, shared    (never faults)              a copy; the page itself if no other has it
 *	   in swap space     see vm/swap_fault.c         the same
 *	private file         the file's page, read-only  a copy of the file's page
 *	shared file          the file's page             the file's page
 *	   on a disk         the same, read-only         the same, after it became dirty
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

/* @write: with the right to write, if the area has it. */
static inline pte_t pte_for(const struct area *area, const struct page *page, bool write)
{
	return user_page_pte(page, area->flags & (write ? AREA_WRITE | AREA_EXEC : AREA_EXEC));
}

/* --- one page --------------------------------------------------------------------------------- */

/*
 * Puts a page where nothing is. The reference of @page is that of the mapping, on success. Returns
 * STEP_AGAIN if something is there. A part of the page fault itself, for the frequent new page.
 */
static __always_inline int install_new(const struct area *area, unsigned long addr,
				       struct page *page)
{
	struct pagetable *pt = &area->mm->pagetable;
	struct table table;
	int result = STEP_AGAIN;

	spin_lock(&pt->lock);
	while (unlikely(!table_map(pt, addr, &table))) {
		if (table_ready(pt, addr))
			continue;
		spin_unlock(&pt->lock);
		if (table_make(pt, addr) != 0)
			return -ENOMEM;
		spin_lock(&pt->lock);
	}
	if (likely(pte_unused(*table_entry(&table, addr)))) {
		anon_added(area->mm, &table, addr, page);
		table_set(&table, addr, pte_for(area, page, true));
		result = 0;
	}
	table_unmap(&table);
	spin_unlock(&pt->lock);
	return result;
}

int fault_install(const struct area *area, unsigned long addr, struct page *page)
{
	return install_new(area, addr, page);
}

int fault_zero_fill(const struct area *area, unsigned long addr)
{
	struct page *page = alloc_page(anon_gfp(area));
	int result;

	if (!page)
		return -ENOMEM;
	clear_user_page(page);
	result = install_new(area, addr, page);
	if (unlikely(result))
		__free_page(page);
	return result;
}

/* An entry has named @old, and names another page now. The caller has a reference to @old, too. */
static inline void forget(struct mm *mm, struct page *old)
{
	enum page_state state = page_state(old);

	if (unlikely(state == PAGE_OBJECT)) {
		mapped_add(mm, -1);
	} else {
		mm->anon_pages--;
		if (likely(state == PAGE_ANON_SHARED))
			family_drop_mapping(page_family(old));
	}
	__atomic_fetch_sub(&old->refcount, 1, __ATOMIC_RELEASE);
}

/*
 * Puts a page where @expected is. That entry is zero, or names @old. The reference of @page is that
 * of the mapping, on success. A changed frame owes a flush between the old entry and the new one,
 * since other CPUs must not write to the new page and read the old one.
 */
static inline bool replace(const struct area *area, unsigned long addr, pte_t expected,
			   struct page *old, struct page *page)
{
	struct pagetable *pt = &area->mm->pagetable;
	struct table table;
	bool same = false;
	pte_t *ptep;

	spin_lock(&pt->lock);
	if (likely(table_map(pt, addr, &table))) {
		ptep = table_entry(&table, addr);
		same = ((ptep->val ^ expected.val) & ~(pteval_t)(PTE_ACCESSED | PTE_DIRTY)) == 0;
		if (likely(same)) {
			if (unlikely(pte_unused(expected))) {
				table.page->b++;
			} else {
				pte_take(ptep);
				flush_tlb_user_page(pt, addr);
				forget(area->mm, old);
			}
			anon_added(area->mm, &table, addr, page);
			set_pte(ptep, pte_for(area, page, true));
		}
		table_unmap(&table);
	}
	spin_unlock(&pt->lock);
	return same;
}

/* A write to a page that others have. The caller has a reference to @from, which is dropped. */
static noinline int copy(const struct area *area, unsigned long addr, pte_t expected,
			 struct page *from)
{
	struct page *page = alloc_page(anon_gfp(area));
	int result = -ENOMEM;

	if (page) {
		copy_user_page(page, from);
		result = 0;
		if (unlikely(!replace(area, addr, expected, from, page))) {
			__free_page(page);
			result = STEP_AGAIN;
		}
	}
	vm_put_page(from);
	return result;
}

/* --- out of lowmem ---------------------------------------------------------------------------- */

/* The page tables are locked. NULL if others have the page, too. */
static struct page *own_lowmem_page(pte_t pte)
{
	struct page *page = pte_present(pte) ? pte_page(pte) : NULL;

	if (!page || page_state(page) != PAGE_ANON || page_is_highmem(page))
		return NULL;
	return READ_ONCE(page->refcount) == 1 ? page : NULL;
}

/* Puts a copy in the place of the page of an entry, with the page tables locked. */
static struct page *exchange(const struct area *area, unsigned long addr, struct page *fresh)
{
	struct pagetable *pt = &area->mm->pagetable;
	struct page *page = NULL;
	struct table table;
	pte_t *ptep;

	spin_lock(&pt->lock);
	if (table_map(pt, addr, &table)) {
		ptep = table_entry(&table, addr);
		page = own_lowmem_page(*ptep);
		if (page && fresh) {
			get_page(page);
			pte_take(ptep);
			flush_tlb_user_page(pt, addr); /* before the copy: no CPU writes any more */
			copy_user_page(fresh, page);
			forget(area->mm, page);
			anon_added(area->mm, &table, addr, fresh);
			set_pte(ptep, pte_for(area, fresh, true));
		}
		table_unmap(&table);
	}
	spin_unlock(&pt->lock);
	return page;
}

int fault_leave_lowmem(const struct area *area, unsigned long addr)
{
	struct page *fresh, *old;

	if (!exchange(area, addr, NULL))
		return 0;
	fresh = alloc_page(anon_gfp(area));
	if (!fresh)
		return -ENOMEM;
	old = page_is_highmem(fresh) ? exchange(area, addr, fresh) : NULL;
	if (old)
		vm_put_page(old);
	else
		__free_page(fresh);
	return old ? 0 : -ENOMEM;
}

/* --- pages that others have, too -------------------------------------------------------------- */

/* The result of a fault, from an error of a file: a signal, unless memory is missing. */
static int object_error(int error)
{
	return error == -ENOMEM || !error ? error : -ENXIO;
}

/* The first write to a page of a file on a disk, which is mapped. */
static noinline int dirty_shared(const struct area *area, unsigned long addr)
{
	struct pagetable *pt = &area->mm->pagetable;
	int result = STEP_AGAIN, error;
	struct table table;
	struct page *page;

	cache_balance();
	error = cache_begin_shared_write(area->object, area_index(area, addr), &page);
	if (error)
		return object_error(error);
	spin_lock(&pt->lock);
	if (table_map(pt, addr, &table)) {
		pte_t *ptep = table_entry(&table, addr);

		if (pte_present(*ptep) && pte_page(*ptep) == page) {
			pte_allow_write(ptep);
			result = 0;
		}
		table_unmap(&table);
	}
	spin_unlock(&pt->lock);
	cache_end_shared_write(area->object, page);
	return result;
}

/* The four below are called with the lock of the page tables, and release it. */

/* A write to the frame of zeroes. Without the entry, it is a write where nothing is. */
static inline int write_zeroes(const struct area *area, unsigned long addr,
			       const struct table *table)
{
	struct pagetable *pt = &area->mm->pagetable;

	pte_forget(table_entry(table, addr));
	table->page->b--;
	flush_tlb_user_page(pt, addr);
	table_unmap(table);
	spin_unlock(&pt->lock);
	return fault_zero_fill(area, addr);
}

static inline int allow_write(const struct area *area, unsigned long addr,
			      const struct table *table)
{
	pte_allow_write(table_entry(table, addr));
	table_unmap(table);
	spin_unlock(&area->mm->pagetable.lock);
	return 0;
}

static inline int write_shared(const struct area *area, unsigned long addr,
			       const struct table *table)
{
	if (!area->object->ops)
		return allow_write(area, addr, table);
	table_unmap(table);
	spin_unlock(&area->mm->pagetable.lock);
	return dirty_shared(area, addr);
}

/* The entry forbids a write that the area allows. */
static inline int write_present(const struct area *area, unsigned long addr,
				const struct table *table)
{
	struct pagetable *pt = &area->mm->pagetable;
	const pte_t old = *table_entry(table, addr);
	struct page *page = pte_page(old);

	if (unlikely(area->flags & AREA_SHARED))
		return write_shared(area, addr, table);
	if (unlikely(page == zero_page()))
		return write_zeroes(area, addr, table);
	if (page_state(page) != PAGE_OBJECT &&
	    (anon_try_reuse(table, addr, page) ||
	     (unlikely(anon_may_have_slot(page)) && anon_forget_slot(page) &&
	      anon_try_reuse(table, addr, page))))
		return allow_write(area, addr, table);
	__atomic_fetch_add(&page->refcount, 1, __ATOMIC_RELAXED);
	table_unmap(table);
	spin_unlock(&pt->lock);
	return copy(area, addr, old, page);
}

/* --- pages of objects ------------------------------------------------------------------------- */

/* A page that does not exist is made, and mapped by the next step. */
static noinline int object_page(const struct area *area, unsigned long addr, u32 access)
{
	bool private_write = access == AREA_WRITE && !(area->flags & AREA_SHARED);
	struct page *page = NULL;
	int err;

	if (!private_write && vm_map_around(area->mm, area, addr))
		return area->object->ops && access == AREA_WRITE ? STEP_AGAIN : 0;
	/* The pages around it were looked for, unless it will be copied. */
	if (area->object->ops && !private_write)
		count_major_fault();
	err = vm_object_page(area->object, area_index(area, addr), true, &page);
	if (err)
		return object_error(err);
	if (private_write)
		return copy(area, addr, (pte_t){ 0 }, page);
	vm_put_page(page);
	return STEP_AGAIN;
}

/* --- which case it is ------------------------------------------------------------------------- */

/* Called with the lock of the page tables, releases it. */
static inline int nothing_there(const struct area *area, unsigned long addr, u32 access,
				const struct table *table)
{
	struct pagetable *pt = &area->mm->pagetable;
	pte_t zeroes;

	if (area->object || access == AREA_WRITE) {
		table_unmap(table);
		spin_unlock(&pt->lock);
		return area->object ? object_page(area, addr, access) : fault_zero_fill(area, addr);
	}
	zeroes = zero_pte;
	if (area->flags & AREA_EXEC)
		zeroes.val &= ~(pteval_t)PTE_NX;
	table_set(table, addr, zeroes);
	table_unmap(table);
	spin_unlock(&pt->lock);
	return 0;
}

/*
 * The entry names a slot. Or it has lost its rights, and the area has got some back: it was not
 * present, so no flush is owed. Called with the lock of the page tables, releases it.
 */
static noinline int not_present(const struct area *area, unsigned long addr, u32 access,
				const struct table *table)
{
	pte_t *ptep = table_entry(table, addr);

	if (pte_is_swap(*ptep)) {
		const u32 slot = pte_swap_slot(*ptep);

		swap_dup(slot, 1);
		table_unmap(table);
		spin_unlock(&area->mm->pagetable.lock);
		return fault_swap_in(area, addr, access, slot);
	}
	set_pte(ptep, pte_for(area, pte_page(*ptep), false));
	table_unmap(table);
	spin_unlock(&area->mm->pagetable.lock);
	return access == AREA_WRITE ? STEP_AGAIN : 0;
}

int fault_step(const struct area *area, unsigned long addr, u32 access)
{
	struct pagetable *pt = &area->mm->pagetable;
	struct table table;
	const pte_t *ptep;

	spin_lock(&pt->lock);
	if (unlikely(!table_map(pt, addr, &table))) {
		spin_unlock(&pt->lock);
		return table_make(pt, addr) != 0 ? -ENOMEM : STEP_AGAIN;
	}
	ptep = table_entry(&table, addr);
	if (pte_unused(*ptep))
		return nothing_there(area, addr, access, &table);
	if (unlikely(!pte_present(*ptep)))
		return not_present(area, addr, access, &table);
	if (access == AREA_WRITE && !pte_writable(*ptep))
		return write_present(area, addr, &table);
	table_unmap(&table);
	spin_unlock(&pt->lock);
	return STEP_IN_VAIN;
}
