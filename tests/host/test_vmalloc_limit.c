/* SPDX-License-Identifier: MIT */

/* Only a kernel without PAE has the limit, so this test compiles the borders without PAE. */
#undef CONFIG_PAE
#define CONFIG_PAE 0
#include "../../arch/i386/borders.c"
#include "../../arch/i386/lib/layout.c"

#include "host.h"

/*
 * The limit of the vmalloc range without PAE: its page tables, which all exist from boot, take at
 * most 1/128 of lowmem, or 32 KiB on a machine with less than 4 MiB. Where addresses end earlier
 * the range is not limited.
 */

static void borders_with(u64 ram, u64 hole_at, u64 hole)
{
	e820_clear();
	e820_add(0, min(ram, hole_at), E820_RAM);
	if (ram > hole_at)
		e820_add(hole_at + hole, ram - hole_at, E820_RAM);
	host_log_clear();
	borders_init();
	layout_set_end_of_ram((unsigned long)(min(e820_highest_ram(), SZ_4G) >> PAGE_SHIFT));
	borders_complete();
}

static u64 tables(void)
{
	return (PKMAP_BASE - vmalloc_start) / PDE_SIZE * PAGE_SIZE;
}

static u64 lowmem(void)
{
	return ram_pages(0, max_low_pfn) << PAGE_SHIFT;
}

static void expect_limited(void)
{
	unsigned long natural = ALIGN_UP(PAGE_OFFSET + direct_map_size + VMALLOC_GAP, PDE_SIZE);

	CHECK(vmalloc_start % PDE_SIZE == 0 && vmalloc_start >= natural);
	CHECK(tables() <= max(lowmem() / 128, (u64)32 << 10));
	/* The range is not smaller than it must be: one more table would be too much. */
	if (vmalloc_start != natural)
		CHECK(tables() + PAGE_SIZE > max(lowmem() / 128, (u64)32 << 10));
}

static void any_ram(void)
{
	int limited = 0;

	for (int round = 0; round < 20000; round++) {
		u64 ram = SZ_1M * 2 + host_random_below(1ull << (21 + host_random_below(11)));

		borders_with(ram, host_random_below(SZ_1G), host_random_below(SZ_1G));
		expect_limited();
		CHECK_STREQ(host_log, "");
		limited += PKMAP_BASE - vmalloc_start < (SZ_1G >> 1);
	}
	CHECK(limited > 1000);
}

static void small_machines(void)
{
	static const struct {
		u64 ram, range; /* MiB */
	} machines[] = { { 2, 32 }, { 3, 32 }, { 4, 32 }, { 8, 64 }, { 16, 128 }, { 64, 512 } };

	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		borders_with(machines[i].ram << 20, SZ_1G, 0);
		CHECK_EQ((PKMAP_BASE - vmalloc_start) >> 20, machines[i].range);
	}
	/* From here on, all addresses above the direct map are the range. */
	borders_with(128ull << 20, SZ_1G, 0);
	CHECK_EQ(vmalloc_start, PAGE_OFFSET + (136ul << 20));
}

/* A request is refused, or met, or a message has the values. */
static void requests(void)
{
	for (u64 mib = 16; mib < 1024; mib++) {
		char value[16];

		snprintf(value, sizeof(value), "%lluM", mib);
		CHECK_EQ(parse_vmalloc(value), 0);
		borders_with(4ull << 30, SZ_4G, 0);
		expect_limited();
		if (strstr(host_log, "ignored, expected 15M to 895M")) {
			CHECK(mib > 895);
		} else {
			CHECK(mib <= 895);
			CHECK_STREQ(host_log, "");
			CHECK(VMALLOC_END - vmalloc_start >= mib << 20);
		}
		borders_with(16ull << 20, SZ_4G, 0);
		expect_limited();
		if (mib > 128 && mib <= 895)
			CHECK(strstr(host_log, "M: limited to 128M, since its page tables get at "
					       "most 128 of 16384 kB of lowmem") != NULL);
		else
			CHECK(strstr(host_log, "limited") == NULL || mib > 895);
	}
	vmalloc_given = false;
}

int main(void)
{
	host_run("small machines", small_machines);
	host_run("any amount of RAM", any_ram);
	host_run("vmalloc= is met, or a message has the values", requests);
	return host_done();
}
