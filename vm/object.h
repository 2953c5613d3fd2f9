/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/uaccess.h>
#include <lib/radix_tree.h>
#include <lib/types.h>
#include <mm/page.h>
#include <sched/mutex.h>

/*
 * The pages of a file, or of memory that processes share. A page is found by its index: the offset
 * in the file, divided by 4096. Pages come from highmem, and exist from the first time that they are
 * written or mapped. A hole reads as zeroes. Shared anonymous memory is an object without a name.
 *
 * The object holds one reference on each page in its tree; each mapping in a page table holds one
 * more. Pages have the state PAGE_OBJECT, word a is the frame-table-independent number of the object,
 * word b the index.
 */

/**
 * struct vm_object - pages by index
 * @refcount: users: inodes, open files and areas
 * @id: number of the object, word a of its pages
 * @lock: guards @pages, @nr_pages and @size; taken after the lock of an address space
 * @pages: index to struct page
 * @nr_pages: number of pages in @pages
 * @size: bytes; pages at and above the end do not exist, and the rest of the last page is zero
 * @writers: number of open files and shared areas that may write, less 1 for each program that runs
 *           from it (ETXTBSY)
 */
struct vm_object {
	u32 refcount;
	u32 id;
	struct mutex lock;
	struct radix_tree pages;
	unsigned long nr_pages;
	u64 size;
	s32 writers;
};

/**
 * vm_object_create() - make an object without pages
 * @size: bytes
 *
 * Context: may sleep.
 * Return: the object with one reference; NULL if there is no memory.
 */
struct vm_object *vm_object_create(u64 size);

/**
 * vm_object_get(), vm_object_put() - take or drop a reference
 * @object: the last reference frees all pages
 *
 * Context: vm_object_put() may sleep.
 */
void vm_object_get(struct vm_object *object);
void vm_object_put(struct vm_object *object);

/**
 * vm_object_page() - find a page, or make it
 * @object: any
 * @index: of the page
 * @create: make a page of zeroes if there is none
 * @page: set to the page, with a reference for the caller; NULL if there is none and @create is false
 *
 * Context: may sleep.
 * Return: 0; -ENOMEM; -EINVAL if the page is at or above the end of the object.
 */
int vm_object_page(struct vm_object *object, unsigned long index, bool create, struct page **page);

/**
 * vm_object_read(), vm_object_write() - copy between an object and the kernel's memory
 * @object: any
 * @pos: first byte in the object
 * @data: bytes of the kernel
 * @size: number of bytes
 *
 * A write makes the object longer if necessary.
 * Context: may sleep.
 * Return: number of bytes; less than @size at the end of the object; -ENOMEM; -EFBIG.
 */
long vm_object_read(struct vm_object *object, u64 pos, void *data, size_t size);
long vm_object_write(struct vm_object *object, u64 pos, const void *data, size_t size);

/**
 * vm_object_read_user(), vm_object_write_user() - copy between an object and the running program
 * @object: any
 * @pos: first byte in the object
 * @data: bytes of the program
 * @size: number of bytes
 *
 * A page is copied with page faults disabled while it is mapped; if the program's page is not there,
 * it is faulted in without any mapping held, and the copy is tried again.
 * Context: may sleep.
 * Return: number of bytes, less than @size at the end of the object or before a bad pointer; -EFAULT
 * if the first byte is bad; -ENOMEM; -EFBIG.
 */
long vm_object_read_user(struct vm_object *object, u64 pos, void __user *data, size_t size);
long vm_object_write_user(struct vm_object *object, u64 pos, const void __user *data, size_t size);

/**
 * vm_object_truncate() - change the size
 * @object: any
 * @size: bytes; pages above are removed, and unmapped from all programs
 *
 * Context: may sleep.
 * Return: 0; -ENOMEM.
 */
int vm_object_truncate(struct vm_object *object, u64 size);
