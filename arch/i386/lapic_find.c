/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/fixmap.h>
#include <asm/lapic.h>
#include <kernel/printk.h>

/*
 * Finds the address of the local APIC. There are three sources:
 *
 *	IA32_APIC_BASE   the register that sets the address, so it is right (Intel SDM 3A, 11.4.4);
 *	                 CPUs have it from the P6 family on
 *	MADT, MP table   firmware's tables
 *	0xfee00000       the address after a reset
 *
 * They are tried in this order, until the version register there has the value of an APIC. A wrong
 * address must be detected: reads from it give 0 or all ones, and interrupts that are sent through
 * it are lost silently.
 */

#define LAPIC_DEFAULT 0xfee00000ull

/*
 * 11.4.8: version 0x is the 82489DX chip, 1x an APIC in the CPU. The number of the highest LVT
 * entry is at least 2.
 */
#define LAPIC_VERSION 0x030

static bool __init answers(phys_addr_t phys)
{
	const volatile u32 *version;
	u32 value;

	if (phys == 0 || phys >> boot_cpu.phys_bits || phys & ~PAGE_MASK)
		return false;
	version = early_ioremap(phys + LAPIC_VERSION, sizeof(*version));
	value = *version;
	early_iounmap();
	return value != 0 && (value & 0xff) < 0x20 && (value >> 16 & 0xff) >= 2 &&
	       (value >> 16 & 0xff) < 0x20;
}

/* The address in the register, or 0 on a CPU without it. */
static phys_addr_t __init base_register(void)
{
	const u64 mask = ((u64)1 << boot_cpu.phys_bits) - 1;

	if (!lapic_has_base_register())
		return 0;
	return read_msr(MSR_APIC_BASE) & ~(u64)(PAGE_SIZE - 1) & mask;
}

phys_addr_t __init lapic_find(phys_addr_t listed)
{
	const phys_addr_t places[] = { base_register(), listed, LAPIC_DEFAULT };

	for (unsigned int i = 0; i < ARRAY_SIZE(places); i++) {
		if (!answers(places[i]))
			continue;
		if (places[i] != listed)
			pr_warn("LAPIC: at %#llx by the firmware's table, at %#llx by the CPU: "
				"that is used\n",
				listed, places[i]);
		return places[i];
	}
	pr_warn("LAPIC: none answers at %#llx (CPU), %#llx (firmware's table) or %#llx: not used\n",
		places[0], places[1], places[2]);
	return 0;
}
