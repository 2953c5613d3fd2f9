/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * The lists of memblock and the calls that add ranges to them and remove ranges from them. See
 * <mm/memblock.h> for the overview and for the rules that hold for every function.
 */

#define INIT_MEMBLOCK_REGIONS 128 /* entries of the static arrays of `memory` and `reserved` */
#define INIT_PHYSMEM_REGIONS  8   /* the same for `physmem` */

#define NUMA_NO_NODE (-1)
#define MAX_NUMNODES 16 /* also the node of a region that has none */

/**
 * enum memblock_flags - properties of a region of `memory`
 * @MEMBLOCK_NONE: ordinary RAM
 * @MEMBLOCK_HOTPLUG: may be unplugged later; with `movable_node` memblock does not allocate from it
 * @MEMBLOCK_MIRROR: the hardware keeps a second copy; if there is such RAM, allocations prefer it
 * @MEMBLOCK_NOMAP: RAM that the direct map must not contain; never allocated
 * @MEMBLOCK_DRIVER_MANAGED: added by a driver that manages it itself; never allocated
 */
enum memblock_flags {
	MEMBLOCK_NONE = 0,
	MEMBLOCK_HOTPLUG = 1,
	MEMBLOCK_MIRROR = 2,
	MEMBLOCK_NOMAP = 4,
	MEMBLOCK_DRIVER_MANAGED = 8,
};

/**
 * struct memblock_region - one range of physical addresses
 * @base: address of its first byte
 * @size: bytes
 * @flags: see enum memblock_flags
 * @nid: its node; MAX_NUMNODES if it has none
 */
struct memblock_region {
	phys_addr_t base;
	phys_addr_t size;
	enum memblock_flags flags;
	int nid;
};

/**
 * struct memblock_type - a list of ranges
 * @cnt: entries in use; an empty list has one, a dummy of size 0, so test regions[0].size
 * @max: entries that fit in @regions
 * @total_size: sum of all sizes, in bytes
 * @regions: sorted by base; none is empty, no two overlap, and two that touch differ in node or
 *           flags
 * @name: for reports
 */
struct memblock_type {
	unsigned long cnt;
	unsigned long max;
	phys_addr_t total_size;
	struct memblock_region *regions;
	char *name;
};

/**
 * struct memblock - the state of memblock
 * @bottom_up: allocate from the lowest free address up instead of from the highest down
 * @current_limit: upper bound of allocations that name none: the end of the memory that the kernel
 *                 can address directly
 * @memory: RAM that the kernel may use
 * @reserved: ranges in use, whether they are RAM or not
 *
 * Callers may write to it between any two calls. The next call works with the contents it finds.
 */
struct memblock {
	bool bottom_up;
	phys_addr_t current_limit;
	struct memblock_type memory;
	struct memblock_type reserved;
};

extern struct memblock memblock;

/* All RAM in the firmware's memory map, including RAM that the kernel cannot reach. */
extern struct memblock_type physmem;

/* Set by memblock=debug: every change is logged, and memblock_dump_all() prints. */
extern bool memblock_debug;

/**
 * memblock_add() - add RAM to `memory`
 * @base: physical address of its first byte
 * @size: bytes
 *
 * The parts that are in the list already keep their flags and node. The others are added with
 * MEMBLOCK_NONE and without a node.
 *
 * Context: boot, or while only one thread uses memblock.
 * Return: 0, or -ENOMEM if the list is full and cannot grow; then the list is unchanged.
 */
int memblock_add(phys_addr_t base, phys_addr_t size);

/**
 * memblock_add_node() - add the RAM of a node to `memory`
 * @base: physical address of its first byte
 * @size: bytes
 * @nid: its node, which is not checked
 * @flags: properties of the parts that are not in the list yet
 *
 * Context: boot, or while only one thread uses memblock.
 * Return: as memblock_add().
 */
int memblock_add_node(phys_addr_t base, phys_addr_t size, int nid, enum memblock_flags flags);

/**
 * memblock_reserve() - mark a range as in use
 * @base: physical address of its first byte
 * @size: bytes
 *
 * The range need not be RAM, and may be reserved already.
 *
 * Context: boot, or while only one thread uses memblock.
 * Return: as memblock_add().
 */
int memblock_reserve(phys_addr_t base, phys_addr_t size);

/**
 * memblock_remove() - remove a range from `memory`
 * @base: physical address of its first byte
 * @size: bytes
 *
 * Removing may split a region, so it needs room for two more entries, even if it splits none. If
 * the list has to grow first, its new array may be allocated inside the range that is being
 * removed. Remove RAM that must not be written to before memblock_allow_resize(), or reserve it
 * first.
 *
 * Context: boot, or while only one thread uses memblock.
 * Return: 0, or -ENOMEM; then the list is unchanged.
 */
int memblock_remove(phys_addr_t base, phys_addr_t size);

/**
 * memblock_phys_free() - remove a range from `reserved`
 * @base: physical address of its first byte
 * @size: bytes
 *
 * The range need not match an earlier reservation: exactly its reserved parts become free.
 *
 * Context: boot, or while only one thread uses memblock.
 * Return: as memblock_remove().
 */
int memblock_phys_free(phys_addr_t base, phys_addr_t size);

/**
 * memblock_free() - free memory that memblock_alloc() or a similar function returned
 * @ptr: its virtual address; NULL does nothing
 * @size: bytes
 *
 * Context: boot, or while only one thread uses memblock.
 */
void memblock_free(void *ptr, size_t size);

/**
 * memblock_physmem_add() - add RAM to `physmem`
 * @base: physical address of its first byte
 * @size: bytes
 *
 * Context: boot, or while only one thread uses memblock.
 * Return: as memblock_add().
 */
int memblock_physmem_add(phys_addr_t base, phys_addr_t size);
