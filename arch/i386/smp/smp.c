/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/cpus.h>
#include <asm/fixmap.h>
#include <asm/ioapic.h>
#include <asm/irq.h>
#include <asm/lapic.h>
#include <asm/setup.h>
#include <asm/smp.h>
#include <asm/smp_call.h>
#include <asm/smp_start.h>
#include <asm/smp_stop.h>
#include <asm/smp_tick.h>
#include <asm/time.h>
#include <asm/topology.h>
#include <asm/topology_find.h>
#include <kernel/command.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <lib/parse.h>

/*
 * Starts all CPUs, in the order of the steps: the firmware's list of CPUs, the APICs, and then each
 * part that needs them. Each part is a file: smp_call.c (interrupts from CPU to CPU), smp_tick.c
 * (timers), smp_start.c (starting the other CPUs), smp_stop.c (a panic on one CPU stops the
 * others). A machine without an APIC keeps one CPU.
 */

static u32 max_cpus __initdata = NR_CPUS;
static bool lapic_refused __initdata, ioapic_refused __initdata;

static int __init parse_nosmp(const char *value)
{
	max_cpus = 1;
	return *value ? -EINVAL : 0;
}
BOOT_PARAM("nosmp", "nosmp", "use one CPU", parse_nosmp);

static int __init parse_maxcpus(const char *value)
{
	int err = parse_u32(value, NR_CPUS, &max_cpus);

	max_cpus = max(max_cpus, 1u);
	return err;
}
BOOT_PARAM("maxcpus", "maxcpus=0..32", "use at most this many CPUs", parse_maxcpus);

static int __init parse_nolapic(const char *value)
{
	lapic_refused = true;
	return *value ? -EINVAL : 0;
}
BOOT_PARAM("nolapic", "nolapic", "do not use the CPUs' own APICs: one CPU, ticks from the PIT",
	   parse_nolapic);

static int __init parse_noapic(const char *value)
{
	ioapic_refused = true;
	return *value ? -EINVAL : 0;
}
BOOT_PARAM("noapic", "noapic", "device interrupts through the 8259s, not the I/O APIC",
	   parse_noapic);

static void spurious_interrupt(void)
{
}

/* --- starting --------------------------------------------------------------------------------- */

static void __init start_other_cpus(void)
{
	u32 wanted = min(topology.nr_cpus, max_cpus);

	if (topology.nr_left_out)
		pr_warn("SMP: %u CPUs are listed, expected at most %u: the others do not run\n",
			topology.nr_cpus + topology.nr_left_out, NR_CPUS);
	if (wanted > 1)
		smp_start_others(wanted);
	pr_info("SMP: %u of %u CPUs run, by the %s\n", num_online_cpus(),
		topology.nr_cpus + topology.nr_left_out, topology.source);
}

static bool __init start_lapic(void)
{
	phys_addr_t phys;

	if (!topology.source || lapic_refused || !cpu_has(CPU_APIC))
		return false;
	if (!lapic_usable())
		return false;
	phys = lapic_find(topology.lapic_phys);
	if (!phys)
		return false;
	lapic_map(phys);
	topology_boot_cpu_first(lapic_id());
	lapic_init_cpu(true);
	smp_tick_init();
	irq_set_local_handler(VECTOR_SPURIOUS, spurious_interrupt);
	return true;
}

void __init smp_init(void)
{
	topology_init(!boot_record.efi_firmware);
	if (!start_lapic()) {
		smp_tick_without_apic();
		pr_info("SMP: one CPU, no APIC is used\n");
		return;
	}
	if (topology.ioapic_phys && !ioapic_refused)
		ioapic_init(topology.ioapic_phys);
	lapic_timer_calibrate();
	time_stop_ticks();
	lapic_timer_start();
	smp_stop_init();
	smp_call_init();
	start_other_cpus();
}
