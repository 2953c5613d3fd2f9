/* SPDX-License-Identifier: MIT */
#pragma once

#include <kernel/console.h>
#include <lib/types.h>

/*
 * The address space of the vmalloc range: which parts of it are in use, by whom, and where there is
 * room. What is mapped there is the business of vmalloc.c and ioremap.c.
 */

/* What a range is for; shown by vmallocinfo. */
#define VM_ALLOC   0x1u /* vmalloc(): its pages are freed with it */
#define VM_MAP     0x2u /* vmap(): its pages belong to the caller */
#define VM_IOREMAP 0x4u /* device memory: no struct page behind it */

/**
 * struct vm_area - one range in use
 * @addr: first byte, page-aligned
 * @size: bytes, without the guard page behind it
 * @flags: VM_ALLOC, VM_MAP or VM_IOREMAP
 * @phys: what VM_IOREMAP maps
 * @caller: return address of who made it
 * @next: private to vm_area.c
 */
struct vm_area {
	unsigned long addr;
	unsigned long size;
	unsigned int flags;
	phys_addr_t phys;
	unsigned long caller;
	struct vm_area *next;
};

/**
 * vm_area_init() - set the borders of the range
 * @start: first byte
 * @end: one past the last
 *
 * Context: boot, once.
 */
void vm_area_init(unsigned long start, unsigned long end);

/**
 * vm_area_get() - take a range out of the address space
 * @size: bytes, a multiple of PAGE_SIZE, not 0
 * @flags: what for
 * @caller: return address to show for it
 *
 * The lowest hole that holds @size and a guard page.
 * Context: not in interrupts.
 * Return: its descriptor; NULL if there is no such hole, or no memory for the descriptor.
 */
struct vm_area *vm_area_get(unsigned long size, unsigned int flags, unsigned long caller);

/**
 * vm_area_find() - which range begins at an address?
 * @addr: any address
 *
 * Return: its descriptor, or NULL.
 */
struct vm_area *vm_area_find(unsigned long addr);

/**
 * vm_area_put() - give a range back
 * @area: unmapped by the caller, translations flushed; its descriptor is gone afterwards
 *
 * Context: not in interrupts.
 */
void vm_area_put(struct vm_area *area);

/**
 * vmallocinfo_show() - all ranges, as Linux's /proc/vmallocinfo
 * @out: where to
 */
void vmallocinfo_show(printf_fn *out);
