/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/layout.h>
#include <lib/types.h>

/*
 * The host's stand-in for the kernel's <asm/page.h>: the direct map is the address space itself, so
 * a physical address is a pointer.
 */

#define SMP_CACHE_BYTES 64

#define PFN_UP(pa)    ((unsigned long)(((phys_addr_t)(pa) + PAGE_SIZE - 1) >> PAGE_SHIFT))
#define PFN_DOWN(pa)  ((unsigned long)((phys_addr_t)(pa) >> PAGE_SHIFT))
#define PFN_PHYS(pfn) ((phys_addr_t)(pfn) << PAGE_SHIFT)

#define __pa(va) ((phys_addr_t)(uintptr_t)(va))
#define __va(pa) ((void *)(uintptr_t)(pa))

static inline phys_addr_t virt_to_phys(const volatile void *va)
{
	return __pa(va);
}

static inline void *phys_to_virt(phys_addr_t pa)
{
	return __va(pa);
}

static inline void clear_page(void *page)
{
	__builtin_memset(page, 0, PAGE_SIZE);
}
