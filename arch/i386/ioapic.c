/* SPDX-License-Identifier: MIT */
#include <asm/e820.h>
#include <asm/fixmap.h>
#include <asm/ioapic.h>
#include <asm/irq.h>
#include <asm/lapic.h>
#include <asm/topology.h>
#include <kernel/printk.h>

/*
 * The I/O APIC (Intel 82093AA data sheet, 290566) has 24 inputs. Each has an entry of 64 bits,
 * which selects a vector and a CPU. Only two registers are in memory: one selects a register by its
 * number, the other one reads or writes that register. All lines interrupt the boot CPU.
 */

#define SELECT 0x00
#define WINDOW 0x10

#define REG_VERSION  0x01
#define REG_REDIRECT 0x10 /* two words each */

#define REDIRECT_ACTIVE_LOW (1u << 13)
#define REDIRECT_LEVEL      (1u << 15)
#define REDIRECT_MASKED     (1u << 16)
#define REDIRECT_STATUS     (1u << 12 | 1u << 14) /* read-only bits */

#define REGISTER_BYTES 0x20 /* from SELECT to the end of WINDOW's line of 16 bytes */

static volatile u32 *registers __ro_after_init;

/*
 * PCI lines without a record of the firmware: active low, by level (PCI Local Bus Specification
 * 3.0, 2.2.6). Bit n is line n.
 */
static u16 pci_lines;

static u32 get(u32 reg)
{
	registers[SELECT / sizeof(u32)] = reg;
	return registers[WINDOW / sizeof(u32)];
}

static void set(u32 reg, u32 value)
{
	registers[SELECT / sizeof(u32)] = reg;
	registers[WINDOW / sizeof(u32)] = value;
}

static void enable(unsigned int irq)
{
	u32 reg = REG_REDIRECT + 2 * topology.line[irq], low = IRQ_VECTOR_BASE + irq;

	if ((topology.active_low | pci_lines) >> irq & 1)
		low |= REDIRECT_ACTIVE_LOW;
	if ((topology.level | pci_lines) >> irq & 1)
		low |= REDIRECT_LEVEL;
	set(reg + 1, (u32)topology.apic_id[0] << 24);
	set(reg, low);
}

static void disable(unsigned int irq)
{
	set(REG_REDIRECT + 2 * topology.line[irq], REDIRECT_MASKED);
}

/* An input that falls silent early arrives as the CPU's spurious vector, not here. */
static bool accept(unsigned int irq)
{
	return true;
}

static void end(unsigned int irq)
{
	lapic_eoi();
}

static void set_level(unsigned int irq)
{
	if (!topology_has_line(irq))
		pci_lines |= (u16)(1u << irq);
}

static const struct irq_chip ioapic = {
	.name = "I/O APIC",
	.enable = enable,
	.disable = disable,
	.accept = accept,
	.end = end,
	.set_level = set_level,
};

/*
 * Test whether there is an I/O APIC. Without one, reads give 0 or all ones; RAM shows the same
 * value through every register number. The version register of a real one has a version other than
 * 0 in bits 0-7, the highest input in bits 16-23 (at least the PC's 16 lines), and zeroes elsewhere
 * except in bit 15 (3.2.2; Intel's I/O Controller Hubs have PRQ there).
 */
static bool __init answers(void)
{
	u32 version = get(REG_VERSION), highest = version >> 16 & 0xff;

	if ((version & 0xff) == 0 || version & 0xff007f00u || highest < NR_IRQS - 1 ||
	    highest > 239)
		return false;
	set(REG_REDIRECT, REDIRECT_MASKED);
	return (get(REG_REDIRECT) & ~REDIRECT_STATUS) == REDIRECT_MASKED &&
	       get(REG_VERSION) == version;
}

static void __init check_inputs(u32 inputs)
{
	for (u8 irq = 0; irq < NR_IRQS; irq++) {
		if (topology.line[irq] < inputs)
			continue;
		pr_warn("I/O APIC: line %u is at input %u by the firmware's table, expected 0 to "
			"%u: input %u is used\n",
			irq, topology.line[irq], inputs - 1, irq);
		topology.line[irq] = irq;
	}
}

/*
 * The reason why no I/O APIC can be at an address, or NULL. This writes nothing to the address: a
 * write to a CPU's own APIC may send an interrupt.
 */
static const char *__init why_not_at(phys_addr_t phys)
{
	if (e820_ram_end(phys) != phys)
		return "where RAM is";
	if (phys >> PAGE_SHIFT == lapic_id_register() >> PAGE_SHIFT)
		return "where the CPUs' own APICs are";
	if ((phys & ~PAGE_MASK) > PAGE_SIZE - REGISTER_BYTES)
		return "expected registers within one page";
	return NULL;
}

bool __init ioapic_init(phys_addr_t phys)
{
	const char *why = why_not_at(phys);
	u32 inputs;

	if (why) {
		pr_warn("I/O APIC: at %#llx by the firmware's table, %s: not used\n", phys, why);
		return false;
	}
	set_fixmap(FIX_IOAPIC, phys & ~(phys_addr_t)~PAGE_MASK, PAGE_KERNEL_NOCACHE);
	registers = (volatile u32 *)(fix_to_virt(FIX_IOAPIC) + ((unsigned long)phys & ~PAGE_MASK));
	if (!answers()) {
		pr_warn("I/O APIC: none answers at %#llx (version register %#x): not used\n", phys,
			get(REG_VERSION));
		clear_fixmap(FIX_IOAPIC);
		return false;
	}
	inputs = (get(REG_VERSION) >> 16 & 0xff) + 1;
	check_inputs(inputs);
	for (u32 i = 0; i < inputs; i++)
		set(REG_REDIRECT + 2 * i, REDIRECT_MASKED);
	pic_mask_all();
	lapic_mask_8259();
	irq_use_chip(&ioapic);
	return true;
}
