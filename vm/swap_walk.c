/* SPDX-License-Identifier: MIT */
#include <vm/anon.h>
#include <vm/object_swap.h>
#include <vm/swap_walk.h>

/*
 * All entries that name a slot: in the page tables of all address spaces, and in the trees of
 * objects. The checker of swap space counts them. swapoff(2) looks for those of an area.
 */

u32 swap_find_slot(struct pagetable *pt, unsigned long *addr, unsigned long end,
		   const struct slot_range *slots)
{
	struct table table;
	u32 found = 0;

	if (!table_map(pt, *addr, &table))
		return 0;
	for (; *addr < end; *addr += PAGE_SIZE) {
		const pte_t pte = *table_entry(&table, *addr);

		found = pte_is_swap(pte) ? pte_swap_slot(pte) : 0;
		if (found && found >= slots->first && found < slots->end)
			break;
		found = 0;
	}
	table_unmap(&table);
	return found;
}

static void count_mm(struct mm *mm, void (*found)(u32 slot))
{
	const struct slot_range all = { 1, SWAP_SLOTS };
	unsigned long at = 0;
	u32 slot;

	spin_lock(&mm->pagetable.lock);
	while (at < TASK_SIZE && table_next(&mm->pagetable, &at, TASK_SIZE)) {
		const unsigned long end = table_end(at, TASK_SIZE);

		for (; at < end && (slot = swap_find_slot(&mm->pagetable, &at, end, &all));
		     at += PAGE_SIZE)
			found(slot);
		at = end;
	}
	spin_unlock(&mm->pagetable.lock);
}

static void count_object(struct vm_object *object, void (*found)(u32 slot))
{
	unsigned long index = 0;
	void *item;

	vm_object_lock(object);
	while ((item = radix_tree_next(&object->pages, &index))) {
		if (object_item_is_slot(item))
			found(object_item_slot(item));
		if (!++index)
			break;
	}
	vm_object_unlock(object);
}

void vm_swap_walk(void (*found)(u32 slot))
{
	struct vm_object *object;

	family_lock();
	for (u32 id = 0; id < families_end(); id++) {
		const struct family *family = family_of(id);

		if (family && family->mm)
			count_mm(family->mm, found);
	}
	family_unlock();
	for (u32 id = 1; (object = vm_object_next(id));) {
		id = object->id + 1;
		count_object(object, found);
		vm_object_put(object);
		if (!id)
			break;
	}
}
