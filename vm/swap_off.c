/* SPDX-License-Identifier: MIT */
#include <lib/errno.h>
#include <sched/signal.h>
#include <vm/anon.h>
#include <vm/area.h>
#include <vm/object_swap.h>
#include <vm/swap_fault.h>
#include <vm/swap_walk.h>

/*
 * swapoff(2) replaces all entries that name a slot of an area by pages, as faults would do: those
 * in the page tables of all address spaces, and those in the trees of objects.
 *
 * An address space is looked at once, table by table, with its lock held for reading. So it can
 * change meanwhile, and an entry may move to where the search was already. The caller repeats all
 * until no slot is in use.
 */

/* Keeps the last error. The lock of the address space is held for reading. */
static int bring_in_part(const struct area *area, unsigned long addr, unsigned long end,
			 const struct slot_range *slots)
{
	struct pagetable *pt = &area->mm->pagetable;
	int result = 0, err;
	u32 slot;

	for (;;) {
		spin_lock(&pt->lock);
		slot = swap_find_slot(pt, &addr, end, slots);
		if (slot)
			swap_dup(slot, 1);
		spin_unlock(&pt->lock);
		if (!slot)
			return result;
		err = fault_swap_in(area, addr, AREA_READ, slot);
		if (err == -ENOMEM)
			return err;
		if (err < 0) {
			result = -EIO;
			addr += PAGE_SIZE;
		}
		if (signal_pending())
			return -EINTR;
	}
}

static int bring_in_mm(struct mm *mm, const struct slot_range *slots)
{
	unsigned long at = 0;
	int result = 0, err = 0;

	while (READ_ONCE(mm->swap_pages) && err != -ENOMEM && err != -EINTR) {
		const struct area *area;
		unsigned long end = 0;

		/* Its areas change without the lock. The caller comes again. */
		if (__atomic_load_n(&mm->building, __ATOMIC_ACQUIRE))
			break;
		down_read(&mm->lock);
		area = area_first(mm, at);
		if (area) {
			at = max(at, area->node.start);
			end = min(table_end(at, area->node.end), area->node.end);
			err = bring_in_part(area, at, end, slots);
			result = err ? err : result;
		}
		up_read(&mm->lock);
		if (!area)
			break;
		at = end;
	}
	return result;
}

/* --- objects ---------------------------------------------------------------------------------- */

static int bring_in_object(struct vm_object *object, const struct slot_range *slots)
{
	unsigned long index = 0;
	int result = 0, err;
	struct page *page;
	void *item;

	vm_object_lock(object);
	while ((item = radix_tree_next(&object->pages, &index))) {
		const u32 slot = object_item_is_slot(item) ? object_item_slot(item) : 0;

		if (slot && slot >= slots->first && slot < slots->end) {
			err = object_swap_in(object, index, &page);
			result = err ? err : result;
			if (err == -ENOMEM || signal_pending())
				break;
		}
		if (!++index)
			break;
	}
	vm_object_unlock(object);
	return signal_pending() ? -EINTR : result;
}

/* An address space that does not end now, with a user, or NULL. */
static struct mm *mm_of(u32 id)
{
	const struct family *family;
	struct mm *mm;

	family_lock();
	family = family_of(id);
	mm = family ? family->mm : NULL;
	if (mm && !mm_try_get(mm))
		mm = NULL;
	family_unlock();
	return mm;
}

int vm_swap_in_all(u32 first, u32 end)
{
	const struct slot_range slots = { first, end };
	struct vm_object *object;
	int result = 0, err = 0;

	for (u32 id = 0; id < families_end() && err != -ENOMEM && err != -EINTR; id++) {
		struct mm *mm = mm_of(id);

		if (!mm)
			continue;
		err = bring_in_mm(mm, &slots);
		result = err ? err : result;
		mm_put(mm);
	}
	for (u32 id = 1; err != -ENOMEM && err != -EINTR && (object = vm_object_next(id));) {
		id = object->id + 1;
		err = object->ops ? 0 : bring_in_object(object, &slots);
		result = err ? err : result;
		vm_object_put(object);
		if (!id)
			break;
	}
	return result;
}
