/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/fixmap.h>
#include <asm/irq.h>
#include <asm/irqflags.h>
#include <asm/lapic.h>
#include <asm/pit.h>
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

/* Bits of MSR_APIC_BASE that say in which mode the APIC is. */
#define APIC_BASE_ENABLED        (1u << 11)
/* A CPU may be locked in x2APIC mode (SDM 4, IA32_ARCH_CAPABILITIES, IA32_XAPIC_DISABLE_STATUS). */
#define MSR_ARCH_CAPABILITIES    0x10au
#define ARCH_HAS_XAPIC_DISABLE   (1u << 21)
#define MSR_XAPIC_DISABLE_STATUS 0xbdu
#define XAPIC_DISABLED           (1u << 0)

/* Assumed rate if the timer cannot be measured: 10 ms of a bus clock of 100 MHz. */
#define ASSUMED_COUNTS_PER_TICK 62500u

static volatile u32 *registers __ro_after_init;
static phys_addr_t registers_phys __ro_after_init;
static u32 counts_per_tick __ro_after_init;

static u32 get(u32 at)
{
	return registers[at / sizeof(u32)];
}

static void set(u32 at, u32 value)
{
	registers[at / sizeof(u32)] = value;
}

bool lapic_has_base_register(void)
{
	return cpu_has(CPU_MSR) && cpu_has(CPU_APIC) && boot_cpu.family >= 6;
}

static bool is_locked_in_x2apic(void)
{
	return cpu_has(CPU_ARCH_CAPABILITIES) &&
	       read_msr(MSR_ARCH_CAPABILITIES) & ARCH_HAS_XAPIC_DISABLE &&
	       read_msr(MSR_XAPIC_DISABLE_STATUS) & XAPIC_DISABLED;
}

/*
 * In x2APIC mode the registers are MSRs, and no register is in memory. This file uses the registers
 * in memory. The APIC must be disabled in between, which resets it: a direct change of mode faults
 * (11.12.5 and figure 11-27).
 */
static void leave_x2apic(void)
{
	u64 base = read_msr(MSR_APIC_BASE) & ~(u64)(APIC_BASE_X2APIC | APIC_BASE_ENABLED);

	write_msr(MSR_APIC_BASE, base);
	write_msr(MSR_APIC_BASE, base | APIC_BASE_ENABLED);
}

static bool is_x2apic(void)
{
	return lapic_has_base_register() && read_msr(MSR_APIC_BASE) & APIC_BASE_X2APIC;
}

bool __init lapic_usable(void)
{
	if (!is_x2apic())
		return true;
	if (is_locked_in_x2apic()) {
		pr_warn("LAPIC: locked in x2APIC mode, expected a CPU that can leave it: not "
			"used\n");
		return false;
	}
	pr_info("LAPIC: the firmware left it in x2APIC mode: switched back\n");
	leave_x2apic();
	return true;
}

phys_addr_t lapic_id_register(void)
{
	return registers_phys + LAPIC_ID;
}

void __init lapic_map(phys_addr_t phys)
{
	registers_phys = phys;
	set_fixmap(FIX_LAPIC, phys, PAGE_KERNEL_NOCACHE);
	registers = (volatile u32 *)fix_to_virt(FIX_LAPIC);
}

bool lapic_present(void)
{
	return registers;
}

void lapic_init_cpu(bool takes_8259)
{
	/*
	 * A reset by INIT keeps the mode, which firmware may have set on some CPUs only
	 * (11.12.5.1).
	 */
	if (is_x2apic())
		leave_x2apic();
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

/*
 * Number of checks of the APIC before the next interrupt is sent anyway: milliseconds, where it
 * needs microseconds.
 */
#define PATIENCE 100000

/*
 * Sending writes two registers. Interrupts are off, because a handler that sends would write them
 * in between.
 */
static void send(u8 apic_id, u32 command)
{
	unsigned long flags = local_irq_save();

	for (u32 wait = PATIENCE; wait && get(LAPIC_ICR_LOW) & ICR_PENDING; wait--)
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

/* --- the timer -------------------------------------------------------------------------------- */

/* The timer counts down. */
static u64 read_count(void)
{
	return ~get(LAPIC_COUNT);
}

static const struct counter timer = { .name = "LAPIC timer",
				      .mask = UINT32_MAX,
				      .read = read_count };

void __init lapic_timer_calibrate(void)
{
	/*
	 * If the PIT's ticks are the clock, use the PIT's counter: it is finer, but cannot be read
	 * while it ticks.
	 */
	const struct counter *clock = time_counter(),
			     *reference = clock ? clock : pit_find_counter();
	u64 cycles = time_cycles(), hz;

	set(LAPIC_DIVIDE, DIVIDE_BY_16);
	set(LAPIC_LVT_TIMER, LVT_MASKED);
	set(LAPIC_INITIAL, ~0u);
	hz = reference ? counter_measure(&timer, reference) : 0;
	if (!clock)
		pit_start_ticks(HZ);
	boot_cost_waited(time_cycles() - cycles);
	set(LAPIC_INITIAL, 0);
	counts_per_tick = (u32)(hz / HZ);
	if (!counts_per_tick) {
		pr_warn("LAPIC timer: its rate is not known, %u counts a tick are assumed\n",
			ASSUMED_COUNTS_PER_TICK);
		counts_per_tick = ASSUMED_COUNTS_PER_TICK;
		return;
	}
	pr_info("LAPIC timer: %u counts a tick\n", counts_per_tick);
}

/*
 * True if the timer has another period than HZ. The CPU writes its own, and its timer interrupt
 * reads it.
 */
static DEFINE_PER_CPU(bool, other_pace);

void lapic_timer_set_period(u32 counts)
{
	this_cpu(other_pace) = counts != 0;
	set(LAPIC_DIVIDE, DIVIDE_BY_16);
	set(LAPIC_LVT_TIMER, LVT_PERIODIC | VECTOR_TIMER);
	set(LAPIC_INITIAL, counts ? counts : counts_per_tick);
}

void lapic_timer_start(void)
{
	lapic_timer_set_period(0);
}

bool lapic_timer_is_regular(void)
{
	return !this_cpu(other_pace);
}
