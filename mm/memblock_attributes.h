/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/memblock_regions.h>

/*
 * Properties of regions. The functions that change a range need room for two more entries, and
 * return 0 or -ENOMEM as memblock_remove() does.
 */

/* Set by the boot parameter movable_node. */
extern bool movable_node_enabled;

/* The kernel shall use mirrored memory; false unless the machine's setup code sets it. */
extern bool mirrored_kernelcore;

/**
 * movable_node_is_enabled() - whether HOTPLUG memory is kept free of data that cannot move
 *
 * Context: any, after the parameters are parsed.
 * Return: true if `movable_node` was on the command line.
 */
static inline bool movable_node_is_enabled(void)
{
	return movable_node_enabled;
}

/**
 * memblock_mark_hotplug() - set MEMBLOCK_HOTPLUG for a range of `memory`
 * @base: physical address of its first byte
 * @size: bytes
 *
 * Context: boot, or while only one thread uses memblock.
 * Return: 0, or -ENOMEM; then nothing is changed.
 */
int memblock_mark_hotplug(phys_addr_t base, phys_addr_t size);

/**
 * memblock_clear_hotplug() - clear MEMBLOCK_HOTPLUG for a range of `memory`
 * @base: physical address of its first byte
 * @size: bytes
 *
 * Context: boot, or while only one thread uses memblock.
 * Return: 0, or -ENOMEM; then nothing is changed.
 */
int memblock_clear_hotplug(phys_addr_t base, phys_addr_t size);

/**
 * memblock_mark_nomap() - set MEMBLOCK_NOMAP for a range of `memory`
 * @base: physical address of its first byte
 * @size: bytes
 *
 * Context: boot, or while only one thread uses memblock.
 * Return: 0, or -ENOMEM; then nothing is changed.
 */
int memblock_mark_nomap(phys_addr_t base, phys_addr_t size);

/**
 * memblock_clear_nomap() - clear MEMBLOCK_NOMAP for a range of `memory`
 * @base: physical address of its first byte
 * @size: bytes
 *
 * Context: boot, or while only one thread uses memblock.
 * Return: 0, or -ENOMEM; then nothing is changed.
 */
int memblock_clear_nomap(phys_addr_t base, phys_addr_t size);

/**
 * memblock_mark_mirror() - set MEMBLOCK_MIRROR for a range of `memory`
 * @base: physical address of its first byte
 * @size: bytes
 *
 * Does nothing unless mirrored_kernelcore is set. After the first call, allocations look for
 * mirrored memory first and fall back to any memory.
 *
 * Context: boot, or while only one thread uses memblock.
 * Return: 0, or -ENOMEM; then nothing is changed.
 */
int memblock_mark_mirror(phys_addr_t base, phys_addr_t size);

/**
 * memblock_set_node() - set the node of a range
 * @base: physical address of its first byte
 * @size: bytes
 * @type: the list that has the range
 * @nid: the node, which is not checked
 *
 * Context: boot, or while only one thread uses memblock.
 * Return: 0, or -ENOMEM; then nothing is changed.
 */
int memblock_set_node(phys_addr_t base, phys_addr_t size, struct memblock_type *type, int nid);

/**
 * memblock_is_hotpluggable() - test MEMBLOCK_HOTPLUG
 * @r: the region
 *
 * Context: any, while no list changes.
 * Return: true if it is set.
 */
static inline bool memblock_is_hotpluggable(struct memblock_region *r)
{
	return r->flags & MEMBLOCK_HOTPLUG;
}

/**
 * memblock_is_mirror() - test MEMBLOCK_MIRROR
 * @r: the region
 *
 * Context: any, while no list changes.
 * Return: true if it is set.
 */
static inline bool memblock_is_mirror(struct memblock_region *r)
{
	return r->flags & MEMBLOCK_MIRROR;
}

/**
 * memblock_is_nomap() - test MEMBLOCK_NOMAP
 * @r: the region
 *
 * Context: any, while no list changes.
 * Return: true if it is set.
 */
static inline bool memblock_is_nomap(struct memblock_region *r)
{
	return r->flags & MEMBLOCK_NOMAP;
}

/**
 * memblock_is_driver_managed() - test MEMBLOCK_DRIVER_MANAGED
 * @r: the region
 *
 * Context: any, while no list changes.
 * Return: true if it is set.
 */
static inline bool memblock_is_driver_managed(struct memblock_region *r)
{
	return r->flags & MEMBLOCK_DRIVER_MANAGED;
}

/**
 * memblock_get_region_node() - read the node of a region
 * @r: the region
 *
 * Context: any, while no list changes.
 * Return: the node; MAX_NUMNODES if it has none.
 */
static inline int memblock_get_region_node(const struct memblock_region *r)
{
	return r->nid;
}

/**
 * memblock_set_region_node() - set the node of a region
 * @r: the region
 * @nid: the node, which is not checked
 *
 * Does not merge: neighbours may become equal.
 *
 * Context: boot, or while only one thread uses memblock.
 */
static inline void memblock_set_region_node(struct memblock_region *r, int nid)
{
	r->nid = nid;
}
