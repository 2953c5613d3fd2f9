/* SPDX-License-Identifier: MIT */
#pragma once

#include <tests/kernel/cache_disk.h>
#include <vm/mm.h>
#include <vm/mman.h>

/* A swap area on a disk in memory, and address spaces whose pages may go there. */

#define SWAP_DISK_SLOTS (DISK_BYTES / PAGE_SIZE - 1)

/* Where the pages of swap_disk_space() are. */
#define SWAP_DISK_AT 0x10000000ul

/**
 * swap_disk_make() - make a disk, and use all of it as swap space
 *
 * Its priority is above that of any other area of the machine.
 * Context: thread, may sleep.
 * Return: the disk, which is the key of the area; NULL without memory.
 */
struct cache_disk *swap_disk_make(void);

/**
 * swap_disk_space() - make an address space with private memory
 * @pages: its size, from SWAP_DISK_AT on; readable and writable
 *
 * Context: thread, may sleep.
 * Return: the address space; NULL without memory.
 */
struct mm *swap_disk_space(unsigned long pages);
