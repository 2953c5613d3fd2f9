/* SPDX-License-Identifier: MIT */
#include <asm/madt.h>
#include <asm/mp_table.h>
#include <asm/topology.h>
#include <asm/topology_find.h>
#include <kernel/command.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <lib/string.h>

/*
 * Finds the list of CPUs. There are two tables: the MADT of ACPI (madt.c), and the older table of
 * the MultiProcessor Specification (mp_table.c). The second one is read if the first is missing, or
 * with acpi=off.
 *
 * A line of the PC arrives at the I/O APIC input of the same number, unless a record says
 * otherwise. The timer mostly arrives at input 2.
 *
 * One CPU exists even if no table lists it: the CPU that runs this code.
 */

static bool acpi_refused __initdata;

static int __init parse_acpi(const char *value)
{
	if (strcmp(value, "off") != 0)
		return -EINVAL;
	acpi_refused = true;
	return 0;
}
BOOT_PARAM("acpi", "acpi=off", "find CPUs by the MP table, not by ACPI", parse_acpi);

void __init topology_init(bool has_bios)
{
	for (u8 irq = 0; irq < NR_IRQS; irq++)
		topology.line[irq] = irq;
	if (!acpi_refused && madt_read())
		topology.source = "ACPI MADT";
	else if (has_bios && mp_table_read())
		topology.source = "MP table";
	if (topology_not_named())
		pr_warn("%s: %u more records are ignored\n", topology.source, topology_not_named());
}

/* Make room for the boot CPU, which the table does not list, or lists after too many others. */
static void __init add_boot_cpu(u8 apic_id)
{
	if (topology.nr_left_out == 0)
		pr_warn("%s: the boot CPU, APIC ID %#x, is not listed: added\n", topology.source,
			apic_id);
	if (topology.nr_cpus == NR_CPUS)
		topology.nr_left_out += topology.nr_left_out == 0;
	else
		topology.nr_cpus++;
	topology.apic_id[topology.nr_cpus - 1] = apic_id;
}

static u32 __init index_of(u8 apic_id)
{
	u32 i = 0;

	while (i < topology.nr_cpus && topology.apic_id[i] != apic_id)
		i++;
	return i;
}

void __init topology_boot_cpu_first(u8 apic_id)
{
	u32 i = index_of(apic_id);

	if (i == topology.nr_cpus) {
		add_boot_cpu(apic_id);
		i = topology.nr_cpus - 1;
	}
	topology.apic_id[i] = topology.apic_id[0];
	topology.apic_id[0] = apic_id;
}
