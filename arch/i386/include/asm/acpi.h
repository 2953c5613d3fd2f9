/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Where the firmware's ACPI tables are (ACPI specification 6.5, 5.2). They are read through
 * early_memremap() or ioremap_cache(): the direct map shows RAM only.
 */

/* ACPI 6.5, table 5.4: what each table begins with. */
struct acpi_header {
	char signature[4];
	u32 length; /* bytes, this header included */
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
 * @header: a copy of how it begins
 */
struct acpi_table {
	phys_addr_t phys;
	struct acpi_header header;
};

/**
 * acpi_init() - find the tables, list them in the log, and reserve those that lie in RAM
 * @given: the root pointer as the loader gave it
 * @size: its bytes, 0 if the loader gave none
 * @has_bios: false with EFI firmware: what lies below 1 MiB is not a BIOS's then
 * @keep: reserves a range of physical memory; returns 0, or a negative error code
 *
 * The root pointer is what the loader gave, or is looked for where a BIOS leaves it (ACPI 6.5, 5.2.5.1).
 * A table with a wrong length or checksum is named and left out. Where the XSDT or an entry of it is
 * damaged the RSDT is read, too. What the firmware's map calls ACPI data
 * is no RAM for us; a reservation is needed where the map is wrong, or was replaced by memmap=.
 *
 * Context: boot, once, after paging_init_early(), memblock filled and nothing allocated yet.
 */
void acpi_init(const void *given, u32 size, bool has_bios,
	       int (*keep)(phys_addr_t base, phys_addr_t size));

/**
 * acpi_table_at() - the tables that were found, one by one
 * @index: from 0
 *
 * Context: any, after acpi_init().
 * Return: a table; NULL from the number of tables on.
 */
const struct acpi_table *acpi_table_at(unsigned int index);

/**
 * acpi_find_table() - a table by its signature
 * @signature: four letters: "APIC", "FACP", ...
 *
 * Context: any, after acpi_init().
 * Return: the first such table, or NULL.
 */
const struct acpi_table *acpi_find_table(const char *signature);
