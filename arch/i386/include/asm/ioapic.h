/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/**
 * ioapic_init() - let the device lines come through the I/O APIC instead of the 8259s
 * @phys: where its registers are
 *
 * Lines that are in use stay so. Context: boot, once, after lapic_init_cpu() and topology_init().
 */
void ioapic_init(phys_addr_t phys);
