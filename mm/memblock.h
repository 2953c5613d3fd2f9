/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/page.h>
#include <lib/types.h>

/*
 * Memory before there is an allocator: two sorted lists of address ranges, `memory` (RAM that the
 * kernel may use) and `reserved` (taken, or handed out). What is in the first and not in the second
 * is free. Names and behaviour are those of Linux 6.1.
 *
 * A range is base and size, [base, base + size), to the byte. Every function cuts the size it is
 * given to at most PHYS_ADDR_MAX - base, so no sum wraps, and the last byte of the address space
 * cannot be described. Functions that change a list return 0 or -ENOMEM; an empty range, one never
 * added and one added twice are no errors. Nothing here panics.
 *
 * Context of everything below: boot, or one thread with nobody else at work; there are no locks. No
 * call before the first: all is initialised statically.
 */

#define INIT_MEMBLOCK_REGIONS 128
#define INIT_PHYSMEM_REGIONS  8

#define NUMA_NO_NODE (-1)
#define MAX_NUMNODES 16 /* also the node of a region that has none */

/* For the upper bound of an allocation; ACCESSIBLE and NOLEAKTRACE mean memblock.current_limit. */
#define MEMBLOCK_ALLOC_ANYWHERE    (~(phys_addr_t)0)
#define MEMBLOCK_ALLOC_ACCESSIBLE  0
#define MEMBLOCK_ALLOC_NOLEAKTRACE 1
#define MEMBLOCK_LOW_LIMIT         0 /* for the lower bound */

#ifndef ARCH_LOW_ADDRESS_LIMIT
#define ARCH_LOW_ADDRESS_LIMIT 0xfffffffful
#endif
#ifndef SMP_CACHE_BYTES
#define SMP_CACHE_BYTES 64
#endif

/**
 * enum memblock_flags - what is special about a memory region
 * @MEMBLOCK_NONE: nothing
 * @MEMBLOCK_HOTPLUG: may be unplugged; not allocated from with `movable_node`
 * @MEMBLOCK_MIRROR: every store goes to two modules; preferred where there is any
 * @MEMBLOCK_NOMAP: RAM that must not be in the direct map; never allocated
 * @MEMBLOCK_DRIVER_MANAGED: added by a driver that has its own idea of it; never allocated
 */
enum memblock_flags {
	MEMBLOCK_NONE = 0,
	MEMBLOCK_HOTPLUG = 1,
	MEMBLOCK_MIRROR = 2,
	MEMBLOCK_NOMAP = 4,
	MEMBLOCK_DRIVER_MANAGED = 8,
};

/**
 * struct memblock_region - one range
 * @base: physical address of its first byte
 * @size: bytes
 * @flags: see enum memblock_flags
 * @nid: its node, MAX_NUMNODES if it has none
 */
struct memblock_region {
	phys_addr_t base;
	phys_addr_t size;
	enum memblock_flags flags;
	int nid;
};

/**
 * struct memblock_type - a list
 * @cnt: entries in use; an empty list has 1, a dummy of size 0: see regions[0].size
 * @max: entries that @regions has room for
 * @total_size: sum of the sizes
 * @regions: sorted by base; no two overlap, none is empty, no two that touch have equal flags and
 *           equal nid
 * @name: for reports
 */
struct memblock_type {
	unsigned long cnt;
	unsigned long max;
	phys_addr_t total_size;
	struct memblock_region *regions;
	char *name;
};

/**
 * struct memblock - all that is known about memory
 * @bottom_up: allocate from the lowest free address up, not from the highest down
 * @current_limit: where allocations end that name no end; what the kernel can address
 * @memory: RAM
 * @reserved: what is taken, be it RAM or not
 *
 * May be written between any two calls; the next one goes by what it finds.
 */
struct memblock {
	bool bottom_up;
	phys_addr_t current_limit;
	struct memblock_type memory;
	struct memblock_type reserved;
};

extern struct memblock memblock;

/* All RAM of the firmware's table, whether the kernel can reach it or not. */
extern struct memblock_type physmem;

/* memblock=debug: changes are logged, and memblock_dump_all() prints. Set by mm/memblock_params.c.
 */
extern bool memblock_debug;

/* movable_node: HOTPLUG memory is kept free of what cannot move. Set by mm/memblock_params.c. */
extern bool movable_node_enabled;

/* Mirrored memory is asked for: memblock_mark_mirror() has an effect. False unless somebody sets
 * it. */
extern bool mirrored_kernelcore;

/**
 * movable_node_is_enabled() - was `movable_node` on the command line?
 */
static inline bool movable_node_is_enabled(void)
{
	return movable_node_enabled;
}

/* --- adding and removing -------------------------------------------------------------------- */

/**
 * memblock_add() - add RAM
 * @base: physical address of its first byte
 * @size: bytes
 *
 * What is in the list already keeps its flags and node; the rest comes in without either.
 * Return: 0, or -ENOMEM if the list is full and cannot grow: then nothing is changed.
 */
int memblock_add(phys_addr_t base, phys_addr_t size);

/**
 * memblock_add_node() - add RAM of a node
 * @base: physical address of its first byte
 * @size: bytes
 * @nid: its node; not checked
 * @flags: for the part of it that is new
 *
 * Return: as memblock_add().
 */
int memblock_add_node(phys_addr_t base, phys_addr_t size, int nid, enum memblock_flags flags);

/**
 * memblock_reserve() - take a range
 * @base: physical address of its first byte
 * @size: bytes
 *
 * It need be neither RAM nor free.
 * Return: as memblock_add().
 */
int memblock_reserve(phys_addr_t base, phys_addr_t size);

/**
 * memblock_remove() - this is not RAM, or not for us
 * @base: physical address of its first byte
 * @size: bytes
 *
 * Needs room for two more entries, whether or not a region must be split. Where the list has to
 * grow for it, the new array may come to lie in the very range that goes: take out what must not be
 * touched before memblock_allow_resize(), or reserve it first.
 * Return: 0, or -ENOMEM: then nothing is changed.
 */
int memblock_remove(phys_addr_t base, phys_addr_t size);

/**
 * memblock_phys_free() - give back a range
 * @base: physical address of its first byte
 * @size: bytes
 *
 * It need not be what one reservation took: exactly the part of it that is reserved is freed.
 * Return: as memblock_remove().
 */
int memblock_phys_free(phys_addr_t base, phys_addr_t size);

/**
 * memblock_free() - give back what one of the virtual allocators returned
 * @ptr: its address; NULL: nothing is done
 * @size: bytes
 */
void memblock_free(void *ptr, size_t size);

/**
 * memblock_physmem_add() - add RAM to `physmem`
 * @base: physical address of its first byte
 * @size: bytes
 *
 * Return: as memblock_add().
 */
int memblock_physmem_add(phys_addr_t base, phys_addr_t size);

/**
 * memblock_allow_resize() - from now on lists that are full grow
 *
 * Until then they answer -ENOMEM. Their new arrays come from free memory below
 * memblock.current_limit and are written at once: the limit must be set, all of it must be mapped,
 * and all that is in use must be reserved.
 */
void memblock_allow_resize(void);

/**
 * memblock_use_slab() - there is a better allocator now
 * @zalloc: gives size zeroed bytes, aligned for any type, or NULL
 * @free: takes them back
 *
 * Slab lies above memblock, so it hands in its functions, once, when it is ready. From then on the
 * arrays of growing lists come from it, and the virtual allocators warn, once, and call it: they
 * are for boot. The physical allocators go on as before.
 */
void memblock_use_slab(void *(*zalloc)(size_t size), void (*free)(const void *ptr));

/**
 * memblock_grown_array() - the memory that the array of a list takes
 * @type: &memblock.memory, &memblock.reserved or &physmem
 * @size: set to its bytes, whole pages
 *
 * Return: physical address, 0 if the array is the initial one, or slab's, or the caller's.
 */
phys_addr_t memblock_grown_array(const struct memblock_type *type, phys_addr_t *size);

/* --- attributes ----------------------------------------------------------------------------- */

/*
 * Regions of `memory` are split at both ends of the range, what lies inside is changed, and
 * neighbours that have become alike are merged. Room and return value: as memblock_remove().
 */

/**
 * memblock_mark_hotplug() - set MEMBLOCK_HOTPLUG
 * @base: physical address of the first byte
 * @size: bytes
 */
int memblock_mark_hotplug(phys_addr_t base, phys_addr_t size);

/**
 * memblock_clear_hotplug() - clear MEMBLOCK_HOTPLUG
 * @base: physical address of the first byte
 * @size: bytes
 */
int memblock_clear_hotplug(phys_addr_t base, phys_addr_t size);

/**
 * memblock_mark_nomap() - set MEMBLOCK_NOMAP
 * @base: physical address of the first byte
 * @size: bytes
 */
int memblock_mark_nomap(phys_addr_t base, phys_addr_t size);

/**
 * memblock_clear_nomap() - clear MEMBLOCK_NOMAP
 * @base: physical address of the first byte
 * @size: bytes
 */
int memblock_clear_nomap(phys_addr_t base, phys_addr_t size);

/**
 * memblock_mark_mirror() - set MEMBLOCK_MIRROR
 * @base: physical address of the first byte
 * @size: bytes
 *
 * Nothing is done unless mirrored_kernelcore. From the first call on allocations prefer mirrored
 * memory, and fall back to any.
 */
int memblock_mark_mirror(phys_addr_t base, phys_addr_t size);

/**
 * memblock_set_node() - set the node of a range
 * @base: physical address of the first byte
 * @size: bytes
 * @type: the list
 * @nid: not checked
 */
int memblock_set_node(phys_addr_t base, phys_addr_t size, struct memblock_type *type, int nid);

/**
 * memblock_trim_memory() - leave only whole blocks of `align` bytes in `memory`
 * @align: a power of two
 *
 * The base of each region goes up and its end down to a multiple; one with nothing left goes.
 */
void memblock_trim_memory(phys_addr_t align);

static inline bool memblock_is_hotpluggable(struct memblock_region *r)
{
	return r->flags & MEMBLOCK_HOTPLUG;
}

static inline bool memblock_is_mirror(struct memblock_region *r)
{
	return r->flags & MEMBLOCK_MIRROR;
}

static inline bool memblock_is_nomap(struct memblock_region *r)
{
	return r->flags & MEMBLOCK_NOMAP;
}

static inline bool memblock_is_driver_managed(struct memblock_region *r)
{
	return r->flags & MEMBLOCK_DRIVER_MANAGED;
}

static inline int memblock_get_region_node(const struct memblock_region *r)
{
	return r->nid;
}

static inline void memblock_set_region_node(struct memblock_region *r, int nid)
{
	r->nid = nid;
}

/* --- allocation ----------------------------------------------------------------------------- */

/**
 * memblock_alloc_range_nid() - find free memory and reserve it: what every allocation comes down to
 * @size: bytes; exactly these are reserved, the size is not rounded up to @align
 * @align: of the address, a power of two; 0: SMP_CACHE_BYTES
 * @start: not below this address, nor in the first page of memory
 * @end: the block ends at or below this address, above memblock.current_limit too;
 *       MEMBLOCK_ALLOC_ACCESSIBLE, MEMBLOCK_ALLOC_NOLEAKTRACE: memblock.current_limit
 * @nid: preferred node, NUMA_NO_NODE for any
 * @exact_nid: that node or none
 *
 * The block comes from one memory region, which is not NOMAP, DRIVER_MANAGED or (with movable_node)
 * HOTPLUG: from the highest place where it fits, or the lowest if memblock.bottom_up. Tried in
 * turn: the node, any node, and where mirrored memory is wanted both again without that wish.
 *
 * Return: physical address, never 0; 0 on failure.
 */
phys_addr_t memblock_alloc_range_nid(phys_addr_t size, phys_addr_t align, phys_addr_t start,
				     phys_addr_t end, int nid, bool exact_nid);

/**
 * memblock_phys_alloc_range() - allocate between two addresses, on any node
 * @size: bytes
 * @align: of the address, a power of two, or 0
 * @start: lower bound
 * @end: upper bound, as memblock_alloc_range_nid()
 *
 * Return: physical address, 0 on failure.
 */
phys_addr_t memblock_phys_alloc_range(phys_addr_t size, phys_addr_t align, phys_addr_t start,
				      phys_addr_t end);

/**
 * memblock_phys_alloc_try_nid() - allocate below the current limit, preferably on a node
 * @size: bytes
 * @align: of the address, a power of two, or 0
 * @nid: preferred node
 *
 * Return: physical address, 0 on failure.
 */
phys_addr_t memblock_phys_alloc_try_nid(phys_addr_t size, phys_addr_t align, int nid);

/**
 * memblock_phys_alloc() - allocate below the current limit
 * @size: bytes
 * @align: of the address, a power of two, or 0
 *
 * Return: physical address, 0 on failure.
 */
static inline phys_addr_t memblock_phys_alloc(phys_addr_t size, phys_addr_t align)
{
	return memblock_phys_alloc_range(size, align, 0, MEMBLOCK_ALLOC_ACCESSIBLE);
}

/*
 * The allocators below return pointers: phys_to_virt() of what they found, which makes sense where
 * memblock.current_limit does not exceed the direct map. The lower bound is a wish: if nothing is
 * free above it on any permitted node, all is tried again from 0. The upper one is hard, and never
 * above memblock.current_limit.
 */

/**
 * memblock_alloc_try_nid() - allocate zeroed memory, preferably on a node
 * @size: bytes; exactly these are zeroed
 * @align: of the physical address, a power of two, or 0
 * @min_addr: preferred lower bound, physical
 * @max_addr: upper bound, physical; MEMBLOCK_ALLOC_ACCESSIBLE: the current limit
 * @nid: preferred node, NUMA_NO_NODE for any
 *
 * Return: pointer, NULL on failure.
 */
void *memblock_alloc_try_nid(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr,
			     phys_addr_t max_addr, int nid);

/**
 * memblock_alloc_try_nid_raw() - memblock_alloc_try_nid() that leaves the contents as they are
 * @size: bytes
 * @align: of the physical address, a power of two, or 0
 * @min_addr: preferred lower bound, physical
 * @max_addr: upper bound, physical
 * @nid: preferred node
 *
 * Return: pointer, NULL on failure.
 */
void *memblock_alloc_try_nid_raw(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr,
				 phys_addr_t max_addr, int nid);

/**
 * memblock_alloc_exact_nid_raw() - the same from one node only
 * @size: bytes
 * @align: of the physical address, a power of two, or 0
 * @min_addr: preferred lower bound, physical
 * @max_addr: upper bound, physical
 * @nid: the node
 *
 * Return: pointer, NULL on failure.
 */
void *memblock_alloc_exact_nid_raw(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr,
				   phys_addr_t max_addr, int nid);

/**
 * memblock_alloc() - allocate zeroed memory
 * @size: bytes
 * @align: of the physical address, a power of two, or 0
 *
 * Return: pointer, NULL on failure.
 */
static inline void *memblock_alloc(phys_addr_t size, phys_addr_t align)
{
	return memblock_alloc_try_nid(size, align, MEMBLOCK_LOW_LIMIT, MEMBLOCK_ALLOC_ACCESSIBLE,
				      NUMA_NO_NODE);
}

/**
 * memblock_alloc_raw() - allocate memory with the contents that it has
 * @size: bytes
 * @align: of the physical address, a power of two, or 0
 *
 * Return: pointer, NULL on failure.
 */
static inline void *memblock_alloc_raw(phys_addr_t size, phys_addr_t align)
{
	return memblock_alloc_try_nid_raw(size, align, MEMBLOCK_LOW_LIMIT,
					  MEMBLOCK_ALLOC_ACCESSIBLE, NUMA_NO_NODE);
}

/**
 * memblock_alloc_from() - allocate zeroed memory, preferably above an address
 * @size: bytes
 * @align: of the physical address, a power of two, or 0
 * @min_addr: preferred lower bound, physical
 *
 * Return: pointer, NULL on failure.
 */
static inline void *memblock_alloc_from(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr)
{
	return memblock_alloc_try_nid(size, align, min_addr, MEMBLOCK_ALLOC_ACCESSIBLE,
				      NUMA_NO_NODE);
}

/**
 * memblock_alloc_low() - allocate zeroed memory below ARCH_LOW_ADDRESS_LIMIT
 * @size: bytes
 * @align: of the physical address, a power of two, or 0
 *
 * Return: pointer, NULL on failure.
 */
static inline void *memblock_alloc_low(phys_addr_t size, phys_addr_t align)
{
	return memblock_alloc_try_nid(size, align, MEMBLOCK_LOW_LIMIT, ARCH_LOW_ADDRESS_LIMIT,
				      NUMA_NO_NODE);
}

/**
 * memblock_alloc_node() - allocate zeroed memory, preferably on a node
 * @size: bytes
 * @align: of the physical address, a power of two, or 0
 * @nid: preferred node
 *
 * Return: pointer, NULL on failure.
 */
static inline void *memblock_alloc_node(phys_addr_t size, phys_addr_t align, int nid)
{
	return memblock_alloc_try_nid(size, align, MEMBLOCK_LOW_LIMIT, MEMBLOCK_ALLOC_ACCESSIBLE,
				      nid);
}

/**
 * memblock_set_bottom_up() - from which end later allocations are made
 * @enable: true: from the lowest address up
 */
static inline void memblock_set_bottom_up(bool enable)
{
	memblock.bottom_up = enable;
}

/**
 * memblock_bottom_up() - are allocations made from the lowest address up?
 */
static inline bool memblock_bottom_up(void)
{
	return memblock.bottom_up;
}

/**
 * memblock_set_current_limit() - where later allocations end that name no end
 * @limit: physical address, one past the last byte
 */
static inline void memblock_set_current_limit(phys_addr_t limit)
{
	memblock.current_limit = limit;
}

/**
 * memblock_get_current_limit() - read memblock.current_limit
 */
static inline phys_addr_t memblock_get_current_limit(void)
{
	return memblock.current_limit;
}

/* --- questions ------------------------------------------------------------------------------ */

/**
 * memblock_phys_mem_size() - bytes of `memory`
 */
phys_addr_t memblock_phys_mem_size(void);

/**
 * memblock_reserved_size() - bytes of `reserved`
 */
phys_addr_t memblock_reserved_size(void);

/**
 * memblock_start_of_DRAM() - where memory begins
 *
 * Return: base of the first memory region, 0 if there is none.
 */
phys_addr_t memblock_start_of_DRAM(void);

/**
 * memblock_end_of_DRAM() - where memory ends
 *
 * Return: one past the last byte of the last memory region, 0 if there is none.
 */
phys_addr_t memblock_end_of_DRAM(void);

/**
 * memblock_is_memory() - is this byte in `memory`?
 * @addr: physical address
 */
bool memblock_is_memory(phys_addr_t addr);

/**
 * memblock_is_map_memory() - is this byte in `memory`, and not NOMAP?
 * @addr: physical address
 */
bool memblock_is_map_memory(phys_addr_t addr);

/**
 * memblock_is_reserved() - is this byte in `reserved`?
 * @addr: physical address
 */
bool memblock_is_reserved(phys_addr_t addr);

/**
 * memblock_is_region_memory() - does a range lie within a single memory region?
 * @base: physical address of its first byte
 * @size: bytes
 */
bool memblock_is_region_memory(phys_addr_t base, phys_addr_t size);

/**
 * memblock_is_region_reserved() - is at least one byte of a range reserved?
 * @base: physical address of its first byte
 * @size: bytes
 */
bool memblock_is_region_reserved(phys_addr_t base, phys_addr_t size);

/**
 * memblock_overlaps_region() - does a range share a byte with a region of a list?
 * @type: the list
 * @base: physical address of its first byte
 * @size: bytes
 */
bool memblock_overlaps_region(struct memblock_type *type, phys_addr_t base, phys_addr_t size);

/**
 * memblock_addrs_overlap() - do two ranges share a byte?
 * @base1: physical address of the first byte of one
 * @size1: its bytes
 * @base2: physical address of the first byte of the other
 * @size2: its bytes
 */
bool memblock_addrs_overlap(phys_addr_t base1, phys_addr_t size1, phys_addr_t base2,
			    phys_addr_t size2);

/**
 * memblock_search_pfn_nid() - node of a frame
 * @pfn: frame number
 * @start_pfn: set to the first frame of the region that holds it
 * @end_pfn: set to one past its last whole frame
 *
 * Return: the node of that region; -1 if there is none, and then nothing is set.
 */
int memblock_search_pfn_nid(unsigned long pfn, unsigned long *start_pfn, unsigned long *end_pfn);

/**
 * memblock_enforce_memory_limit() - keep the first bytes of memory
 * @limit: how many, holes not counted; 0, or more than there is: nothing is done
 *
 * All above goes from both lists, the entry of a grown array that lies there too: call this and the
 * two below before memblock_allow_resize().
 */
void memblock_enforce_memory_limit(phys_addr_t limit);

/**
 * memblock_cap_memory_range() - keep one range of both lists, and NOMAP memory anywhere
 * @base: physical address of its first byte
 * @size: bytes; 0: nothing is done
 */
void memblock_cap_memory_range(phys_addr_t base, phys_addr_t size);

/**
 * memblock_mem_limit_remove_map() - memblock_enforce_memory_limit() that keeps NOMAP memory
 * @limit: bytes, holes not counted; 0, or more than there is: nothing is done
 */
void memblock_mem_limit_remove_map(phys_addr_t limit);

/**
 * memblock_dump_all() - log both lists, and `physmem`, if memblock=debug was given
 */
void memblock_dump_all(void);

/* --- iteration ------------------------------------------------------------------------------ */

/*
 * The steps of the loops below; call the loops. `i` is where the loop stands: an entry, or the
 * number of a region and of a gap between reservations.
 */
void memblock_next_range(u64 *i, struct memblock_type *type, phys_addr_t *start, phys_addr_t *end);
void memblock_prev_range(u64 *i, struct memblock_type *type, phys_addr_t *start, phys_addr_t *end);
void memblock_next_free_range(u64 *i, int nid, enum memblock_flags flags, phys_addr_t *start,
			      phys_addr_t *end, int *nid_out);
void memblock_prev_free_range(u64 *i, int nid, enum memblock_flags flags, phys_addr_t *start,
			      phys_addr_t *end, int *nid_out);
void memblock_next_pfn_range(int *i, int nid, unsigned long *start_pfn, unsigned long *end_pfn,
			     int *nid_out);

#define memblock_for_each_range(i, type, p_start, p_end)                                  \
	for ((i) = 0, memblock_next_range(&(i), type, p_start, p_end); (i) != ULLONG_MAX; \
	     memblock_next_range(&(i), type, p_start, p_end))

/**
 * for_each_mem_range() - walk `memory` upwards, all but NOMAP
 * @i: u64; ULLONG_MAX after a normal end
 * @p_start: phys_addr_t *, set to the base; may be NULL, as any pointer here
 * @p_end: phys_addr_t *, set to the end, one past the last byte
 *
 * An empty list is shown as [0, 0), once. No list may be changed from within this or any loop
 * below.
 */
#define for_each_mem_range(i, p_start, p_end) \
	memblock_for_each_range(i, &memblock.memory, p_start, p_end)

/**
 * for_each_mem_range_rev() - walk `memory` downwards, all but NOMAP
 * @i: u64
 * @p_start: phys_addr_t *
 * @p_end: phys_addr_t *
 */
#define for_each_mem_range_rev(i, p_start, p_end)                                           \
	for ((i) = ULLONG_MAX, memblock_prev_range(&(i), &memblock.memory, p_start, p_end); \
	     (i) != ULLONG_MAX; memblock_prev_range(&(i), &memblock.memory, p_start, p_end))

/**
 * for_each_reserved_mem_range() - walk `reserved` upwards
 * @i: u64
 * @p_start: phys_addr_t *
 * @p_end: phys_addr_t *
 */
#define for_each_reserved_mem_range(i, p_start, p_end) \
	memblock_for_each_range(i, &memblock.reserved, p_start, p_end)

/**
 * for_each_physmem_range() - walk `physmem` upwards
 * @i: u64
 * @p_start: phys_addr_t *
 * @p_end: phys_addr_t *
 */
#define for_each_physmem_range(i, p_start, p_end) \
	memblock_for_each_range(i, &physmem, p_start, p_end)

/**
 * for_each_free_mem_range() - walk upwards what is in `memory` and not in `reserved`
 * @i: u64
 * @nid: node, NUMA_NO_NODE for any
 * @flags: NOMAP, DRIVER_MANAGED, HOTPLUG: such memory too; MIRROR: only such memory
 * @p_start: phys_addr_t *
 * @p_end: phys_addr_t *
 * @p_nid: int *, set to the node of the region
 *
 * A piece never crosses from one memory region into the next.
 */
#define for_each_free_mem_range(i, nid, flags, p_start, p_end, p_nid)                    \
	for ((i) = 0, memblock_next_free_range(&(i), nid, flags, p_start, p_end, p_nid); \
	     (i) != ULLONG_MAX; memblock_next_free_range(&(i), nid, flags, p_start, p_end, p_nid))

/**
 * for_each_free_mem_range_reverse() - the same downwards
 * @i: u64
 * @nid: node, NUMA_NO_NODE for any
 * @flags: as for_each_free_mem_range()
 * @p_start: phys_addr_t *
 * @p_end: phys_addr_t *
 * @p_nid: int *
 */
#define for_each_free_mem_range_reverse(i, nid, flags, p_start, p_end, p_nid)                     \
	for ((i) = ULLONG_MAX, memblock_prev_free_range(&(i), nid, flags, p_start, p_end, p_nid); \
	     (i) != ULLONG_MAX; memblock_prev_free_range(&(i), nid, flags, p_start, p_end, p_nid))

/**
 * for_each_mem_pfn_range() - walk the whole pages of `memory` upwards, NOMAP too
 * @i: int; -1 after a normal end
 * @nid: node, MAX_NUMNODES for any
 * @p_start: unsigned long *, set to the first frame
 * @p_end: unsigned long *, set to one past the last
 * @p_nid: int *
 */
#define for_each_mem_pfn_range(i, nid, p_start, p_end, p_nid)                               \
	for ((i) = -1, memblock_next_pfn_range(&(i), nid, p_start, p_end, p_nid); (i) >= 0; \
	     memblock_next_pfn_range(&(i), nid, p_start, p_end, p_nid))

/**
 * for_each_mem_region() - walk the entries of `memory`, the dummy of an empty list too
 * @r: struct memblock_region *
 */
#define for_each_mem_region(r)                                                                   \
	for ((r) = memblock.memory.regions; (r) < memblock.memory.regions + memblock.memory.cnt; \
	     (r)++)

/**
 * for_each_reserved_mem_region() - walk the entries of `reserved`, the dummy of an empty list too
 * @r: struct memblock_region *
 */
#define for_each_reserved_mem_region(r)       \
	for ((r) = memblock.reserved.regions; \
	     (r) < memblock.reserved.regions + memblock.reserved.cnt; (r)++)
