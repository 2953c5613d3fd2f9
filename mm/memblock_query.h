/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/memblock_regions.h>

/*
 * Questions about the lists.
 */

/**
 * memblock_phys_mem_size() - size of `memory`
 *
 * Context: any, while no list changes.
 * Return: bytes.
 */
phys_addr_t memblock_phys_mem_size(void);

/**
 * memblock_reserved_size() - size of `reserved`
 *
 * Context: any, while no list changes.
 * Return: bytes.
 */
phys_addr_t memblock_reserved_size(void);

/**
 * memblock_start_of_DRAM() - lowest address of `memory`
 *
 * Context: any, while no list changes.
 * Return: the base of the first region; 0 if there is none.
 */
phys_addr_t memblock_start_of_DRAM(void);

/**
 * memblock_end_of_DRAM() - end of `memory`
 *
 * Context: any, while no list changes.
 * Return: one past the last byte of the last region; 0 if there is none.
 */
phys_addr_t memblock_end_of_DRAM(void);

/**
 * memblock_is_memory() - test whether a byte is in `memory`
 * @addr: its physical address
 *
 * Context: any, while no list changes.
 * Return: true if it is.
 */
bool memblock_is_memory(phys_addr_t addr);

/**
 * memblock_is_map_memory() - test whether a byte is in `memory` and may be in the direct map
 * @addr: its physical address
 *
 * Context: any, while no list changes.
 * Return: true if it is in a region that is not NOMAP.
 */
bool memblock_is_map_memory(phys_addr_t addr);

/**
 * memblock_is_reserved() - test whether a byte is in `reserved`
 * @addr: its physical address
 *
 * Context: any, while no list changes.
 * Return: true if it is.
 */
bool memblock_is_reserved(phys_addr_t addr);

/**
 * memblock_is_region_memory() - test whether a range is inside a single region of `memory`
 * @base: physical address of its first byte
 * @size: bytes
 *
 * Context: any, while no list changes.
 * Return: true if it is. False for a range that two touching regions cover.
 */
bool memblock_is_region_memory(phys_addr_t base, phys_addr_t size);

/**
 * memblock_is_region_reserved() - test whether any byte of a range is reserved
 * @base: physical address of its first byte
 * @size: bytes
 *
 * Context: any, while no list changes.
 * Return: true if at least one is.
 */
bool memblock_is_region_reserved(phys_addr_t base, phys_addr_t size);

/**
 * memblock_overlaps_region() - test whether any byte of a range is in a list
 * @type: the list
 * @base: physical address of the range's first byte
 * @size: bytes
 *
 * Context: any, while no list changes.
 * Return: true if at least one is. Ranges that only touch share no byte.
 */
bool memblock_overlaps_region(struct memblock_type *type, phys_addr_t base, phys_addr_t size);

/**
 * memblock_addrs_overlap() - test whether two ranges have a byte in common
 * @base1: physical address of the first byte of one range
 * @size1: its bytes
 * @base2: physical address of the first byte of the other
 * @size2: its bytes
 *
 * Context: any.
 * Return: true if they do.
 */
bool memblock_addrs_overlap(phys_addr_t base1, phys_addr_t size1, phys_addr_t base2,
			    phys_addr_t size2);

/**
 * memblock_search_pfn_nid() - find the region of `memory` that contains a frame
 * @pfn: frame number
 * @start_pfn: set to the frame that contains the region's first byte
 * @end_pfn: set to one past the region's last whole frame
 *
 * Context: any, while no list changes.
 * Return: the node of that region. -1 if there is none; then nothing is set.
 */
int memblock_search_pfn_nid(unsigned long pfn, unsigned long *start_pfn, unsigned long *end_pfn);

/**
 * memblock_dump_all() - log all three lists, if memblock=debug was given
 *
 * Context: any, while no list changes.
 */
void memblock_dump_all(void);
