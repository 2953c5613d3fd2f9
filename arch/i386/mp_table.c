/* SPDX-License-Identifier: MIT */
#include <asm/fixmap.h>
#include <asm/mp_table.h>
#include <asm/topology.h>
#include <kernel/printk.h>
#include <lib/string.h>

/*
 * The table of the MultiProcessor Specification 1.4, chapter 4, from before ACPI. A search finds a
 * pointer to it. The table has a header and records, and the type of a record gives its size.
 *
 *	"_MP_" ─▶ "PCMP" [CPUs][buses][I/O APICs][interrupts][local interrupts]
 */

enum mp_type { MP_CPU = 0, MP_BUS = 1, MP_IOAPIC = 2, MP_INTERRUPT = 3, MP_LOCAL_INTERRUPT = 4 };

#define MP_POINTER_SIZE 16
#define MP_HEADER_SIZE  44
#define MP_RECORD_MAX   20
#define MP_MAX_BUSES    256

/* Number of the I/O APIC in an interrupt record that means all of them. */
#define MP_ALL_IOAPICS 0xff

/* The pointer is in the last KiB of base memory or in the ROM (4.1). */
#define MP_EBDA_SEGMENT 0x40e
#define BASE_MEMORY_END 0xa0000
#define MP_ROM_START    0xf0000
#define MP_ROM_SIZE     0x10000

static bool is_isa[MP_MAX_BUSES] __initdata;
static u8 ioapic_id __initdata;

/* --- where it is ------------------------------------------------------------------------------ */

static bool __init is_pointer(const u8 *bytes)
{
	u8 sum = 0;

	for (u32 i = 0; i < MP_POINTER_SIZE; i++)
		sum = (u8)(sum + bytes[i]);
	return memcmp(bytes, "_MP_", 4) == 0 && sum == 0;
}

/* Copy the pointer to the table (4.1). It begins at a multiple of its size. */
static bool __init search(phys_addr_t from, u32 size, u8 pointer[MP_POINTER_SIZE])
{
	bool found = false;

	for (u32 at = 0; at < size && !found; at += PAGE_SIZE) {
		u32 piece = min(size - at, (u32)PAGE_SIZE);
		const u8 *mapped = early_memremap(from + at, piece);

		for (u32 i = 0; i + MP_POINTER_SIZE <= piece && !found; i += MP_POINTER_SIZE) {
			found = is_pointer(mapped + i);
			if (found)
				memcpy(pointer, mapped + i, MP_POINTER_SIZE);
		}
		early_iounmap();
	}
	return found;
}

static bool __init find_pointer(u8 pointer[MP_POINTER_SIZE])
{
	phys_addr_t area;
	u16 segment;

	early_read(&segment, MP_EBDA_SEGMENT, sizeof(segment));
	area = (phys_addr_t)segment << 4;
	if (area >= BASE_MEMORY_END / 2 && area < BASE_MEMORY_END && search(area, SZ_1K, pointer))
		return true;
	return search(BASE_MEMORY_END - SZ_1K, SZ_1K, pointer) ||
	       search(MP_ROM_START, MP_ROM_SIZE, pointer);
}

/* --- records ---------------------------------------------------------------------------------- */

static u32 __init size_of(u8 type)
{
	return type == MP_CPU ? MP_RECORD_MAX : 8;
}

static void __init read_record(const u8 *record)
{
	switch (record[0]) {
	case MP_CPU:
		if (record[3] & 1)
			topology_add_cpu("MP table", record[1]);
		break;
	case MP_BUS:
		is_isa[record[1]] = memcmp(record + 2, "ISA   ", 6) == 0;
		break;
	case MP_IOAPIC:
		/*
		 * The table does not list the inputs of an I/O APIC. The first one has the PC's
		 * lines.
		 */
		if (record[3] & 1 && !topology.ioapic_phys) {
			ioapic_id = record[1];
			topology_add_ioapic("MP table", record[1], table_u32(record + 4), 0);
		}
		break;
	case MP_INTERRUPT:
		/* Type 0 is an ordinary interrupt; 3 is the 8259s'. */
		if (record[1] == 0 && is_isa[record[4]] &&
		    (record[6] == ioapic_id || record[6] == MP_ALL_IOAPICS))
			topology_set_line("MP table", record[5], record[7], table_u16(record + 2));
		break;
	}
}

static void __init read_records(phys_addr_t table, u32 length)
{
	u8 record[MP_RECORD_MAX];

	for (u32 at = MP_HEADER_SIZE; at < length; at += size_of(record[0])) {
		early_read(record, table + at, 1);
		if (record[0] > MP_LOCAL_INTERRUPT || size_of(record[0]) > length - at) {
			pr_warn("MP table: a record of type %u at %u, expected type 0 to %u within "
				"%u bytes: the rest is ignored\n",
				record[0], at, MP_LOCAL_INTERRUPT, length);
			return;
		}
		early_read(record, table + at, size_of(record[0]));
		read_record(record);
	}
}

bool __init mp_table_read(void)
{
	u8 pointer[MP_POINTER_SIZE], header[MP_HEADER_SIZE];
	phys_addr_t table;
	u32 length;

	if (!find_pointer(pointer))
		return false;
	table = table_u32(pointer + 4);
	/* No valid table is that close to 4 GiB: firmware has its ROM there. */
	if (table > UINT32_MAX - UINT16_MAX) {
		pr_warn("MP table: at %#llx, expected at most %#x: ignored\n", table,
			UINT32_MAX - UINT16_MAX);
		return false;
	}
	if (table == 0) {
		pr_warn("MP table: default configuration %u without a table, expected a table: "
			"ignored\n",
			pointer[11]);
		return false;
	}
	early_read(header, table, sizeof(header));
	length = table_u16(header + 4);
	if (memcmp(header, "PCMP", 4) != 0 || length < MP_HEADER_SIZE ||
	    early_sum(table, length) != 0) {
		pr_warn("MP table: %u bytes at %#llx, expected \"PCMP\", %u bytes or more, and the "
			"sum 0: ignored\n",
			length, table, MP_HEADER_SIZE);
		return false;
	}
	topology.lapic_phys = table_u32(header + 36);
	read_records(table, length);
	return true;
}
