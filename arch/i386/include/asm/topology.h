/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/irq.h>
#include <asm/layout.h>
#include <lib/types.h>

/*
 * Which CPUs and interrupt controllers the firmware says there are.
 */

/**
 * struct topology - what was found
 * @source: "ACPI", "MP table", or NULL if neither is there
 * @nr_cpus: how many are usable, at most NR_CPUS; the boot CPU is among them once
 *	topology_boot_cpu_first() was called
 * @nr_left_out: usable ones for which there is no room
 * @apic_id: of each CPU; the boot CPU's is the first once topology_boot_cpu_first() was called
 * @lapic_phys: where every CPU finds its own APIC, as the table says; see lapic_find()
 * @ioapic_phys: of the I/O APIC that has the lines of the PC; 0 if there is none
 * @line: for each of the 16 lines, the input of the I/O APIC
 * @active_low, @level: and how it signals; bit n is line n
 */
struct topology {
	const char *source;
	u32 nr_cpus, nr_left_out;
	u8 apic_id[NR_CPUS];
	phys_addr_t lapic_phys;
	phys_addr_t ioapic_phys;
	u8 line[NR_IRQS];
	u16 active_low, level;
};

extern struct topology topology;

/*
 * How the readers of the firmware's tables (madt.c, mp_table.c) fill `topology`. Nothing that they hand in
 * is trusted; what is not taken is named in the log.
 */

/**
 * topology_add_cpu() - enter a CPU that the firmware says can be used
 * @table: which table says so, for messages
 * @apic_id: of its APIC
 *
 * Not taken: a number that no CPU has in xAPIC mode (255 and up; 255 addresses all CPUs, Intel SDM 3A,
 * 11.6.1), and one that is listed already. Where there are more than NR_CPUS the rest is counted.
 */
void topology_add_cpu(const char *table, u32 apic_id);

/**
 * topology_add_ioapic() - enter an I/O APIC
 * @table: for messages
 * @id: its number
 * @phys: where its registers are
 * @first_input: number of its first input among all inputs of the machine
 *
 * The one with input 0 has the lines of the PC, and is the only one that is used.
 */
void topology_add_ioapic(const char *table, u8 id, phys_addr_t phys, u32 first_input);

/**
 * topology_set_line() - say where a line of the PC arrives
 * @table: for messages
 * @irq: the line
 * @input: of the I/O APIC
 * @flags: polarity in bits 0-1, trigger mode in bits 2-3, the same in both tables
 *
 * The first word on a line counts. Not taken: another one that contradicts it, a line that no PC has, an
 * input that no I/O APIC has.
 */
void topology_set_line(const char *table, u32 irq, u32 input, u16 flags);

/**
 * topology_may_complain() - may one more record be named in the log?
 *
 * So that a table of rubbish does not fill the log; topology_init() says how many were not named.
 */
bool topology_may_complain(void);

/* Names a record that is skipped. The file includes <kernel/printk.h>. */
#define topology_skip(fmt, ...)                                    \
	do {                                                       \
		if (topology_may_complain())                       \
			pr_warn(fmt ": ignored\n", ##__VA_ARGS__); \
	} while (0)

/**
 * topology_not_named() - records that were skipped and not named
 */
u32 topology_not_named(void);

/* Numbers in a table: any alignment, and the byte order of the CPU. */
static inline u16 table_u16(const u8 *bytes)
{
	return (u16)(bytes[0] | bytes[1] << 8);
}

static inline u32 table_u32(const u8 *bytes)
{
	return table_u16(bytes) | (u32)table_u16(bytes + 2) << 16;
}
