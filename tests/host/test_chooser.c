/* SPDX-License-Identifier: MIT */
#include "host.h"

/*
 * boot/chooser.c with the memory that boot loaders leave. A physical address of the test is an
 * offset from `origin`, so that 32 bits can address the static data of this program in a 64-bit
 * process, too.
 */

/* Replacements for ports, for moving a kernel, and for the jump into it. */
#define outb(port, value) host_outb(port, value)
#define inb(port)         host_inb(port)

static char serial[4096];
static size_t serial_length;
static unsigned int exit_value;

static void host_outb(unsigned int port, unsigned int value)
{
	if (port == 0xf4)
		exit_value = value;
	if (port == 0x3f8 && value >= ' ' && serial_length < sizeof(serial) - 1)
		serial[serial_length++] = (char)value;
}

static unsigned int host_inb(unsigned int port)
{
	return 0xff;
}

static unsigned short text_screen[80 * 25];
#define VGA_TEXT text_screen

static char anchor;
static const char *volatile origin = &anchor - 0x40000000;
#define PHYS(p) ((u32)((const char *)(p)-origin))

#define fetch(to, from, n) memcpy(to, origin + (from), n)

#include "../../boot/loader_info.c"

static void move_words(u32 to, u32 from, u32 words);
static void clear_words(u32 to, u32 words);
#define move_words move_words

#include "../../boot/chooser.c"

#define PAE_ENTRY   0x500u
#define NOPAE_ENTRY 0x400u

/* Below all memory of this process. */
const struct image_part image_parts[IMAGE_NR_PARTS] = { { 0x1000, 0x100 }, { 0x1200, 0x1200 } };

const struct image_kernel image_kernels[NR_KERNELS] = {
	{ 0x1200, 0x1600, 0x1200, 0x900, NOPAE_ENTRY },
	{ 0x1600, 0x1c00, 0x1200, 0x1200, PAE_ENTRY },
};

static u32 started, eflags_that_change = EFLAGS_AC | EFLAGS_ID;

void start_kernel(u32 entry, u32 magic, u32 address)
{
	CHECK_EQ(magic, BOOT_RECORD_MAGIC);
	CHECK_EQ(address, (u32)(unsigned long)&record);
	started = entry;
}

static struct {
	u32 to, from, words;
} moved, cleared;

static void move_words(u32 to, u32 from, u32 words)
{
	CHECK_EQ(moved.words + cleared.words + started, 0);
	moved.to = to;
	moved.from = from;
	moved.words = words;
}

static void clear_words(u32 to, u32 words)
{
	CHECK_EQ(cleared.words + started, 0);
	cleared.to = to;
	cleared.words = words;
}

u32 cpu_has_eflag(u32 mask)
{
	return eflags_that_change & mask;
}

static void forget(void)
{
	memset(&record, 0, sizeof(record));
	memset(&moved, 0, sizeof(moved));
	memset(&cleared, 0, sizeof(cleared));
	started = 0;
	serial_length = 0;
	screen_at = exit_value = 0;
	memset(serial, 0, sizeof(serial));
}

static void choose_by(u32 magic, const void *info)
{
	forget();
	choose(magic, info ? PHYS(info) : 0);
}

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

static u8 info2[8192] __attribute__((aligned(8)));
static u32 at2;

static void begin2(void)
{
	memset(info2, 0, sizeof(info2));
	at2 = 8;
}

static void tag2(u32 type, const void *data, u32 n)
{
	u32 head[2] = { type, 8 + n };

	memcpy(info2 + at2, head, 8);
	memcpy(info2 + at2 + 8, data, n);
	at2 = (at2 + 8 + n + 7) & ~7u;
	memcpy(info2, &at2, 4);
}

static void choose2(void)
{
	tag2(MB2_END, "", 0);
	choose_by(MULTIBOOT2_MAGIC, info2);
}

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

/* --- choosing --------------------------------------------------------------------------------- */

static u32 chosen_with(const char *cmdline)
{
	static struct mb1_info info;

	info = (struct mb1_info){ .flags = MB1_CMDLINE, .cmdline = PHYS(cmdline) };

	choose_by(MULTIBOOT1_MAGIC, &info);
	return started;
}

/* The machine that runs this test has PAE, CMOV and CX8. */
static void nopae_is_a_word(void)
{
	CHECK_EQ(chosen_with(""), PAE_ENTRY);
	CHECK_EQ(chosen_with("nopae"), NOPAE_ENTRY);
	CHECK_EQ(chosen_with("k.elf nopae selftest"), NOPAE_ENTRY);
	CHECK_EQ(chosen_with("selftest nopae"), NOPAE_ENTRY);
	CHECK_EQ(chosen_with("nopaex xnopae nopae=1 x"), PAE_ENTRY);
	CHECK_EQ(chosen_with("\tnopae\n"), NOPAE_ENTRY);
}

/* The chooser splits the line into the same words as the kernel. */
static void nopae_in_quotes(void)
{
	CHECK_EQ(chosen_with("run=\"meminfo nopae x\""), PAE_ENTRY);
	CHECK_EQ(chosen_with("\"run=meminfo nopae x\""), PAE_ENTRY);
	CHECK_EQ(chosen_with("x=\" nopae"), PAE_ENTRY);
	CHECK_EQ(chosen_with("\"nopae\""), NOPAE_ENTRY);
	CHECK_EQ(chosen_with("no\"pae\" x"), NOPAE_ENTRY);
	CHECK_EQ(chosen_with("nopae="), NOPAE_ENTRY);
	CHECK_EQ(chosen_with("nopae=\"\""), NOPAE_ENTRY);
	CHECK_EQ(chosen_with("nopae=0"), PAE_ENTRY);
	CHECK_EQ(chosen_with("nopaenopae"), PAE_ENTRY);
	CHECK_EQ(chosen_with("x=\\\" nopae"), NOPAE_ENTRY);
	CHECK_EQ(chosen_with("\"x=\\\" nopae\""), PAE_ENTRY);
	CHECK_EQ(chosen_with("nopae=nopae"), PAE_ENTRY);
	CHECK_EQ(chosen_with("=nopae"), PAE_ENTRY);
}

static void the_kernel_is_moved_into_place(void)
{
	chosen_with("nopae");
	CHECK_EQ(moved.words, 0); /* it is already in place */
	CHECK_EQ(cleared.to, 0x1600);
	CHECK_EQ(cleared.words, (0x900 - 0x400) / 4);
	chosen_with("");
	CHECK_EQ(moved.to, 0x1200);
	CHECK_EQ(moved.from, 0x1600);
	CHECK_EQ(moved.words, 0x600 / 4);
	CHECK_EQ(cleared.to, 0x1800);
	CHECK_EQ(cleared.words, (0x1200 - 0x600) / 4);
}

static void an_image_that_does_not_fit(void)
{
	static struct mb1_mmap map = { 20, 0, 0x2400, 1 };
	static struct mb1_info info;

	info = (struct mb1_info){ .flags = MB1_MMAP,
				  .mmap_addr = PHYS(&map),
				  .mmap_length = sizeof(map) };

	choose_by(MULTIBOOT1_MAGIC, &info);
	CHECK_EQ(started, PAE_ENTRY);
	CHECK_EQ(record.nr_problems, 0);
	map.len = 0x23ff;
	choose_by(MULTIBOOT1_MAGIC, &info);
	CHECK_EQ(started, 0);
	CHECK_EQ(moved.words + cleared.words, 0);
	CHECK(strstr(serial, "RAM ends at 8 KiB, expected at least 9 KiB."));
	CHECK_EQ(exit_value, 0x12);
	info.flags |= MB1_CMDLINE;
	info.cmdline = PHYS("memmap=1M@0");
	choose_by(MULTIBOOT1_MAGIC, &info);
	CHECK_EQ(started, PAE_ENTRY);
	info.flags = MB1_MMAP;
	/* RAM at other addresses is no reason to refuse: a map may omit the kernel's place. */
	map.addr = 0x100000000ull;
	choose_by(MULTIBOOT1_MAGIC, &info);
	CHECK_EQ(started, PAE_ENTRY);
	/* A size that is too large is no reason, either. */
	map.addr = 0x100000;
	map.len = UINT64_MAX - 0xfffff + 4096;
	choose_by(MULTIBOOT1_MAGIC, &info);
	CHECK_EQ(started, PAE_ENTRY);
}

/* A loader that puts the command line after a small image writes to an address without RAM. */
static void a_command_line_above_all_ram(void)
{
	static struct mb1_mmap map = { 20, 0, 0x2400, 1 };
	static char text[] = "nopae";
	static struct mb1_info info;

	info = (struct mb1_info){ .flags = MB1_MMAP | MB1_CMDLINE,
				  .cmdline = PHYS(text),
				  .mmap_addr = PHYS(&map),
				  .mmap_length = sizeof(map) };

	choose_by(MULTIBOOT1_MAGIC, &info);
	CHECK_EQ(started, NOPAE_ENTRY);
	CHECK_EQ(record.nr_problems, 1);
	CHECK_EQ(record.problems[0].part, BOOT_PART_CMDLINE);
	CHECK_EQ(record.problems[0].fault, BOOT_FAULT_NO_RAM);
	CHECK_EQ(record.problems[0].limit, 0x2400);
	map.len = 0xf0000000;
	choose_by(MULTIBOOT1_MAGIC, &info);
	CHECK_EQ(record.nr_problems, 0);
}

/*
 * --- wrong information -------------------------------------------------------------------------
 */

static void expect_problem(u32 number, u32 part, u32 fault, u32 value)
{
	CHECK(number < record.nr_problems);
	CHECK_EQ(record.problems[number].part, part);
	CHECK_EQ(record.problems[number].fault, fault);
	CHECK_EQ(record.problems[number].value, value);
}

static void multiboot1_wrong_entry_ends_the_map(void)
{
	static const u32 wrong[] = { 0, 4, 19, 21, 0xfffffffc, 0xffffffe4, 0xffffffff, 0x80000000 };
	static struct mb1_mmap map[3] = { { 20, 0, 0x9f000, 1 },
					  { 20, 0x100000, 0x1000000, 1 },
					  { 20, 0x2000000, 0x1000000, 1 } };
	static struct mb1_info info;

	info = (struct mb1_info){ .flags = MB1_MMAP | MB1_MEMORY,
				  .mem_lower = 600,
				  .mem_upper = 30000,
				  .mmap_addr = PHYS(map),
				  .mmap_length = sizeof(map) };

	for (u32 i = 0; i < ARRAY_SIZE(wrong); i++) {
		for (u32 where = 0; where < 3; where++) {
			if (wrong[i] == 21 && where < 2)
				continue;
			map[where].size = wrong[i];
			choose_by(MULTIBOOT1_MAGIC, &info);
			map[where].size = 20;
			CHECK(started);
			CHECK_EQ(record.nr_e820, where + 2);
			CHECK_EQ(record.e820[where].size, 600 << 10);
			CHECK_EQ(record.e820[where + 1].size, 30000 << 10);
			CHECK_EQ(record.nr_problems, 1);
			expect_problem(0, BOOT_PART_MMAP_ENTRY,
				       wrong[i] < 20 ? BOOT_FAULT_TOO_SMALL : BOOT_FAULT_TOO_LARGE,
				       wrong[i]);
			CHECK_EQ(record.problems[0].at, PHYS(&map[where]));
		}
	}
	/* The remaining bytes are too few for an entry. */
	info.mmap_length = sizeof(map) - 1;
	choose_by(MULTIBOOT1_MAGIC, &info);
	expect_problem(0, BOOT_PART_MMAP_ENTRY, BOOT_FAULT_TOO_LARGE, 20);
	CHECK_EQ(record.nr_e820, 4);
}

static void multiboot1_wrong_pointers(void)
{
	static const struct {
		u32 at, fault;
	} wrong[] = { { 0, BOOT_FAULT_NULL },
		      { 0xffffffff, BOOT_FAULT_PAST_4G },
		      { 0x1210, BOOT_FAULT_IN_IMAGE },
		      { 0x13fe, BOOT_FAULT_IN_IMAGE } };
	static struct mb1_info info;

	info = (struct mb1_info){ .flags = MB1_CMDLINE | MB1_NAME | MB1_MODULES | MB1_MMAP,
				  .mods_count = 1,
				  .mmap_length = 24 };

	for (u32 i = 0; i < ARRAY_SIZE(wrong); i++) {
		/* The last one is two bytes below the image, and a string without a byte there is
		 * cut. */
		u32 string = wrong[i].at == 0x13fe ? 0x13ff + 1 : wrong[i].at;

		info.cmdline = info.boot_loader_name = string;
		info.mods_addr = info.mmap_addr = wrong[i].at;
		choose_by(MULTIBOOT1_MAGIC, &info);
		CHECK(started);
		CHECK_EQ(record.nr_problems, 4);
		expect_problem(0, BOOT_PART_CMDLINE, wrong[i].fault, 1);
		expect_problem(1, BOOT_PART_LOADER_NAME, wrong[i].fault, 1);
		expect_problem(2, BOOT_PART_MODULES, wrong[i].fault, 16);
		expect_problem(3, BOOT_PART_MMAP, wrong[i].fault, 24);
		CHECK_EQ(record.nr_e820 + record.nr_modules, 0);
		CHECK_STREQ(command_line, "");
		CHECK_EQ(record.cmdline_size, 1);
	}
	choose_by(MULTIBOOT1_MAGIC, NULL);
	expect_problem(0, BOOT_PART_INFO, BOOT_FAULT_NULL, sizeof(struct mb1_info));
	choose_by(MULTIBOOT2_MAGIC, NULL);
	expect_problem(0, BOOT_PART_INFO, BOOT_FAULT_NULL, 8);
	forget();
	choose(MULTIBOOT2_MAGIC, 0xfffffffc);
	expect_problem(0, BOOT_PART_INFO, BOOT_FAULT_PAST_4G, 8);
	CHECK(started);
}

static void multiboot1_wrong_counts(void)
{
	static u8 zeroes[MOST_MMAP];
	static struct mb1_info info;

	info = (struct mb1_info){ .flags = MB1_MODULES | MB1_MMAP | MB1_MEMORY,
				  .mem_upper = 4096,
				  .mods_count = 0x10000001,
				  .mods_addr = PHYS(zeroes),
				  .mmap_addr = PHYS(zeroes),
				  .mmap_length = 0xfffffff0 };

	choose_by(MULTIBOOT1_MAGIC, &info);
	CHECK(started);
	expect_problem(0, BOOT_PART_MODULES, BOOT_FAULT_TOO_LARGE, 0x10000001);
	expect_problem(1, BOOT_PART_MMAP, BOOT_FAULT_TOO_LARGE, 0xfffffff0);
	expect_problem(2, BOOT_PART_MMAP_ENTRY, BOOT_FAULT_TOO_SMALL, 0);
	CHECK_EQ(record.nr_modules, 0);
	CHECK_EQ(record.nr_e820, 1);
}

static void multiboot2_wrong_tags(void)
{
	static const struct {
		u32 type, bytes;
	} brief[] = { { MB2_MODULE, 7 },   { MB2_MEMORY, 4 },       { MB2_MMAP, 7 },
		      { MB2_EFI_MMAP, 0 }, { MB2_FRAMEBUFFER, 21 }, { MB2_ACPI_NEW, 19 },
		      { MB2_ACPI_OLD, 0 }, { MB2_CMDLINE, 0 },      { MB2_NAME, 0 } };
	u32 stride[2] = { 0, 0 }, wide[8] = { 4096 };

	begin2();
	for (u32 i = 0; i < ARRAY_SIZE(brief); i++)
		tag2(brief[i].type, info2 + 4096, brief[i].bytes);
	tag2(MB2_MMAP, stride, sizeof(stride));
	tag2(MB2_EFI_MMAP, stride, sizeof(stride));
	tag2(99, "unknown", 8);
	tag2(MB2_CMDLINE, "no end", 6);
	choose2();
	CHECK(started);
	for (u32 i = 0; i < ARRAY_SIZE(brief); i++)
		expect_problem(i, BOOT_PART_TAG, BOOT_FAULT_TOO_SMALL, brief[i].bytes + 8);
	expect_problem(ARRAY_SIZE(brief), BOOT_PART_MMAP_ENTRY, BOOT_FAULT_TOO_SMALL, 0);
	expect_problem(ARRAY_SIZE(brief) + 1, BOOT_PART_CMDLINE, BOOT_FAULT_UNTERMINATED, 6);
	expect_problem(ARRAY_SIZE(brief) + 2, BOOT_PART_EFI_MMAP_ENTRY, BOOT_FAULT_TOO_SMALL, 0);
	CHECK_EQ(record.nr_problems, ARRAY_SIZE(brief) + 3);
	CHECK_STREQ(command_line, "no end");
	CHECK_EQ(record.framebuffer.type, 255);
	CHECK_EQ(record.rsdp_size + record.nr_modules + record.nr_e820 + record.efi_map, 0);
	begin2();
	tag2(MB2_MMAP, wide, sizeof(wide));
	choose2();
	expect_problem(0, BOOT_PART_MMAP_ENTRY, BOOT_FAULT_TOO_LARGE, 4096);
}

static void multiboot2_wrong_sizes(void)
{
	static const u32 wrong[] = { 0, 8, 15, 0x400001, 0xffffffff };

	for (u32 i = 0; i < ARRAY_SIZE(wrong); i++) {
		begin2();
		tag2(MB2_CMDLINE, "nopae", 6);
		tag2(MB2_END, "", 0);
		memcpy(info2, &wrong[i], 4);
		choose_by(MULTIBOOT2_MAGIC, info2);
		CHECK_EQ(started, NOPAE_ENTRY);
		CHECK_EQ(record.nr_problems, 1);
		expect_problem(0, BOOT_PART_INFO,
			       wrong[i] < 16 ? BOOT_FAULT_TOO_SMALL : BOOT_FAULT_TOO_LARGE,
			       wrong[i]);
	}
}

static void multiboot2_without_an_end(void)
{
	u32 head[2] = { MB2_CMDLINE, 4096 };

	begin2();
	tag2(MB2_CMDLINE, "nopae", 6);
	choose_by(MULTIBOOT2_MAGIC, info2);
	CHECK_EQ(started, NOPAE_ENTRY);
	expect_problem(0, BOOT_PART_TAGS, BOOT_FAULT_NO_END, 0);
	/* The last tag is longer than the information: the part within it counts. */
	begin2();
	tag2(MB2_CMDLINE, "nopae\0xxx", 9);
	memcpy(info2 + 8, head, 8);
	choose_by(MULTIBOOT2_MAGIC, info2);
	CHECK_EQ(started, NOPAE_ENTRY);
	CHECK_EQ(record.nr_problems, 1);
	expect_problem(0, BOOT_PART_TAG, BOOT_FAULT_TOO_LARGE, 4096);
}

static void problems_that_do_not_fit_are_counted(void)
{
	begin2();
	for (u32 i = 0; i < BOOT_MAX_PROBLEMS + 3; i++)
		tag2(MB2_MEMORY, "", 0);
	choose2();
	CHECK_EQ(record.nr_problems, BOOT_MAX_PROBLEMS);
	CHECK_EQ(record.nr_problems_lost, 3);
}

static void old_cpus(void)
{
	eflags_that_change = EFLAGS_AC;
	CHECK_EQ(chosen_with(""), NOPAE_ENTRY);
	eflags_that_change = 0;
	CHECK_EQ(chosen_with(""), 0);
	CHECK(strstr(serial, "386"));
	CHECK_EQ(text_screen[0] & 0xff, (u8)serial[0]);
	eflags_that_change = EFLAGS_AC | EFLAGS_ID;
}

static void not_multiboot(void)
{
	choose_by(0x12345678, NULL);
	CHECK_EQ(started, 0);
	CHECK(strstr(serial, "multiboot"));
}

int main(void)
{
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
	host_run("nopae_is_a_word", nopae_is_a_word);
	host_run("nopae_in_quotes", nopae_in_quotes);
	host_run("the_kernel_is_moved_into_place", the_kernel_is_moved_into_place);
	host_run("an_image_that_does_not_fit", an_image_that_does_not_fit);
	host_run("a_command_line_above_all_ram", a_command_line_above_all_ram);
	host_run("multiboot1_wrong_entry_ends_the_map", multiboot1_wrong_entry_ends_the_map);
	host_run("multiboot1_wrong_pointers", multiboot1_wrong_pointers);
	host_run("multiboot1_wrong_counts", multiboot1_wrong_counts);
	host_run("multiboot2_wrong_tags", multiboot2_wrong_tags);
	host_run("multiboot2_wrong_sizes", multiboot2_wrong_sizes);
	host_run("multiboot2_without_an_end", multiboot2_without_an_end);
	host_run("problems_that_do_not_fit_are_counted", problems_that_do_not_fit_are_counted);
	host_run("old_cpus", old_cpus);
	host_run("not_multiboot", not_multiboot);
	return host_done();
}
