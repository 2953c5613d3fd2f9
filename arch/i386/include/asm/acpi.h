/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * The firmware's ACPI tables (ACPI specification 6.5, 5.2). They are read through early_memremap()
 * or ioremap_cache(), because the direct map shows RAM only.
 */

/* The header of each table (table 5.4). */
struct acpi_header {
	char signature[4];
	u32 length; /* bytes, with this header */
	u8 revision;
	u8 checksum; /* makes the sum of all bytes 0 */
	char oem_id[6];
	char oem_table_id[8];
	u32 oem_revision;
	char creator_id[4];
	u32 creator_revision;
} __packed;

/**
 * struct acpi_table - one table that was found
 * @phys: physical address
 * @header: copy of its header
 */
struct acpi_table {
	phys_addr_t phys;
	struct acpi_header header;
};

/**
 * acpi_init() - find the tables, list them in the log, and reserve those in RAM
 * @given: the root pointer from the loader
 * @size: bytes at @given, 0 if the loader gave none
 * @has_bios: false with EFI firmware: then no BIOS has data below 1 MiB
 * @keep: reserves a range of physical memory; returns 0, or a negative error code
 *
 * Uses the loader's root pointer, or searches the places of a BIOS (5.2.5.1). A table with a wrong
 * length or checksum is named and left out. If the XSDT or one of its entries is damaged, the RSDT
 * is read, too. The kernel does not use memory of type "ACPI data" as RAM. Reservations are needed
 * if the map is wrong, or was replaced by memmap=.
 *
 * Context: boot, once, after paging_init_early(), memblock filled and nothing allocated yet.
 */
void acpi_init(const void *given, u32 size, bool has_bios,
	       int (*keep)(phys_addr_t base, phys_addr_t size));

/**
 * acpi_table_at() - get the tables that were found, one by one
 * @index: from 0
 *
 * Context: any, after acpi_init().
 * Return: the table; NULL if @index is at or above the number of tables.
 */
const struct acpi_table *acpi_table_at(unsigned int index);

/**
 * acpi_find_table() - find a table by its signature
 * @signature: four letters: "APIC", "FACP", ...
 *
 * Context: any, after acpi_init().
 * Return: the first such table, or NULL.
 */
const struct acpi_table *acpi_find_table(const char *signature);
