/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/pgtable.h>
#include <mm/page.h>

/*
 * Writes and clears the page-table entries (PTEs) of a range of kernel addresses, for vmalloc.c
 * and ioremap.c. Three functions map, and differ in how the caller names the frames. Two
 * functions unmap, with and without a flush of the TLBs.
 *
 * No other CPU may map or unmap the same pages at the same time.
 */

/**
 * map_frame_range() - map contiguous frames
 * @vaddr: address of the first page; nothing is mapped in the range
 * @pfn: number of the first frame
 * @count: number of pages
 * @prot: protection
 *
 * Context: may sleep for a page table; not in interrupts.
 * Return: 0; -ENOMEM if there is no memory for a page table, then nothing is mapped.
 */
int map_frame_range(unsigned long vaddr, unsigned long pfn, unsigned long count, pgprot_t prot);

/**
 * map_page_array() - map the frames of an array of descriptors
 * @vaddr: address of the first page; nothing is mapped in the range
 * @pages: descriptors
 * @count: number of pages
 * @prot: protection
 *
 * Context: may sleep for a page table; not in interrupts.
 * Return: 0; -ENOMEM if there is no memory for a page table, then nothing is mapped.
 */
int map_page_array(unsigned long vaddr, struct page **pages, unsigned long count, pgprot_t prot);

/**
 * map_chain() - map linked frames
 * @vaddr: address of the first page; nothing is mapped in the range
 * @pfn: number of the first frame; word a of its descriptor is the next one, until PFN_NONE
 * @prot: protection
 *
 * Context: may sleep for a page table; not in interrupts.
 * Return: 0; -ENOMEM if there is no memory for a page table, then nothing is mapped.
 */
int map_chain(unsigned long vaddr, u32 pfn, pgprot_t prot);

/**
 * clear_range() - unmap pages without a flush
 * @vaddr: address of the first page
 * @count: number of pages; unmapped ones are skipped
 *
 * CPUs may use the old translations until the caller has flushed the TLBs. Before that, neither
 * the frames nor the addresses may get another owner.
 *
 * Context: any.
 */
void clear_range(unsigned long vaddr, unsigned long count);

/**
 * unmap_range() - unmap pages and flush them from the TLBs of all CPUs
 * @vaddr: address of the first page
 * @count: number of pages; unmapped ones are skipped
 *
 * Context: not in interrupts; with several CPUs, interrupts are on. The caller may hold spinlocks
 * that no CPU waits for with interrupts off.
 */
void unmap_range(unsigned long vaddr, unsigned long count);
