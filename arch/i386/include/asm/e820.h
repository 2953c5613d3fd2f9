/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/boot_record.h>
#include <lib/types.h>

/*
 * The firmware's memory map, made sane. The table is sorted by address. No two entries overlap,
 * none is empty, and neighbours of the same type are one entry. Each function keeps this, for any
 * input. None of them allocates, and all except e820_print() are silent unless an input is wrong.
 *
 * Addresses and sizes are in bytes. A range may end at 2^64; a longer one is cut there.
 */

/*
 * Entries in the table: as many as a loader can give, and room for the pieces that parameters make.
 */
#define E820_MAX (BOOT_MAX_E820 + 128)

/* Persistent memory before ACPI had a number for it; memmap=nn!ss uses it, too. */
#define E820_PRAM 12

/**
 * struct e820_entry - one range of the table
 * @addr: first byte
 * @size: bytes, not 0; the last byte, @addr + @size - 1, is at most 2^64 - 1
 * @type: enum e820_type, or any other number that the firmware gave
 */
struct e820_entry {
	u64 addr;
	u64 size;
	u32 type;
};

struct e820_table {
	u32 nr;
	struct e820_entry entries[E820_MAX];
};

extern struct e820_table e820_table;

/**
 * struct e820_frames - whole page frames
 * @first: number of the first
 * @end: number after the last; not above @first if there is none
 */
struct e820_frames {
	u64 first, end;
};

/**
 * e820_init() - make the table from a firmware's map
 * @raw: the firmware's entries; any order, overlapping, empty, wrapping
 * @nr: number of entries
 *
 * Entries of size 0 are left out. An entry that wraps past 2^64 has no end that can be trusted: RAM
 * is left out, with a warning, and any other type is cut at 2^64. Where entries overlap, the
 * stricter type wins, see e820_add().
 * Context: boot.
 */
void e820_init(const struct boot_e820 *raw, u32 nr);

/**
 * e820_add() - add a range
 * @addr: first byte
 * @size: bytes; 0 adds nothing
 * @type: its type
 *
 * Where the range overlaps existing entries, the stricter type wins. From lenient to strict: RAM,
 * ACPI data, ACPI NVS, persistent (7, 12), disabled (6), reserved, any other number (a larger one
 * beats a smaller one), unusable. Number 0xffffffff is taken as reserved.
 * Context: boot.
 */
void e820_add(u64 addr, u64 size, u32 type);

/**
 * e820_update() - replace one type by another in a range
 * @addr: first byte
 * @size: bytes
 * @from: the type to replace
 * @to: the new type, stricter or not
 *
 * Context: boot.
 * Return: bytes changed.
 */
u64 e820_update(u64 addr, u64 size, u32 from, u32 to);

/**
 * e820_remove() - remove one type from a range
 * @addr: first byte
 * @size: bytes
 * @type: the type to remove
 *
 * Context: boot.
 * Return: bytes removed.
 */
u64 e820_remove(u64 addr, u64 size, u32 type);

/**
 * e820_clear() - remove all entries
 *
 * Context: boot.
 */
void e820_clear(void);

/**
 * e820_clamp() - remove the RAM at and above an address
 * @limit: first address that cannot be used
 *
 * Context: boot.
 * Return: bytes of RAM removed.
 */
u64 e820_clamp(u64 limit);

/**
 * e820_highest_ram() - find the end of RAM
 *
 * Only RAM counts: entries of other types may be far above it (0xfd00000000 on CPUs with long
 * mode).
 *
 * Context: boot and later.
 * Return: address of the last byte of RAM plus one; 0 if there is no RAM, or if it ends at 2^64.
 */
u64 e820_highest_ram(void);

/**
 * e820_ram_frames() - find the whole frames of RAM in an entry
 * @index: of the entry, below e820_table.nr
 *
 * Context: boot and later.
 * Return: its frames; none if the entry is not RAM, or is too small for a frame.
 */
struct e820_frames e820_ram_frames(u32 index);

/**
 * e820_ram_end() - find the end of the whole frames of RAM around an address
 * @addr: the address
 *
 * Context: boot and later.
 * Return: the end of the RAM around @addr, or 2^64 - 4096 if that is lower; @addr itself if it is
 * not in a whole frame of RAM.
 */
u64 e820_ram_end(u64 addr);

/**
 * e820_drop_legacy_ram() - remove RAM from 640 KiB to 1 MiB
 *
 * A PC has the memory of the screen and ROMs there, and firmware keeps tables there. A map that
 * says RAM may be right (a virtual machine without firmware), but the 384 KiB are not worth the
 * risk. One line says how much was removed. Entries of other types stay.
 * Context: boot.
 */
void e820_drop_legacy_ram(void);

/**
 * e820_type_name() - name a type, as Linux does
 * @type: any number
 * @buf: used if the number is part of the name
 * @size: bytes in @buf; 24 is enough
 *
 * Context: any.
 * Return: "usable", "reserved", "ACPI data", "ACPI NVS", "unusable", "persistent (type 7)", "type
 * 20".
 */
const char *e820_type_name(u32 type, char *buf, size_t size);

/**
 * e820_print() - log the table, as Linux prints it
 * @who: the source of the table: "BIOS-e820", "user"
 *
 * Context: boot.
 */
void e820_print(const char *who);

/**
 * e820_apply_params() - apply mem= and memmap= to the table
 *
 * In the order of the command line. Prints the table if there were any.
 * Context: boot, once, after e820_init().
 */
void e820_apply_params(void);
