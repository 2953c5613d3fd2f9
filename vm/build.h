/* SPDX-License-Identifier: MIT */
#pragma once

#include <vm/mm.h>

/*
 * The areas of a new program, for execve(2). vm/build.c is the chapter.
 */

/**
 * vm_build_area() - map a part of a program, private, and in the place of what is there
 * @mm: of a new program, not locked
 * @start, @end: whole pages, in the user's part of the address space; they may be equal
 * @flags: AREA_READ, AREA_WRITE, AREA_EXEC, which are PROT_*; AREA_GROWSDOWN for the stack
 * @object: the file; NULL: anonymous memory
 * @pgoff: index of the first page of the file
 *
 * Context: may sleep.
 * Return: 0; -ENOMEM; or another errno of vm_mmap().
 */
int vm_build_area(struct mm *mm, unsigned long start, unsigned long end, u32 flags,
		  struct vm_object *object, u32 pgoff);

/**
 * vm_build_stack() - fill the end of the stack
 * @mm: of a new program, not locked. Its highest area is the stack, and has no page
 * @data: bytes of the kernel
 * @size: their number, less than the stack has
 *
 * Context: may sleep.
 * Return: 0, or -ENOMEM.
 */
int vm_build_stack(struct mm *mm, const char *data, size_t size);
