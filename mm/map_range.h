/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/pgtable.h>

/*
 * PTEs of a range of the kernel's address space, for vmalloc.c and ioremap.c.
 */

/**
 * map_frame_range() - map frames that follow each other
 * @vaddr: first page; nothing is mapped there
 * @pfn: first frame
 * @count: pages
 * @prot: protection
 *
 * Context: not in interrupts.
 * Return: 0, or -ENOMEM: then nothing is mapped.
 */
int map_frame_range(unsigned long vaddr, unsigned long pfn, unsigned long count, pgprot_t prot);

/**
 * unmap_range() - unmap pages and flush them
 * @vaddr: first page
 * @count: pages; what is not mapped among them is passed over
 */
void unmap_range(unsigned long vaddr, unsigned long count);
