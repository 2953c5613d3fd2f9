/* SPDX-License-Identifier: MIT */
#include "firmware_unit.h"
#include "host.h"

/*
 * Firmware tables with one error each. The boot CPU is always found, no listed device is dropped
 * without a message, and a damaged table is replaced by an intact one.
 */

/* --- building tables -------------------------------------------------------------------------- */

static u32 top, entries[16], nr_entries;

static void put(u32 at, const void *bytes, u32 size)
{
	memcpy(firmware_memory + at, bytes, size);
}

static void put_u32(u32 at, u32 value)
{
	put(at, &value, sizeof(value));
}

static void fix_sum(u32 at, u32 size, u32 checksum)
{
	u8 sum = 0;

	firmware_memory[at + checksum] = 0;
	for (u32 i = 0; i < size; i++)
		sum = (u8)(sum + firmware_memory[at + i]);
	firmware_memory[at + checksum] = (u8)-sum;
}

static void begin(void)
{
	firmware_reset();
	top = FIRMWARE_TABLES;
	nr_entries = 0;
}

static u32 table(const char *signature, const void *body, u32 size)
{
	u32 at = top;

	put(at, signature, 4);
	put_u32(at + 4, 36 + size);
	put(at + 36, body, size);
	fix_sum(at, 36 + size, 9);
	top += (36 + size + 15) & ~15u;
	return at;
}

static void list(u32 at)
{
	entries[nr_entries++] = at;
}

/* Builds a MADT: its records follow the address of the APICs and the flags. */
static u32 madt(const void *records, u32 size)
{
	u8 body[4096] = { 0x00, 0x00, 0xe0, 0xfe, 1 };

	memcpy(body + 8, records, size);
	return table("APIC", body, 8 + size);
}

static u32 root(const char *signature, u32 bytes)
{
	u8 body[16 * 8] = { 0 };

	for (u32 i = 0; i < nr_entries; i++)
		memcpy(body + i * bytes, &entries[i], 4);
	return table(signature, body, nr_entries * bytes);
}

static void rsdp(u8 revision, u32 rsdt, u32 xsdt)
{
	put(FIRMWARE_RSDP, "RSD PTR ", 8);
	firmware_memory[FIRMWARE_RSDP + 15] = revision;
	put_u32(FIRMWARE_RSDP + 16, rsdt);
	put_u32(FIRMWARE_RSDP + 20, 36);
	put_u32(FIRMWARE_RSDP + 24, xsdt);
	fix_sum(FIRMWARE_RSDP, 20, 8);
	fix_sum(FIRMWARE_RSDP, 36, 32);
}

/* Builds records from text: l2 is an enabled CPU with APIC ID 2, L2 a disabled one, x2 one of
 * x2APIC. */
static u32 add_cpus(u8 *to, const char *text)
{
	u32 size = 0;

	for (const char *c = text; *c; c++) {
		char kind = *c;
		u32 id = (u32)strtoul(c + 1, (char **)&c, 0);
		bool enabled = kind == 'l' || kind == 'x';

		memset(to + size, 0, 16);
		to[size] = kind == 'l' || kind == 'L' ? 0 : 9;
		to[size + 1] = to[size] ? 16 : 8;
		if (to[size])
			memcpy(to + size + 4, &id, 4);
		else
			to[size + 3] = (u8)id;
		to[size + (to[size] ? 8 : 4)] = enabled;
		size += to[size + 1];
		if (!*c)
			break;
	}
	return size;
}

static void boot_with_records(const void *records, u32 size, u8 boot_cpu_id)
{
	begin();
	list(madt(records, size));
	rsdp(0, root("RSDT", 4), 0);
	firmware_boot(boot_cpu_id);
}

static void boot_with_cpus(const char *text, u8 boot_cpu_id)
{
	u8 records[4096];

	boot_with_records(records, add_cpus(records, text), boot_cpu_id);
}

static void expect_cpus(u32 nr, const u8 *ids)
{
	CHECK_EQ(topology.nr_cpus, nr);
	for (u32 i = 0; i < nr; i++)
		CHECK_EQ(topology.apic_id[i], ids[i]);
}

#define EXPECT_CPUS(...) \
	expect_cpus(sizeof((const u8[]){ __VA_ARGS__ }), (const u8[]){ __VA_ARGS__ })

#define EXPECT_SAYS(text)                                                                       \
	do {                                                                                    \
		if (!strstr(host_log, text))                                                    \
			host_fail(__FILE__, __LINE__, "\"%s\" is not in:\n%s", text, host_log); \
	} while (0)

/* --- CPUs ------------------------------------------------------------------------------------- */

static void lists_of_cpus(void)
{
	boot_with_cpus("l0 l1 l2 l3", 0);
	EXPECT_CPUS(0, 1, 2, 3);
	CHECK(strstr(host_log, "ignored") == NULL);

	boot_with_cpus("l1 l2 l3 l0", 0);
	EXPECT_CPUS(0, 2, 3, 1);
	boot_with_cpus("l1 l2", 0);
	EXPECT_CPUS(0, 2, 1);
	EXPECT_SAYS("the boot CPU, APIC ID 0, is not listed: added");
	boot_with_cpus("L0 L1", 7);
	EXPECT_CPUS(7);
	boot_with_cpus("l0 L1 l255 L255", 0);
	EXPECT_CPUS(0);
	EXPECT_SAYS("a CPU with APIC ID 0xff, expected 0 to 0xfe: ignored");
	boot_with_cpus("x0 x1 x254 x255 x0x17161514 X77", 1);
	EXPECT_CPUS(1, 0, 254);
	EXPECT_SAYS("APIC ID 0x17161514");
	boot_with_cpus("l0 l1 x0 x1 x2", 0);
	EXPECT_CPUS(0, 1, 2);
	EXPECT_SAYS("APIC ID 0x1 is listed once more");
}

/* NR_CPUS CPUs and more, with the boot CPU at the end, and one that is not listed. */
static void too_many_cpus(void)
{
	u8 records[4096];
	u32 size = 0;

	for (u32 i = 0; i < 200; i++) {
		char text[16];

		snprintf(text, sizeof(text), "l%u", i);
		size += add_cpus(records + size, text);
	}
	boot_with_records(records, size, 199);
	CHECK_EQ(topology.nr_cpus, NR_CPUS);
	CHECK_EQ(topology.nr_left_out, 200 - NR_CPUS);
	CHECK_EQ(topology.apic_id[0], 199);
	CHECK(strstr(host_log, "not listed") == NULL);

	boot_with_records(records, NR_CPUS * 8, 250);
	CHECK_EQ(topology.nr_cpus, NR_CPUS);
	CHECK_EQ(topology.nr_left_out, 1);
	CHECK_EQ(topology.apic_id[0], 250);
	EXPECT_SAYS("APIC ID 0xfa, is not listed: added");
}

static void rubbish_does_not_fill_the_log(void)
{
	u8 records[4096];
	u32 size = 0, lines = 0;

	for (u32 i = 0; i < 200; i++)
		size += add_cpus(records + size, "l255");
	boot_with_records(records, size, 3);
	EXPECT_CPUS(3);
	for (const char *c = host_log; *c; c++)
		lines += *c == '\n';
	CHECK(lines < 40);
	EXPECT_SAYS("176 more records are ignored");
}

static void records_with_a_wrong_length(void)
{
	u8 records[256];
	u32 size = add_cpus(records, "l0 l1");

	/* Too short for its type: only this record is skipped. */
	memcpy(records + size, "\x00\x04\x02\x02", 4);
	size += 4;
	size += add_cpus(records + size, "l2 l3");
	boot_with_records(records, size, 0);
	EXPECT_CPUS(0, 1, 2, 3);
	EXPECT_SAYS("a record of type 0 at 60 has 4 bytes, expected 8: ignored");

	/* Length zero ends the table, with a message about the rest. */
	size = add_cpus(records, "l0 l1");
	memset(records + size, 0, 2);
	size += 2 + add_cpus(records + size + 2, "l2 l3");
	boot_with_records(records, size, 0);
	EXPECT_CPUS(0, 1);
	EXPECT_SAYS("the record at 60 has 0 bytes, expected 2 to 18: "
		    "the last 18 bytes of the table are ignored");

	/* A record that exceeds the table, and one remaining byte. */
	size = add_cpus(records, "l0 l1");
	records[9] = 9;
	boot_with_records(records, size, 0);
	EXPECT_CPUS(0);
	EXPECT_SAYS("the record at 52 has 9 bytes, expected 2 to 8");
	boot_with_records(records, 9, 0);
	EXPECT_CPUS(0);
	EXPECT_SAYS("the record at 52 has 0 bytes, expected 2 to 1");
}

/* --- interrupts ------------------------------------------------------------------------------- */

static u32 add_ioapic(u8 *to, u8 id, u32 phys, u32 base)
{
	memset(to, 0, 12);
	to[0] = 1;
	to[1] = 12;
	to[2] = id;
	memcpy(to + 4, &phys, 4);
	memcpy(to + 8, &base, 4);
	return 12;
}

static u32 add_line(u8 *to, u8 bus, u8 irq, u32 input, u8 flags)
{
	memset(to, 0, 10);
	to[0] = 2;
	to[1] = 10;
	to[2] = bus;
	to[3] = irq;
	memcpy(to + 4, &input, 4);
	to[8] = flags;
	return 10;
}

static void interrupt_controllers(void)
{
	u8 records[256];
	u32 size = add_ioapic(records, 1, 0xfec10000, 24);

	size += add_ioapic(records + size, 2, 0, 0);
	size += add_ioapic(records + size, 0, 0xfec00000, 0);
	size += add_ioapic(records + size, 3, 0xfec20000, 0);
	boot_with_records(records, size, 0);
	CHECK_EQ(topology.ioapic_phys, 0xfec00000);
	EXPECT_SAYS("I/O APIC 1 at 0xfec10000 has inputs from 24 on");
	EXPECT_SAYS("I/O APIC 2 at address 0: ignored");
	EXPECT_SAYS("I/O APIC 3 at 0xfec20000 has the inputs of the one at 0xfec00000: ignored");

	boot_with_records(records, 12, 0);
	CHECK_EQ(topology.ioapic_phys, 0);
}

static void lines(void)
{
	u8 records[256];
	u32 size = add_line(records, 0, 0, 2, 0);

	size += add_line(records + size, 0, 0, 0, 0);
	size += add_line(records + size, 0, 0, 2, 5);
	size += add_line(records + size, 0, 9, 20, 15);
	size += add_line(records + size, 1, 5, 7, 0);
	size += add_line(records + size, 0, 16, 7, 0);
	size += add_line(records + size, 0, 4, 256 + 4, 0);
	boot_with_records(records, size, 0);
	CHECK_EQ(topology.line[0], 2);
	CHECK_EQ(topology.line[9], 20);
	CHECK_EQ(topology.line[5], 5);
	CHECK_EQ(topology.line[4], 4);
	CHECK_EQ(topology.active_low, 1 << 9);
	CHECK_EQ(topology.level, 1 << 9);
	EXPECT_SAYS("line 0 at input 0 with flags 0, was at input 2 before: ignored");
	EXPECT_SAYS("line 5 of bus 1, expected bus 0: ignored");
	EXPECT_SAYS("line 16 at input 7, expected a line below 16 and an input below 240: ignored");
	EXPECT_SAYS("line 4 at input 260");
	CHECK(strstr(host_log, "flags 0x5") == NULL); /* means the same as 0 */
}

static void lapic_address(void)
{
	u8 record[12] = { 5, 12, 0, 0, 0x00, 0x00, 0xe0, 0xfe, 4 };

	boot_with_records(record, sizeof(record), 0);
	CHECK_EQ(topology.lapic_phys, 0x4fee00000);
	boot_with_cpus("l0", 0);
	CHECK_EQ(topology.lapic_phys, 0xfee00000);
}

/* --- tables ----------------------------------------------------------------------------------- */

static u32 good_madt(void)
{
	u8 records[64];

	return madt(records, add_cpus(records, "l0 l1"));
}

static void damaged_roots(void)
{
	u32 xsdt;

	/* The XSDT has a bad checksum or name, or the pointer to it has a bad checksum or name. */
	for (u32 damage = 0; damage < 4; damage++) {
		begin();
		list(good_madt());
		xsdt = root("XSDT", 8);
		if (damage == 0)
			firmware_memory[xsdt + 9] ^= 0x77;
		if (damage == 1) {
			firmware_memory[xsdt] = 'x';
			fix_sum(xsdt, 36 + 8, 9);
		}
		rsdp(2, root("RSDT", 4), damage == 2 ? 0xf0000000 : xsdt);
		if (damage == 3)
			firmware_memory[FIRMWARE_RSDP + 32] ^= 1;
		firmware_boot(0);
		EXPECT_CPUS(0, 1);
		EXPECT_SAYS("ignored");
		CHECK_EQ(firmware_reserved, 2);
	}
	/* Both are correct: each table is listed once. */
	begin();
	list(good_madt());
	xsdt = root("XSDT", 8);
	rsdp(2, root("RSDT", 4), xsdt);
	firmware_boot(0);
	EXPECT_CPUS(0, 1);
	CHECK_EQ(firmware_reserved, 2);
}

/* One table is damaged for the XSDT, and another one for the RSDT. */
static void damaged_entry(void)
{
	u32 bad, xsdt;

	begin();
	bad = good_madt();
	firmware_memory[bad + 9] ^= 1;
	list(table("HPET", "12345678", 8));
	list(bad);
	xsdt = root("XSDT", 8);
	entries[1] = good_madt();
	rsdp(2, root("RSDT", 4), xsdt);
	firmware_boot(0);
	EXPECT_CPUS(0, 1);
	EXPECT_SAYS("the bytes of table APIC");
	CHECK(acpi_table_at(0) && acpi_table_at(1) && !acpi_table_at(2));
}

static void empty_entries(void)
{
	begin();
	list(0);
	list(good_madt());
	list(0);
	rsdp(0, root("RSDT", 4), 0);
	firmware_boot(0);
	EXPECT_CPUS(0, 1);
	EXPECT_SAYS("2 of 3 entries of RSDT are empty");
}

static void lengths(void)
{
	static const u32 lengths[] = { 0, 35, 16 * SZ_1M + 1, 0x7fffffff, UINT32_MAX };
	static u8 body[0x18000];

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		begin();
		list(good_madt());
		put_u32(entries[0] + 4, lengths[i]);
		list(table("HPET", "12345678", 8));
		rsdp(0, root("RSDT", 4), 0);
		firmware_boot(0);
		CHECK(acpi_table_at(0) && !acpi_table_at(1));
		EXPECT_SAYS("table APIC at");
	}
	/* Longer than one mapping. */
	begin();
	list(table("SSDT", body, sizeof(body)));
	list(good_madt());
	rsdp(0, root("RSDT", 4), 0);
	firmware_boot(0);
	EXPECT_CPUS(0, 1);
	CHECK_EQ(acpi_find_table("SSDT")->header.length, 36 + sizeof(body));
	/* A MADT without records, and one that is truncated in its header. */
	for (u32 size = 8; size >= 4; size -= 4) {
		begin();
		list(table("APIC", body, size));
		rsdp(0, root("RSDT", 4), 0);
		firmware_boot(5);
		CHECK_EQ(topology.nr_cpus, size == 8);
		if (size == 4)
			EXPECT_SAYS("MADT: 40 bytes, expected at least 44: ignored");
	}
}

static void control_characters(void)
{
	begin();
	list(table("\x1b[2J", "1", 1));
	firmware_memory[entries[0] + 9] ^= 1;
	rsdp(0, root("RSDT", 4), 0);
	firmware_boot(0);
	CHECK(strchr(host_log, '\x1b') == NULL);
	EXPECT_SAYS("table ?[2J at");

	/* A table and a root pointer that are otherwise correct. */
	begin();
	list(table("\x1b[2J", "1", 1));
	firmware_memory[FIRMWARE_RSDP + 9] = 7;
	rsdp(0, root("RSDT", 4), 0);
	firmware_boot(0);
	CHECK(strpbrk(host_log, "\x1b\x07") == NULL);
	EXPECT_SAYS("ACPI: ?[2J 0x");
	EXPECT_SAYS("RSDP (v00 ?)");
}

static void two_madts(void)
{
	u8 records[64];

	begin();
	list(madt(records, add_cpus(records, "l0")));
	list(madt(records, add_cpus(records, "l0 l1")));
	rsdp(0, root("RSDT", 4), 0);
	firmware_boot(0);
	EXPECT_CPUS(0);
	EXPECT_SAYS("is used, and another one at");
	CHECK_EQ(firmware_reserved, 3);
}

/* --- the MP table ----------------------------------------------------------------------------- */

static void mp_table(const u8 *records, u32 size)
{
	u16 length = (u16)(44 + size);

	firmware_reset();
	put(0xf0000, "_MP_", 4);
	put_u32(0xf0004, 0xf1000);
	firmware_memory[0xf0008] = 1;
	fix_sum(0xf0000, 16, 10);
	put(0xf1000, "PCMP", 4);
	put(0xf1004, &length, 2);
	put_u32(0xf1000 + 36, 0xfee00000);
	put(0xf1000 + 44, records, size);
	fix_sum(0xf1000, length, 7);
}

static void mp_tables(void)
{
	static const u8 records[] = {
		0, 0, 17,  3,   0,   0,   0,    0,    0, 0,
		0, 0, 0,   0,   0,   0,   0,    0,    0, 0, /* CPU 0 */
		0, 1, 17,  1,   0,   0,   0,    0,    0, 0,
		0, 0, 0,   0,   0,   0,   0,    0,    0, 0, /* CPU 1 */
		0, 2, 17,  0,   0,   0,   0,    0,    0, 0,
		0, 0, 0,   0,   0,   0,   0,    0,    0, 0, /* not usable */
		1, 0, 'I', 'S', 'A', ' ', ' ',  ' ',        /* bus 0 */
		2, 4, 17,  1,   0,   0,   0xc0, 0xfe,       /* I/O APIC 4 */
		2, 5, 17,  1,   0,   0,   0xc1, 0xfe,       /* I/O APIC 5 */
		3, 0, 0,   0,   0,   0,   4,    2,          /* line 0 at input 2 */
		3, 0, 0,   0,   0,   3,   5,    7,          /* line 3 at another I/O APIC */
		3, 0, 0,   0,   9,   1,   4,    9, /* line 1 of a bus that is not an ISA bus */
		4, 3, 0,   0,   0,   0,   0xff, 0, /* a local interrupt */
	};
	u8 bad[sizeof(records)];

	mp_table(records, sizeof(records));
	firmware_boot(1);
	EXPECT_CPUS(1, 0);
	CHECK_STREQ(topology.source, "MP table");
	CHECK_EQ(topology.ioapic_phys, 0xfec00000);
	CHECK_EQ(topology.line[0], 2);
	CHECK_EQ(topology.line[1], 1);
	CHECK_EQ(topology.line[3], 3);

	memcpy(bad, records, sizeof(bad));
	bad[40] = 5; /* a type that does not exist */
	mp_table(bad, sizeof(bad));
	firmware_boot(0);
	EXPECT_CPUS(0, 1);
	EXPECT_SAYS("a record of type 5 at 84");

	mp_table(records, sizeof(records));
	firmware_memory[0xf1007] ^= 1;
	firmware_boot(0);
	CHECK(topology.source == NULL);
	EXPECT_SAYS("MP table: 160 bytes at 0xf1000, expected");

	/* Only at the address that the BIOS data area gives for the extended area. */
	mp_table(records, sizeof(records));
	memcpy(firmware_memory + 0x9f800, firmware_memory + 0xf0000, 16);
	memset(firmware_memory + 0xf0000, 0, 16);
	put(0x40e, "\x80\x9f", 2);
	firmware_boot(0);
	EXPECT_CPUS(0, 1);

	/* A table that extends beyond one mapping. */
	mp_table(records, sizeof(records));
	put_u32(0xf0004, 0xfffffff0);
	fix_sum(0xf0000, 16, 10);
	firmware_boot(0);
	CHECK(topology.source == NULL);
}

/*
 * --- all tables, damaged at random -------------------------------------------------------------
 */

static void random_damage(void)
{
	for (int round = 0; round < 600; round++) {
		u8 records[256];
		u32 size = add_cpus(records, "l0 x1 l2 L3 x300"), where, xsdt;

		size += add_ioapic(records + size, 0, 0xfec00000, 0);
		size += add_line(records + size, 0, 0, 2, 0);
		begin();
		for (u64 n = host_random_below(4); n; n--)
			records[host_random_below(size)] = (u8)host_random();
		list(madt(records, size));
		list(table("HPET", "12345678", 8));
		xsdt = root("XSDT", 8);
		rsdp((u8)host_random_below(3), root("RSDT", 4), xsdt);
		for (u64 n = host_random_below(3); n; n--) {
			where = FIRMWARE_RSDP + (u32)host_random_below(top - FIRMWARE_RSDP);
			firmware_memory[where] = (u8)host_random();
		}
		firmware_boot((u8)host_random_below(255));
	}
}

int main(void)
{
	host_run("lists of CPUs", lists_of_cpus);
	host_run("more CPUs than there is room for", too_many_cpus);
	host_run("rubbish does not fill the log", rubbish_does_not_fill_the_log);
	host_run("records with a wrong length", records_with_a_wrong_length);
	host_run("interrupt controllers", interrupt_controllers);
	host_run("lines of the PC", lines);
	host_run("where the CPUs' own APICs are", lapic_address);
	host_run("a damaged root", damaged_roots);
	host_run("a damaged entry of the XSDT", damaged_entry);
	host_run("empty entries", empty_entries);
	host_run("lengths of tables", lengths);
	host_run("control characters in a name", control_characters);
	host_run("two MADTs", two_madts);
	host_run("the MP table", mp_tables);
	host_run("random damage", random_damage);
	return host_done();
}
