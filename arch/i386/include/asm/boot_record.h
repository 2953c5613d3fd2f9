/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * The record that the image chooser (boot/chooser.c) hands to the kernel that it starts. It holds
 * everything that a multiboot 1 or 2 loader reported, copied, in one form. The record is in the
 * chooser's .bss, and the kernel copies it before it does anything else. Only the command line
 * stays in the chooser's memory, so that its room of 64 KiB costs the kernel nothing: it reserves
 * only the bytes in use.
 *
 * Multiboot 1 specification 0.6.96, section 3.3; Multiboot 2 specification 2.0, section 3.6.
 */

#define BOOT_RECORD_MAGIC 0x44524b48u /* "HKRD" */

#define BOOT_MAX_E820     512
#define BOOT_MAX_MODULES  64
#define BOOT_CMDLINE      65536 /* bytes of the command line, with its terminating 0 */
#define BOOT_NAME         96
#define BOOT_GRADE_KEY    48
#define BOOT_MAX_PROBLEMS 16

/* Types of the firmware's memory map: ACPI specification 6.5, table 15.4. */
enum e820_type {
	E820_RAM = 1,
	E820_RESERVED = 2,
	E820_ACPI = 3,
	E820_NVS = 4,
	E820_UNUSABLE = 5,
	E820_DISABLED = 6,
	E820_PMEM = 7,
};

/* One entry of the firmware's memory map, not checked in any way. */
struct boot_e820 {
	u64 addr;
	u64 size;
	u32 type;
	u32 pad;
};

struct boot_module {
	u32 start; /* physical, first byte */
	u32 end;   /* physical, one past the last */
	char name[BOOT_NAME];
};

struct boot_framebuffer {
	u64 addr;
	u32 pitch, width, height;
	u8 bpp;
	u8 type; /* 0 indexed, 1 RGB, 2 EGA text; 255: the loader did not report it */
	/*
	 * Type 1: lowest bit and number of bits of each colour in a pixel. All are 0 if the loader
	 * omitted them.
	 */
	u8 red_shift, red_bits, green_shift, green_bits, blue_shift, blue_bits;
};

/* The part of the loader's information that has a fault. */
enum boot_part {
	BOOT_PART_INFO,
	BOOT_PART_CMDLINE,
	BOOT_PART_LOADER_NAME,
	BOOT_PART_MODULES,
	BOOT_PART_MODULE_NAME,
	BOOT_PART_MMAP,
	BOOT_PART_MMAP_ENTRY,
	BOOT_PART_EFI_MMAP_ENTRY,
	BOOT_PART_TAG,
	BOOT_PART_TAGS,
	BOOT_NR_PARTS,
};

enum boot_fault {
	BOOT_FAULT_NULL,         /* the loader reports one, at address 0 */
	BOOT_FAULT_PAST_4G,      /* `value` bytes from `at` on wrap around */
	BOOT_FAULT_IN_IMAGE,     /* `value` bytes from `at` on overlap the image of Highland */
	BOOT_FAULT_TOO_SMALL,    /* `value`, expected at least `limit` */
	BOOT_FAULT_TOO_LARGE,    /* `value`, expected at most `limit` */
	BOOT_FAULT_UNTERMINATED, /* a string without a 0 in `value` bytes */
	BOOT_FAULT_NO_END,       /* the tags end at `at` without an end tag */
	BOOT_FAULT_NO_RAM,       /* it is at `at`, and RAM ends at `limit` */
	BOOT_NR_FAULTS,
};

/* A fault in the loader's information. The chooser did not use that part. */
struct boot_problem {
	u16 part;  /* enum boot_part */
	u16 fault; /* enum boot_fault */
	u32 at;    /* physical address of the part */
	u32 value;
	u32 limit;
};

struct boot_record {
	u32 magic;
	u32 size;         /* sizeof(struct boot_record), as the chooser sees it */
	u32 loader;       /* 1 or 2: which multiboot */
	u32 mem_lower;    /* KiB from 0, as multiboot says it; 0 unknown */
	u32 mem_upper;    /* KiB from 1 MiB; 0 unknown */
	u32 nr_e820;      /* entries in e820[] */
	u32 nr_e820_lost; /* entries that did not fit */
	u32 nr_modules;
	u32 nr_modules_lost;
	u32 cmdline;      /* physical address of the text; as much room again follows it */
	u32 cmdline_size; /* bytes of the text, with its terminating 0 */
	u32 cmdline_lost; /* bytes of the command line that did not fit */
	u32 efi_map;      /* 1: e820[] was made from an EFI memory map */
	u32 rsdp_size;    /* bytes in rsdp[], 0 if the loader gave none */
	u8 rsdp[36];
	u64 entry_tsc;    /* cycle counter when the chooser began; 0 on a CPU without one */
	u32 efi_firmware; /* 1: the loader was started by EFI, as far as it says so */
	struct boot_framebuffer framebuffer;
	char grade_key[BOOT_GRADE_KEY]; /* value of grade_key=, "" if there is none: grade_key.c */
	char loader_name[BOOT_NAME];
	u32 nr_problems;      /* entries in problems[] */
	u32 nr_problems_lost; /* entries that did not fit */
	struct boot_problem problems[BOOT_MAX_PROBLEMS];
	struct boot_e820 e820[BOOT_MAX_E820];
	struct boot_module modules[BOOT_MAX_MODULES];
};

_Static_assert(sizeof(struct boot_e820) == 24, "one layout for chooser, kernels and host");
