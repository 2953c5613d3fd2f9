/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/boot_record.h>
#include <lib/types.h>

/*
 * The page tables of boot/entry.asm map this much memory, from 0 on, so the image and the boot
 * record must end below it. OVMF keeps ACPI memory there, so a loader could not use more (build.mk
 * checks the image).
 */
#define BOOT_MAPPED 0x800000ul

/* Functions that turn the loader's information into a memblock without errors. */

/* The kernel's own copy of the boot record. */
extern struct boot_record boot_record;

/* A page below 640 KiB for the code with which other CPUs begin; 0 if there is none. */
extern phys_addr_t trampoline_page;

/**
 * boot_record_copy() - copy the record that the chooser made
 * @phys: physical address of that record, below BOOT_MAPPED
 *
 * Context: before everything else, on the boot page tables.
 */
void boot_record_copy(u32 phys);

/**
 * boot_cmdline() - get the command line, as the loader gave it
 *
 * Context: any, after boot_record_copy().
 * Return: the text, of boot_record.cmdline_size bytes. As many bytes follow it, where boot
 * parameters keep their words. Both stay reserved.
 */
char *boot_cmdline(void);

/**
 * boot_problems_print() - print the faults in the loader's information
 *
 * Context: boot, once, after boot_record_copy().
 */
void boot_problems_print(void);

/**
 * memory_setup() - fill memblock from the firmware's memory map
 *
 * Sanitises and prints the map, applies mem= and memmap=, and finds out what the CPU can address.
 * Keeps all RAM in `physmem` and the RAM that the kernel can reach in `memory`. Reserves the kernel
 * image, the modules and the first page. Sets max_pfn and max_low_pfn. Panics if there is too
 * little RAM.
 *
 * Context: boot, once, after paging_init_early().
 */
void memory_setup(void);
