/* SPDX-License-Identifier: MIT */
#include <asm/acpi.h>
#include <asm/clocks.h>
#include <asm/cpu.h>
#include <asm/fixmap.h>
#include <asm/io.h>
#include <asm/pit.h>
#include <kernel/printk.h>
#include <lib/string.h>

/*
 * Three counters whose rate a crystal fixes, the best one first:
 *
 *	HPET         at least 10 MHz, 32 bits or more    IA-PC HPET specification 1.0a, 2.3
 *	ACPI timer   3.579545 MHz, 24 bits or more       ACPI specification 6.5, 4.8.2.1
 *	PIT          1.193182 MHz, 16 bits               Intel 8254 data sheet, 231164
 *
 * Firmware names the first two in tables; every PC should have the third. The kernel reads each one
 * before it trusts it. If there is no device, reads give all ones, and a wait for one of those bits
 * would end at once.
 */

/* --- HPET ------------------------------------------------------------------------------------- */

/* In the ACPI table (HPET specification, 3.2.4). */
#define HPET_TABLE_SIZE    56
#define HPET_TABLE_SPACE   40 /* 0: memory */
#define HPET_TABLE_ADDRESS 44

/*
 * Registers, and the limits of the period in femtoseconds (2.3.4): 100 ns, and a rate that 32 bits
 * can count.
 */
#define HPET_PERIOD     0x004
#define HPET_CONFIG     0x010
#define HPET_COUNT      0x0f0
#define HPET_ENABLE     1u
#define PERIOD_MAX      100000000u
#define PERIOD_MIN      250000u
#define FS_PER_SECOND   1000000000000000ull
#define HPET_PAGE_BYTES 0x400

static volatile u32 *hpet_registers __ro_after_init;

static u64 read_hpet(void)
{
	return hpet_registers[HPET_COUNT / sizeof(u32)];
}

/*
 * Only the lower half: a read of 64 bits takes two accesses here, and the counter runs on in
 * between.
 */
static struct counter hpet __ro_after_init = { .name = "HPET",
					       .mask = UINT32_MAX,
					       .read = read_hpet };

static phys_addr_t __init hpet_address(void)
{
	const struct acpi_table *table = acpi_find_table("HPET");
	u8 bytes[HPET_TABLE_SIZE];
	phys_addr_t phys;

	if (!table)
		return 0;
	if (table->header.length < HPET_TABLE_SIZE) {
		pr_warn("HPET: its table has %u bytes, expected %u: not used\n",
			table->header.length, HPET_TABLE_SIZE);
		return 0;
	}
	early_read(bytes, table->phys, sizeof(bytes));
	memcpy(&phys, bytes + HPET_TABLE_ADDRESS, sizeof(phys));
	if (bytes[HPET_TABLE_SPACE] == 0 && phys != 0)
		return phys;
	pr_warn("HPET: registers at %#llx of address space %u, expected memory (0): not used\n",
		phys, bytes[HPET_TABLE_SPACE]);
	return 0;
}

static bool __init find_hpet(void)
{
	phys_addr_t phys = hpet_address();
	unsigned long offset = (unsigned long)phys & ~PAGE_MASK;
	u32 period;

	if (!phys)
		return false;
	if (phys >> boot_cpu.phys_bits || offset > PAGE_SIZE - HPET_PAGE_BYTES) {
		pr_warn("HPET: registers at %#llx, expected within one page and an address of %u "
			"bits: not used\n",
			phys, boot_cpu.phys_bits);
		return false;
	}
	/*
	 * The page was never mapped, so no CPU can have an old translation of it, and no flush is
	 * needed.
	 */
	set_fixmap(FIX_HPET, phys - offset, PAGE_KERNEL_NOCACHE);
	hpet_registers = (volatile u32 *)(fix_to_virt(FIX_HPET) + offset);
	period = hpet_registers[HPET_PERIOD / sizeof(u32)];
	if (period < PERIOD_MIN || period > PERIOD_MAX) {
		pr_warn("HPET at %#llx: a period of %u fs, expected %u to %u: not used\n", phys,
			period, PERIOD_MIN, PERIOD_MAX);
		return false;
	}
	hpet.hz = FS_PER_SECOND / period;
	hpet_registers[HPET_CONFIG / sizeof(u32)] |= HPET_ENABLE;
	if (counter_runs(&hpet))
		return true;
	pr_warn("HPET at %#llx: the counter does not run: not used\n", phys);
	return false;
}

/* --- ACPI timer ------------------------------------------------------------------------------- */

/* In the FADT (ACPI 6.5, table 5.9). */
#define FADT_TIMER_BLOCK  76
#define FADT_TIMER_LENGTH 91
#define FADT_FLAGS        112
#define FADT_X_TIMER      208 /* a generic address: space, bits, offset, size, 8 bytes of address */
#define FADT_OLD_SIZE     116
#define FADT_X_SIZE       220
#define FADT_HW_REDUCED   (1u << 20) /* a machine without this hardware */
#define SPACE_IO          1

#define ACPI_TIMER_HZ 3579545u

/*
 * Ports below this belong to the board's own devices. One that counts, like the PIT, would look
 * like the timer.
 */
#define FIRST_FREE_PORT 0x100u

static u16 acpi_timer_port __ro_after_init;

static u64 read_acpi_timer(void)
{
	return inl(acpi_timer_port);
}

/* The timer may have 32 bits; assuming 24 is always right. */
static struct counter acpi_timer __ro_after_init = {
	.name = "ACPI timer", .hz = ACPI_TIMER_HZ, .mask = 0xffffff, .read = read_acpi_timer
};

static u32 __init u32_at(const u8 *bytes)
{
	u32 value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

static u32 __init port_of_fadt(const u8 *fadt, u32 length)
{
	if (u32_at(fadt + FADT_FLAGS) & FADT_HW_REDUCED)
		return 0;
	if (length >= FADT_X_SIZE && fadt[FADT_X_TIMER] == SPACE_IO &&
	    u32_at(fadt + FADT_X_TIMER + 4))
		return u32_at(fadt + FADT_X_TIMER + 4);
	return fadt[FADT_TIMER_LENGTH] == 4 ? u32_at(fadt + FADT_TIMER_BLOCK) : 0;
}

static bool __init find_acpi_timer(void)
{
	const struct acpi_table *table = acpi_find_table("FACP");
	u32 port, length;

	if (!table)
		return false;
	if (table->header.length < FADT_OLD_SIZE) {
		pr_warn("ACPI timer: its table FACP has %u bytes, expected at least %u: not used\n",
			table->header.length, FADT_OLD_SIZE);
		return false;
	}
	length = min(table->header.length, (u32)FADT_X_SIZE);
	port = port_of_fadt(early_memremap(table->phys, length), length);
	early_iounmap();
	if (!port)
		return false;
	if (port < FIRST_FREE_PORT || port > UINT16_MAX - 3) {
		pr_warn("ACPI timer at port %#x, expected %#x to %#x: not used\n", port,
			FIRST_FREE_PORT, UINT16_MAX - 3);
		return false;
	}
	acpi_timer_port = (u16)port;
	if (counter_runs(&acpi_timer))
		return true;
	pr_warn("ACPI timer at port %#x: it does not run: not used\n", port);
	return false;
}

/* --- all -------------------------------------------------------------------------------------- */

static const struct counter *best __ro_after_init;

void __init clocks_init(void)
{
	if (find_hpet())
		best = &hpet;
	else if (find_acpi_timer())
		best = &acpi_timer;
	else
		best = pit_find_counter();
}

const struct counter *clocks_best(void)
{
	return best;
}
