/* SPDX-License-Identifier: MIT */
#include <asm/topology.h>
#include <kernel/printk.h>

/*
 * Checks the firmware's lists of CPUs and interrupt controllers before the kernel uses them.
 * Firmware may list absent CPUs, list one CPU twice, or contradict itself about a line. A CPU must
 * never be lost silently, so each record that is not taken is named in the log, up to a limit.
 */

struct topology topology __ro_after_init;

/*
 * In xAPIC mode the address of an APIC has 8 bits, and 255 means all of them (Intel SDM 3A,
 * 11.6.1).
 */
#define APIC_ID_ALL 0xffu

/*
 * More than any I/O APIC has: the version register has 8 bits for the highest input, and 240 inputs
 * are the most.
 */
#define INPUTS_MAX 240u

/* Limit of the records that are named one by one. */
#define COMPLAINTS 24u

static u32 complaints __initdata;
static u16 lines_set __ro_after_init; /* lines that a record has described */

bool __init topology_may_complain(void)
{
	return complaints++ < COMPLAINTS;
}

u32 __init topology_not_named(void)
{
	return complaints > COMPLAINTS ? complaints - COMPLAINTS : 0;
}

void __init topology_add_cpu(const char *table, u32 apic_id)
{
	if (apic_id >= APIC_ID_ALL) {
		topology_skip("%s: a CPU with APIC ID %#x, expected 0 to %#x", table, apic_id,
			      APIC_ID_ALL - 1);
		return;
	}
	for (u32 i = 0; i < topology.nr_cpus; i++) {
		if (topology.apic_id[i] == apic_id) {
			topology_skip("%s: the CPU with APIC ID %#x is listed once more", table,
				      apic_id);
			return;
		}
	}
	if (topology.nr_cpus < NR_CPUS)
		topology.apic_id[topology.nr_cpus++] = (u8)apic_id;
	else
		topology.nr_left_out++;
}

void __init topology_add_ioapic(const char *table, u8 id, phys_addr_t phys, u32 first_input)
{
	if (first_input != 0)
		pr_info("%s: I/O APIC %u at %#llx has inputs from %u on, none of the PC's lines\n",
			table, id, phys, first_input);
	else if (phys == 0)
		topology_skip("%s: I/O APIC %u at address 0", table, id);
	else if (topology.ioapic_phys)
		topology_skip("%s: I/O APIC %u at %#llx has the inputs of the one at %#llx", table,
			      id, phys, topology.ioapic_phys);
	else
		topology.ioapic_phys = phys;
}

void __init topology_set_line(const char *table, u32 irq, u32 input, u16 flags)
{
	const u16 bit = (u16)(1u << (irq & 15));
	const bool low = (flags & 3) == 3, level = (flags >> 2 & 3) == 3;

	if (irq >= NR_IRQS || input >= INPUTS_MAX) {
		topology_skip(
			"%s: line %u at input %u, expected a line below %u and an input below %u",
			table, irq, input, NR_IRQS, INPUTS_MAX);
		return;
	}
	if (lines_set & bit) {
		if (topology.line[irq] != input || low != !!(topology.active_low & bit) ||
		    level != !!(topology.level & bit))
			topology_skip(
				"%s: line %u at input %u with flags %#x, was at input %u before",
				table, irq, input, flags, topology.line[irq]);
		return;
	}
	lines_set |= bit;
	topology.line[irq] = (u8)input;
	if (low)
		topology.active_low |= bit;
	if (level)
		topology.level |= bit;
}

bool topology_has_line(u32 irq)
{
	return lines_set >> irq & 1;
}
