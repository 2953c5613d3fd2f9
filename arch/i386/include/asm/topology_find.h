/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Where the list of CPUs comes from.
 */

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
 * It becomes number 0; firmware lists the CPUs in any order. If it is not listed, or listed behind
 * NR_CPUS others, it is added.
 */
void topology_boot_cpu_first(u8 apic_id);
