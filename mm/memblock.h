/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * memblock: memory management before there is an allocator.
 *
 * The firmware reports where RAM is. The kernel has to take some of it, for page tables and for
 * the frame table, before it can have a page allocator; and it must not take memory that holds the
 * kernel image or boot modules. memblock solves this with two sorted lists of address ranges.
 * Memory that is in the first and not in the second is free:
 *
 *	memory    [===========]     [====================================]
 *	reserved     [##]                 [##########]          [####]
 *	free      |-|    |----|     |----|            |--------|      |--|
 *
 * Allocating is finding a free range and adding it to `reserved`. There is no other state, so
 * memblock works from the first line of C, and anybody can print all of it. A third list,
 * `physmem`, records all RAM of the firmware's map, for reports.
 *
 * Rules for every function:
 *
 * - A range is a base and a size in bytes, [base, base + size), and is never rounded to pages.
 * - A size is first cut to PHYS_ADDR_MAX - base. So no sum can wrap, and no range contains the last
 *   byte of the address space.
 * - Functions that change a list return 0 or -ENOMEM. An empty range, removing a range that was
 *   never added and adding a range twice are no errors. memblock never panics.
 * - Context: boot, or any time at which only one thread runs; there are no locks. No call is needed
 *   before the first one, because everything is initialised statically.
 *
 * memblock_free_all() (mm/handover.c) gives all free memory to the page allocator in the end.
 *
 * Names and behaviour are those of Linux 6.1, where one can read on: Documentation/core-api/
 * boot-time-mm.rst. The code is our own. This header includes all parts:
 */

#include <asm/page.h>
#include <mm/memblock_alloc.h>
#include <mm/memblock_attributes.h>
#include <mm/memblock_grow.h>
#include <mm/memblock_limit.h>
#include <mm/memblock_query.h>
#include <mm/memblock_regions.h>
#include <mm/memblock_walk.h>
