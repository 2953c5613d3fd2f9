/* SPDX-License-Identifier: MIT */
#include <mm/memblock_grow.h>

#include <asm/page.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <mm/memblock_alloc.h>
#include <mm/memblock_lists.h>

/*
 * A list that is full moves into an array of twice the size, in the memory that the lists
 * describe. Three things can go wrong, and decide the order of the steps:
 *
 * - The new array must be outside the range that the caller is about to reserve or to free: the
 *   new owner of that memory would overwrite the array. So growing needs to know the range.
 * - The array must be reserved, which may need an entry in a list that is full. The array of
 *   `memory` or `physmem` is reserved before the list moves, because that can fail. The array of
 *   `reserved` is reserved after the list has moved, because then there is room.
 * - Freeing the old array may need two more entries, so `reserved` may have to grow once more.
 *
 * Growing is not allowed before memblock_allow_resize(): memory in use may not be reserved yet,
 * and the new array could overwrite it.
 */

/* The arrays that memory, reserved and physmem have grown into. Other arrays are the caller's. */
static struct grown_array {
	struct memblock_region *regions;
	phys_addr_t phys; /* 0 if the slab allocator supplied it */
	phys_addr_t size;
} grown[3];

static phys_addr_t find_pages(phys_addr_t size, phys_addr_t start, phys_addr_t end)
{
	phys_addr_t pa = 0;

	if (memblock_has_mirror)
		pa = memblock_find_free(size, PAGE_SIZE, start, end, NUMA_NO_NODE, MEMBLOCK_MIRROR);
	if (!pa)
		pa = memblock_find_free(size, PAGE_SIZE, start, end, NUMA_NO_NODE, MEMBLOCK_NONE);
	return pa;
}

/* Finds a place for a new array of @type, outside [base, base + size) if `reserved` grows. */
static phys_addr_t find_room(const struct memblock_type *type, phys_addr_t bytes, phys_addr_t base,
			     phys_addr_t size)
{
	phys_addr_t limit = memblock.current_limit, pa;

	if (type != &memblock.reserved)
		return find_pages(bytes, 0, limit);
	pa = find_pages(bytes, base + size, limit);
	return pa ? pa : find_pages(bytes, 0, min(base, limit));
}

static struct grown_array *grown_array_of(const struct memblock_type *type)
{
	if (type == &memblock.memory)
		return &grown[0];
	if (type == &memblock.reserved)
		return &grown[1];
	return type == &physmem ? &grown[2] : NULL;
}

static bool get_array(const struct memblock_type *type, struct grown_array *new, phys_addr_t base,
		      phys_addr_t size)
{
	if (memblock_slab.zalloc) {
		new->regions = memblock_slab.zalloc((size_t) new->size);
		return new->regions;
	}
	new->size = ALIGN_UP(new->size, PAGE_SIZE);
	new->phys = find_room(type, new->size, base, size);
	if (!new->phys)
		return false;
	if (type != &memblock.reserved && memblock_reserve(new->phys, new->size))
		return false;
	new->regions = __va(new->phys);
	return true;
}

/*
 * Without room for the two entries the pages of the old array stay reserved: that wastes them, and
 * does no other harm.
 */
static void put_array(struct grown_array old, phys_addr_t base, phys_addr_t size)
{
	if (!old.phys)
		memblock_slab.free(old.regions);
	else if (memblock_make_room(&memblock.reserved, 2, base, size) == 0)
		memblock_phys_free(old.phys, old.size);
}

static int grow(struct memblock_type *type, phys_addr_t base, phys_addr_t size)
{
	struct grown_array new = { .size = 2 * type->max * sizeof(*type->regions) }, old = { 0 };
	struct grown_array *slot = grown_array_of(type);
	size_t old_bytes = type->max * sizeof(*type->regions);

	if (!type->max || !get_array(type, &new, base, size))
		return -ENOMEM;
	memcpy(new.regions, type->regions, old_bytes);
	memset(new.regions + type->max, 0, old_bytes);
	if (slot) {
		if (slot->regions == type->regions)
			old = *slot;
		*slot = new;
	}
	type->regions = new.regions;
	type->max *= 2;
	memblock_trace("array of", type, new.phys, new.size);

	if (type == &memblock.reserved && new.phys)
		memblock_reserve(new.phys, new.size);
	if (old.regions)
		put_array(old, base, size);
	return 0;
}

void memblock_allow_resize(void)
{
	memblock_grow = grow;
}

phys_addr_t memblock_grown_array(const struct memblock_type *type, phys_addr_t *size)
{
	const struct grown_array *slot = grown_array_of(type);

	if (!slot || slot->regions != type->regions)
		return 0;
	*size = slot->size;
	return slot->phys;
}
