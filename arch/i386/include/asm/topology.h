/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/irq.h>
#include <asm/layout.h>
#include <lib/types.h>

/* The CPUs and interrupt controllers that the firmware lists. */

/**
 * struct topology - the usable CPUs and the I/O APIC
 * @source: "ACPI", "MP table", or NULL if there is neither
 * @nr_cpus: number of usable CPUs, at most NR_CPUS; includes the boot CPU after
 *   topology_boot_cpu_first()
 * @nr_left_out: usable CPUs above NR_CPUS
 * @apic_id: of each CPU; the boot CPU is the first after topology_boot_cpu_first()
 * @lapic_phys: address of every CPU's own APIC in the firmware's table; see lapic_find()
 * @ioapic_phys: address of the I/O APIC that has the lines of the PC; 0 if there is none
 * @line: for each of the 16 lines, the input of the I/O APIC @active_low, @level: signal of the
 *   lines; bit n is line n
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
 * The readers of the firmware's tables (madt.c, mp_table.c) fill `topology` with these functions.
 * Their arguments are not trusted. A record that is not taken is named in the log.
 */

/**
 * topology_add_cpu() - add a CPU that the firmware lists as usable
 * @table: name of the table, for messages
 * @apic_id: of its APIC
 *
 * Does not take a number that no CPU has in xAPIC mode (255 addresses all CPUs, Intel SDM 3A,
 * 11.6.1), nor a number that is listed already. CPUs above NR_CPUS are only counted.
 * Context: boot.
 */
void topology_add_cpu(const char *table, u32 apic_id);

/**
 * topology_add_ioapic() - add an I/O APIC
 * @table: name of the table, for messages
 * @id: its number
 * @phys: physical address of its registers
 * @first_input: number of its first input among all inputs of the machine
 *
 * Only the one with input 0 is used: it has the lines of the PC.
 * Context: boot.
 */
void topology_add_ioapic(const char *table, u8 id, phys_addr_t phys, u32 first_input);

/**
 * topology_set_line() - set the input at which a line of the PC arrives
 * @table: name of the table, for messages
 * @irq: the line
 * @input: of the I/O APIC
 * @flags: polarity in bits 0-1, trigger mode in bits 2-3, the same in both tables
 *
 * The first record of a line counts. Does not take a second one that contradicts it, a line that no
 * PC has, nor an input that no I/O APIC has.
 * Context: boot.
 */
void topology_set_line(const char *table, u32 irq, u32 input, u16 flags);

/**
 * topology_has_line() - has a record described a line?
 * @irq: 0 to 15
 *
 * Context: any.
 * Return: true if the firmware knows its polarity and trigger mode.
 */
bool topology_has_line(u32 irq);

/**
 * topology_may_complain() - test whether one more record may be named in the log
 *
 * Keeps a table of rubbish from filling the log. topology_init() prints how many records were not
 * named.
 * Context: boot.
 * Return: true if it may.
 */
bool topology_may_complain(void);

/* Name a record that is skipped. A file that uses this includes <kernel/printk.h>. */
#define topology_skip(fmt, ...)                                    \
	do {                                                       \
		if (topology_may_complain())                       \
			pr_warn(fmt ": ignored\n", ##__VA_ARGS__); \
	} while (0)

/**
 * topology_not_named() - count the skipped records that were not named
 *
 * Context: boot.
 * Return: their number.
 */
u32 topology_not_named(void);

/**
 * table_u16(), table_u32() - read a number in a table of the firmware
 * @bytes: the number, at any alignment, in the byte order of the CPU
 *
 * Context: any.
 * Return: the number.
 */
static inline u16 table_u16(const u8 *bytes)
{
	return (u16)(bytes[0] | bytes[1] << 8);
}

static inline u32 table_u32(const u8 *bytes)
{
	return table_u16(bytes) | (u32)table_u16(bytes + 2) << 16;
}
