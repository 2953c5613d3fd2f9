/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/layout.h>
#include <asm/page.h>
#include <lib/types.h>

/*
 * The page frame descriptor: what the kernel knows about one frame (4 KiB) of physical memory.
 *
 * One array, mem_map, has a descriptor for each frame from frame 0 to the last frame of RAM. The
 * descriptor of a frame is therefore one addition away from its number. The array needs lowmem, of
 * which there is at most 896 MiB, in proportion to all RAM. With 64 GiB it has 16.7 million
 * descriptors: 256 MiB at 16 bytes each. At 40 bytes it would be 640 MiB.
 *
 *	word 0     flags     31    16 15   11    10       9  8 7   4 3   0
 *	                     [number ][PG_* ][compound][zone][state][order]
 *	word 1     refcount  number of users
 *	word 2, 3  a, b      depend on the state:
 *	                     free    next and previous block of the free list
 *	                     slab    list and counts, see mm/slab_layout.h
 *	                     tail of a compound block   a is the number of the first frame
 *	                     page of a program   the place that it belongs to, see enum page_state
 *	                     others  private to the owner of the block
 *
 * `number` is the number of the cache that a slab belongs to. For a highmem page it is a hint: the
 * slot that kmap() gave to the page last. Freeing a block sets it to 0 in the first frame. Links
 * are frame numbers, not pointers: the layout is the same on a 64-bit host, where the tests run.
 *
 * Invariant: only the first frame of a block tells what the block is. All other frames of the block
 * are PAGE_TAIL. Allocating and freeing do not touch them, so a block of 4 MiB costs no more than
 * one of 8 KiB. (A compound block is the exception: each of its tails names the first frame.)
 *
 * How word 0 may be changed. A plain `flags |= x` reads the word and writes it back a little later.
 * A change that another CPU makes between the two is lost. Hence three rules:
 *
 * 1. Plain stores change a frame that no other CPU can reach: a free block under the zone's lock, a
 *    block in a list of this CPU, a block whose last reference was just dropped, and a block whose
 *    owner has the only reference and has not passed it on. The order changes in such frames only,
 *    and so does the state, except by rule 4. The zone never changes.
 * 2. Every holder of a reference may change the flags PG_*. Each change is one locked operation:
 *    set_page_flag(), clear_page_flag(), test_and_set_page_flag().
 * 3. Every holder of a reference may store a hint into `number`. That is one store of 16 bits,
 *    which leaves the other half of the word alone.
 * 4. The state of a block that others can reach changes by set_page_state(), one locked operation.
 *    A lock of the owner sees to it that one CPU does so at a time.
 */
struct page {
	union {
		u32 flags;
		struct {
			u16 kind, number; /* the halves of flags */
		};
	};
	u32 refcount;
	u32 a;
	u32 b;
};

_Static_assert(sizeof(struct page) == 16, "16 bytes per frame is what makes 64 GiB fit");

enum page_state {
	PAGE_HOLE,     /* no RAM here */
	PAGE_RESERVED, /* RAM that the page allocator never got */
	PAGE_TAIL,     /* inside a block: the first frame tells more */
	PAGE_FREE,     /* first frame of a free block of `order` */
	PAGE_CACHED,   /* first frame of a free block in a per-CPU list (mm/pcp.h) */
	PAGE_USED,     /* first frame of an allocated block of `order` */
	PAGE_TABLE,    /* a page table */
	PAGE_SLAB,     /* first frame of a slab, or of a large kmalloc() */
	/* Pages of programs, of order 0. Words a and b find the entries that map them. */
	PAGE_ANON,        /* memory of one address space: the table, and the entry in it */
	PAGE_ANON_SHARED, /* the same, shared after a fork: the family, and the index in it */
	PAGE_OBJECT,      /* page of a vm_object: the number of the object, and the index in it */
	PAGE_SWAP,        /* only the swap cache has it: its slot (vm/swap.h) */
	NR_PAGE_STATES,
};

enum zone_type {
	ZONE_DMA,    /* physical 0 to 16 MiB, which ISA devices can reach */
	ZONE_NORMAL, /* from there to the end of the direct map */
	/* Behind it is highmem: a page has no address until the kernel maps it. */
	ZONE_DMA32,   /* up to 4 GiB, which devices with 32 address lines can reach */
	ZONE_HIGHMEM, /* the rest; all of highmem if no RAM is above 4 GiB */
	MAX_NR_ZONES,
};

/* Names of the states, for messages and for readers of mm/view.c. */
extern const char *const page_state_names[NR_PAGE_STATES];

/**
 * page_state_name() - name of a state, for messages
 * @state: any value
 *
 * Context: any.
 * Return: "free", "tail of a block", ...
 */
const char *page_state_name(enum page_state state);

#define PAGE_ORDER_SHIFT 0
#define PAGE_ORDER_MASK  0xfu
#define PAGE_STATE_SHIFT 4
#define PAGE_STATE_MASK  0xfu
#define PAGE_ZONE_SHIFT  8
#define PAGE_ZONE_MASK   0x3u
#define PAGE_COMPOUND    0x400u /* a frame of a compound block */

/*
 * Flags for the owner of an allocated block. The allocator gives no meaning to them. They are
 * clear in a new block, and must be clear again when the last reference is dropped.
 */
enum page_flag {
	PG_OWNER_1 = 11,
	PG_OWNER_2,
	PG_OWNER_3,
	PG_OWNER_4,
	PG_OWNER_5,

	/* In state PAGE_OBJECT, of a file on a disk (vm/cache.h). */
	PG_LOCKED = PG_OWNER_1,     /* is being read from the disk */
	PG_UPTODATE = PG_OWNER_2,   /* has the bytes of the file */
	PG_DIRTY = PG_OWNER_3,      /* the disk has older bytes */
	PG_WRITEBACK = PG_OWNER_4,  /* is being written to the disk */
	PG_REFERENCED = PG_OWNER_5, /* was used since the last look of eviction */
};

#define PAGE_PG_MASK 0xf800u /* all of them */

/* Tells what a frame is: state, order, part of a compound block or not. */
#define PAGE_KIND_MASK \
	(PAGE_STATE_MASK << PAGE_STATE_SHIFT | PAGE_ORDER_MASK << PAGE_ORDER_SHIFT | PAGE_COMPOUND)

#define PAGE_FLAGS(state, order, zone)                                         \
	((u32)(state) << PAGE_STATE_SHIFT | (u32)(order) << PAGE_ORDER_SHIFT | \
	 (u32)(zone) << PAGE_ZONE_SHIFT)

/* Not a frame: the end of a list. (Frame 0xffffffff is at 16 TiB; memory_setup() leaves it out.) */
#define PFN_NONE 0xffffffffu

extern struct page *mem_map;

/**
 * pfn_to_page() - descriptor of a frame
 * @pfn: its number, less than max_pfn
 *
 * Context: any, after mem_map_init().
 * Return: the descriptor.
 */
static inline struct page *pfn_to_page(unsigned long pfn)
{
	return mem_map + pfn;
}

/**
 * page_to_pfn() - number of a frame
 * @page: its descriptor
 *
 * Context: any.
 * Return: the frame number.
 */
static inline unsigned long page_to_pfn(const struct page *page)
{
	return (unsigned long)(page - mem_map);
}

/* Bytes of RAM per byte of descriptor. */
#define FRAME_SCALE (PAGE_SIZE / sizeof(struct page))

/**
 * page_to_phys() - physical address of a frame
 * @page: its descriptor
 *
 * One shift; the way over the frame number takes two.
 *
 * Context: any.
 * Return: the address of its first byte.
 */
static inline phys_addr_t page_to_phys(const struct page *page)
{
	return (phys_addr_t)((unsigned long)page - (unsigned long)mem_map) * FRAME_SCALE;
}

/**
 * page_state() - state of a frame
 * @page: any
 *
 * Context: any. A snapshot, unless the caller owns the frame.
 * Return: the state.
 */
static inline enum page_state page_state(const struct page *page)
{
	return (enum page_state)(page->flags >> PAGE_STATE_SHIFT & PAGE_STATE_MASK);
}

/**
 * page_is_single() - is a frame a block of its own, in a given state?
 * @page: any
 * @state: the state
 *
 * One comparison of the low byte, which holds state and order.
 *
 * Context: any. A snapshot, unless the caller owns the frame.
 * Return: true if it is.
 */
static inline bool page_is_single(const struct page *page, enum page_state state)
{
	return (u8)page->flags == (u8)PAGE_FLAGS(state, 0, 0);
}

/**
 * set_page_state() - change the state of an allocated block
 * @page: its first frame
 * @state: PAGE_USED, or a state behind it
 *
 * Others may change the flags PG_* and the hint in `number` at the same time: both stay as they
 * are. The words a and b do not change.
 *
 * Context: a holder of a reference. No other CPU may change the state at the same time: either no
 * other CPU can reach the block, or a lock of the block's owner is held.
 */
static inline void set_page_state(struct page *page, enum page_state state)
{
	u32 change = (u32)page_state(page) ^ (u32)state;

	__atomic_fetch_xor(&page->flags, change << PAGE_STATE_SHIFT, __ATOMIC_RELEASE);
}

/**
 * change_page_state() - set_page_state() for a caller that knows the old state
 * @page: first frame of an allocated block
 * @from, @to: its state before and after
 *
 * Context: that of set_page_state().
 */
static inline void change_page_state(struct page *page, enum page_state from, enum page_state to)
{
	__atomic_fetch_xor(&page->flags, ((u32)from ^ (u32)to) << PAGE_STATE_SHIFT,
			   __ATOMIC_RELEASE);
}

/**
 * page_order() - order of a block
 * @page: its first frame
 *
 * Context: any. A snapshot, unless the caller owns the block.
 * Return: the order.
 */
static inline unsigned int page_order(const struct page *page)
{
	return page->flags >> PAGE_ORDER_SHIFT & PAGE_ORDER_MASK;
}

/**
 * page_zone() - zone that contains a frame
 * @page: any
 *
 * Context: any.
 * Return: the zone.
 */
static inline enum zone_type page_zone(const struct page *page)
{
	return (enum zone_type)(page->flags >> PAGE_ZONE_SHIFT & PAGE_ZONE_MASK);
}

_Static_assert(ZONE_DMA32 == 2 && ZONE_HIGHMEM == 3 && MAX_NR_ZONES == 4, "one bit tells highmem");

/**
 * page_is_highmem() - is the frame outside of the direct map?
 * @page: any
 *
 * Context: any.
 * Return: true if it is.
 */
static inline bool page_is_highmem(const struct page *page)
{
	return page->flags & (u32)ZONE_DMA32 << PAGE_ZONE_SHIFT;
}

/**
 * set_page_flag() - set a flag of a block that other CPUs can reach
 * @page: its first frame
 * @flag: which; all others stay as they are, even if other CPUs change them now
 *
 * Context: any holder of a reference. Earlier writes of this CPU are visible to a CPU that sees
 * the flag set.
 */
static inline void set_page_flag(struct page *page, enum page_flag flag)
{
	__atomic_fetch_or(&page->flags, 1u << flag, __ATOMIC_RELEASE);
}

/**
 * clear_page_flag() - clear a flag of a block that other CPUs can reach
 * @page: its first frame
 * @flag: which; all others stay as they are, even if other CPUs change them now
 *
 * Context: any holder of a reference. Earlier writes of this CPU are visible to a CPU that sees
 * the flag clear, so a flag can be used as a lock.
 */
static inline void clear_page_flag(struct page *page, enum page_flag flag)
{
	__atomic_fetch_and(&page->flags, ~(1u << flag), __ATOMIC_RELEASE);
}

/**
 * test_and_set_page_flag() - set a flag, and tell whether it was set before
 * @page: first frame of a block that other CPUs can reach
 * @flag: which; all others stay as they are, even if other CPUs change them now
 *
 * Context: any holder of a reference.
 * Return: its old value. Of several CPUs that do this at once, one gets false.
 */
static inline bool test_and_set_page_flag(struct page *page, enum page_flag flag)
{
	return __atomic_fetch_or(&page->flags, 1u << flag, __ATOMIC_ACQ_REL) >> flag & 1;
}

/**
 * test_page_flag() - is a flag set?
 * @page: first frame of an allocated block
 * @flag: which
 *
 * Context: any. A snapshot, if other CPUs may change the flag.
 * Return: true if it is set.
 */
static inline bool test_page_flag(const struct page *page, enum page_flag flag)
{
	return __atomic_load_n(&page->flags, __ATOMIC_ACQUIRE) >> flag & 1;
}

/**
 * compound_head() - first frame of the compound block that contains a frame
 * @page: any
 *
 * Context: any.
 * Return: the first frame if @page is a tail of a compound block, else @page.
 */
static inline struct page *compound_head(struct page *page)
{
	const u32 tail = PAGE_FLAGS(PAGE_TAIL, 0, 0) | PAGE_COMPOUND;

	return (page->flags & PAGE_KIND_MASK) == tail ? pfn_to_page(page->a) : page;
}

/**
 * pfn_valid() - is this the number of a frame of RAM?
 * @pfn: any number
 *
 * Context: any, after mem_map_init().
 * Return: false for holes, and for numbers beyond the end of mem_map.
 */
static inline bool pfn_valid(unsigned long pfn)
{
	return pfn < max_pfn && page_state(pfn_to_page(pfn)) != PAGE_HOLE;
}

/**
 * lowmem_page_address() - address of a page in the direct map
 * @page: of ZONE_DMA or ZONE_NORMAL; for highmem there is page_address() in <mm/highmem.h>
 *
 * Context: any.
 * Return: the address of its first byte.
 */
static inline void *lowmem_page_address(const struct page *page)
{
	return __va(page_to_phys(page));
}

/**
 * virt_to_page() - descriptor of the frame at an address
 * @va: address in the direct map
 *
 * Context: any.
 * Return: the descriptor.
 */
static inline struct page *virt_to_page(const void *va)
{
	return pfn_to_page(PFN_DOWN(__pa(va)));
}
