/* SPDX-License-Identifier: MIT */
#include <asm/acpi.h>
#include <asm/fixmap.h>
#include <asm/topology.h>
#include <kernel/printk.h>
#include <lib/command.h>
#include <lib/errno.h>
#include <lib/string.h>

/*
 * Two tables tell of CPUs, both lists of records that begin with a type: the MADT of ACPI (ACPI
 * specification 6.5, 5.2.12), and before that the table of the MultiProcessor Specification 1.4, chapter 4.
 * The second is read where the first is missing, or with acpi=off.
 *
 * The lines of a PC arrive at the I/O APIC input of the same number, unless a record says otherwise; the
 * timer mostly does, at input 2.
 */

struct topology topology __ro_after_init;

static bool acpi_refused __initdata;

static int __init parse_acpi(const char *value)
{
	if (strcmp(value, "off") != 0)
		return -EINVAL;
	acpi_refused = true;
	return 0;
}
BOOT_PARAM("acpi", "acpi=off", "find CPUs by the MP table, not by ACPI", parse_acpi);

static u32 __init u32_at(const u8 *bytes)
{
	u32 value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

static u16 __init u16_at(const u8 *bytes)
{
	return (u16)(bytes[0] | bytes[1] << 8);
}

static void __init add_cpu(u8 apic_id)
{
	for (u32 i = 0; i < topology.nr_cpus; i++)
		if (topology.apic_id[i] == apic_id)
			return;
	if (topology.nr_cpus < NR_CPUS)
		topology.apic_id[topology.nr_cpus++] = apic_id;
	else
		topology.nr_left_out++;
}

/* Flags of an interrupt source, the same in both tables: polarity in bits 0-1, trigger mode in 2-3. */
static void __init set_line(u8 irq, u32 input, u16 flags)
{
	if (irq >= NR_IRQS || input > 0xff)
		return;
	topology.line[irq] = (u8)input;
	if ((flags & 3) == 3)
		topology.active_low |= (u16)(1 << irq);
	if ((flags >> 2 & 3) == 3)
		topology.level |= (u16)(1 << irq);
}

/* --- ACPI --------------------------------------------------------------------------------------- */

enum madt_type { MADT_LAPIC = 0, MADT_IOAPIC = 1, MADT_OVERRIDE = 2, MADT_LAPIC_ADDRESS = 5 };

#define MADT_LAPIC_PHYS 36
#define MADT_RECORDS    44
#define MADT_ENABLED    1

static void __init read_madt_record(const u8 *record)
{
	const u8 type = record[0], length = record[1];

	if (type == MADT_LAPIC && length >= 8 && u32_at(record + 4) & MADT_ENABLED)
		add_cpu(record[3]);
	else if (type == MADT_IOAPIC && length >= 12 && u32_at(record + 8) == 0)
		topology.ioapic_phys = u32_at(record + 4);
	else if (type == MADT_OVERRIDE && length >= 10)
		set_line(record[3], u32_at(record + 4), u16_at(record + 8));
	else if (type == MADT_LAPIC_ADDRESS && length >= 12)
		topology.lapic_phys = u32_at(record + 4) | (u64)u32_at(record + 8) << 32;
}

static bool __init read_madt(void)
{
	const struct acpi_table *table = acpi_find_table("APIC");
	const u8 *madt;

	if (!table || acpi_refused || table->header.length < MADT_RECORDS)
		return false;
	madt = early_memremap(table->phys, table->header.length);
	topology.lapic_phys = u32_at(madt + MADT_LAPIC_PHYS);
	for (u32 at = MADT_RECORDS; at + 2 <= table->header.length; at += madt[at + 1]) {
		if (madt[at + 1] < 2 || at + madt[at + 1] > table->header.length)
			break;
		read_madt_record(madt + at);
	}
	early_iounmap();
	return topology.nr_cpus > 0;
}

/* --- the MP table ------------------------------------------------------------------------------- */

enum mp_type { MP_CPU = 0, MP_BUS = 1, MP_IOAPIC = 2, MP_INTERRUPT = 3 };

#define MP_POINTER_SIZE 16
#define MP_HEADER_SIZE  44
#define MP_MAX_BUSES    32

static bool __init sums_to_zero(const u8 *bytes, u32 size)
{
	u8 sum = 0;

	while (size--)
		sum += *bytes++;
	return sum == 0;
}

/* The address of the table by the floating pointer (MP 1.4, 4.1); 0 if there is none in the range. */
static phys_addr_t __init search_mp_pointer(phys_addr_t from, u32 size)
{
	phys_addr_t table = 0;

	for (u32 at = 0; at < size && !table; at += PAGE_SIZE) {
		u32 piece = min(size - at, (u32)PAGE_SIZE);
		const u8 *mapped = early_memremap(from + at, piece);

		for (u32 i = 0; i + MP_POINTER_SIZE <= piece; i += MP_POINTER_SIZE)
			if (memcmp(mapped + i, "_MP_", 4) == 0 &&
			    sums_to_zero(mapped + i, MP_POINTER_SIZE))
				table = u32_at(mapped + i + 4);
		early_iounmap();
	}
	return table;
}

static phys_addr_t __init find_mp_table(void)
{
	phys_addr_t table = search_mp_pointer(0x9fc00, 0x400);

	return table ? table : search_mp_pointer(0xf0000, 0x10000);
}

static u8 __init size_of_mp_record(u8 type)
{
	return type == MP_CPU ? 20 : 8;
}

static void __init read_mp_record(const u8 *record, bool is_isa[MP_MAX_BUSES])
{
	switch (record[0]) {
	case MP_CPU:
		if (record[3] & 1)
			add_cpu(record[1]);
		break;
	case MP_BUS:
		if (record[1] < MP_MAX_BUSES)
			is_isa[record[1]] = memcmp(record + 2, "ISA   ", 6) == 0;
		break;
	case MP_IOAPIC:
		if (record[3] & 1 && !topology.ioapic_phys)
			topology.ioapic_phys = u32_at(record + 4);
		break;
	case MP_INTERRUPT:
		/* Type 0 is an ordinary interrupt; 3 is the 8259s'. */
		if (record[1] == 0 && record[4] < MP_MAX_BUSES && is_isa[record[4]])
			set_line(record[5], record[7], u16_at(record + 2));
		break;
	}
}

static bool __init read_mp_table(void)
{
	bool is_isa[MP_MAX_BUSES] = { false };
	phys_addr_t phys = find_mp_table();
	const u8 *table;
	u32 length, at = MP_HEADER_SIZE;

	if (!phys)
		return false;
	table = early_memremap(phys, MP_HEADER_SIZE);
	length = memcmp(table, "PCMP", 4) == 0 ? u16_at(table + 4) : 0;
	early_iounmap();
	if (length < MP_HEADER_SIZE)
		return false;
	table = early_memremap(phys, length);
	if (sums_to_zero(table, length)) {
		topology.lapic_phys = u32_at(table + 36);
		while (at < length && at + size_of_mp_record(table[at]) <= length) {
			read_mp_record(table + at, is_isa);
			at += size_of_mp_record(table[at]);
		}
	}
	early_iounmap();
	return topology.nr_cpus > 0;
}

/* --- both --------------------------------------------------------------------------------------- */

void __init topology_init(bool has_bios)
{
	for (u8 irq = 0; irq < NR_IRQS; irq++)
		topology.line[irq] = irq;
	if (read_madt())
		topology.source = "ACPI MADT";
	else if (has_bios && read_mp_table())
		topology.source = "MP table";
	else
		topology.nr_cpus = 1;
}

void __init topology_boot_cpu_first(u8 apic_id)
{
	for (u32 i = 0; i < topology.nr_cpus; i++) {
		if (topology.apic_id[i] != apic_id)
			continue;
		topology.apic_id[i] = topology.apic_id[0];
		topology.apic_id[0] = apic_id;
	}
}
