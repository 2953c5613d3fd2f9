/* SPDX-License-Identifier: MIT */
#include <kernel/meminfo_line.h>
#include <mm/slab.h>
#include <vm/area.h>
#include <vm/family.h>

/*
 * Areas. An area is a range of addresses in which a program may do the same everywhere: the text of
 * the program, its data, the heap, a mapped file, the stack. The areas of an address space are in a
 * range tree, which finds the area of an address and room for a new one.
 *
 *	08048000 |text r-x|rodata r--|data rw-|heap rw-->      <--mmap|  |gap|<-stack rw-| c0000000
 *
 * A call that acts on a range of addresses, such as munmap(2), begins by cutting the areas at its
 * borders. Afterwards it acts on whole areas. Then neighbours are joined that go on in the same
 * way, so that a program which allocates a megabyte page by page has one area.
 *
 * The invariant: the counts of struct mm are the sums over its areas. Only the functions of this
 * file change areas, and they keep the counts.
 *
 * An area of 60 bytes is the price; memory that is only promised costs nothing else.
 */

static struct kmem_cache *areas;

void __init area_init(void)
{
	areas = kmem_cache_create("area", sizeof(struct area), 0, SLAB_PANIC, NULL);
}

/* --- counts ----------------------------------------------------------------------------------- */

long committed_pages;

static unsigned long committed_kb(void)
{
	return (unsigned long)READ_ONCE(committed_pages) * (PAGE_SIZE / 1024);
}
MEMINFO_LINE(690, "Committed_AS", committed_kb);

/* Adds @pages, which may be negative, to all counts of an area with these flags. */
static inline void count(struct mm *mm, u32 flags, long pages)
{
	mm->nr_pages += (unsigned long)pages;
	if (flags & AREA_LOCKED)
		mm->locked_pages += (unsigned long)pages;
	if (area_is_data(flags))
		mm->data_pages += (unsigned long)pages;
	if (flags & AREA_ACCOUNT) {
		mm->committed += (unsigned long)pages;
		__atomic_fetch_add(&committed_pages, pages, __ATOMIC_RELAXED);
	}
}

/* --- making and freeing ----------------------------------------------------------------------- */

/*
 * Programs may write to the object through this area, even after they have closed the file. The
 * first such area is made while the file is open for writing, and the others are made from it. So
 * nothing that forbids writes can come between.
 */
static inline void count_writer(const struct area *area, s32 more)
{
	if ((area->flags & (AREA_SHARED | AREA_MAYWRITE)) == (AREA_SHARED | AREA_MAYWRITE))
		__atomic_fetch_add(&area->object->writers, more, __ATOMIC_SEQ_CST);
}

static inline void attach(struct area *area)
{
	if (area->object) {
		vm_object_get(area->object);
		count_writer(area, 1);
		vm_object_add_area(area);
	}
	if (area->flags & AREA_MOVED)
		family_add_moved(area);
}

static inline void detach(struct area *area)
{
	if (area->flags & AREA_MOVED)
		family_remove_moved(area);
	if (area->object) {
		vm_object_remove_area(area);
		count_writer(area, -1);
		vm_object_put(area->object);
	}
}

static struct area *area_alloc(struct mm *mm, const struct area *like)
{
	struct area *area =
		mm->areas.count < AREAS_MAX ? kmem_cache_alloc(areas, GFP_KERNEL) : NULL;

	if (area) {
		area->mm = mm;
		area->flags = like->flags;
		area->object = like->object;
		area->pgoff = like->pgoff;
		area->origin = like->origin;
	}
	return area;
}

/* The flags that have to be the same in two neighbours that become one. */
#define AREA_KIND (~AREA_TOUCHED)

static inline bool goes_on(const struct area *low, const struct area *high)
{
	return low->node.end == high->node.start && low->object == high->object &&
	       !((low->flags ^ high->flags) & AREA_KIND) &&
	       area_origin(low, low->node.end) == high->origin &&
	       (!low->object || area_index(low, low->node.end) == high->pgoff);
}

/*
 * Makes a neighbour longer, if the new area fits to it; otherwise returns NULL. An area that is
 * moved brings its entries with it.
 */
static noinline struct area *extend(struct mm *mm, struct area *above, const struct area *new)
{
	unsigned long start = new->node.start, end = new->node.end;
	struct range_node *below = above ? range_tree_prev(&above->node) : mm->areas.last;
	struct area *area;

	if (below && goes_on(area_of(below), new)) {
		area = area_of(below);
		area_resize(area, area->node.start, end);
		area->flags |= AREA_TOUCHED & new->flags;
		return above && goes_on(area, above) ? area_merge(area) : area;
	}
	if (above && goes_on(new, above)) {
		area_resize(above, start, above->node.end);
		above->flags |= AREA_TOUCHED & new->flags;
		return above;
	}
	return NULL;
}

/*
 * Makes an area with the borders and properties of another one, or makes a neighbour longer. @above
 * is the area above it.
 */
static __always_inline struct area *add_like(struct mm *mm, struct area *above,
					     const struct area *new)
{
	unsigned long start = new->node.start, end = new->node.end;
	struct area *area;

	if (above ? range_tree_free_below(&mm->areas, &above->node) == start ||
			    above->node.start == end
		  : mm->areas.last && goes_on(area_of(mm->areas.last), new)) {
		/* Only a copy has an address, so @new is never stored. */
		const struct area copy = *new;

		area = extend(mm, above, &copy);
		if (area)
			return area;
	}
	area = area_alloc(mm, new);
	if (!area)
		return NULL;
	range_tree_insert_below(&mm->areas, &area->node, above ? &above->node : NULL, start, end);
	attach(area);
	count(mm, area->flags, (long)area_pages(area));
	return area;
}

struct area *area_add(struct mm *mm, struct area *above, unsigned long start, unsigned long end,
		      u32 flags, struct vm_object *object, u32 pgoff)
{
	struct area new; /* the rest is not looked at */

	new.node.start = start;
	new.node.end = end;
	new.flags = flags;
	new.object = object;
	new.origin = (u32)(start >> PAGE_SHIFT);
	new.pgoff = pgoff;
	/* The next fault or call is often for what was just mapped. */
	return mm->last_used = add_like(mm, above, &new);
}

struct area *area_add_moved(const struct area *from, unsigned long addr, unsigned long start,
			    unsigned long end)
{
	struct area new = { .node = { .start = start, .end = end },
			    .flags = from->flags,
			    .object = from->object,
			    .origin = (u32)(start >> PAGE_SHIFT),
			    .pgoff = area_index(from, addr) };

	/* Only private pages are found by their origin. */
	if (!(new.flags &AREA_SHARED)) {
		new.flags |= AREA_MOVED;
		new.origin = area_origin(from, addr);
	}
	return add_like(from->mm, area_first(from->mm, start), &new);
}

static inline void area_free(struct area *area)
{
	if (area->mm->last_used == area)
		area->mm->last_used = NULL;
	kmem_cache_free(areas, area);
}

void area_remove(struct area *area)
{
	struct mm *mm = area->mm;

	count(mm, area->flags, -(long)area_pages(area));
	range_tree_remove(&mm->areas, &area->node);
	detach(area);
	area_free(area);
}

/* The counts end with @mm, except the sum of all promised pages. */
void area_remove_all(struct mm *mm)
{
	struct range_node *node;

	__atomic_fetch_sub(&committed_pages, (long)mm->committed, __ATOMIC_RELAXED);
	while ((node = range_tree_dismantle(&mm->areas))) {
		detach(area_of(node));
		kmem_cache_free(areas, area_of(node));
	}
}

/* --- copying ---------------------------------------------------------------------------------- */

/* A copy has no area that is locked in memory. */
void area_copy_counts(const struct mm *from, struct mm *to)
{
	to->nr_pages = from->nr_pages;
	to->data_pages = from->data_pages;
	to->committed = from->committed;
	__atomic_fetch_add(&committed_pages, (long)to->committed, __ATOMIC_RELAXED);
}

void area_uncount(const struct area *area, struct mm *mm)
{
	count(mm, area->flags & ~AREA_LOCKED, -(long)area_pages(area));
}

struct area *area_copy_to(const struct area *area, struct mm *mm)
{
	struct area *copy = area_alloc(mm, area);

	if (!copy)
		return NULL;
	copy->flags &= ~AREA_LOCKED;
	range_tree_insert_below(&mm->areas, &copy->node, NULL, area->node.start, area->node.end);
	attach(copy);
	return copy;
}

/* --- changing --------------------------------------------------------------------------------- */

/*
 * Borders and first index change together. A walk over the areas of an object, for truncate(2),
 * holds the lock of the object; the reverse mapping holds the family lock.
 */
static inline void move_borders(struct area *area, unsigned long start, unsigned long end)
{
	if (start != area->node.start) {
		u32 more = (u32)((long)(start - area->node.start) >> PAGE_SHIFT);

		range_tree_set_start(&area->node, start);
		area->pgoff += more;
		area->origin += more;
	}
	if (end != area->node.end)
		range_tree_set_end(&area->node, end);
}

static noinline void move_borders_locked(struct area *area, unsigned long start, unsigned long end)
{
	if (area->object)
		vm_object_lock(area->object);
	if (area->flags & AREA_MOVED)
		family_lock();
	move_borders(area, start, end);
	if (area->flags & AREA_MOVED)
		family_unlock();
	if (area->object)
		vm_object_unlock(area->object);
}

/* Most areas are in no list that others walk through. */
static inline void set_borders(struct area *area, unsigned long start, unsigned long end)
{
	if (unlikely(area->object || area->flags & AREA_MOVED))
		move_borders_locked(area, start, end);
	else
		move_borders(area, start, end);
}

void area_resize(struct area *area, unsigned long start, unsigned long end)
{
	long more = (long)((end - start) >> PAGE_SHIFT) - (long)area_pages(area);

	set_borders(area, start, end);
	count(area->mm, area->flags, more);
}

struct area *area_split(struct area *area, unsigned long addr)
{
	unsigned long end = area->node.end;
	struct area *high = area_alloc(area->mm, area);

	if (!high)
		return NULL;
	high->pgoff = area_index(area, addr);
	high->origin = area_origin(area, addr);
	set_borders(area, area->node.start, addr);
	range_tree_insert(&area->mm->areas, &high->node, addr, end - addr);
	attach(high);
	return high;
}

void area_recount(const struct area *area, u32 old)
{
	long pages = (long)area_pages(area);

	count(area->mm, old, -pages);
	count(area->mm, area->flags, pages);
}

static void join(struct area *low, struct area *high)
{
	unsigned long end = high->node.end;

	low->flags |= high->flags & AREA_TOUCHED;
	range_tree_remove(&high->mm->areas, &high->node);
	detach(high);
	area_free(high);
	set_borders(low, low->node.start, end);
}

struct area *area_join(struct area *area, struct area *above)
{
	struct range_node *below = range_tree_prev(&area->node);

	if (above && goes_on(area, above))
		join(area, above);
	if (!below || !goes_on(area_of(below), area))
		return area;
	join(area_of(below), area);
	return area_of(below);
}

struct area *area_cut(struct area *area, unsigned long start, unsigned long end)
{
	if (area->node.start < start) {
		area = area_split(area, start);
		if (!area)
			return NULL;
	}
	if (area->node.end > end && !area_split(area, end))
		return NULL;
	return area;
}
