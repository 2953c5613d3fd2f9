/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/pagetable.h>
#include <lib/range_tree.h>
#include <sched/rwsem.h>
#include <vm/swap.h>

/*
 * Address spaces. A struct mm has areas, which say what a program may do at its addresses, and page
 * tables, which say which pages are there now. docs/address-spaces.md is the chapter.
 *
 * Order of locks: mm->lock, object->lock, family lock, pagetable.lock, locks of the allocator. User
 * memory is never touched under any of them.
 */

struct vm_object;

/* The rights of an area, and its kind. The first three are PROT_READ, PROT_WRITE and PROT_EXEC. */
#define AREA_READ      0x01u
#define AREA_WRITE     0x02u
#define AREA_EXEC      0x04u
#define AREA_PROT      0x07u
#define AREA_SHARED    0x08u  /* MAP_SHARED: writes reach the object */
#define AREA_GROWSDOWN 0x10u  /* the stack */
#define AREA_TOUCHED   0x20u  /* a page was ever mapped: unmapping has to look at the page tables */
#define AREA_LOCKED    0x40u  /* mlock(2) */
#define AREA_NORESERVE 0x80u  /* not counted by overcommit */
#define AREA_MAYWRITE  0x100u /* mprotect(2) may add PROT_WRITE */
#define AREA_DONTFORK  0x200u /* madvise(2) */
#define AREA_HEAP      0x400u /* brk(2) */
#define AREA_ACCOUNT   0x800u /* counted in committed memory */
#define AREA_MOVED     0x1000u /* mremap(2) has moved pages here: the index is not the address */

/**
 * struct area - a range of addresses with one set of rights
 * @node: in the tree of its address space, in bytes
 * @mm: its address space
 * @flags: AREA_*
 * @pgoff: index in @object of the first page; of no meaning for anonymous memory
 * @origin: page number of its first address before mremap(2) has moved it
 * @moved_link: with AREA_MOVED in the list of its family (vm/family.h)
 * @object: the object that is mapped; NULL for private anonymous memory
 * @object_link: in the list of areas of @object
 */
struct area {
	struct range_node node;
	struct mm *mm;
	u32 flags;
	u32 pgoff;
	u32 origin;
	struct vm_object *object;
	struct list_head object_link, moved_link;
};

/**
 * struct mm - an address space
 * @pagetable: its page tables
 * @users: threads that run in it, and others that keep it
 * @lock: guards @areas and all that follows; held for reading by page faults
 * @areas: all struct area
 * @family: owner of its shared anonymous pages (vm/family.h)
 * @start_brk: lowest end of the heap
 * @brk: end of the heap
 * @mmap_base: mmap(2) looks downward from here
 * @stack_top: end of the stack
 * @arg_start, @arg_end, @env_start, @env_end: where execve(2) put arguments and environment
 * @nr_pages: pages of all areas
 * @locked_pages: of areas with AREA_LOCKED
 * @committed: pages with AREA_ACCOUNT
 * @data_pages: of private areas that may be written, the stack excluded
 * @anon_pages, @file_pages, @shmem_pages: mapped pages, by kind; changed under @pagetable.lock
 * @swap_pages: entries that name a slot of swap space; changed under @pagetable.lock
 * @limit_stack, @limit_as, @limit_data, @limit_locked: resource limits in bytes
 * @last_used: the area of the latest page fault, or one that was made or has grown since, or NULL:
 *             the next fault or call is often for it, too. Changed with @lock held; for reading
 *             is enough
 * @def_flags: flags of new areas: AREA_LOCKED after mlockall(2)
 * @building: one thread makes its areas, without the lock; swapoff(2) leaves it alone
 */
struct mm {
	struct pagetable pagetable;
	u32 users;
	struct rwsem lock;
	struct range_tree areas;
	struct family *family;
	unsigned long start_brk, brk, mmap_base, stack_top;
	unsigned long arg_start, arg_end, env_start, env_end;
	unsigned long nr_pages, locked_pages, committed, data_pages;
	unsigned long anon_pages, file_pages, shmem_pages, swap_pages;
	unsigned long limit_stack, limit_as, limit_data, limit_locked;
	struct area *last_used;
	u32 def_flags;
	bool building;
	struct swap_guess guess;
};

/**
 * mm_set_building() - begin or end to make areas without the lock
 * @mm: new
 * @building: begin; before a page is mapped
 *
 * Context: any.
 */
static inline void mm_set_building(struct mm *mm, bool building)
{
	__atomic_store_n(&mm->building, building, __ATOMIC_RELEASE);
}

/* Lowest address of a mapping, and free addresses below a stack that grows. */
#define MMAP_MIN_ADDR   PAGE_SIZE
#define STACK_GUARD_GAP (256 * PAGE_SIZE)

/**
 * vm_init() - make address spaces usable
 *
 * Context: boot, once, after kmalloc_init().
 */
void vm_init(void);

/* Address spaces that are kept for the next programs. */
#define MMS_KEPT 6u

/**
 * mms_trim() - free address spaces and tables that are kept for the next programs
 *
 * Context: any, without a spinlock.
 */
void mms_trim(void);

/**
 * mm_create() - make an empty address space
 *
 * Context: may sleep.
 * Return: the address space with one user; NULL if there is no memory.
 */
struct mm *mm_create(void);

/**
 * mm_create_child() - make an empty address space for a copy of another one
 * @parent: the other one, whose shared pages it may map; or NULL
 *
 * Context: may sleep.
 * Return: the address space with one user; NULL if there is no memory.
 */
struct mm *mm_create_child(const struct mm *parent);

/**
 * mm_fork() - copy an address space, copy on write
 * @parent: of the running thread
 * @error: set to -ENOMEM on failure
 *
 * Context: may sleep; takes the locks of both.
 * Return: the copy with one user; NULL on failure.
 */
struct mm *mm_fork(struct mm *parent, int *error);

/**
 * mm_get(), mm_put() - take or drop a user
 * @mm: the last user unmaps and frees everything. The running CPU may still have it loaded; another
 *      CPU that does is made to leave it
 *
 * Context: mm_put() may sleep.
 */
void mm_get(struct mm *mm);
void mm_put(struct mm *mm);

/**
 * mm_try_get() - take a user unless the last one was dropped
 * @mm: any; the family lock keeps it
 *
 * Context: any.
 * Return: true if the caller has a user.
 */
static inline bool mm_try_get(struct mm *mm)
{
	u32 users = __atomic_load_n(&mm->users, __ATOMIC_RELAXED);

	while (users && !__atomic_compare_exchange_n(&mm->users, &users, users + 1, true,
						     __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
	return users;
}

/**
 * vm_mmap() - map an object, or anonymous memory
 * @mm: of the running thread, or a new one; not locked
 * @addr: place, or a hint; a multiple of the page size with MAP_FIXED
 * @size: bytes, rounded up
 * @prot: PROT_*
 * @flags: MAP_*, with the values of Linux
 * @object: the object; NULL with MAP_ANONYMOUS. The area takes a reference of its own
 * @pgoff: index of the first page
 * @may_write: the open file allows writing, for MAP_SHARED
 *
 * Context: may sleep.
 * Return: the address; or a negative errno: EINVAL, ENOMEM, EEXIST, EACCES, EPERM, EAGAIN.
 */
long vm_mmap(struct mm *mm, unsigned long addr, size_t size, u32 prot, u32 flags,
	     struct vm_object *object, u32 pgoff, bool may_write);

/**
 * vm_munmap() - unmap a range
 * @mm: not locked
 * @addr: first byte, a multiple of the page size
 * @size: bytes, rounded up
 *
 * Context: may sleep.
 * Return: 0; -EINVAL; -ENOMEM if an area has to be split and there is no memory.
 */
long vm_munmap(struct mm *mm, unsigned long addr, size_t size);

/**
 * vm_mprotect() - change the rights of a range
 * @mm: not locked
 * @start: first byte of a page
 * @size: bytes, rounded up to whole pages
 * @prot: PROT_*
 *
 * Context: may sleep.
 * Return: 0; -EINVAL; -ENOMEM if a part of the range is not mapped, or there is no memory; -EACCES.
 * The part below the failure has changed.
 */
long vm_mprotect(struct mm *mm, unsigned long start, size_t size, u32 prot);

/**
 * vm_set_brk() - place the heap of a new program
 * @mm: of a new program
 * @start: first address of the heap
 *
 * Context: may sleep.
 */
void vm_set_brk(struct mm *mm, unsigned long start);

/**
 * vm_fault() - make an access of a program possible
 * @mm: not locked
 * @addr: address of the access, below TASK_SIZE
 * @access: AREA_READ, AREA_WRITE or AREA_EXEC
 *
 * Context: may sleep.
 * Return: 0: the access can be tried again; -EFAULT: no area is there (SIGSEGV, SEGV_MAPERR);
 * -EACCES: the area forbids it (SIGSEGV, SEGV_ACCERR); -ENXIO: above the end of the object (SIGBUS,
 * BUS_ADRERR); -ENOMEM: no memory (the process is killed).
 */
int vm_fault(struct mm *mm, unsigned long addr, u32 access);

/**
 * vm_fault_reason() - find out why vm_fault() has failed
 * @mm: not locked
 * @addr: address of the access, below TASK_SIZE
 * @access: AREA_READ, AREA_WRITE or AREA_EXEC
 *
 * The access is tried once more, since the first try has not kept the reason.
 * Context: may sleep.
 * Return: as vm_fault(), but -EFAULT if the page-table entry allows the access already. Then
 * the CPU refuses it for another reason, and a further try would be in vain.
 */
int vm_fault_reason(struct mm *mm, unsigned long addr, u32 access);

/**
 * vm_write_mm() - write into an address space that is not loaded
 * @mm: of a new program, not locked
 * @addr: first byte; the areas allow writing
 * @data: bytes of the kernel; NULL: zeroes
 * @size: number of bytes
 *
 * For execve(2), which fills the stack of the new program before it leaves the old one.
 * Context: may sleep.
 * Return: 0, -EFAULT or -ENOMEM.
 */
int vm_write_mm(struct mm *mm, unsigned long addr, const void *data, size_t size);

/**
 * vm_get_page() - find the page at an address, faulting it in if necessary
 * @mm: not locked
 * @addr: any address below TASK_SIZE
 * @access: the access that follows: AREA_READ or AREA_WRITE. A read may give the frame of zeroes
 *
 * Context: may sleep.
 * Return: the page with a reference, which the caller drops; NULL if vm_fault() fails.
 */
struct page *vm_get_page(struct mm *mm, unsigned long addr, u32 access);

/**
 * vm_use_file_names() - set the function that knows the names of files
 * @show: prints the rest of a line: device, inode and path of an object. @column is the length of
 *        the line so far, and the path begins at VM_NAME_COLUMN
 *
 * Context: boot, once.
 */
void vm_use_file_names(void (*show)(struct vm_object *object, int column, printf_fn *out));

/* The column of names in the report, counted from 0, as Linux for i386 has it. */
#define VM_NAME_COLUMN 49

/**
 * vm_show_maps() - print the areas, in the format of Linux's /proc/PID/maps
 * @mm: not locked
 * @out: function that prints
 *
 * Context: may sleep.
 */
void vm_show_maps(struct mm *mm, printf_fn *out);
