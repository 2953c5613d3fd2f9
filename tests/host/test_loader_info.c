/* SPDX-License-Identifier: MIT */
#include "chooser_unit.h"

/*
 * The information of a correct boot loader, as the chooser copies it into the boot record.
 */

/* --- multiboot 1 ------------------------------------------------------------------------------ */

static void multiboot1(void)
{
	static struct mb1_mmap map[3] = { { 20, 0, 0x9fc00, 1 },
					  { 20, 0x100000, 0x7f00000, 1 },
					  { 20, 0xfd00000000ull, 1, 2 } };
	static struct mb1_module modules[2] = { { 0x500000, 0x501234, 0, 0 },
						{ 0x700000, 0x700001, 0, 0 } };
	static char cmdline[] = "highland.elf run=help", loader[] = "a loader", name[] = "file arg";
	static struct mb1_info info;

	info = (struct mb1_info){ .flags = MB1_MEMORY | MB1_CMDLINE | MB1_MODULES | MB1_MMAP |
					   MB1_NAME,
				  .mem_lower = 639,
				  .mem_upper = 130000,
				  .cmdline = PHYS(cmdline),
				  .mods_count = 2,
				  .mods_addr = PHYS(modules),
				  .mmap_addr = PHYS(map),
				  .mmap_length = sizeof(map),
				  .boot_loader_name = PHYS(loader) };

	modules[0].string = PHYS(name);
	choose_by(MULTIBOOT1_MAGIC, &info);
	CHECK(started == PAE_ENTRY || started == NOPAE_ENTRY);
	CHECK_EQ(record.loader, 1);
	CHECK_EQ(record.nr_e820, 3);
	CHECK_EQ(record.e820[1].addr, 0x100000);
	CHECK_EQ(record.e820[2].addr, 0xfd00000000ull);
	CHECK_EQ(record.e820[2].type, 2);
	CHECK_EQ(record.nr_modules, 2);
	CHECK_EQ(record.modules[0].end, 0x501234);
	CHECK_STREQ(record.modules[0].name, "file arg");
	CHECK_STREQ(record.modules[1].name, "");
	CHECK_STREQ(command_line, cmdline);
	CHECK_STREQ(record.loader_name, loader);
	CHECK_EQ(record.mem_upper, 130000);
	CHECK_EQ(record.efi_firmware, 0);
	CHECK_EQ(record.framebuffer.type, 255);
}

/* An entry may be longer than the fields that the specification defines. */
static void multiboot1_long_entries(void)
{
	static struct {
		struct mb1_mmap entry;
		u32 more;
	} map[2] = { { { 24, 0, 0x1000, 1 }, 7 }, { { 24, 0x2000, 0x1000, 1 }, 7 } };
	static struct mb1_info info;

	info = (struct mb1_info){ .flags = MB1_MMAP,
				  .mmap_addr = PHYS(map),
				  .mmap_length = sizeof(map) };

	choose_by(MULTIBOOT1_MAGIC, &info);
	CHECK_EQ(record.nr_e820, 2);
	CHECK_EQ(record.e820[1].addr, 0x2000);
}

static void what_does_not_fit_is_counted(void)
{
	static struct mb1_mmap map[BOOT_MAX_E820 + 5];
	static struct mb1_module modules[BOOT_MAX_MODULES + 3];
	static char cmdline[BOOT_CMDLINE + 10];
	static struct mb1_info info;

	info = (struct mb1_info){ .flags = MB1_MMAP | MB1_MODULES | MB1_CMDLINE,
				  .mmap_addr = PHYS(map),
				  .mmap_length = sizeof(map),
				  .mods_addr = PHYS(modules),
				  .mods_count = BOOT_MAX_MODULES + 3,
				  .cmdline = PHYS(cmdline) };
	for (u32 i = 0; i < BOOT_MAX_E820 + 5; i++)
		map[i] = (struct mb1_mmap){ 20, i << 12, 1, 1 };
	memset(cmdline, 'x', sizeof(cmdline) - 1);
	choose_by(MULTIBOOT1_MAGIC, &info);
	CHECK_EQ(record.nr_e820, BOOT_MAX_E820);
	CHECK_EQ(record.nr_e820_lost, 5);
	CHECK_EQ(record.nr_modules, BOOT_MAX_MODULES);
	CHECK_EQ(record.nr_modules_lost, 3);
	CHECK_EQ(strlen(command_line), BOOT_CMDLINE - 1);
	CHECK_EQ(record.cmdline_lost, 10);
}

/* --- multiboot 2 ------------------------------------------------------------------------------ */

struct efi_descriptor {
	u32 type, pad;
	u64 physical, virtual, pages, attribute, more;
};

#define NR_EFI 8

static void efi_map_tag(void)
{
	struct {
		u32 stride, version;
		struct efi_descriptor d[NR_EFI];
	} map = { sizeof(struct efi_descriptor),
		  1,
		  { { 7, 0, 0, 0, 0xa0, 0, 0 },
		    { 3, 0, 0x100000, 0, 0x100, 0, 0 }, /* boot services: usable afterwards */
		    { 5, 0, 0x200000, 0, 1, 0, 0 },     /* runtime services: not usable */
		    { 9, 0, 0x201000, 0, 1, 0, 0 },
		    { 10, 0, 0x202000, 0, 1, 0, 0 },
		    { 8, 0, 0x203000, 0, 1, 0, 0 },
		    { 14, 0, 0x204000, 0, 1, 0, 0 },
		    { 2, 0, 0x205000, 0, 0x80000, 0, 0 } } };

	tag2(MB2_EFI_MMAP, &map, sizeof(map));
}

static void multiboot2_with_only_an_efi_map(void)
{
	static const u32 types[NR_EFI] = { E820_RAM, E820_RAM,      E820_RESERVED, E820_ACPI,
					   E820_NVS, E820_UNUSABLE, E820_PMEM,     E820_RAM };

	begin2();
	tag2(MB2_EFI64, "12345678", 8);
	efi_map_tag();
	tag2(MB2_CMDLINE, "selftest", 9);
	choose2();
	CHECK_EQ(record.loader, 2);
	CHECK_EQ(record.efi_map, 1);
	CHECK_EQ(record.efi_firmware, 1);
	CHECK_EQ(record.nr_e820, NR_EFI);
	for (u32 i = 0; i < NR_EFI; i++)
		CHECK_EQ(record.e820[i].type, types[i]);
	CHECK_EQ(record.e820[7].size, 0x80000000ull);
	CHECK_STREQ(command_line, "selftest");
}

static void multiboot2_prefers_the_loaders_map(void)
{
	struct {
		u32 stride, version;
		u64 base, length;
		u32 type, reserved;
	} map = { 24, 0, 0x100000, 0x1000000, 1, 0 };

	begin2();
	efi_map_tag();
	tag2(MB2_MMAP, &map, sizeof(map));
	choose2();
	CHECK_EQ(record.efi_map, 0);
	CHECK_EQ(record.nr_e820, 1);
	CHECK_EQ(record.e820[0].size, 0x1000000);
}

/* Stars replace the key in both copies of the line. Words keep their places. */
static void grade_key(void)
{
	static const struct {
		const char *line, *key, *left;
	} cases[] = {
		{ "f grade_key=c0ffee nopae", "c0ffee", "f grade_key=****** nopae" },
		{ "grade_key=12\t\"x=a b\"", "12", "grade_key=**\t\"x=a b\"" },
		{ "\"grade_key=1 2\" x", "12", "\"grade_key=* *\" x" },
		{ "grade_key=\"a=b", "a=b", "grade_key=\"***" },
		{ "grade_key=1 grade_key=23", "1", "grade_key=* grade_key=**" },
		{ "grade_key x=grade_key=1 grade_key=", "", "grade_key x=grade_key=1 grade_key=" },
		{ "xgrade_key=1 grade_keys=2 grade=3", "", "xgrade_key=1 grade_keys=2 grade=3" },
	};
	static char line[64];
	static struct mb1_info info;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		strcpy(line, cases[i].line);
		info = (struct mb1_info){ .flags = MB1_CMDLINE, .cmdline = PHYS(line) };
		choose_by(MULTIBOOT1_MAGIC, &info);
		CHECK_STREQ(record.grade_key, cases[i].key);
		CHECK_STREQ(command_line, cases[i].left);
		CHECK_STREQ(line, cases[i].left);
	}
	/* A key that is too long is cut. */
	memset(line, '7', sizeof(line) - 1);
	memcpy(line, "grade_key=", 10);
	begin2();
	tag2(MB2_CMDLINE, line, sizeof(line));
	choose2();
	CHECK_EQ(strlen(record.grade_key), BOOT_GRADE_KEY - 1);
	CHECK(!strchr(command_line, '7'));
	CHECK(!memchr(info2, '7', sizeof(info2)));
}

static void multiboot2_module_without_a_name(void)
{
	static const u32 module[2] = { 0x900000, 0x900010 };

	begin2();
	tag2(MB2_MODULE, module, sizeof(module));
	choose2();
	CHECK_EQ(record.nr_modules, 1);
	CHECK_EQ(record.modules[0].end, 0x900010);
	CHECK_STREQ(record.modules[0].name, "");
	CHECK_EQ(record.nr_problems, 0);
}

static void multiboot2_modules_and_rsdp(void)
{
	struct {
		u32 start, end;
		char name[8];
	} module = { 0x900000, 0x900010, "m arg" };

	begin2();
	tag2(MB2_MODULE, &module, sizeof(module));
	tag2(MB2_ACPI_NEW, "RSD PTR new version of thirty-six by", 36);
	tag2(MB2_ACPI_OLD, "RSD PTR old version.", 20);
	choose2();
	CHECK_EQ(record.nr_modules, 1);
	CHECK_STREQ(record.modules[0].name, "m arg");
	CHECK_EQ(record.rsdp_size, 36);
	CHECK(memcmp(record.rsdp, "RSD PTR new", 11) == 0);
}

/* Before the colours is one reserved byte, or two: both layouts exist. */
static void multiboot2_framebuffer(void)
{
	static const u8 colours[6] = { 11, 5, 5, 6, 0, 5 };

	for (u32 reserved = 1; reserved <= 2; reserved++) {
		u8 tag[30] = { 0 };
		u32 words[5] = { 0xfd000000, 1, 1600, 800, 600 };

		memcpy(tag, words, sizeof(words));
		tag[20] = 16;
		tag[21] = 1;
		memcpy(tag + 22 + reserved, colours, sizeof(colours));
		begin2();
		tag2(MB2_FRAMEBUFFER, tag, 22 + reserved + 6);
		choose2();
		CHECK_EQ(record.framebuffer.addr, 0x1fd000000ull);
		CHECK_EQ(record.framebuffer.pitch, 1600);
		CHECK_EQ(record.framebuffer.width, 800);
		CHECK_EQ(record.framebuffer.height, 600);
		CHECK_EQ(record.framebuffer.bpp, 16);
		CHECK_EQ(record.framebuffer.type, 1);
		CHECK_EQ(record.framebuffer.red_shift, 11);
		CHECK_EQ(record.framebuffer.green_bits, 6);
		CHECK_EQ(record.framebuffer.blue_bits, 5);
	}
}

static void multiboot1_framebuffer(void)
{
	static struct mb1_info info;

	info = (struct mb1_info){ .flags = MB1_FRAMEBUFFER,
				  .framebuffer_addr = 0x180000000ull,
				  .framebuffer_pitch = 4096,
				  .framebuffer_width = 1024,
				  .framebuffer_height = 768,
				  .framebuffer_bpp = 32,
				  .framebuffer_type = 1,
				  .framebuffer_colours = { 16, 8, 8, 8, 0, 8 } };

	choose_by(MULTIBOOT1_MAGIC, &info);
	CHECK_EQ(record.framebuffer.addr, 0x180000000ull);
	CHECK_EQ(record.framebuffer.height, 768);
	CHECK_EQ(record.framebuffer.red_shift, 16);
	CHECK_EQ(record.framebuffer.blue_bits, 8);
	/* GRUB's structure has two bytes before the colours. */
	memmove(info.framebuffer_colours + 2, info.framebuffer_colours, 6);
	info.framebuffer_colours[0] = info.framebuffer_colours[1] = 0;
	choose_by(MULTIBOOT1_MAGIC, &info);
	CHECK_EQ(record.framebuffer.red_shift, 16);
	CHECK_EQ(record.framebuffer.green_shift, 8);
	CHECK_EQ(record.framebuffer.blue_bits, 8);
	info.framebuffer_type = 2;
	choose_by(MULTIBOOT1_MAGIC, &info);
	CHECK_EQ(record.framebuffer.red_bits, 0);
}

/* A tag that claims to be shorter than its header must not cause an endless loop. */
static void multiboot2_damaged(void)
{
	u32 head[2] = { MB2_CMDLINE, 0 };

	begin2();
	memcpy(info2 + 8, head, 8);
	at2 = 64;
	memcpy(info2, &at2, 4);
	choose_by(MULTIBOOT2_MAGIC, info2);
	CHECK(started);
	CHECK_EQ(record.nr_e820, 0);
}

int main(void)
{
	host_run("grade_key=", grade_key);
	host_run("multiboot1", multiboot1);
	host_run("multiboot1_long_entries", multiboot1_long_entries);
	host_run("what_does_not_fit_is_counted", what_does_not_fit_is_counted);
	host_run("multiboot2_with_only_an_efi_map", multiboot2_with_only_an_efi_map);
	host_run("multiboot2_prefers_the_loaders_map", multiboot2_prefers_the_loaders_map);
	host_run("multiboot2_modules_and_rsdp", multiboot2_modules_and_rsdp);
	host_run("multiboot2_module_without_a_name", multiboot2_module_without_a_name);
	host_run("multiboot2_framebuffer", multiboot2_framebuffer);
	host_run("multiboot1_framebuffer", multiboot1_framebuffer);
	host_run("multiboot2_damaged", multiboot2_damaged);
	return host_done();
}
