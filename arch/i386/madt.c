/* SPDX-License-Identifier: MIT */
#include <asm/acpi.h>
#include <asm/fixmap.h>
#include <asm/madt.h>
#include <asm/topology.h>
#include <kernel/printk.h>
#include <lib/string.h>

/*
 * The Multiple APIC Description Table (ACPI specification 6.5, 5.2.12) lists CPUs and interrupt
 * controllers. It is a list of records; the first two bytes of each are its type and its length.
 * Only the length leads to the next record, so the list ends at a record with an impossible length.
 * The records after it are lost, and the log says how much.
 *
 *	[header][address of the CPUs' APICs][flags][type, length, ...][type, length, ...]...
 */

#define MADT_LAPIC_PHYS 36
#define MADT_RECORDS    44

#define MADT_ENABLED 1u /* flag of a CPU; without it the CPU is absent, or not yet there */

/* --- one function for each type of record ----------------------------------------------------- */

static void __init lapic(const u8 *record)
{
	if (table_u32(record + 4) & MADT_ENABLED)
		topology_add_cpu("MADT", record[3]);
}

static void __init x2apic(const u8 *record)
{
	if (table_u32(record + 8) & MADT_ENABLED)
		topology_add_cpu("MADT", table_u32(record + 4));
}

static void __init ioapic(const u8 *record)
{
	topology_add_ioapic("MADT", record[2], table_u32(record + 4), table_u32(record + 8));
}

static void __init override(const u8 *record)
{
	if (record[2] == 0) /* the ISA bus, the only one that is defined */
		topology_set_line("MADT", record[3], table_u32(record + 4), table_u16(record + 8));
	else
		topology_skip("MADT: line %u of bus %u, expected bus 0", record[3], record[2]);
}

static void __init lapic_address(const u8 *record)
{
	topology.lapic_phys = table_u32(record + 4) | (u64)table_u32(record + 8) << 32;
}

static struct {
	u8 type, length; /* least number of bytes */
	void (*read)(const u8 *record);
} types[] __initdata = {
	{ 0, 8, lapic },          { 1, 12, ioapic }, { 2, 10, override },
	{ 5, 12, lapic_address }, { 9, 16, x2apic },
};

/* --- the list --------------------------------------------------------------------------------- */

static void __init read_record(u32 at, const u8 *record)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(types); i++) {
		if (types[i].type != record[0])
			continue;
		if (record[1] >= types[i].length)
			types[i].read(record);
		else
			topology_skip("MADT: a record of type %u at %u has %u bytes, expected %u",
				      record[0], at, record[1], types[i].length);
	}
}

/* Some firmware has two such tables, one of them for testing. No field says which one is right. */
static void __init warn_of_others(const struct acpi_table *used)
{
	const struct acpi_table *table;

	for (unsigned int i = 0; (table = acpi_table_at(i)); i++)
		if (table != used && memcmp(table->header.signature, "APIC", 4) == 0)
			pr_warn("MADT: the one at %#llx is used, and another one at %#llx is "
				"ignored\n",
				used->phys, table->phys);
}

bool __init madt_read(void)
{
	const struct acpi_table *table = acpi_find_table("APIC");
	u8 record[UINT8_MAX];
	u32 length, phys;

	if (!table)
		return false;
	warn_of_others(table);
	length = table->header.length;
	if (length < MADT_RECORDS) {
		pr_warn("MADT: %u bytes, expected at least %u: ignored\n", length, MADT_RECORDS);
		return false;
	}
	early_read(&phys, table->phys + MADT_LAPIC_PHYS, sizeof(phys));
	topology.lapic_phys = phys;
	for (u32 at = MADT_RECORDS; at < length; at += record[1]) {
		record[1] = 0;
		early_read(record, table->phys + at, min(length - at, 2u));
		if (record[1] < 2 || record[1] > length - at) {
			pr_warn("MADT: the record at %u has %u bytes, expected 2 to %u: the last "
				"%u bytes of the table are ignored\n",
				at, record[1], length - at, length - at);
			break;
		}
		early_read(record, table->phys + at, record[1]);
		read_record(at, record);
	}
	return true;
}
