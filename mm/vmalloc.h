/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/pgtable.h>
#include <mm/page.h>
#include <mm/vmap_area.h>

/*
 * Memory that is contiguous in the kernel's address space only: its frames may be anywhere, also
 * in highmem. vmap() maps frames of the caller, vmalloc() allocates its own. An unmapped guard
 * page follows each range.
 *
 * vunmap() and vfree() do not flush the TLBs. The flush follows later, for many ranges together
 * (see mm/vmap_area.c). After vunmap() or vfree() nobody may use the address. A late access may
 * still find the old page; after the purge, and always with DEBUG=1, it faults. Before the purge
 * neither the address nor a frame of vmalloc() gets a new owner. The frames of vmap() belong to
 * the caller, which may free them at once if no thread uses the address any more.
 */

/**
 * vmalloc_init() - make the vmalloc range usable
 *
 * From now on, page tables come from the page allocator.
 *
 * Context: boot, once, after memblock_free_all().
 */
void vmalloc_init(void);

/**
 * vmap() - map an array of pages side by side
 * @pages: descriptors; highmem pages are allowed
 * @count: number of pages
 * @flags: VM_MAP
 * @prot: protection, such as PAGE_KERNEL or PAGE_KERNEL_RO
 *
 * Context: may sleep; not in interrupts.
 * Return: address of the first page; NULL if @count is 0 or too large, or if there is no address
 * space or no memory for page tables.
 */
void *vmap(struct page **pages, unsigned int count, unsigned int flags, pgprot_t prot);

/**
 * vunmap() - undo vmap()
 * @addr: return value of vmap(); NULL has no effect
 *
 * Panics if no vmap() range in use starts at @addr.
 *
 * Context: not in interrupts, and with interrupts on. The caller may hold spinlocks that no CPU
 * waits for with interrupts off.
 */
void vunmap(const void *addr);

/**
 * vmalloc() - allocate memory that is contiguous for the kernel only
 * @size: bytes; rounded up to pages
 *
 * The frames come from highmem first. Their contents are undefined. Word a of their descriptors
 * is in use until vfree().
 *
 * Context: may sleep; not in interrupts.
 * Return: page-aligned address; NULL if @size is 0, or if there is no memory or no address space.
 */
void *vmalloc(unsigned long size);

/**
 * vzalloc() - allocate memory as vmalloc() does, filled with zeroes
 * @size: bytes; rounded up to pages
 *
 * Context: may sleep; not in interrupts.
 * Return: as vmalloc().
 */
void *vzalloc(unsigned long size);

/**
 * vfree() - free memory of vmalloc() or vzalloc()
 * @addr: their return value; NULL has no effect
 *
 * Panics if no such range in use starts at @addr.
 *
 * Context: as vunmap().
 */
void vfree(const void *addr);

/**
 * vmalloc_to_page() - find the page behind an address of the vmalloc range
 * @addr: any address; one of vmalloc() or vmap() has a page
 *
 * Context: any, as long as nobody unmaps the address.
 * Return: the descriptor; NULL if no RAM is mapped at @addr.
 */
struct page *vmalloc_to_page(const void *addr);

/**
 * nr_page_tables() - number of page tables that were allocated since boot
 *
 * A table is one page. It is never freed: later mappings at the same place use it again. Tables of
 * the boot came from memblock and are not counted, like all of memblock's memory. Without PAE those
 * are all tables of the vmalloc range, so only splits of large pages count.
 *
 * Context: any.
 * Return: page tables.
 */
unsigned long nr_page_tables(void);

/* Page tables of programs, which vm/tables.c counts by locked additions. */
extern unsigned long nr_user_page_tables;
