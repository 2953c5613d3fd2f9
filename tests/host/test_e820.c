/* SPDX-License-Identifier: MIT */
#include "host.h"

#include <asm/e820.h>
#include <kernel/command.h>
#include <lib/errno.h>

#include <dirent.h>

/*
 * The firmware's memory map. The corpus tests/data/e820/ has for each .map the output that
 * e820_init() and e820_print() must produce. Random maps are compared with a model that stores a
 * type for each unit of a small address space. Other tests cover the boot parameters and a full
 * table.
 */

#define CORPUS    "tests/data/e820"
#define MIN_FILES 47

/* --- the corpus ------------------------------------------------------------------------------- */

static struct boot_e820 raw[BOOT_MAX_E820];

/* Reads lines "address size type"; a comment begins with #. */
static u32 read_map(const char *path)
{
	FILE *file = fopen(path, "r");
	char line[256];
	u32 nr = 0;

	if (!file) {
		host_fail(__FILE__, __LINE__, "%s cannot be opened", path);
		return 0;
	}
	while (fgets(line, sizeof(line), file)) {
		unsigned long long addr, size;
		unsigned int type;

		line[strcspn(line, "#")] = '\0';
		if (sscanf(line, "%llx %llx %u", &addr, &size, &type) == 3 && nr < BOOT_MAX_E820)
			raw[nr++] = (struct boot_e820){ .addr = addr, .size = size, .type = type };
		else if (line[strspn(line, " \t\n")])
			host_fail(__FILE__, __LINE__, "%s: \"%s\"", path, line);
	}
	fclose(file);
	return nr;
}

static const char *read_text(const char *path)
{
	static char text[1 << 16];
	FILE *file = fopen(path, "r");

	if (!file)
		return "(no such file)";
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return text;
}

static u64 last_byte(const struct e820_entry *entry)
{
	return entry->addr + (entry->size - 1);
}

/* Checks what the header promises about the table. */
static void check_invariants(void)
{
	for (u32 i = 0; i < e820_table.nr; i++) {
		const struct e820_entry *entry = &e820_table.entries[i], *before = entry - 1;

		CHECK(entry->size != 0);
		CHECK(last_byte(entry) >= entry->addr);
		if (i == 0)
			continue;
		CHECK(entry->addr > last_byte(before));
		/*
		 * Adjacent entries of one type are merged, unless the size needs more than 64 bits.
		 */
		CHECK(entry->type != before->type || entry->addr != last_byte(before) + 1 ||
		      before->size + entry->size == 0);
	}
	CHECK(e820_table.nr <= E820_MAX);
}

static void check_file(const char *name)
{
	char path[512];
	u32 nr;

	snprintf(path, sizeof(path), CORPUS "/%s", name);
	nr = read_map(path);
	host_log_clear();
	e820_init(raw, nr);
	e820_print("BIOS-e820");
	check_invariants();
	strcpy(strrchr(path, '.'), ".expected");
	if (strcmp(host_log, read_text(path)) != 0)
		host_fail(__FILE__, __LINE__, "%s: got\n%s", path, host_log);
}

static void corpus(void)
{
	DIR *dir = opendir(CORPUS);
	const struct dirent *file;
	int nr = 0;

	REQUIRE(dir != NULL);
	while ((file = readdir(dir))) {
		const char *suffix = strrchr(file->d_name, '.');

		if (!suffix || strcmp(suffix, ".map") != 0)
			continue;
		check_file(file->d_name);
		nr++;
	}
	closedir(dir);
	CHECK(nr >= MIN_FILES);
}

/* The order of the entries in a map must not matter. */
static void corpus_shuffled(void)
{
	static const char *const names[] = { "strictness",   "odd-types",
					     "many-entries", "overlap-usable-reserved",
					     "duplicates",   "wrapping" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		static char want[1 << 16];
		char path[512];
		u32 nr;

		snprintf(path, sizeof(path), CORPUS "/%s.map", names[i]);
		nr = read_map(path);
		e820_init(raw, nr);
		host_log_clear();
		e820_print("x");
		strcpy(want, host_log);
		for (int round = 0; round < 10; round++) {
			for (u32 j = nr; j > 1; j--) {
				u32 other = (u32)host_random_below(j);
				struct boot_e820 swap = raw[other];

				raw[other] = raw[j - 1];
				raw[j - 1] = swap;
			}
			e820_init(raw, nr);
			host_log_clear();
			e820_print("x");
			CHECK_STREQ(host_log, want);
		}
	}
}

/* --- the model -------------------------------------------------------------------------------- */

#define UNITS   48
#define NOTHING UINT32_MAX

/* In the order of precedence, the strictest last. */
static const u32 types[] = { NOTHING,       E820_RAM,      E820_ACPI, E820_NVS, E820_PMEM,
			     E820_DISABLED, E820_RESERVED, 8,         20,       99,
			     E820_UNUSABLE };

static u32 model[UNITS];

/* Address of unit 0: the last unit may end at the end of the address space. */
static u64 origin, unit;

static int rank(u32 type)
{
	int i = 0;

	while (types[i] != type)
		i++;
	return i;
}

static void compare_with_model(void)
{
	u64 highest = 0;

	check_invariants();
	for (u64 i = 0; i < UNITS; i++) {
		u64 addr = origin + i * unit;
		u32 at_start = NOTHING, at_end = NOTHING;

		for (u32 j = 0; j < e820_table.nr; j++) {
			const struct e820_entry *entry = &e820_table.entries[j];

			if (entry->addr <= addr && addr <= last_byte(entry))
				at_start = entry->type;
			if (entry->addr <= addr + unit - 1 && addr + unit - 1 <= last_byte(entry))
				at_end = entry->type;
		}
		CHECK_EQ(at_start, model[i]);
		CHECK_EQ(at_end, model[i]);
		if (model[i] == E820_RAM)
			highest = addr + unit;
	}
	CHECK_EQ(e820_highest_ram(), highest);
	for (u32 j = 0; j < e820_table.nr; j++)
		CHECK(e820_table.entries[j].addr - origin < UNITS * unit);
}

static void random_step(void)
{
	u64 first = host_random_below(UNITS), nr = host_random_below(UNITS - first + 1);
	u64 addr = origin + first * unit, size = nr * unit, changed = 0;
	u32 type = types[1 + host_random_below(ARRAY_SIZE(types) - 1)];
	u32 from = types[1 + host_random_below(ARRAY_SIZE(types) - 1)];
	u64 action = host_random_below(12);

	if (action == 0)
		nr = UNITS - first;
	for (u64 i = first; i < first + nr; i++) {
		if (action == 0 && model[i] == E820_RAM) {
			model[i] = NOTHING;
			changed += unit;
		} else if (action == 1 && model[i] == type) {
			model[i] = NOTHING;
			changed += unit;
		} else if (action == 2 && model[i] == from) {
			model[i] = type;
			changed += type == from ? 0 : unit;
		} else if (action > 2 && rank(type) > rank(model[i])) {
			model[i] = type;
		}
	}
	if (action == 0)
		CHECK_EQ(e820_clamp(addr), changed);
	else if (action == 1)
		CHECK_EQ(e820_remove(addr, size, type), changed);
	else if (action == 2)
		CHECK_EQ(e820_update(addr, size, from, type), changed);
	else
		e820_add(addr, size, type);
}

static void random_maps(void)
{
	for (int round = 0; round < 4000; round++) {
		unit = host_random_below(3) ? 1ull << host_random_below(50)
					    : 1 + host_random_below(5000);
		origin = host_random_below(2) ? 0 - UNITS * unit : host_random_below(1ull << 40);
		if (host_random_below(4) == 0)
			origin = 0;
		e820_clear();
		for (int i = 0; i < UNITS; i++)
			model[i] = NOTHING;
		for (u64 steps = host_random_below(20); steps; steps--)
			random_step();
		compare_with_model();
	}
}

/* Arbitrary numbers, without a comparison: the sanitizers and the invariants find errors. */
static void random_garbage(void)
{
	for (int round = 0; round < 2000; round++) {
		u32 nr = (u32)host_random_below(40);

		for (u32 i = 0; i < nr; i++) {
			raw[i].addr = host_random() << host_random_below(64);
			raw[i].size = host_random() >> host_random_below(64);
			raw[i].type = (u32)(host_random() >> (32 + host_random_below(32)));
			if (host_random_below(8) == 0)
				raw[i].size = 0 - raw[i].addr;
		}
		e820_init(raw, nr);
		check_invariants();
		e820_clamp(host_random() >> host_random_below(64));
		check_invariants();
	}
}

/* --- the table is full ------------------------------------------------------------------------ */

static void full_table(void)
{
	const struct e820_entry *top = &e820_table.entries[E820_MAX - 1];

	e820_clear();
	host_log_clear();
	for (u64 i = 0; i < E820_MAX; i++)
		e820_add(i * 0x2000, 0x1000, E820_RAM);
	CHECK_EQ(e820_table.nr, E820_MAX);
	CHECK_STREQ(host_log, "");

	/* One entry more, in the middle: the highest one is dropped. */
	e820_add(0x1000, 0x1000, E820_RESERVED);
	CHECK(strstr(host_log, "more than 640 ranges") != NULL);
	CHECK_EQ(e820_table.nr, E820_MAX);
	CHECK_EQ(e820_table.entries[1].type, E820_RESERVED);
	CHECK_EQ(top->type, E820_UNUSABLE);
	CHECK_EQ(last_byte(top), E820_MAX * 0x2000 - 0x1001);
	check_invariants();

	/* RAM above it is lost, and RAM below it stays. */
	e820_add(1ull << 40, 0x1000, E820_RAM);
	CHECK_EQ(top->type, E820_UNUSABLE);
	CHECK_EQ(last_byte(top), (1ull << 40) + 0xfff);
	CHECK_EQ(e820_table.entries[2].type, E820_RAM);
	CHECK(e820_highest_ram() <= top->addr);
	check_invariants();
}

/* The largest number of entries that a loader can report is kept, even if none can be merged. */
static void longest_map(void)
{
	for (u32 i = 0; i < BOOT_MAX_E820; i++)
		raw[i] = (struct boot_e820){ .addr = (u64)i << 20, .size = SZ_1M, .type = i % 7 };
	e820_init(raw, BOOT_MAX_E820);
	CHECK_EQ(e820_table.nr, BOOT_MAX_E820);
	for (u32 i = 0; i < BOOT_MAX_E820; i++)
		CHECK_EQ(e820_table.entries[i].type, i % 7);
}

/*
 * --- queries, and RAM below 1 MiB --------------------------------------------------------------
 */

static void whole_frames(void)
{
	e820_clear();
	e820_add(0x1001, 0x3fff, E820_RAM);
	e820_add(0x8000, 0x1000, E820_RESERVED);
	e820_add(0x9fff, 0x1000, E820_RAM);
	e820_add(0xffffffffffffe800, 0x1800, E820_RAM);
	CHECK_EQ(e820_ram_frames(0).first, 2);
	CHECK_EQ(e820_ram_frames(0).end, 5);
	CHECK(e820_ram_frames(1).first >= e820_ram_frames(1).end);
	CHECK(e820_ram_frames(2).first >= e820_ram_frames(2).end);
	CHECK_EQ(e820_ram_frames(3).first, 0xfffffffffffff);
	CHECK_EQ(e820_ram_frames(3).end, 0x10000000000000);

	CHECK_EQ(e820_ram_end(0x1800), 0x1800);
	CHECK_EQ(e820_ram_end(0x2000), 0x5000);
	CHECK_EQ(e820_ram_end(0x4fff), 0x5000);
	CHECK_EQ(e820_ram_end(0x5000), 0x5000);
	CHECK_EQ(e820_ram_end(0x8800), 0x8800);
	CHECK_EQ(e820_ram_end(0xa000), 0xa000);
	CHECK_EQ(e820_ram_end(0xfffffffffffff123), 0xfffffffffffff000);
}

static void no_ram_below_1m(void)
{
	e820_clear();
	host_log_clear();
	e820_add(0, 0xa0000, E820_RAM);
	e820_add(0x100000, 0x100000, E820_RAM);
	e820_drop_legacy_ram();
	CHECK_STREQ(host_log, "");
	CHECK_EQ(e820_table.nr, 2);

	e820_add(0x9f000, 0x61000, E820_RAM);
	e820_add(0xe0000, 0x8000, E820_ACPI);
	e820_drop_legacy_ram();
	CHECK_STREQ(host_log,
		    "e820: 352 kB of RAM between 0xa0000 and 0x100000 are not used: the place of "
		    "video memory and ROMs\n");
	host_log_clear();
	e820_print("x");
	CHECK_STREQ(host_log, "x: [mem 0x0000000000000000-0x000000000009ffff] usable\n"
			      "x: [mem 0x00000000000e0000-0x00000000000e7fff] ACPI data\n"
			      "x: [mem 0x0000000000100000-0x00000000001fffff] usable\n");
}

/* --- parameters ------------------------------------------------------------------------------- */

static int give(const char *name, const char *value)
{
	const struct boot_param *p;

	for_each_in_set(p, boot_params)
		if (strcmp(p->name, name) == 0)
			return p->parse(value);
	host_fail(__FILE__, __LINE__, "no parameter %s", name);
	return 0;
}

static void bad_parameters(void)
{
	static const char *const memmap[] = { "",
					      "foo",
					      "64M@",
					      "64M@foo",
					      "64M@16Mx",
					      "64M%16M",
					      "0@16M",
					      "-1@16M",
					      "64M@16M,",
					      ",64M@16M",
					      "64M@16M,,64M@128M",
					      "64M@16M,bar",
					      "exactmapx",
					      "exactmap,",
					      "2@0xffffffffffffffff",
					      "16E@0",
					      "64M@16M@16M",
					      "64 M@16M" };
	static const char *const mem[] = { "", "0", "foo", "64Mx", "64M@16M", "nopentium", "-64M" };

	for (size_t i = 0; i < ARRAY_SIZE(memmap); i++)
		if (give("memmap", memmap[i]) != -EINVAL)
			host_fail(__FILE__, __LINE__, "memmap=%s was taken", memmap[i]);
	for (size_t i = 0; i < ARRAY_SIZE(mem); i++)
		if (give("mem", mem[i]) != -EINVAL)
			host_fail(__FILE__, __LINE__, "mem=%s was taken", mem[i]);

	/* None of them was kept. */
	raw[0] = (struct boot_e820){ .addr = 0, .size = SZ_1G, .type = E820_RAM };
	e820_init(raw, 1);
	host_log_clear();
	e820_apply_params();
	CHECK_STREQ(host_log, "");
	CHECK_EQ(e820_table.nr, 1);
}

/* The parameters accumulate in this process, so each group continues the one before. */
static void mem_parameter(void)
{
	CHECK_EQ(give("mem", "768M"), 0);
	raw[0] = (struct boot_e820){ .addr = 0, .size = SZ_1G, .type = E820_RAM };
	raw[1] = (struct boot_e820){ .addr = 0xfffc0000, .size = 0x40000, .type = E820_RESERVED };
	e820_init(raw, 2);
	host_log_clear();
	e820_apply_params();
	CHECK_STREQ(host_log, "user-defined physical RAM map:\n"
			      "user: [mem 0x0000000000000000-0x000000002fffffff] usable\n"
			      "user: [mem 0x00000000fffc0000-0x00000000ffffffff] reserved\n");
}

static void memmap_parameter(void)
{
	CHECK_EQ(give("memmap", "64K#0x100000"), 0);
	CHECK_EQ(give("memmap", "1M$16M,0x2000!32M"), 0);
	CHECK_EQ(give("memmap", "1G@2G"), 0);
	CHECK_EQ(give("memmap", "512M"), 0);
	CHECK_EQ(give("memmap", "16M@4G"), 0);
	e820_init(raw, 2);
	host_log_clear();
	e820_apply_params();
	CHECK_STREQ(host_log,
		    "user-defined physical RAM map:\n"
		    "user: [mem 0x0000000000000000-0x00000000000fffff] usable\n"
		    "user: [mem 0x0000000000100000-0x000000000010ffff] ACPI data\n"
		    "user: [mem 0x0000000000110000-0x0000000000ffffff] usable\n"
		    "user: [mem 0x0000000001000000-0x00000000010fffff] reserved\n"
		    "user: [mem 0x0000000001100000-0x0000000001ffffff] usable\n"
		    "user: [mem 0x0000000002000000-0x0000000002001fff] persistent (type 12)\n"
		    "user: [mem 0x0000000002002000-0x000000001fffffff] usable\n"
		    "user: [mem 0x00000000fffc0000-0x00000000ffffffff] reserved\n"
		    "user: [mem 0x0000000100000000-0x0000000100ffffff] usable\n");
}

static void exactmap_parameter(void)
{
	CHECK_EQ(give("memmap", "exactmap,640K@0,127M@1M"), 0);
	CHECK_EQ(give("memmap", "1@0xffffffffffffffff"), 0);
	e820_init(raw, 2);
	host_log_clear();
	e820_apply_params();
	CHECK_STREQ(host_log, "user-defined physical RAM map:\n"
			      "user: [mem 0x0000000000000000-0x000000000009ffff] usable\n"
			      "user: [mem 0x0000000000100000-0x0000000007ffffff] usable\n"
			      "user: [mem 0xffffffffffffffff-0xffffffffffffffff] usable\n");
	CHECK_EQ(e820_highest_ram(), 0);
}

static void too_many_parameters(void)
{
	int taken = 0;

	host_log_clear();
	while (give("memmap", "4K@1M") == 0)
		taken++;
	CHECK(taken > 300 && taken < 400);
	CHECK(strstr(host_log, "more than 384 ranges") != NULL);
	CHECK_EQ(give("mem", "1G"), -EINVAL);
}

int main(void)
{
	host_run("corpus", corpus);
	host_run("corpus, shuffled", corpus_shuffled);
	host_run("random maps as the model", random_maps);
	host_run("garbage gives a sane table", random_garbage);
	host_run("a full table loses no RAM silently", full_table);
	host_run("the longest map a loader can give", longest_map);
	host_run("whole frames of an entry", whole_frames);
	host_run("RAM from 640 KiB to 1 MiB is not used", no_ram_below_1m);
	host_run("bad mem= and memmap= are refused", bad_parameters);
	host_run("mem=", mem_parameter);
	host_run("memmap=", memmap_parameter);
	host_run("memmap=exactmap", exactmap_parameter);
	host_run("too many memmap=", too_many_parameters);
	return host_done();
}
