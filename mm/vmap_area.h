/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/page.h>
#include <lib/range_tree.h>
#include <lib/types.h>

/*
 * The ranges of the vmalloc address space: which addresses are in use, for which purpose, and
 * where there is room. vmalloc.c and ioremap.c map pages into a range after they have got it
 * here.
 *
 *	vmap_area_get() ─▶ in use ─┬─▶ vmap_area_claim() ─▶ unmapped ─▶ vmap_area_put() ─▶ free
 *	                           └─▶ vmap_area_retire() ─▶ vm_unmap_aliases() ─────────▶ free
 *
 * A range ends in one of two ways. A caller that claims it clears the page-table entries (PTEs)
 * and flushes the TLBs (translation lookaside buffers) itself, and puts the range back at once. A
 * retired range waits until one flush serves many of them.
 */

/* The purpose of a range, which vmallocinfo shows. */
#define VM_ALLOC   0x1u /* vmalloc(): its frames are freed with the range */
#define VM_MAP     0x2u /* vmap(): its frames belong to the caller */
#define VM_IOREMAP 0x4u /* ioremap(): device memory, without page descriptors */
/* Set in addition when the range was claimed or retired: its user has given it up. */
#define VM_LAZY    0x8u

/**
 * struct vmap_area - one range
 * @node: its addresses; they include the guard page at the end
 * @flags: VM_ALLOC, VM_MAP or VM_IOREMAP; with VM_LAZY once the range was claimed or retired
 * @frames: VM_ALLOC: first frame; word a of its descriptor is the next one, until PFN_NONE
 * @phys: VM_IOREMAP: physical address of the first page
 * @caller: return address in the function that asked for the range
 * @retired: private to vmap_area.c: number in the order of retiring
 * @next: private to vmap_area.c: next older retired range, or next spare descriptor
 */
struct vmap_area {
	struct range_node node;
	unsigned int flags;
	u32 frames;
	phys_addr_t phys;
	unsigned long caller;
	u32 retired;
	struct vmap_area *next;
};

/**
 * vmap_area_addr() - first address of a range
 * @area: the range
 *
 * Context: any.
 * Return: the address, a multiple of PAGE_SIZE.
 */
static inline unsigned long vmap_area_addr(const struct vmap_area *area)
{
	return area->node.start;
}

/**
 * vmap_area_pages() - size of a range without its guard page
 * @area: the range
 *
 * Context: any.
 * Return: number of pages that may be mapped.
 */
static inline unsigned long vmap_area_pages(const struct vmap_area *area)
{
	return ((area->node.end - area->node.start) >> PAGE_SHIFT) - 1;
}

/**
 * vmap_area_init() - set the borders of the address space
 * @start: first address
 * @end: first address after the last
 *
 * Context: boot, once, when the page allocator has its memory.
 */
void vmap_area_init(unsigned long start, unsigned long end);

/**
 * vmap_area_get() - take a range of addresses
 * @size: bytes, a multiple of PAGE_SIZE
 * @flags: VM_ALLOC, VM_MAP or VM_IOREMAP
 * @caller: return address that vmallocinfo shows for the range
 *
 * The range is at the start of the lowest gap with room for @size and a guard page. If there is
 * no such gap, the retired ranges are purged, and the search is repeated. If that fails too, a
 * message says how large the largest gap is.
 *
 * Context: that of vm_unmap_aliases().
 * Return: descriptor of the range; NULL if there is no such gap, if there is no memory for the
 * descriptor, or if @size is 0 or more than the address space has.
 */
struct vmap_area *vmap_area_get(unsigned long size, unsigned int flags, unsigned long caller);

/**
 * vmap_area_find() - find the range in use that starts at an address
 * @addr: any address
 *
 * Context: not in interrupts.
 * Return: its descriptor; NULL if no range starts there, or if its user has given it up.
 */
struct vmap_area *vmap_area_find(unsigned long addr);

/**
 * vmap_area_claim() - take a range back from its user, before it is unmapped and put
 * @addr: first address of the range
 * @flags: purpose of the range
 *
 * A range can be claimed once: if two callers free the same range, the second one gets NULL. The
 * addresses remain taken until vmap_area_put().
 *
 * Context: not in interrupts.
 * Return: its descriptor; NULL if no range in use with this purpose starts there.
 */
struct vmap_area *vmap_area_claim(unsigned long addr, unsigned int flags);

/**
 * vmap_area_put() - free a range at once
 * @area: a claimed range, or one that only the caller knows yet. Nothing is mapped in it any more,
 *	and no TLB has a translation of its addresses.
 *
 * Frees the frames and the descriptor, too.
 *
 * Context: not in interrupts.
 */
void vmap_area_put(struct vmap_area *area);

/**
 * vmap_area_retire() - take a range back from its user, unmap it, and free it later
 * @addr: first address of the range
 * @flags: purpose of the range
 *
 * The PTEs are clear when this function returns, but TLBs may still hold translations. So the
 * addresses and the frames of VM_ALLOC are not free before all CPUs have flushed their TLBs. This
 * purge happens when enough ranges wait, when a caller needs the room, or at once with DEBUG=1.
 *
 * Context: that of vm_unmap_aliases().
 * Return: false if no range in use with this purpose starts there.
 */
bool vmap_area_retire(unsigned long addr, unsigned int flags);

/**
 * vm_unmap_aliases() - purge the retired ranges now
 *
 * One flush on all CPUs covers all ranges that were retired before the call. On return they are
 * free, and so are their frames and the spare descriptors. The only exceptions are frames and
 * descriptors that a purge on another CPU is about to free.
 *
 * A caller needs this before it maps a page with other attributes, or before it gives a page to a
 * new owner while an old address may still reach the page. It also helps a caller that needs
 * memory.
 *
 * Context: not in interrupts; with several CPUs, interrupts are on. The caller may hold spinlocks
 * that no CPU waits for with interrupts off. Several CPUs may call this at once.
 */
void vm_unmap_aliases(void);

/**
 * vm_lazy_pages() - number of frames of vmalloc() that wait for a purge
 *
 * The page allocator counts these frames as allocated, although nobody owns them any more. A
 * check for leaks has to subtract them, or to purge first.
 *
 * Context: any.
 * Return: frames.
 */
unsigned long vm_lazy_pages(void);

/**
 * vmap_area_largest_gap() - size of the largest free piece of the address space
 *
 * Retired ranges do not count as free.
 *
 * Context: not in interrupts.
 * Return: bytes; one page of them is needed for the guard.
 */
unsigned long vmap_area_largest_gap(void);

/**
 * vmap_area_describe() - print the range that contains an address
 * @addr: any address; nothing is printed if no range is there
 * @out: function that prints
 *
 * Context: as vmallocinfo_show().
 */
void vmap_area_describe(unsigned long addr, printf_fn *out);

/**
 * vmallocinfo_show() - print all ranges in the format of Linux's /proc/vmallocinfo
 * @out: function that prints
 *
 * Context: not in interrupts; not while the caller holds the lock of the ranges.
 */
void vmallocinfo_show(printf_fn *out);
