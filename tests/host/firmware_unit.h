/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/acpi.h>
#include <asm/topology.h>

/*
 * The readers of firmware tables, linked with a physical memory of 1 MiB. Addresses above it read
 * as all ones, as on a machine without RAM there. The CPU has 32 physical address bits.
 */

#define FIRMWARE_MEMORY (1u << 20)

/* Address of a test's first table: in the ROM, after the root pointer. */
#define FIRMWARE_RSDP   0xe0000u
#define FIRMWARE_TABLES 0xe0100u

extern u8 firmware_memory[FIRMWARE_MEMORY];

/* Number of ranges that acpi_init() has reserved since firmware_reset(). */
extern u32 firmware_reserved;

/**
 * firmware_reset() - forget everything that was read, and clear the memory
 */
void firmware_reset(void);

/**
 * firmware_boot() - read all tables as a kernel does, and check what must hold for any input
 * @boot_cpu_id: APIC ID of the boot CPU
 */
void firmware_boot(u8 boot_cpu_id);
