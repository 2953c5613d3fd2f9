/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/boot_record.h>
#include <lib/types.h>

/*
 * The page tables of boot/entry.asm map this much memory, from 0 on. So the image must end below, and
 * so must the boot record. OVMF keeps ACPI memory here: a loader could not use more (build.mk checks).
 */
#define BOOT_MAPPED 0x800000ul

/*
 * From what the loader said to a memblock that tells the truth.
 */

/* The kernel's own copy of the boot record. */
extern struct boot_record boot_record;

/* A page below 640 KiB for the code that other CPUs begin with; 0 if there is none. */
extern phys_addr_t trampoline_page;

/**
 * boot_record_copy() - take over what the chooser collected
 * @phys: physical address of its record
 *
 * Context: first thing of all, on the boot page tables (the record lies below 8 MiB).
 */
void boot_record_copy(u32 phys);

/**
 * boot_cmdline() - the command line, as the loader gave it
 *
 * Context: any, after boot_record_copy().
 * Return: the text, of boot_record.cmdline_size bytes. The same number of bytes follows it: boot parameters
 * have their words there. Both stay reserved.
 */
char *boot_cmdline(void);

/**
 * boot_problems_print() - name what was wrong in the loader's information
 *
 * Context: boot, once, after boot_record_copy().
 */
void boot_problems_print(void);

/**
 * memory_setup() - fill memblock from the firmware's memory map
 *
 * Sanitises and prints the map, applies mem= and memmap=, settles what the CPU can address, keeps all
 * RAM in `physmem` and what the kernel can reach in `memory`, reserves the kernel image, modules and
 * the first page, and sets max_pfn and max_low_pfn. Panics if there is not enough RAM to go on.
 *
 * Context: boot, once, after paging_init_early().
 */
void memory_setup(void);
