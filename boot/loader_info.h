/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/boot_record.h>
#include <lib/types.h>

/*
 * From the information of a multiboot loader to the boot record. loader_info.c checks everything
 * before it uses it.
 */

/* EAX at the entry: Multiboot 1, 3.2; Multiboot 2, 3.3. */
#define MULTIBOOT1_MAGIC 0x2badb002u
#define MULTIBOOT2_MAGIC 0x36d76289u

/**
 * struct image_part - a range of memory that build/highland.elf occupies
 * @start: physical address of its first byte
 * @size: bytes, including those that the loader clears
 */
struct image_part {
	u32 start, size;
};

enum { IMAGE_CHOOSER, IMAGE_KERNELS, IMAGE_NR_PARTS };

/**
 * struct image_kernel - a kernel in the image
 * @bytes: physical address where the loader has put its first byte
 * @bytes_end: one past its last byte; a multiple of 4 above @bytes
 * @start: physical address that it is linked for, at or below @bytes
 * @size: bytes of memory that it needs from @start on, with its .bss
 * @entry: physical address of its first instruction
 */
struct image_kernel {
	u32 bytes, bytes_end, start, size, entry;
};

enum { KERNEL_NOPAE, KERNEL_PAE, NR_KERNELS };

/* The linker fills in both tables: boot/image_parts.c, boot/image.ld. */
extern const struct image_part image_parts[IMAGE_NR_PARTS];
extern const struct image_kernel image_kernels[NR_KERNELS];

/**
 * loader_info_read() - copy a loader's information into a boot record
 * @record: is filled in; the caller has zeroed it, and set fields that no loader knows
 * @text: room for the command line, BOOT_CMDLINE bytes; record->cmdline is its address
 * @magic: MULTIBOOT1_MAGIC or MULTIBOOT2_MAGIC
 * @info: physical address of the information
 *
 * A part that cannot be true is left out, and recorded as a problem. The kernel prints the
 * problems.
 *
 * Context: before paging; writes to @record, to @text, and stars over a key (grade_key_take()).
 * Return: false if @magic is of no known loader; nothing has been read then.
 */
bool loader_info_read(struct boot_record *record, char *text, u32 magic, u32 info);

/**
 * loader_info_end_of_ram() - first address above all RAM that the loader knows of
 * @record: as loader_info_read() filled it
 *
 * Context: before paging; only reads @record.
 * Return: physical address; 0 if the loader knows of no RAM.
 */
u64 loader_info_end_of_ram(const struct boot_record *record);

/**
 * loader_info_problem() - record that a part of the information cannot be true
 * @record: gets the problem
 * @part: enum boot_part
 * @fault: enum boot_fault
 * @at: physical address of the part
 * @value: the value found there
 * @limit: the limit of that value, for the faults that have one
 *
 * The record has room for BOOT_MAX_PROBLEMS. Further ones are only counted.
 *
 * Context: before paging; writes only to @record.
 */
void loader_info_problem(struct boot_record *record, u32 part, u32 fault, u32 at, u32 value,
			 u32 limit);
