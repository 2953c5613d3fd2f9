/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/**
 * ioapic_init() - make the device lines arrive through the I/O APIC instead of the 8259s
 * @phys: physical address of its registers
 *
 * Lines in use stay in use. If the firmware puts a line at an input that this I/O APIC does not
 * have, the input of the line's own number is used, with a warning.
 *
 * Context: boot, once, after lapic_init_cpu() and topology_init().
 * Return: false, after a warning, if there is no I/O APIC: the lines then still arrive through the
 * 8259s.
 */
bool ioapic_init(phys_addr_t phys);
