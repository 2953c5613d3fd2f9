/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/irq.h>
#include <asm/layout.h>
#include <lib/types.h>

/*
 * Which CPUs and interrupt controllers the firmware says there are.
 */

/**
 * struct topology - what was found
 * @source: "ACPI", "MP table", or NULL if neither is there
 * @nr_cpus: how many are usable, at most NR_CPUS; the boot CPU is among them once
 *	topology_boot_cpu_first() was called
 * @nr_left_out: usable ones for which there is no room
 * @apic_id: of each CPU; the boot CPU's is the first once topology_boot_cpu_first() was called
 * @lapic_phys: where every CPU finds its own APIC, as the table says; see lapic_find()
 * @ioapic_phys: of the I/O APIC that has the lines of the PC; 0 if there is none
 * @line: for each of the 16 lines, the input of the I/O APIC
 * @active_low, @level: and how it signals; bit n is line n
 */
struct topology {
	const char *source;
	u32 nr_cpus, nr_left_out;
	u8 apic_id[NR_CPUS];
	phys_addr_t lapic_phys;
	phys_addr_t ioapic_phys;
	u8 line[NR_IRQS];
	u16 active_low, level;
};

extern struct topology topology;

/**
 * topology_init() - read the ACPI MADT, or where there is none the MP table
 * @has_bios: false with EFI firmware, which leaves no MP table
 *
 * Context: boot, once, after acpi_init().
 */
void topology_init(bool has_bios);

/**
 * topology_boot_cpu_first() - number the CPUs
 * @apic_id: of the boot CPU, as its APIC has it
 *
 * It becomes number 0; firmware lists the CPUs in any order. If it is not listed, or listed behind NR_CPUS
 * others, it is added.
 */
void topology_boot_cpu_first(u8 apic_id);
