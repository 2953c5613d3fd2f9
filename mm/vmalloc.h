/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/pgtable.h>
#include <mm/page.h>
#include <mm/vmap_area.h>

/*
 * Ranges of the vmalloc area: frames that lie anywhere, side by side in the address space. Each range
 * is followed by an unmapped guard page.
 *
 * A range that is given back is not flushed out of the TLBs at once, but with others, later. After
 * vunmap() or vfree() the address must not be used. A touch is a mistake that faults at the latest when
 * the range was purged (vm_unmap_aliases() in <mm/vmap_area.h>), with DEBUG=1 at once; until then it may
 * find the old page. Before that neither the address nor a frame of vfree() has a new owner. With vunmap()
 * the frames are the caller's, who may give them away at once if nobody uses the address any more.
 */

/**
 * vmalloc_init() - make the vmalloc range usable
 *
 * From here on page tables come from the page allocator.
 *
 * Context: boot, once, after memblock_free_all().
 */
void vmalloc_init(void);

/**
 * vmap() - map an array of pages side by side
 * @pages: descriptors; highmem pages welcome
 * @count: how many
 * @flags: VM_MAP
 * @prot: PAGE_KERNEL, PAGE_KERNEL_RO, ...
 *
 * Context: may sleep; not in interrupts.
 * Return: address of the first, NULL if there is no address space or no memory for page tables.
 */
void *vmap(struct page **pages, unsigned int count, unsigned int flags, pgprot_t prot);

/**
 * vunmap() - undo vmap()
 * @addr: what it returned; NULL: nothing is done
 *
 * Panics if it is not the start of a vmap() range, or not any more.
 * Context: interrupts on, not in interrupts. Spinlocks may be held that are never waited for with
 * interrupts off.
 */
void vunmap(const void *addr);

/**
 * vmalloc() - memory that is contiguous for the kernel only
 * @size: bytes; rounded up to pages; 0 gives NULL
 *
 * Pages come from highmem first. Contents are undefined. Word a of the pages' descriptors is used.
 * Context: may sleep; not in interrupts.
 * Return: page-aligned address, or NULL; then nothing is kept.
 */
void *vmalloc(unsigned long size);

/**
 * vzalloc() - vmalloc() filled with zeroes
 * @size: bytes
 */
void *vzalloc(unsigned long size);

/**
 * vfree() - free what vmalloc() or vzalloc() returned
 * @addr: NULL: nothing is done
 *
 * Panics if it is not the start of such a range, or not any more.
 * Context: that of vunmap().
 */
void vfree(const void *addr);

/**
 * vmalloc_to_page() - page behind an address of the vmalloc range
 * @addr: mapped by vmalloc() or vmap()
 *
 * Return: its descriptor, NULL if nothing is mapped there.
 */
struct page *vmalloc_to_page(const void *addr);

/**
 * nr_page_tables() - page tables that were made since boot, a page each
 *
 * They serve the next mapping at their place, and are never freed.
 */
unsigned long nr_page_tables(void);
