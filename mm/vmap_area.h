/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/page.h>
#include <lib/types.h>
#include <mm/vmap_area_tree.h>

/*
 * The address space of the vmalloc range: which parts of it are in use, by whom, and where there is
 * room. What is mapped there is the business of vmalloc.c and ioremap.c.
 *
 *	vmap_area_get() ─▶ in use ─┬─▶ vmap_area_claim() ─▶ unmapped ─▶ vmap_area_put() ─▶ free
 *	                         └─▶ vmap_area_retire() ─▶ vm_unmap_aliases() ───────▶ free
 */

/* What a range is for; shown by vmallocinfo. */
#define VM_ALLOC   0x1u /* vmalloc(): its pages are freed with it */
#define VM_MAP     0x2u /* vmap(): its pages belong to the caller */
#define VM_IOREMAP 0x4u /* device memory: no struct page behind it */
/* Claimed: nobody's any more, and not free yet. */
#define VM_LAZY    0x8u

/**
 * struct vmap_area - one range
 * @node: its addresses, the guard page behind it included
 * @flags: VM_ALLOC, VM_MAP or VM_IOREMAP; with VM_LAZY once it was claimed
 * @frames: VM_ALLOC: first of its frames, the next one is in word a of its descriptor, up to PFN_NONE
 * @phys: what VM_IOREMAP maps
 * @caller: return address of who made it
 * @retired: private to vmap_area.c, as the next: number in the order of retiring
 * @next: older one of those that are retired; another one to spare
 */
struct vmap_area {
	struct vmap_area_node node;
	unsigned int flags;
	u32 frames;
	phys_addr_t phys;
	unsigned long caller;
	u32 retired;
	struct vmap_area *next;
};

/* First byte. */
static inline unsigned long vmap_area_addr(const struct vmap_area *area)
{
	return area->node.start;
}

/* Pages that can be mapped, without the guard. */
static inline unsigned long vmap_area_pages(const struct vmap_area *area)
{
	return ((area->node.end - area->node.start) >> PAGE_SHIFT) - 1;
}

/**
 * vmap_area_init() - set the borders of the range
 * @start: first byte
 * @end: one past the last
 *
 * Context: boot, once, when the page allocator has its memory.
 */
void vmap_area_init(unsigned long start, unsigned long end);

/**
 * vmap_area_get() - take a range out of the address space
 * @size: bytes, a multiple of PAGE_SIZE
 * @flags: what for
 * @caller: return address to show for it
 *
 * The lowest hole that holds @size and a guard page. Where there is none what is retired is purged first;
 * if that does not help, the log says what room there is.
 *
 * Context: that of vm_unmap_aliases().
 * Return: its descriptor; NULL if there is no such hole, no memory for the descriptor, or @size is 0 or
 * more than there can be.
 */
struct vmap_area *vmap_area_get(unsigned long size, unsigned int flags, unsigned long caller);

/**
 * vmap_area_find() - which range in use begins at an address?
 * @addr: any address
 *
 * Return: its descriptor; NULL if none does, or it was claimed.
 */
struct vmap_area *vmap_area_find(unsigned long addr);

/**
 * vmap_area_claim() - take a range away from its user, to be unmapped and put
 * @addr: where it begins
 * @flags: what it was made for
 *
 * Nobody else finds it from here on, so of two that free the same range one is told. Its addresses stay
 * taken until it is put.
 *
 * Context: not in interrupts.
 * Return: its descriptor; NULL if no range in use begins there that was made for that.
 */
struct vmap_area *vmap_area_claim(unsigned long addr, unsigned int flags);

/**
 * vmap_area_put() - give a range back at once
 * @area: claimed, or nobody else knows it yet; nothing is mapped in it, in no TLB either
 *
 * Its frames are freed; its descriptor is gone afterwards.
 *
 * Context: not in interrupts.
 */
void vmap_area_put(struct vmap_area *area);

/**
 * vmap_area_retire() - take a range away from its user, unmap it, and give it back when that is worth a flush
 * @addr: where it begins
 * @flags: what it was made for
 *
 * Its PTEs are clear afterwards; TLBs may still have them. Its addresses are not handed out, and the
 * frames of VM_ALLOC are not freed, before all CPUs have flushed. That is when enough has come together,
 * when somebody needs the room, or at once with DEBUG=1.
 *
 * Context: that of vm_unmap_aliases().
 * Return: false if no range in use begins there that was made for that.
 */
bool vmap_area_retire(unsigned long addr, unsigned int flags);

/**
 * vm_unmap_aliases() - flush now what was retired
 *
 * One flush, on all CPUs, for all ranges that were retired before the call; then they are free, and so
 * are the frames of VM_ALLOC and the descriptors (but those that another CPU's purge is about to free).
 * For whoever must be sure that no CPU reaches a page by an address that it had: before it is mapped with
 * other attributes, before a test looks; and for whoever needs the memory.
 *
 * Context: interrupts on (once there is more than one CPU), not in interrupts. Spinlocks may be held that
 * are never waited for with interrupts off. Several CPUs may be here at once.
 */
void vm_unmap_aliases(void);

/**
 * vm_lazy_pages() - frames of vmalloc() that wait for a flush
 *
 * Allocated for the page allocator, free for everybody else: a check for leaks adds them, or purges.
 */
unsigned long vm_lazy_pages(void);

/**
 * vmap_area_largest_hole() - the largest piece of the address space that is free
 *
 * Return: bytes, of which one page would be a guard. What is retired does not count as free.
 */
unsigned long vmap_area_largest_hole(void);

/**
 * vmallocinfo_show() - all ranges, as Linux's /proc/vmallocinfo
 * @out: where to
 */
void vmallocinfo_show(printf_fn *out);
