/* SPDX-License-Identifier: MIT */
#include <asm/user_context.h>
#include <kernel/spinlock.h>
#include <lib/errno.h>
#include <mm/kmap_local.h>
#include <mm/page_alloc.h>
#include <mm/shrinker.h>
#include <mm/slab.h>
#include <sched/sched.h>
#include <vm/anon.h>
#include <vm/area.h>
#include <vm/check.h>
#include <vm/fault.h>
#include <vm/gather.h>
#include <vm/mm.h>
#include <vm/tables.h>
#include <vm/zero_page.h>

/*
 * The life of an address space. It begins empty, or as a copy of another one (vm/fork.c). Threads
 * that run in it are counted. The last one takes it down, in this order:
 *
 *	1. no thread loads its tables any more; the caller itself takes those of the kernel
 *	2. CPUs that still have them, since they run kernel threads or nothing, are sent away
 *	3. pages and tables are freed, without a flush: no CPU has a translation left
 *	4. areas go, then the top of the tables
 *
 * One interrupt to such CPUs replaces the flushes of all pages.
 *
 * An address space with empty directories is left then, just as a new one begins. A few of them are
 * kept for the next programs.
 */

static struct kmem_cache *mms;

void __init vm_init(void)
{
	mms = kmem_cache_create("mm", sizeof(struct mm), __alignof__(struct mm), SLAB_PANIC, NULL);
	area_init();
	family_init();
	zero_page_init();
	vm_object_init();
	vm_fault_init();
}

/* --- making and keeping ----------------------------------------------------------------------- */

/* Guards both; innermost. Of a kept address space only the page tables have a meaning. */
static spinlock_t kept_lock;
static struct mm *kept[MMS_KEPT];
static u32 nr_kept;

static struct mm *take_kept(void)
{
	struct mm *mm = NULL;

	spin_lock(&kept_lock);
	if (nr_kept)
		mm = kept[--nr_kept];
	spin_unlock(&kept_lock);
	return mm;
}

static noinline struct mm *make(void)
{
	struct mm *mm = kmem_cache_alloc(mms, GFP_KERNEL);

	if (!mm)
		return NULL;
	memset(&mm->pagetable, 0, sizeof(mm->pagetable));
	if (pagetable_create(&mm->pagetable) == 0)
		return mm;
	kmem_cache_free(mms, mm);
	return NULL;
}

static void destroy(struct mm *mm)
{
	pagetable_free(&mm->pagetable);
	kmem_cache_free(mms, mm);
}

static void keep_or_destroy(struct mm *mm)
{
	bool keep;

	spin_lock(&kept_lock);
	keep = nr_kept < MMS_KEPT;
	if (keep)
		kept[nr_kept++] = mm;
	spin_unlock(&kept_lock);
	if (!keep)
		destroy(mm);
}

void mms_trim(void)
{
	struct mm *mm;

	while ((mm = take_kept()))
		destroy(mm);
	tables_trim();
}

static void scan_kept(unsigned long nr)
{
	mms_trim();
}
SHRINKER(300, "kept tables", NULL, scan_kept);

/* Sets all that is behind the page tables. */
static inline void reset(struct mm *mm)
{
	_Static_assert(offsetof(struct mm, pagetable) == 0, "page tables are first");
	memset(&mm->pagetable + 1, 0, sizeof(*mm) - sizeof(mm->pagetable));
	mm->users = 1;
	range_tree_init(&mm->areas, MMAP_MIN_ADDR, TASK_SIZE);
	mm->stack_top = TASK_SIZE;
	mm->limit_stack = 8ul << 20;
	mm->limit_as = mm->limit_data = mm->limit_locked = ULONG_MAX;
	/* Room for a stack of the usual limit, its gap, and a random distance. */
	mm->mmap_base = TASK_SIZE - (128ul << 20);
}

struct mm *mm_create_child(const struct mm *parent)
{
	struct mm *mm = take_kept() ?: make();

	if (!mm)
		return NULL;
	reset(mm);
	if (family_create(mm, parent ? parent->family : NULL) != 0) {
		keep_or_destroy(mm);
		return NULL;
	}
	pagetable_set_owner(&mm->pagetable, mm->family->id);
	return mm;
}

struct mm *mm_create(void)
{
	return mm_create_child(NULL);
}

void mm_get(struct mm *mm)
{
	__atomic_fetch_add(&mm->users, 1, __ATOMIC_RELAXED);
}

/* --- the end ---------------------------------------------------------------------------------- */

/* The end of the touched areas that follow one without a gap. Sets *area to the next one. */
static unsigned long end_of_touched(struct area **area)
{
	unsigned long end;

	do {
		end = (*area)->node.end;
		*area = area_next(*area);
	} while (*area && (*area)->node.start == end && (*area)->flags & AREA_TOUCHED);
	return end;
}

/*
 * Only areas that were touched can have pages. Neighbours are unmapped together: the segments of a
 * program mostly share a table. A table that never got a page is found by the count of tables.
 */
static void unmap_all(struct mm *mm)
{
	struct area *area = area_first(mm, 0);
	struct gather gather;

	gather_begin(&gather, mm);
	gather.leaving = true;
	while (area) {
		unsigned long start = area->node.start;

		if (area->flags & AREA_TOUCHED)
			gather_range(&gather, start, end_of_touched(&area));
		else
			area = area_next(area);
	}
	if (mm->pagetable.nr_tables != NR_USER_DIRECTORIES)
		gather_range(&gather, 0, TASK_SIZE);
	gather_finish(&gather);
	area_remove_all(mm);
}

void mm_put(struct mm *mm)
{
	if (__atomic_sub_fetch(&mm->users, 1, __ATOMIC_ACQ_REL))
		return;
	might_sleep("mm_put");
	if (current->user && current->user->pagetable == &mm->pagetable)
		user_context_set_pagetable(current->user, &kernel_pagetable);
	pagetable_leave(&mm->pagetable);
	unmap_all(mm);
	family_leave(mm);
	keep_or_destroy(mm);
	if (DEBUG)
		vm_check_some();
}

/* --- an address space that is not loaded ------------------------------------------------------ */

/* The page with a reference, if an access would not fault; or NULL. */
static struct page *mapped_page(struct mm *mm, unsigned long addr, u32 access)
{
	struct page *page = NULL;
	struct table table;

	spin_lock(&mm->pagetable.lock);
	if (table_map(&mm->pagetable, addr, &table)) {
		pte_t pte = table.ptes[pte_index(addr)];

		if (pte_present(pte) && (access != AREA_WRITE || pte_writable(pte))) {
			page = pte_page(pte);
			get_page(page);
		}
		table_unmap(&table);
	}
	spin_unlock(&mm->pagetable.lock);
	return page;
}

struct page *vm_get_page(struct mm *mm, unsigned long addr, u32 access)
{
	struct page *page;

	while (!(page = mapped_page(mm, addr, access)))
		if (vm_fault(mm, addr, access) != 0)
			return NULL;
	return page;
}

int vm_write_mm(struct mm *mm, unsigned long addr, const void *data, size_t size)
{
	const char *from = data;

	while (size) {
		size_t offset = addr & ~PAGE_MASK, part = min(size, PAGE_SIZE - offset);
		struct page *page = vm_get_page(mm, addr, AREA_WRITE);
		char *to;

		if (!page)
			return -EFAULT;
		to = kmap_local_page(page);
		if (data)
			memcpy(to + offset, from, part);
		else
			memset(to + offset, 0, part);
		kunmap_local(to);
		vm_put_page(page);
		addr += part;
		from = data ? from + part : NULL;
		size -= part;
	}
	return 0;
}
