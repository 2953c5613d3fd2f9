/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/acpi.h>
#include <asm/topology.h>

/*
 * The readers of firmware tables, linked with a physical memory of 1 MiB. What is above reads as all ones,
 * as on a machine without RAM there. The CPU has 32 physical-address bits.
 */

#define FIRMWARE_MEMORY (1u << 20)

/* Where a test begins to put tables: in the ROM, behind the root pointer. */
#define FIRMWARE_RSDP   0xe0000u
#define FIRMWARE_TABLES 0xe0100u

extern u8 firmware_memory[FIRMWARE_MEMORY];

/* Ranges that acpi_init() has reserved since firmware_reset(). */
extern u32 firmware_reserved;

/**
 * firmware_reset() - forget all that was read; memory is zeroes
 */
void firmware_reset(void);

/**
 * firmware_boot() - read everything as a kernel does, and check what it promises whatever it reads
 * @boot_cpu_id: number of the APIC of the CPU that boots
 */
void firmware_boot(u8 boot_cpu_id);
