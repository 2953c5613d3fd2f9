/* SPDX-License-Identifier: MIT */
#include <asm/acpi.h>
#include <asm/cpu.h>
#include <asm/fixmap.h>
#include <kernel/printk.h>
#include <lib/string.h>
#include <mm/memblock.h>

/*
 * The firmware's tables, found by following pointers:
 *
 *	RSDP ─▶ RSDT (32-bit pointers) ─▶ FACP, APIC, HPET, ...
 *	   └──▶ XSDT (64-bit pointers, used instead where there is one)
 *
 * Every one of these addresses comes from firmware, and is believed only after the checksum. What is
 * mapped at one moment is one table: the next address is copied before the next mapping is made.
 */

#define MAX_TABLES 48
#define MAX_LENGTH ((FIX_EARLY_PAGES - 1) * PAGE_SIZE)

/* Where a BIOS leaves the RSDP: the first KiB of its extended data area, or the ROM (5.2.5.1). */
#define BDA_EBDA_SEGMENT 0x40e
#define EBDA_SEARCHED    SZ_1K
#define ROM_START        0xe0000
#define ROM_SIZE         0x20000

/* ACPI 6.5, table 5.3. Revision 0 ends before `length`. */
struct rsdp {
	char signature[8];
	u8 checksum;
	char oem_id[6];
	u8 revision;
	u32 rsdt;
	u32 length;
	u64 xsdt;
	u8 extended_checksum;
	u8 reserved[3];
} __packed;

#define RSDP_V0_SIZE 20

static struct acpi_table tables[MAX_TABLES] __ro_after_init;
static unsigned int nr_tables __ro_after_init;

static u8 __init sum_of(const void *data, size_t size)
{
	const u8 *bytes = data;
	u8 sum = 0;

	while (size--)
		sum += *bytes++;
	return sum;
}

/* --- the root pointer --------------------------------------------------------------------------- */

static bool __init is_rsdp(const struct rsdp *rsdp)
{
	return memcmp(rsdp->signature, "RSD PTR ", 8) == 0 && sum_of(rsdp, RSDP_V0_SIZE) == 0;
}

static bool __init search(phys_addr_t from, unsigned long size, struct rsdp *result)
{
	const unsigned long step = 16, window = SZ_4K * 8;
	bool found = false;

	for (unsigned long at = 0; at < size && !found; at += window) {
		unsigned long piece = min(window, size - at);
		/* The last pointer of a piece may reach over its end. */
		const char *mapped = early_memremap(from + at, piece + sizeof(*result));

		for (unsigned long i = 0; i < piece && !found; i += step) {
			found = is_rsdp((const struct rsdp *)(mapped + i));
			if (found)
				memcpy(result, mapped + i, sizeof(*result));
		}
		early_iounmap();
	}
	return found;
}

static phys_addr_t __init ebda(void)
{
	const u16 *segment = early_memremap(BDA_EBDA_SEGMENT, sizeof(*segment));
	phys_addr_t phys = (phys_addr_t)*segment << 4;

	early_iounmap();
	return phys;
}

static bool __init take_from_loader(const void *given, u32 size, struct rsdp *rsdp)
{
	if (size < RSDP_V0_SIZE)
		return false;
	memset(rsdp, 0, sizeof(*rsdp));
	memcpy(rsdp, given, min(size, (u32)sizeof(*rsdp)));
	if (is_rsdp(rsdp))
		return true;
	pr_warn("ACPI: the loader's root pointer has a wrong checksum: ignored\n");
	return false;
}

static bool __init find_in_bios(struct rsdp *rsdp)
{
	phys_addr_t area = ebda();

	if (area >= SZ_4K && area < 0xa0000 && search(area, EBDA_SEARCHED, rsdp))
		return true;
	return search(ROM_START, ROM_SIZE, rsdp);
}

/* --- the tables --------------------------------------------------------------------------------- */

static void __init print_table(phys_addr_t phys, const struct acpi_header *h)
{
	pr_info("ACPI: %.4s 0x%016llx %06x (v%02u %.6s %.8s %08x %.4s %08x)\n", h->signature,
		(unsigned long long)phys, h->length, h->revision, h->oem_id, h->oem_table_id,
		h->oem_revision, h->creator_id, h->creator_revision);
}

/* Copies the header of a sane table; says what is wrong with any other. */
static bool __init read_header(phys_addr_t phys, struct acpi_header *header)
{
	u8 sum;

	if (phys == 0 || phys >> boot_cpu.phys_bits) {
		pr_warn("ACPI: a table at %#llx: expected an address of %u bits\n",
			(unsigned long long)phys, boot_cpu.phys_bits);
		return false;
	}
	memcpy(header, early_memremap(phys, sizeof(*header)), sizeof(*header));
	early_iounmap();
	if (header->length < sizeof(*header) || header->length > MAX_LENGTH) {
		pr_warn("ACPI: the table at %#llx has %u bytes, expected %zu to %lu: ignored\n",
			(unsigned long long)phys, header->length, sizeof(*header), MAX_LENGTH);
		return false;
	}
	sum = sum_of(early_memremap(phys, header->length), header->length);
	early_iounmap();
	if (sum != 0)
		pr_warn("ACPI: the bytes of %.4s at %#llx have the sum %#x, expected 0: ignored\n",
			header->signature, (unsigned long long)phys, sum);
	return sum == 0;
}

static void __init add_table(phys_addr_t phys)
{
	struct acpi_table *table = &tables[nr_tables];

	if (nr_tables == MAX_TABLES) {
		pr_warn("ACPI: more than %u tables: the one at %#llx is ignored\n", MAX_TABLES,
			(unsigned long long)phys);
		return;
	}
	if (!read_header(phys, &table->header))
		return;
	table->phys = phys;
	nr_tables++;
	print_table(phys, &table->header);
	memblock_reserve(phys, table->header.length);
}

static phys_addr_t __init pointer_at(phys_addr_t phys, unsigned int bytes)
{
	phys_addr_t pointer = 0;

	memcpy(&pointer, early_memremap(phys, bytes), bytes);
	early_iounmap();
	return pointer;
}

/* The pointers follow the header of the root table, 4 or 8 bytes each, at any alignment. */
static void __init add_tables_of(phys_addr_t root, unsigned int bytes)
{
	struct acpi_header header;

	if (!read_header(root, &header))
		return;
	print_table(root, &header);
	memblock_reserve(root, header.length);
	for (u32 at = sizeof(header); at + bytes <= header.length; at += bytes)
		add_table(pointer_at(root + at, bytes));
}

void __init acpi_init(const void *given, u32 size, bool has_bios)
{
	struct rsdp rsdp;

	if (!take_from_loader(given, size, &rsdp) && !(has_bios && find_in_bios(&rsdp))) {
		pr_info("ACPI: this machine has no tables\n");
		return;
	}
	pr_info("ACPI: RSDP (v%02u %.6s)\n", rsdp.revision, rsdp.oem_id);
	if (rsdp.revision >= 2 && rsdp.xsdt)
		add_tables_of(rsdp.xsdt, sizeof(u64));
	else
		add_tables_of(rsdp.rsdt, sizeof(u32));
}

const struct acpi_table *acpi_table_at(unsigned int index)
{
	return index < nr_tables ? &tables[index] : NULL;
}

const struct acpi_table *acpi_find_table(const char *signature)
{
	for (unsigned int i = 0; i < nr_tables; i++)
		if (memcmp(tables[i].header.signature, signature, 4) == 0)
			return &tables[i];
	return NULL;
}
