/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/**
 * ioapic_init() - let the device lines come through the I/O APIC instead of the 8259s
 * @phys: where its registers are
 *
 * Lines that are in use stay so. A line that the firmware puts at an input that this I/O APIC does not have
 * is taken at the input of its own number, with a warning.
 *
 * Context: boot, once, after lapic_init_cpu() and topology_init().
 * Return: false if no I/O APIC is there, after a warning: the lines come through the 8259s then.
 */
bool ioapic_init(phys_addr_t phys);
