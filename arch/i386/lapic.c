/* SPDX-License-Identifier: MIT */
#include <asm/fixmap.h>
#include <asm/irq.h>
#include <asm/irqflags.h>
#include <asm/lapic.h>
#include <asm/time.h>
#include <kernel/boot_cost.h>
#include <kernel/printk.h>

/* Registers, in bytes from the base: Intel SDM 3A, table 11-1. */
#define LAPIC_ID        0x020
#define LAPIC_TPR       0x080
#define LAPIC_EOI       0x0b0
#define LAPIC_SPURIOUS  0x0f0
#define LAPIC_ESR       0x280
#define LAPIC_ICR_LOW   0x300
#define LAPIC_ICR_HIGH  0x310
#define LAPIC_LVT_TIMER 0x320
#define LAPIC_LVT_LINT0 0x350
#define LAPIC_LVT_LINT1 0x360
#define LAPIC_LVT_ERROR 0x370
#define LAPIC_INITIAL   0x380
#define LAPIC_COUNT     0x390
#define LAPIC_DIVIDE    0x3e0

#define SPURIOUS_ENABLE (1u << 8)
#define LVT_MASKED      (1u << 16)
#define LVT_PERIODIC    (1u << 17)
#define LVT_NMI         (4u << 8)
#define LVT_EXTINT      (7u << 8)
#define ICR_NMI         (4u << 8)
#define ICR_INIT        (5u << 8)
#define ICR_STARTUP     (6u << 8)
#define ICR_PENDING     (1u << 12)
#define ICR_ASSERT      (1u << 14)
#define ICR_LEVEL       (1u << 15)
#define DIVIDE_BY_16    0x3

#define CALIBRATE_MS 10

static volatile u32 *registers __ro_after_init;
static u32 counts_per_tick __ro_after_init;

static u32 get(u32 at)
{
	return registers[at / sizeof(u32)];
}

static void set(u32 at, u32 value)
{
	registers[at / sizeof(u32)] = value;
}

void __init lapic_map(phys_addr_t phys)
{
	set_fixmap(FIX_LAPIC, phys, PAGE_KERNEL_NOCACHE);
	registers = (volatile u32 *)fix_to_virt(FIX_LAPIC);
}

bool lapic_present(void)
{
	return registers;
}

void lapic_init_cpu(bool takes_8259)
{
	set(LAPIC_TPR, 0);
	set(LAPIC_LVT_TIMER, LVT_MASKED);
	set(LAPIC_LVT_ERROR, LVT_MASKED);
	set(LAPIC_LVT_LINT0, takes_8259 ? LVT_EXTINT : LVT_MASKED);
	set(LAPIC_LVT_LINT1, takes_8259 ? LVT_NMI : LVT_MASKED);
	set(LAPIC_SPURIOUS, SPURIOUS_ENABLE | VECTOR_SPURIOUS);
	set(LAPIC_EOI, 0);
}

void lapic_mask_8259(void)
{
	set(LAPIC_LVT_LINT0, LVT_MASKED);
}

u8 lapic_id(void)
{
	return (u8)(get(LAPIC_ID) >> 24);
}

void lapic_eoi(void)
{
	set(LAPIC_EOI, 0);
}

/* Two registers, and between them no interrupt that sends one, too. */
static void send(u8 apic_id, u32 command)
{
	unsigned long flags = local_irq_save();

	while (get(LAPIC_ICR_LOW) & ICR_PENDING)
		cpu_relax();
	set(LAPIC_ICR_HIGH, (u32)apic_id << 24);
	set(LAPIC_ICR_LOW, command);
	local_irq_restore(flags);
}

void lapic_send(u8 apic_id, u8 vector)
{
	send(apic_id, ICR_ASSERT | vector);
}

void lapic_send_nmi(u8 apic_id)
{
	send(apic_id, ICR_ASSERT | ICR_NMI);
}

void lapic_send_init(u8 apic_id)
{
	send(apic_id, ICR_ASSERT | ICR_LEVEL | ICR_INIT);
	send(apic_id, ICR_LEVEL | ICR_INIT);
}

void lapic_send_startup(u8 apic_id, u8 page)
{
	send(apic_id, ICR_ASSERT | ICR_STARTUP | page);
}

/* --- the timer ---------------------------------------------------------------------------------- */

void __init lapic_timer_calibrate(void)
{
	u64 start = time_ns(), now, cycles;

	set(LAPIC_DIVIDE, DIVIDE_BY_16);
	set(LAPIC_LVT_TIMER, LVT_MASKED);
	set(LAPIC_INITIAL, ~0u);
	cycles = time_cycles();
	do {
		cpu_relax();
		now = time_ns();
	} while (now - start < CALIBRATE_MS * 1000000ull);
	boot_cost_waited(time_cycles() - cycles);
	counts_per_tick = (u32)((u64)(~0u - get(LAPIC_COUNT)) * (1000000000 / HZ) / (now - start));
	set(LAPIC_INITIAL, 0);
	pr_info("LAPIC timer: %u counts a tick\n", counts_per_tick);
}

void lapic_timer_set_period(u32 counts)
{
	set(LAPIC_DIVIDE, DIVIDE_BY_16);
	set(LAPIC_LVT_TIMER, LVT_PERIODIC | VECTOR_TIMER);
	set(LAPIC_INITIAL, counts ? counts : counts_per_tick);
}

void lapic_timer_start(void)
{
	lapic_timer_set_period(0);
}
