/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/pgtable.h>
#include <mm/page.h>

/*
 * PTEs of a range of the kernel's address space, for vmalloc.c and ioremap.c. Three ways to say which
 * frames, two ways to take them away.
 *
 * Those that map return 0, or -ENOMEM, if there is no memory for a page table: then nothing is mapped.
 *
 * Context: not in interrupts. Nobody else maps or unmaps the same pages.
 */

/**
 * map_frame_range() - map frames that follow each other
 * @vaddr: first page; nothing is mapped there
 * @pfn: first frame
 * @count: pages
 * @prot: protection
 */
int map_frame_range(unsigned long vaddr, unsigned long pfn, unsigned long count, pgprot_t prot);

/**
 * map_page_array() - map the frames that an array names
 * @vaddr: first page; nothing is mapped there
 * @pages: descriptors
 * @count: pages
 * @prot: protection
 */
int map_page_array(unsigned long vaddr, struct page **pages, unsigned long count, pgprot_t prot);

/**
 * map_chain() - map frames that are linked
 * @vaddr: first page; nothing is mapped there
 * @pfn: first frame; the next one is in word a of its descriptor, up to PFN_NONE
 * @prot: protection
 */
int map_chain(unsigned long vaddr, u32 pfn, pgprot_t prot);

/**
 * clear_range() - unmap pages, and owe the flush
 * @vaddr: first page
 * @count: pages; what is not mapped among them is passed over
 *
 * Until the caller has flushed CPUs may use the old entries: neither frames nor addresses may be given
 * away.
 */
void clear_range(unsigned long vaddr, unsigned long count);

/**
 * unmap_range() - unmap pages and flush them
 * @vaddr: first page
 * @count: pages; what is not mapped among them is passed over
 */
void unmap_range(unsigned long vaddr, unsigned long count);
