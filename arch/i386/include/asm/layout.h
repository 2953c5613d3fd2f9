/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Where everything lies in the kernel's part of the address space. The one place for it; linker
 * scripts and nasm files get PAGE_OFFSET from the same CONFIG_PAGE_OFFSET.
 *
 *	0xFFFFF000  FIXADDR_TOP     never mapped: a pointer of -4095..-1 faults
 *	            fixmap          one page each, at addresses known at compile time: kmap_local
 *	                            slots of every CPU, early mappings, APICs
 *	            FIXADDR_START   (on a page-directory border)
 *	            PKMAP_BASE      kmap(): one page table of slots, 512 (PAE) or 1024
 *	            VMALLOC_END     two pages below, unmapped
 *	            vmalloc         vmalloc, vmap, ioremap
 *	            vmalloc_start   high_memory + 8 MiB
 *	            (hole)          so that a run over the end of the direct map faults
 *	            high_memory     end of the direct map: PAGE_OFFSET + 896 MiB, or less RAM
 *	            direct map      physical 0 and up, at its address + PAGE_OFFSET
 *	PAGE_OFFSET
 *	            (user)
 *	0x00000000  never mapped
 *
 * The distance from high_memory to the top is 128 MiB unless `vmalloc=` says otherwise; with little
 * RAM high_memory is lower and the vmalloc range gets the rest.
 */

#define PAGE_OFFSET CONFIG_PAGE_OFFSET

#define FIXADDR_TOP 0xFFFFF000ul

/* Between the end of the direct map and the first vmalloc address. */
#define VMALLOC_GAP 0x800000ul

/* What is kept above the direct map by default, and at least: vmalloc, pkmap and fixmap. */
#define KERNEL_RESERVE_DEFAULT 0x08000000ul
#define KERNEL_RESERVE_MIN     0x02000000ul

/* CPUs that the layout has room for. */
#define NR_CPUS 32
