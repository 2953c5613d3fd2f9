/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/layout.h>
#include <asm/smap.h>
#include <lib/errno.h>
#include <lib/types.h>

/*
 * Access to the memory of the running program. Every pointer that a program passes is used only
 * through these functions. They check that the range is below PAGE_OFFSET, and an access that
 * cannot be made possible gives an error instead of a panic: each instruction that may fault has an
 * entry in the exception table (asm/extable.h). A fault that the program itself may cause (demand
 * zero, copy on write) is resolved, and the access continues. So they may sleep, and the caller
 * must not hold the lock of an address space or a spinlock.
 *
 * With pagefault_disable() they do not sleep, and an access to a page that is not there fails.
 */

/* Marks a pointer into the memory of a program. Never dereferenced directly. */
#define __user

/**
 * access_ok() - is a range below the kernel?
 * @addr: first byte
 * @size: bytes; 0 is allowed
 *
 * Context: any.
 * Return: true if no byte of the range is at or above PAGE_OFFSET. The range may be unmapped.
 */
static inline bool access_ok(const void __user *addr, size_t size)
{
	return size <= PAGE_OFFSET && (unsigned long)addr <= PAGE_OFFSET - size;
}

/**
 * copy_from_user(), copy_to_user(), clear_user() - copy bytes, or write zeroes
 * @to: first byte to write
 * @from: first byte to read
 * @size: bytes
 *
 * Context: thread, may sleep; with pagefault_disable() any.
 * Return: number of bytes that were not copied: 0 on success.
 */
size_t copy_from_user(void *to, const void __user *from, size_t size);
size_t copy_to_user(void __user *to, const void *from, size_t size);
size_t clear_user(void __user *to, size_t size);

/**
 * strncpy_from_user() - copy a string
 * @to: has room for @size bytes
 * @from: the string
 * @size: most bytes to copy, the end included
 *
 * Context: thread, may sleep.
 * Return: the length without the end; @size if there is no end among the first @size bytes;
 * -EFAULT.
 */
long strncpy_from_user(char *to, const char __user *from, size_t size);

/*
 * One word, or two. An access that fails continues behind the last one, with the error that was in
 * its register all along.
 */
#define WORD_FAULTS                               \
	".pushsection exception_table, \"a\"\n\t" \
	".balign 4\n\t"                           \
	".long 1b, 3b, 2b, 3b\n\t"                \
	".popsection\n\t"

/**
 * get_user_u32(), put_user_u32(), put_user_pair() - read or write one word, or write two
 * @value: set to the word, or the word to write
 * @first: written at @addr
 * @second: written behind it
 * @addr: need not be aligned
 *
 * Context: thread, may sleep.
 * Return: 0, or -EFAULT.
 */
int get_user_u32(u32 *value, const void __user *addr);
int put_user_u32(u32 value, void __user *addr);

static inline int put_user_pair(u32 first, u32 second, void __user *addr)
{
	int error = -EFAULT;

	if (!access_ok(addr, 2 * sizeof(first)))
		return -EFAULT;
	__asm__ volatile(SMAP_STAC "1: movl %[first], (%[addr])\n"
				   "2: movl %[second], 4(%[addr])\n\t"
				   "xorl %[error], %[error]\n"
				   "3: " SMAP_CLAC WORD_FAULTS
			 : [error] "+r"(error)
			 : [addr] "r"(addr), [first] "r"(first), [second] "r"(second)
			 : "memory", "cc");
	return error;
}

/**
 * user_access_begin(), user_access_end() - allow user_store()
 *
 * Context: thread. In between, only user_store(), and no access without the check of access_ok().
 */
static inline void user_access_begin(void)
{
	__asm__ volatile(SMAP_STAC ::: "memory");
}

static inline void user_access_end(void)
{
	__asm__ volatile(SMAP_CLAC ::: "memory");
}

/**
 * user_store() - write one of many words, after one access_ok() for all of them
 * @value: the word
 * @base: address in the program
 * @offset: constant, added to @base
 * @fault: label where the caller continues if the memory cannot be written
 *
 * Context: between user_access_begin() and user_access_end(); may sleep. The path of @fault calls
 * user_access_end(), too.
 */
#define user_store(value, base, offset, fault)                 \
	__asm__ goto("1: movl %0, %c2(%1)\n\t"                 \
		     ".pushsection exception_table, \"a\"\n\t" \
		     ".balign 4\n\t"                           \
		     ".long 1b, %l3\n\t"                       \
		     ".popsection\n\t"                         \
		     :                                         \
		     : "ri"(value), "r"(base), "i"(offset)     \
		     :                                         \
		     : fault)
