/* SPDX-License-Identifier: MIT */
#include <asm/percpu.h>
#include <kernel/preempt.h>
#include <lib/errno.h>
#include <mm/page_alloc.h>
#include <mm/slab.h>
#include <sched/mutex.h>
#include <vm/family.h>
#include <vm/mm.h>

/*
 * A page that fork(2) has shared is mapped in several address spaces. Which ones? A list for each
 * page would cost more than the descriptor. But a page spreads only by fork(2). So it is enough to
 * know the address space in which it was first shared: all others that map it are its descendants.
 *
 *	      A        page x, first shared when A forked: label (A, index). Anyone may map it.
 *	     / \
 *	    B   C      page y, first shared when B forked: label (B, index). Of A, B, C, D, only B
 *	    |          and D may.
 *	    D
 *
 * The index is the page number of the address where the page was mapped then. Children have it at
 * the same address, unless mremap(2) has moved it. A family lists the areas that were moved.
 *
 * A family outlives its address space, as long as a page has its label. Each mapping of such a page
 * counts as a user, so no page has to be looked at when the address space ends. A family without
 * users is taken out, and its children become those of its parent. A chain of forks and exits
 * therefore stays short: fork labels anew what only its own address space maps.
 *
 * The last mapping is removed with a spinlock held, and the tree has a sleeping lock. So
 * family_drop() puts a family without users into a list, and the next unlocking of the tree frees
 * it.
 *
 * The price: 56 bytes for each address space, and a locked addition for each run of shared entries
 * with the same label that fork makes or exit clears.
 */

/* Guards the tree, and @mm and @moved of all families. Taken before the locks of page tables. */
static struct mutex lock;

/*
 * @looks is odd while the CPU looks at an exclusive page, with preemption off, and @looking counts
 * such CPUs. No lock: reclaim looks at each page. A thread that takes a number or an address space
 * away does so first, and then waits until each CPU has ended the look that it was in. Mostly no
 * CPU is in one.
 */
static DEFINE_PER_CPU(u32, looks);
static u32 looking; /* changed by locked operations */

static struct kmem_cache *cache;

/*
 * Families by number. A free entry holds the next free number, shifted, and its lowest bit is set.
 * Pages of this table are made when they are needed, and stay.
 */
#define PER_PAGE (PAGE_SIZE / sizeof(void *))

static unsigned long *table[FAMILIES_MAX / PER_PAGE];
static u32 nr_ids = 1, free_id; /* numbers handed out so far; first free one, 0: none */
static u32 nr_families;

static struct family *empty; /* by @next_empty; changed by locked operations */

void __init family_init(void)
{
	cache = kmem_cache_create("family", sizeof(struct family), 0, SLAB_PANIC, NULL);
	table[0] = (unsigned long *)__get_free_pages(GFP_KERNEL | __GFP_ZERO | __GFP_NOFAIL, 0);
}

/* --- numbers ---------------------------------------------------------------------------------- */

static unsigned long *entry_of(u32 id)
{
	return &table[id / PER_PAGE][id % PER_PAGE];
}

struct family *family_of(u32 id)
{
	unsigned long entry;

	if (id == 0 || id >= READ_ONCE(nr_ids))
		return NULL;
	entry = READ_ONCE(*entry_of(id));
	return entry & 1 ? NULL : (struct family *)entry;
}

static int take_id(struct family *family)
{
	u32 id = free_id;

	if (id) {
		free_id = (u32)(*entry_of(id) >> 1);
	} else {
		id = nr_ids;
		if (id == FAMILIES_MAX)
			return -ENOMEM;
		if (!table[id / PER_PAGE])
			table[id / PER_PAGE] =
				(unsigned long *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, 0);
		if (!table[id / PER_PAGE])
			return -ENOMEM;
		WRITE_ONCE(nr_ids, id + 1);
	}
	family->id = id;
	*entry_of(id) = (unsigned long)family;
	nr_families++;
	return 0;
}

static void give_id(u32 id)
{
	WRITE_ONCE(*entry_of(id), (unsigned long)free_id << 1 | 1);
	free_id = id;
	nr_families--;
}

u32 families_end(void)
{
	return READ_ONCE(nr_ids);
}

u32 families_count(void)
{
	return READ_ONCE(nr_families);
}

/* --- the end of a family ---------------------------------------------------------------------- */

/* The last user has gone. */
static noinline void is_empty(struct family *family)
{
	struct family *first = READ_ONCE(empty);

	do
		family->next_empty = first;
	while (!__atomic_compare_exchange_n(&empty, &first, family, true, __ATOMIC_RELEASE,
					    __ATOMIC_RELAXED));
}

void family_drop(struct family *family, u32 nr)
{
	if (!__atomic_sub_fetch(&family->users, nr, __ATOMIC_ACQ_REL))
		is_empty(family);
}

void family_drop_mapping(u32 id)
{
	family_drop((struct family *)READ_ONCE(*entry_of(id)), 1);
}

void family_share_end(struct family_share *share)
{
	if (share->nr > 0)
		__atomic_fetch_add(&family_of(share->id)->users, (u32)share->nr, __ATOMIC_RELAXED);
	else if (share->nr < 0)
		family_drop(family_of(share->id), (u32)-share->nr);
	share->id = 0;
	share->nr = 0;
}

void family_hold(void)
{
	preempt_disable();
	++*this_cpu_ptr(looks);
	/* A full barrier: the others see both before this CPU reads anything. */
	__atomic_fetch_add(&looking, 1, __ATOMIC_SEQ_CST);
}

void family_let_go(void)
{
	u32 *mine = this_cpu_ptr(looks);

	__atomic_store_n(mine, *mine + 1, __ATOMIC_RELEASE);
	__atomic_fetch_sub(&looking, 1, __ATOMIC_RELEASE);
	preempt_enable();
}

static void wait_for_looks(void)
{
	u32 cpu;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!__atomic_load_n(&looking, __ATOMIC_ACQUIRE))
		return;
	for_each_cpu_with_data(cpu) {
		const u32 *other = &per_cpu(looks, cpu), before = READ_ONCE(*other);

		if (before & 1)
			spin_until(READ_ONCE(*other) != before);
	}
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
}

/* The children go to the parent: a page with its label may be mapped in them. */
static void take_out(struct family *family)
{
	struct family *child, *next;

	list_for_each_entry_safe(child, next, &family->children, sibling) {
		list_del(&child->sibling);
		child->parent = family->parent;
		if (family->parent)
			list_add(&child->sibling, &family->parent->children);
	}
	if (family->parent)
		list_del(&family->sibling);
	give_id(family->id);
	wait_for_looks();
	kmem_cache_free(cache, family);
}

void family_lock(void)
{
	mutex_lock(&lock);
}

bool family_trylock(void)
{
	return mutex_trylock(&lock);
}

void family_unlock(void)
{
	struct family *family = __atomic_exchange_n(&empty, NULL, __ATOMIC_ACQUIRE);

	while (family) {
		struct family *next = family->next_empty;

		take_out(family);
		family = next;
	}
	mutex_unlock(&lock);
}

/* --- the life of a family --------------------------------------------------------------------- */

static void list_reset(struct list_head *list)
{
	list->next = list->prev = list;
}

int family_create(struct mm *mm, struct family *parent)
{
	struct family *family = kmem_cache_alloc(cache, GFP_KERNEL);
	int err;

	if (!family)
		return -ENOMEM;
	family->users = 1;
	family->mm = mm;
	family->parent = parent;
	list_reset(&family->children);
	list_reset(&family->moved);
	family_lock();
	err = take_id(family);
	if (!err) {
		mm->family = family;
		if (parent)
			list_add(&family->sibling, &parent->children);
	}
	family_unlock();
	if (err)
		kmem_cache_free(cache, family);
	return err;
}

void family_leave(struct mm *mm)
{
	family_lock();
	WRITE_ONCE(mm->family->mm, NULL);
	wait_for_looks();
	family_drop(mm->family, 1);
	family_unlock();
	mm->family = NULL;
}

void family_add_moved(struct area *area)
{
	family_lock();
	list_add(&area->moved_link, &area->mm->family->moved);
	family_unlock();
}

void family_remove_moved(struct area *area)
{
	family_lock();
	list_del(&area->moved_link);
	family_unlock();
}

/* --- walks ------------------------------------------------------------------------------------ */

struct family *family_next(const struct family *top, struct family *at)
{
	if (!list_empty(&at->children))
		return list_entry(at->children.next, struct family, sibling);
	while (at != top && at->sibling.next == &at->parent->children)
		at = at->parent;
	return at == top ? NULL : list_next_entry(at, sibling);
}

bool family_is_above(const struct family *above, const struct family *family)
{
	while (family && family != above)
		family = family->parent;
	return family;
}
