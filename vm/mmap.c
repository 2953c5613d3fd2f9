/* SPDX-License-Identifier: MIT */
#include <kernel/syscall.h>
#include <lib/errno.h>
#include <sched/sched.h>
#include <vm/area.h>
#include <vm/fault.h>
#include <vm/gather.h>
#include <vm/lock_limit.h>
#include <vm/mman.h>
#include <vm/mmap.h>

/*
 * mmap(2) and munmap(2). A new mapping is a promise: an area is made, or a neighbour becomes
 * longer, and nothing else happens. Pages come with the faults.
 *
 * Where does it go? The program may name a place, and with MAP_FIXED whatever is there goes away.
 * Otherwise the highest gap below mmap_base is taken, so mappings grow downward from below the
 * stack, and the heap grows upward towards them. If that is full, the rest of the address space
 * is searched.
 *
 * Promises may exceed the memory of the machine: programs ask for more than they touch. Only a
 * single request that could never be kept is refused, which is Linux's default
 * (vm.overcommit_memory 0). Committed_AS of meminfo is the sum of all promises.
 */

/* --- where ------------------------------------------------------------------------------------ */

/* The highest place below @high, with the gap that a growing stack above it needs. */
static inline bool place_below(const struct mm *mm, unsigned long size, unsigned long high,
			       unsigned long *start, struct area **above)
{
	struct range_node *node;

	while (range_tree_find_gap_below(&mm->areas, size, MMAP_MIN_ADDR, high, start, &node)) {
		*above = node ? area_of(node) : NULL;
		if (area_in_gap(*above, *start, *start + size))
			return true;
		high = node->start - STACK_GUARD_GAP;
		if (high > *start + size)
			return false;
	}
	return false;
}

/* Is there room where the program would like it? */
static bool fits_hint(const struct mm *mm, unsigned long hint, unsigned long size,
		      struct area **above)
{
	if (hint < MMAP_MIN_ADDR || hint > TASK_SIZE - size)
		return false;
	*above = area_first(mm, hint);
	return area_in_gap(*above, hint, hint + size);
}

static __always_inline long find_place(const struct mm *mm, unsigned long hint, unsigned long size,
				       struct area **above)
{
	unsigned long start;

	hint &= PAGE_MASK;
	if (hint && fits_hint(mm, hint, size, above))
		return (long)hint;
	if (place_below(mm, size, mm->mmap_base, &start, above) ||
	    place_below(mm, size, TASK_SIZE, &start, above))
		return (long)start;
	return -ENOMEM;
}

long vm_find_place(const struct mm *mm, unsigned long hint, unsigned long size, struct area **above)
{
	return find_place(mm, hint, size, above);
}

/* --- mmap(2) ---------------------------------------------------------------------------------- */

static int check_place(const struct mm *mm, unsigned long addr, unsigned long size, u32 flags)
{
	const struct area *area;

	if (addr & ~PAGE_MASK)
		return -EINVAL;
	if (addr > TASK_SIZE - size)
		return -ENOMEM;
	if (addr < MMAP_MIN_ADDR)
		return -EPERM;
	area = area_first(mm, addr);
	if (flags & MAP_FIXED_NOREPLACE && area && area->node.start < addr + size)
		return -EEXIST;
	return 0;
}

/* Few callers ask for more than rights. */
static noinline u32 special_flags(u32 flags)
{
	u32 result = 0;

	if (flags & MAP_GROWSDOWN)
		result |= AREA_GROWSDOWN;
	if (flags & MAP_LOCKED)
		result |= AREA_LOCKED;
	if (flags & MAP_NORESERVE)
		result |= AREA_NORESERVE;
	return result;
}

/* PROT_ and AREA_ have the same bits. */
static inline u32 area_flags(const struct mm *mm, u32 prot, u32 flags, bool may_write)
{
	u32 result = (prot & AREA_PROT) | mm->def_flags;

	if (flags & MAP_SHARED)
		result |= AREA_SHARED | (may_write ? AREA_MAYWRITE : 0);
	else if (prot & PROT_WRITE && !(flags & MAP_NORESERVE))
		result |= AREA_MAYWRITE | AREA_ACCOUNT;
	else
		result |= AREA_MAYWRITE;
	if (unlikely(flags & (MAP_GROWSDOWN | MAP_LOCKED | MAP_NORESERVE)))
		result |= special_flags(flags);
	return result;
}

/* Does a limit forbid this number of new pages in an address space? */
static inline bool too_much(const struct mm *mm, unsigned long pages, u32 area_flags_)
{
	return vm_over_limit(mm, pages, area_flags_) ||
	       (area_flags_ & AREA_ACCOUNT && vm_overcommits(pages));
}

/* Makes room at an address that the program insists on. */
static noinline int clear_place(struct mm *mm, unsigned long addr, unsigned long size, u32 flags,
				u32 area_flags_)
{
	int err = check_place(mm, addr, size, flags);

	if (err)
		return err;
	if (too_much(mm, size >> PAGE_SHIFT, area_flags_))
		return -ENOMEM;
	return flags & MAP_FIXED_NOREPLACE ? 0 : vm_unmap_locked(mm, addr, addr + size);
}

/* The pages of a mapping will be locked. Returns 0 or an errno. The lock is held. */
static noinline long check_locked(const struct mm *mm, unsigned long pages, u32 flags)
{
	if (flags & MAP_LOCKED && !vm_may_lock_any(mm))
		return -EPERM;
	return vm_may_lock(mm, pages) ? 0 : -EAGAIN;
}

/* Makes the area. The lock is held for writing. */
static inline long map(struct mm *mm, unsigned long addr, unsigned long size, u32 flags,
		       u32 area_flags_, struct vm_object *object, u32 pgoff)
{
	struct area *above;
	long err;

	if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
		err = clear_place(mm, addr, size, flags, area_flags_);
		if (err)
			return err;
		above = area_first(mm, addr);
	} else {
		err = find_place(mm, addr, size, &above);
		if (err < 0 && err > -4096)
			return err;
		addr = (unsigned long)err;
		if (too_much(mm, size >> PAGE_SHIFT, area_flags_))
			return -ENOMEM;
	}
	return area_add(mm, above, addr, addr + size, area_flags_, object, pgoff) ? (long)addr
										  : -ENOMEM;
}

/* Memory that a program shares with its children: an object without a name. */
static noinline long map_shared_memory(struct mm *mm, unsigned long addr, size_t size, u32 prot,
				       u32 flags)
{
	struct vm_object *object;
	long result;

	if (vm_overcommits(size >> PAGE_SHIFT))
		return -ENOMEM;
	object = vm_object_create(size);
	if (!object)
		return -ENOMEM;
	result = vm_mmap(mm, addr, size, prot, flags, object, 0, true);
	vm_object_put(object);
	return result;
}

long vm_mmap(struct mm *mm, unsigned long addr, size_t size, u32 prot, u32 flags,
	     struct vm_object *object, u32 pgoff, bool may_write)
{
	u32 type = flags & MAP_TYPE, bits;
	long result;

	if (!size || (type != MAP_SHARED && type != MAP_PRIVATE && type != MAP_SHARED_VALIDATE))
		return -EINVAL;
	if (size > TASK_SIZE)
		return -ENOMEM;
	size = ALIGN_UP(size, PAGE_SIZE);
	if (pgoff > UINT_MAX - (size >> PAGE_SHIFT))
		return -EOVERFLOW;
	if (!object && !(flags & MAP_ANONYMOUS))
		return -EINVAL;
	if (flags & MAP_SHARED && object && prot & PROT_WRITE && !may_write)
		return -EACCES;
	if (flags & MAP_SHARED && !object)
		return map_shared_memory(mm, addr, size, prot, flags);
	bits = area_flags(mm, prot, flags, may_write);
	down_write(&mm->lock);
	result = unlikely(bits & AREA_LOCKED) ? check_locked(mm, size >> PAGE_SHIFT, flags) : 0;
	if (likely(!result))
		result = map(mm, addr, size, flags, bits, object, pgoff);
	up_write(&mm->lock);
	if (unlikely(flags & MAP_POPULATE || bits & AREA_LOCKED) && bits & AREA_PROT &&
	    (result >= 0 || result <= -4096))
		vm_populate(mm, (unsigned long)result, (unsigned long)result + size);
	return result;
}

/* --- munmap(2) -------------------------------------------------------------------------------- */

int vm_unmap_locked(struct mm *mm, unsigned long start, unsigned long end)
{
	struct area *area = area_near(mm, start);
	struct gather gather;
	bool gathers = false;

	if (!area || area->node.start >= end)
		return 0;
	/* A hole in the middle needs another area; everything else needs nothing. */
	if (area->node.start < start && area->node.end > end && !area_split(area, end))
		return -ENOMEM;
	do {
		struct area *next = area->node.end < end ? area_next(area) : NULL;
		unsigned long from = max(area->node.start, start), to = min(area->node.end, end);

		if (area->flags & AREA_TOUCHED) {
			if (!gathers)
				gather_begin(&gather, mm);
			gathers = true;
			gather_range(&gather, from, to);
		}
		if (area->node.start < from)
			area_resize(area, area->node.start, from);
		else if (area->node.end > to)
			area_resize(area, to, area->node.end);
		else
			area_remove(area);
		area = next;
	} while (area && area->node.start < end);
	if (gathers)
		gather_finish(&gather);
	return 0;
}

long vm_munmap(struct mm *mm, unsigned long addr, size_t size)
{
	int err;

	if (addr & ~PAGE_MASK || !size || addr > TASK_SIZE || size > TASK_SIZE - addr)
		return -EINVAL;
	down_write(&mm->lock);
	err = vm_unmap_locked(mm, addr, addr + ALIGN_UP(size, PAGE_SIZE));
	up_write(&mm->lock);
	return err;
}

SYSCALL(91, munmap)
{
	return vm_munmap(current->mm, ARG1(regs), ARG2(regs));
}
