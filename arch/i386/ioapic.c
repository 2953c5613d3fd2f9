/* SPDX-License-Identifier: MIT */
#include <asm/fixmap.h>
#include <asm/ioapic.h>
#include <asm/irq.h>
#include <asm/lapic.h>
#include <asm/topology.h>

/*
 * The I/O APIC (Intel 82093AA data sheet, 290566): 24 inputs, each with an entry of 64 bits that says which
 * vector goes to which CPU. Two registers show all others: one takes a number, the other is that register.
 * All lines go to the boot CPU.
 */

#define SELECT 0x00
#define WINDOW 0x10

#define REG_VERSION  0x01
#define REG_REDIRECT 0x10 /* two words each */

#define REDIRECT_ACTIVE_LOW (1u << 13)
#define REDIRECT_LEVEL      (1u << 15)
#define REDIRECT_MASKED     (1u << 16)

static volatile u32 *registers __ro_after_init;

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

	if (topology.active_low >> irq & 1)
		low |= REDIRECT_ACTIVE_LOW;
	if (topology.level >> irq & 1)
		low |= REDIRECT_LEVEL;
	set(reg + 1, (u32)topology.apic_id[0] << 24);
	set(reg, low);
}

static void disable(unsigned int irq)
{
	set(REG_REDIRECT + 2 * topology.line[irq], REDIRECT_MASKED);
}

/* An input that falls silent early arrives as the CPU's spurious vector, not here. */
static bool acknowledge(unsigned int irq)
{
	lapic_eoi();
	return true;
}

static const struct irq_chip ioapic = {
	.name = "I/O APIC",
	.enable = enable,
	.disable = disable,
	.acknowledge = acknowledge,
};

void __init ioapic_init(phys_addr_t phys)
{
	u32 inputs;

	set_fixmap(FIX_IOAPIC, phys & ~(phys_addr_t)~PAGE_MASK, PAGE_KERNEL_NOCACHE);
	registers = (volatile u32 *)(fix_to_virt(FIX_IOAPIC) + ((unsigned long)phys & ~PAGE_MASK));
	inputs = (get(REG_VERSION) >> 16 & 0xff) + 1;
	for (u32 i = 0; i < inputs; i++)
		set(REG_REDIRECT + 2 * i, REDIRECT_MASKED);
	pic_mask_all();
	lapic_mask_8259();
	irq_use_chip(&ioapic);
}
