/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/layout.h>
#include <lib/types.h>

/*
 * Pages and the direct map. __pa() and __va() are valid only for addresses of the direct map, which
 * includes the kernel image.
 */

/* Cache lines, for alignment. */
#define SMP_CACHE_BYTES 64

#define PFN_UP(pa)    ((unsigned long)(((phys_addr_t)(pa) + PAGE_SIZE - 1) >> PAGE_SHIFT))
#define PFN_DOWN(pa)  ((unsigned long)((phys_addr_t)(pa) >> PAGE_SHIFT))
#define PFN_PHYS(pfn) ((phys_addr_t)(pfn) << PAGE_SHIFT)

#define __pa(va) ((phys_addr_t)((unsigned long)(va)-PAGE_OFFSET))
#define __va(pa) ((void *)((unsigned long)(pa) + PAGE_OFFSET))

/* End of the direct map, once it exists. */
#define high_memory __va(direct_map_size)

/**
 * is_direct_map() - test whether an address is in the direct map
 * @va: any address
 *
 * Context: any.
 * Return: true if it is.
 */
static inline bool is_direct_map(const volatile void *va)
{
	return (unsigned long)va - PAGE_OFFSET < direct_map_size;
}

/**
 * clear_page() - fill a page with zeroes
 * @page: its first byte
 *
 * Context: any.
 */
static inline void clear_page(void *page)
{
	unsigned long words = PAGE_SIZE / 4;

	__asm__ volatile("rep stosl" : "+D"(page), "+c"(words) : "a"(0) : "memory");
}

/**
 * copy_page() - copy a page to another one
 * @to: first byte of the destination
 * @from: first byte of the source
 *
 * Context: any.
 */
static inline void copy_page(void *to, const void *from)
{
	unsigned long words = PAGE_SIZE / 4;

	__asm__ volatile("rep movsl" : "+D"(to), "+S"(from), "+c"(words)::"memory");
}

/**
 * virt_to_phys() - compute the physical address of a direct-map address
 * @va: direct-map address
 *
 * Context: any.
 * Return: its physical address.
 */
static inline phys_addr_t virt_to_phys(const volatile void *va)
{
	return __pa(va);
}

/**
 * phys_to_virt() - compute the direct-map address of a physical address
 * @pa: below the end of the direct map
 *
 * Context: any.
 * Return: the virtual address.
 */
static inline void *phys_to_virt(phys_addr_t pa)
{
	return __va(pa);
}
