/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>
#include <vm/mm.h>
#include <vm/object.h>

/* Programs in the ELF format for i386. */

/* The beginning of the file (ELF 1.2, book I, "ELF Header"). */
struct elf_header {
	u32 ident[4];
	u16 type, machine;
	u32 version, entry, phoff, shoff, flags;
	u16 ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

/* A program header: one segment. */
struct elf_segment {
	u32 type, offset, vaddr, paddr, filesz, memsz, flags, align;
};

#define ET_EXEC      2
#define ET_DYN       3
#define PT_LOAD      1u
#define PT_INTERP    3u
#define PT_PHDR      6u
#define PT_GNU_STACK 0x6474e551u
#define PF_X         1u
#define PF_W         2u
#define PF_R         4u

/* Most program headers: one page of them. */
#define ELF_MOST_SEGMENTS 128u

/* Bytes of a file that are read at first: the headers of nearly all programs. */
#define ELF_HEAD_SIZE 256u

/**
 * struct elf_head - the beginning of a file
 * @size: number of bytes, less than ELF_HEAD_SIZE if the file is shorter
 * @header: the same bytes, if this is a program
 * @text: the same bytes, if this is a script
 */
struct elf_head {
	u32 size;
	union {
		struct elf_header header;
		char text[ELF_HEAD_SIZE];
	};
};

/* Most bytes of the interpreter's path, with its end. */
#define ELF_INTERP_SIZE 256u

/**
 * struct elf_layout - what the program headers say as a whole
 * @start, @end: pages from the first to the last segment, before any base is added
 * @phdr: address of the program headers in memory; 0 if no segment has them
 * @exec_stack: the stack is executable
 * @interp: index of the segment with the interpreter's path; -1: none
 */
struct elf_layout {
	u32 start, end;
	u32 phdr;
	bool exec_stack;
	int interp;
};

/**
 * elf_check_header() - is this a program that the kernel can execute?
 * @header: the beginning of a file
 * @size: bytes that the file has, up to sizeof(*header)
 *
 * Context: any.
 * Return: 0 or -ENOEXEC.
 */
int elf_check_header(const struct elf_header *header, size_t size);

/**
 * elf_check_segments() - check all program headers, and sum them up
 * @header: checked
 * @segments: header->phnum program headers, with any contents
 * @object_size: bytes of the file
 * @layout: set on success
 *
 * Afterwards no address of a PT_LOAD segment overflows or reaches the kernel, and the segments are
 * in order and do not overlap.
 * Context: any.
 * Return: 0 or -ENOEXEC.
 */
int elf_check_segments(const struct elf_header *header, const struct elf_segment *segments,
		       u64 object_size, struct elf_layout *layout);

/**
 * struct elf_image - a program, or its interpreter, that is mapped
 * @base: added to all addresses of the file
 * @entry: first instruction
 * @phdr, @phnum: program headers in memory
 * @end: page behind the last segment
 * @exec_stack: the stack is executable
 * @interp: path of the interpreter, "" if there is none
 */
struct elf_image {
	u32 base, entry, phdr, phnum, end;
	bool exec_stack;
	char interp[ELF_INTERP_SIZE];
};

/**
 * elf_read_head() - read the beginning of a file
 * @object: pages of the file
 * @head: set on success
 *
 * Context: may sleep.
 * Return: 0, or the errno of vm_object_read().
 */
int elf_read_head(struct vm_object *object, struct elf_head *head);

/**
 * elf_load() - map a program into a new address space
 * @mm: not that of the running thread
 * @object: pages of the file
 * @head: its beginning
 * @hint: wanted place of a program that can be anywhere; 0: any
 * @highest: no fixed address may be above it, since the stack is there
 * @image: set on success
 *
 * Context: may sleep.
 * Return: 0; -ENOEXEC; -ENOMEM; or another errno of vm_mmap().
 */
int elf_load(struct mm *mm, struct vm_object *object, const struct elf_head *head, u32 hint,
	     u32 highest, struct elf_image *image);
