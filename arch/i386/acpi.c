/* SPDX-License-Identifier: MIT */
#include <asm/acpi.h>
#include <asm/cpu.h>
#include <asm/fixmap.h>
#include <kernel/printk.h>
#include <lib/string.h>

/*
 * Finds the firmware's tables (Advanced Configuration and Power Interface, ACPI) by following
 * pointers:
 *
 *	RSDP ─▶ RSDT (32-bit pointers) ─▶ FACP, APIC, HPET, ...
 *	   └──▶ XSDT (64-bit pointers, used instead where there is one)
 *
 * Each of these addresses comes from firmware, and the kernel trusts a table only if its checksum
 * is right. Both root tables should name the same tables. If the XSDT or one of its entries is
 * damaged, the kernel also reads the RSDT and takes the tables that it has not seen. Each table
 * that is left out is named in the log.
 */

#define MAX_TABLES  96
#define MAX_ENTRIES 256 /* entries of a root table */

/* The largest known tables have about 500 KiB. A length above this limit is damaged. */
#define MAX_LENGTH (16 * SZ_1M)

/* A BIOS leaves the RSDP in the first KiB of its extended data area, or in the ROM (5.2.5.1). */
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
		sum = (u8)(sum + *bytes++);
	return sum;
}

/* --- the root pointer ------------------------------------------------------------------------- */

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
		/* The last pointer of a piece may extend beyond the piece. */
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

/* --- the tables ------------------------------------------------------------------------------- */

/* Names from firmware are printed, and must not send control characters to a terminal. */
static void __init make_printable(char *name, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (name[i] && (name[i] < ' ' || name[i] > '~'))
			name[i] = '?';
}

static void __init make_names_printable(struct acpi_header *h)
{
	make_printable(h->signature, sizeof(h->signature));
	make_printable(h->oem_id, sizeof(h->oem_id));
	make_printable(h->oem_table_id, sizeof(h->oem_table_id));
	make_printable(h->creator_id, sizeof(h->creator_id));
}

static void __init print_table(phys_addr_t phys, const struct acpi_header *h)
{
	pr_info("ACPI: %.4s 0x%016llx %06x (v%02u %.6s %.8s %08x %.4s %08x)\n", h->signature, phys,
		h->length, h->revision, h->oem_id, h->oem_table_id, h->oem_revision, h->creator_id,
		h->creator_revision);
}

/* Test whether page tables can name all of a range. */
static bool __init can_be_named(phys_addr_t phys, u64 size)
{
	return phys != 0 && (phys + size - 1) >> boot_cpu.phys_bits == 0;
}

/* Copy the header of a sane table, with printable names. Print the fault of any other table. */
static bool __init read_header(const char *what, phys_addr_t phys, struct acpi_header *header)
{
	u8 sum;

	if (!can_be_named(phys, sizeof(*header))) {
		pr_warn("ACPI: %s at %#llx: expected an address of %u bits: ignored\n", what, phys,
			boot_cpu.phys_bits);
		return false;
	}
	early_read(header, phys, sizeof(*header));
	make_names_printable(header);
	if (header->length < sizeof(*header) || header->length > MAX_LENGTH ||
	    !can_be_named(phys, header->length)) {
		pr_warn("ACPI: %s %.4s at %#llx has %u bytes, expected %zu to %lu: ignored\n", what,
			header->signature, phys, header->length, sizeof(*header), MAX_LENGTH);
		return false;
	}
	sum = early_sum(phys, header->length);
	if (sum != 0)
		pr_warn("ACPI: the bytes of %s %.4s at %#llx have the sum %#x, expected 0: "
			"ignored\n",
			what, header->signature, phys, sum);
	return sum == 0;
}

static int (*reserve_range)(phys_addr_t base, phys_addr_t size) __initdata;

static void __init reserve(phys_addr_t phys, const struct acpi_header *header)
{
	if (reserve_range(phys, header->length) != 0)
		pr_warn("ACPI: %.4s at %#llx cannot be reserved: too many ranges\n",
			header->signature, phys);
}

static bool __init is_known(phys_addr_t phys)
{
	for (unsigned int i = 0; i < nr_tables; i++)
		if (tables[i].phys == phys)
			return true;
	return false;
}

/* Return true if the table is in the list. */
static bool __init add_table(phys_addr_t phys)
{
	struct acpi_table *table = &tables[nr_tables];

	if (is_known(phys))
		return true;
	if (nr_tables == MAX_TABLES) {
		pr_warn("ACPI: more than %u tables: the one at %#llx is ignored\n", MAX_TABLES,
			phys);
		return false;
	}
	if (!read_header("table", phys, &table->header))
		return false;
	table->phys = phys;
	nr_tables++;
	print_table(phys, &table->header);
	reserve(phys, &table->header);
	return true;
}

/*
 * The pointers follow the header of the root table, 4 or 8 bytes each, at any alignment. A pointer
 * of 0 is an unused entry. Return true if the root and all tables that it names were taken.
 */
static bool __init add_tables_of(const char *signature, phys_addr_t root, unsigned int bytes)
{
	u32 entries, empty = 0, bad = 0;
	struct acpi_header header;

	if (!read_header("root table", root, &header))
		return false;
	if (memcmp(header.signature, signature, sizeof(header.signature)) != 0) {
		pr_warn("ACPI: root table at %#llx is %.4s, expected %s: ignored\n", root,
			header.signature, signature);
		return false;
	}
	print_table(root, &header);
	reserve(root, &header);
	entries = (header.length - sizeof(header)) / bytes;
	if (entries > MAX_ENTRIES)
		pr_warn("ACPI: %s has %u entries, expected at most %u: the others are ignored\n",
			signature, entries, MAX_ENTRIES);
	for (u32 i = 0; i < min(entries, (u32)MAX_ENTRIES); i++) {
		phys_addr_t phys = 0;

		early_read(&phys, root + sizeof(header) + i * bytes, bytes);
		if (phys == 0)
			empty++;
		else if (!add_table(phys))
			bad++;
	}
	if (empty)
		pr_info("ACPI: %u of %u entries of %s are empty\n", empty, entries, signature);
	return bad == 0 && entries <= MAX_ENTRIES;
}

/* The second checksum covers the whole structure, with the pointer to the XSDT (5.2.5.3). */
static bool __init has_xsdt(const struct rsdp *rsdp)
{
	if (rsdp->revision < 2 || rsdp->xsdt == 0)
		return false;
	if (rsdp->length >= sizeof(*rsdp) && sum_of(rsdp, sizeof(*rsdp)) == 0)
		return true;
	pr_warn("ACPI: the root pointer has %u bytes and the sum %#x, expected %zu and 0: its XSDT "
		"is ignored\n",
		rsdp->length, sum_of(rsdp, sizeof(*rsdp)), sizeof(*rsdp));
	return false;
}

void __init acpi_init(const void *given, u32 size, bool has_bios,
		      int (*keep)(phys_addr_t base, phys_addr_t size))
{
	bool complete;
	struct rsdp rsdp;

	reserve_range = keep;
	if (!take_from_loader(given, size, &rsdp) && !(has_bios && find_in_bios(&rsdp))) {
		pr_info("ACPI: this machine has no tables\n");
		return;
	}
	make_printable(rsdp.oem_id, sizeof(rsdp.oem_id));
	pr_info("ACPI: RSDP (v%02u %.6s)\n", rsdp.revision, rsdp.oem_id);
	complete = has_xsdt(&rsdp) && add_tables_of("XSDT", rsdp.xsdt, sizeof(u64));
	if (!complete && rsdp.rsdt)
		add_tables_of("RSDT", rsdp.rsdt, sizeof(u32));
	if (nr_tables == 0)
		pr_warn("ACPI: no table can be used\n");
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
