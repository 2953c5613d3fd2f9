/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/* The source of the list of CPUs. */

/**
 * topology_init() - read the ACPI MADT, or the MP table if there is no MADT
 * @has_bios: false with EFI firmware, which leaves no MP table
 *
 * Context: boot, once, after acpi_init().
 */
void topology_init(bool has_bios);

/**
 * topology_boot_cpu_first() - number the CPUs, the boot CPU first
 * @apic_id: number of the boot CPU's APIC
 *
 * Firmware lists the CPUs in any order. A boot CPU that is not listed, or listed after NR_CPUS
 * others, is added.
 * Context: boot, once, after topology_init().
 */
void topology_boot_cpu_first(u8 apic_id);
