/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/boot_record.h>
#include <lib/types.h>

/*
 * What memory the firmware says there is, made sane. The table is sorted by address, no two entries
 * overlap, none is empty, neighbours of the same type are one. The functions keep it so, whatever
 * they are given. None of them allocates; all but e820_print() are silent unless something is
 * wrong.
 *
 * Addresses and sizes are bytes. A range may end at 2^64; one that would go on behind it ends
 * there.
 */

/* Entries the table holds: as many as a loader can give, and room for what parameters cut up. */
#define E820_MAX (BOOT_MAX_E820 + 128)

/* Persistent memory before ACPI had a number for it, and what memmap=nn!ss makes. */
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
 * @end: number behind the last; not above @first if there is none
 */
struct e820_frames {
	u64 first, end;
};

/**
 * e820_init() - make the table from a firmware's map
 * @raw: the entries as they came; any order, overlapping, empty, wrapping
 * @nr: their number
 *
 * Entries of size 0 are left out. Of an entry that wraps past 2^64 neither end can be trusted: as
 * RAM it is left out, with a warning, as anything else it is taken to end there. Where entries
 * overlap, the stricter type wins, see e820_add().
 * Context: boot.
 */
void e820_init(const struct boot_e820 *raw, u32 nr);

/**
 * e820_add() - add a range
 * @addr: first byte
 * @size: bytes; 0 adds nothing
 * @type: what it is
 *
 * Where it overlaps with what is there the stricter type wins. From lenient to strict: RAM, ACPI
 * data, ACPI NVS, persistent (7, 12), disabled (6), reserved, any other number (a larger one beats
 * a smaller one), unusable. Number 0xffffffff is taken as reserved.
 * Context: boot.
 */
void e820_add(u64 addr, u64 size, u32 type);

/**
 * e820_update() - change the type of what has a type
 * @addr: first byte
 * @size: bytes
 * @from: only what has this type
 * @to: gets this one, stricter or not
 *
 * Context: boot.
 * Return: bytes changed.
 */
u64 e820_update(u64 addr, u64 size, u32 from, u32 to);

/**
 * e820_remove() - forget what has a type
 * @addr: first byte
 * @size: bytes
 * @type: only what has this type
 *
 * Context: boot.
 * Return: bytes removed.
 */
u64 e820_remove(u64 addr, u64 size, u32 type);

/**
 * e820_clear() - forget everything
 */
void e820_clear(void);

/**
 * e820_clamp() - forget the RAM that lies too high
 * @limit: first address that cannot be used
 *
 * Context: boot.
 * Return: bytes of RAM removed.
 */
u64 e820_clamp(u64 limit);

/**
 * e820_highest_ram() - where RAM ends
 *
 * The size of a machine: entries of other types lie far above (0xfd00000000 on CPUs with long
 * mode).
 *
 * Return: address of the last byte of RAM plus one; 0 if there is none, or if it ends at 2^64.
 */
u64 e820_highest_ram(void);

/**
 * e820_ram_frames() - the whole frames of RAM of an entry
 * @index: of the entry, below e820_table.nr
 *
 * Return: its frames; none if the entry is not RAM, or is too small for a frame.
 */
struct e820_frames e820_ram_frames(u32 index);

/**
 * e820_ram_end() - how far whole frames of RAM go on from an address
 * @addr: the address
 *
 * Return: where the RAM around @addr ends, or 2^64 - 4096 if that is lower; @addr itself if it is not
 * in a whole frame of RAM.
 */
u64 e820_ram_end(u64 addr);

/**
 * e820_drop_legacy_ram() - forget RAM from 640 KiB to 1 MiB
 *
 * A PC has the memory of the screen and ROMs there, and firmware keeps tables there. A map that says
 * RAM may be right (a virtual machine without firmware), but the 384 KiB are not worth the risk. One line
 * says how much it was. Entries of other types stay.
 * Context: boot.
 */
void e820_drop_legacy_ram(void);

/**
 * e820_type_name() - a type in the words of Linux
 * @type: any number
 * @buf: used where the number is part of the name
 * @size: of @buf; 24 is enough
 *
 * Return: "usable", "reserved", "ACPI data", "ACPI NVS", "unusable", "persistent (type 7)", "type
 * 20".
 */
const char *e820_type_name(u32 type, char *buf, size_t size);

/**
 * e820_print() - log the table, as Linux prints it
 * @who: whose table: "BIOS-e820", "user"
 */
void e820_print(const char *who);

/**
 * e820_apply_params() - change the table as mem= and memmap= say
 *
 * In the order in which they stood on the command line; then prints the table, if there were any.
 * Context: boot, once, after e820_init().
 */
void e820_apply_params(void);
