/* SPDX-License-Identifier: MIT */
#include "firmware_unit.h"
#include "host.h"

#include <asm/fixmap.h>
#include <asm/topology_find.h>
#include <mm/memblock.h>

/* The readers are compiled as one file, so that a test can reset what they remember of a boot.
 * Their static names would clash. */
#include "../../arch/i386/acpi.c"
#define search      mp_search
#define read_record mp_read_record
#include "../../arch/i386/mp_table.c"
#undef read_record
#include "../../arch/i386/madt.c"
#include "../../arch/i386/topology.c"
#include "../../arch/i386/topology_find.c"

struct cpu_info boot_cpu = { .phys_bits = 32 };

u8 firmware_memory[FIRMWARE_MEMORY];
u32 firmware_reserved;

int memblock_reserve(phys_addr_t base, phys_addr_t size)
{
	CHECK(base != 0 && size >= sizeof(struct acpi_header) && base + size <= 1ull << 32);
	firmware_reserved++;
	return 0;
}

/* --- memory ----------------------------------------------------------------------------------- */

static u8 *mapped;

void early_read(void *to, phys_addr_t phys, unsigned long size)
{
	unsigned long inside =
		phys < FIRMWARE_MEMORY ? min(size, (unsigned long)(FIRMWARE_MEMORY - phys)) : 0;

	CHECK(!mapped && phys + size <= 1ull << 32);
	memcpy(to, firmware_memory + (inside ? phys : 0), inside);
	memset((u8 *)to + inside, 0xff, size - inside);
}

u8 early_sum(phys_addr_t phys, unsigned long size)
{
	unsigned long inside =
		phys < FIRMWARE_MEMORY ? min(size, (unsigned long)(FIRMWARE_MEMORY - phys)) : 0;
	u8 sum = (u8)((size - inside) * 0xff);

	CHECK(!mapped && phys + size <= 1ull << 32);
	for (unsigned long i = 0; i < inside; i++)
		sum = (u8)(sum + firmware_memory[phys + i]);
	return sum;
}

/* Has exactly the requested size, so the address sanitizer reports a read after its end. */
const void *early_memremap(phys_addr_t phys, unsigned long size)
{
	u8 *copy = malloc(size);

	CHECK(size && (phys & ~PAGE_MASK) + size <= FIX_EARLY_PAGES * PAGE_SIZE);
	CHECK(!mapped);
	early_read(copy, phys, size);
	mapped = copy;
	return mapped;
}

void early_iounmap(void)
{
	CHECK(mapped != NULL);
	free(mapped);
	mapped = NULL;
}

/* --- boots ------------------------------------------------------------------------------------ */

void firmware_reset(void)
{
	memset(firmware_memory, 0, sizeof(firmware_memory));
	memset(&topology, 0, sizeof(topology));
	memset(is_isa, 0, sizeof(is_isa));
	nr_tables = 0;
	complaints = lines_set = ioapic_id = 0;
	firmware_reserved = 0;
	host_log_clear();
}

void firmware_boot(u8 boot_cpu_id)
{
	acpi_init(NULL, 0, true, memblock_reserve);
	CHECK(!mapped && nr_tables <= MAX_TABLES);
	topology_init(true);
	CHECK(!mapped);
	if (topology.source)
		topology_boot_cpu_first(boot_cpu_id);
	CHECK(!topology.source || topology.nr_cpus >= 1);
	CHECK(topology.nr_cpus <= NR_CPUS);
	CHECK(!topology.source || topology.apic_id[0] == boot_cpu_id);
	for (u32 i = 0; i < topology.nr_cpus; i++) {
		CHECK(topology.apic_id[i] != APIC_ID_ALL);
		for (u32 j = 0; j < i; j++)
			CHECK(topology.apic_id[i] != topology.apic_id[j]);
	}
	for (u32 irq = 0; irq < NR_IRQS; irq++)
		CHECK(topology.line[irq] < INPUTS_MAX);
}
