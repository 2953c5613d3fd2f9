/* SPDX-License-Identifier: MIT */
#include <kernel/syscall.h>
#include <sched/sched.h>
#include <vm/area.h>
#include <vm/fault.h>
#include <vm/lock_limit.h>
#include <vm/mmap.h>

/*
 * brk(2): the heap is an area that ends where the program says. It begins behind the data of the
 * program, and mostly continues that area. A change of the end makes the area longer or shorter,
 * which costs no page. The call never fails: it returns the end of the heap, and the C library
 * compares.
 */

void vm_set_brk(struct mm *mm, unsigned long start)
{
	mm->start_brk = mm->brk = start;
}

#define HEAP_FLAGS (AREA_READ | AREA_WRITE | AREA_MAYWRITE | AREA_ACCOUNT)

/* The area that ends where the heap does, if more of the heap fits to it; otherwise NULL. */
static inline struct area *heap_area(const struct mm *mm, unsigned long end)
{
	struct area *area = area_near(mm, end - 1);

	if (!area || area->node.end != end || area->object ||
	    (area->flags & ~AREA_TOUCHED) != (HEAP_FLAGS | mm->def_flags))
		return NULL;
	return area;
}

static bool grow(struct mm *mm, unsigned long from, unsigned long to)
{
	unsigned long pages = (to - from) >> PAGE_SHIFT;
	struct area *area = heap_area(mm, from);
	struct area *above = area ? area_next(area) : area_first(mm, from);

	/* A page stays free above the heap, so it never meets its neighbour. */
	if (to > TASK_SIZE - PAGE_SIZE || !area_in_gap(above, from, to + PAGE_SIZE) ||
	    vm_over_limit(mm, pages, HEAP_FLAGS) || vm_overcommits(pages) ||
	    (mm->def_flags & AREA_LOCKED && !vm_may_lock(mm, pages)))
		return false;
	if (!area)
		return area_add(mm, above, from, to, HEAP_FLAGS | mm->def_flags, NULL,
				(u32)(from >> PAGE_SHIFT));
	area_resize(area, area->node.start, to);
	mm->last_used = area;
	return true;
}

/* The end of the heap is any byte; the area ends with its page. */
static unsigned long set_brk(struct mm *mm, unsigned long brk)
{
	unsigned long old = ALIGN_UP(mm->brk, PAGE_SIZE), new = ALIGN_UP(brk, PAGE_SIZE);

	/* Below TASK_SIZE, which is a whole number of pages, @new does not overflow. */
	if (brk < mm->start_brk || brk >= TASK_SIZE)
		return mm->brk;
	if (new > old ? !grow(mm, old, new) : new < old && vm_unmap_locked(mm, new, old) != 0)
		return mm->brk;
	return mm->brk = brk;
}

SYSCALL(45, brk)
{
	struct mm *mm = current->mm;
	unsigned long before, result;

	down_write(&mm->lock);
	before = ALIGN_UP(mm->brk, PAGE_SIZE);
	result = set_brk(mm, ARG1(regs));
	up_write(&mm->lock);
	if (mm->def_flags & AREA_LOCKED && result > before)
		vm_populate(mm, before, ALIGN_UP(result, PAGE_SIZE));
	return (long)result;
}
