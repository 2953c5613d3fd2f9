/* SPDX-License-Identifier: MIT */
#include <mm/memblock_attributes.h>

#include <lib/errno.h>
#include <mm/memblock_lists.h>

/*
 * Flags and nodes. Each function splits the regions at both ends of its range, changes the regions
 * inside, and merges neighbours that no longer differ.
 */

bool movable_node_enabled;
bool mirrored_kernelcore;
bool memblock_has_mirror;

static int change_flags(phys_addr_t base, phys_addr_t size, enum memblock_flags set,
			enum memblock_flags clear)
{
	struct memblock_type *type = &memblock.memory;
	unsigned long first, last;

	if (memblock_isolate(type, base, size, &first, &last))
		return -ENOMEM;
	for (unsigned long i = first; i < last; i++)
		type->regions[i].flags = (type->regions[i].flags & ~clear) | set;
	memblock_merge(type);
	return 0;
}

int memblock_mark_hotplug(phys_addr_t base, phys_addr_t size)
{
	return change_flags(base, size, MEMBLOCK_HOTPLUG, MEMBLOCK_NONE);
}

int memblock_clear_hotplug(phys_addr_t base, phys_addr_t size)
{
	return change_flags(base, size, MEMBLOCK_NONE, MEMBLOCK_HOTPLUG);
}

int memblock_mark_nomap(phys_addr_t base, phys_addr_t size)
{
	return change_flags(base, size, MEMBLOCK_NOMAP, MEMBLOCK_NONE);
}

int memblock_clear_nomap(phys_addr_t base, phys_addr_t size)
{
	return change_flags(base, size, MEMBLOCK_NONE, MEMBLOCK_NOMAP);
}

int memblock_mark_mirror(phys_addr_t base, phys_addr_t size)
{
	if (!mirrored_kernelcore)
		return 0;
	memblock_has_mirror = true;
	return change_flags(base, size, MEMBLOCK_MIRROR, MEMBLOCK_NONE);
}

int memblock_set_node(phys_addr_t base, phys_addr_t size, struct memblock_type *type, int nid)
{
	unsigned long first, last;

	if (memblock_isolate(type, base, size, &first, &last))
		return -ENOMEM;
	for (unsigned long i = first; i < last; i++)
		type->regions[i].nid = nid;
	memblock_merge(type);
	return 0;
}
