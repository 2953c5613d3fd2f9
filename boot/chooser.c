/* SPDX-License-Identifier: MIT */
#include <asm/boot_record.h>
#include <asm/io.h>
#include <lib/types.h>

/*
 * The chooser: copies what the loader said into one boot record, whichever multiboot it speaks, and
 * starts the kernel that this CPU can run and the command line does not refuse.
 *
 * The copy is the point. A loader leaves its information wherever it likes, between the two kernels or
 * right behind this code; from here on none of it has to be reserved or even remembered. Modules are
 * too large to copy: the record tells where they are, and the kernel reserves them.
 *
 * Runs before paging, at its own address, on a 386 too, and with no library: it has to be able to say
 * that the CPU is too old.
 */

#define MULTIBOOT1_MAGIC 0x2badb002u
#define MULTIBOOT2_MAGIC 0x36d76289u

#define EFLAGS_AC (1u << 18)
#define EFLAGS_ID (1u << 21)

/* The first cell of the text screen. */
#ifndef VGA_TEXT
#define VGA_TEXT 0xb8000
#endif

/* CPUID leaf 1, EDX. The PAE kernel is compiled with CMOV, and uses CMPXCHG8B. */
#define CPUID_TSC  (1u << 4)
#define CPUID_PAE  (1u << 6)
#define CPUID_CX8  (1u << 8)
#define CPUID_CMOV (1u << 15)

/* Multiboot 1, 3.3: the fixed part of the information, as far as it is used. */
struct mb1_info {
	u32 flags, mem_lower, mem_upper, boot_device, cmdline, mods_count, mods_addr, syms[4];
	u32 mmap_length, mmap_addr, drives_length, drives_addr, config_table, boot_loader_name;
	u32 apm_table, vbe[4];
	u64 framebuffer_addr;
	u32 framebuffer_pitch, framebuffer_width, framebuffer_height;
	u8 framebuffer_bpp, framebuffer_type;
	u8 framebuffer_colours[6];
} __packed;

#define MB1_MEMORY      0x001u
#define MB1_CMDLINE     0x004u
#define MB1_MODULES     0x008u
#define MB1_MMAP        0x040u
#define MB1_NAME        0x200u
#define MB1_FRAMEBUFFER 0x1000u

struct mb1_module {
	u32 start, end, string, pad;
};

/* `size` does not count itself. */
struct mb1_mmap {
	u32 size;
	u64 addr, len;
	u32 type;
} __packed;

/* Multiboot 2, 3.6: tags, each on an 8-byte border. */
struct mb2_tag {
	u32 type, size;
};

enum mb2_tag_type {
	MB2_END = 0,
	MB2_CMDLINE = 1,
	MB2_NAME = 2,
	MB2_MODULE = 3,
	MB2_MEMORY = 4,
	MB2_MMAP = 6,
	MB2_FRAMEBUFFER = 8,
	MB2_EFI32 = 11,
	MB2_EFI64 = 12,
	MB2_ACPI_OLD = 14,
	MB2_ACPI_NEW = 15,
	MB2_EFI_MMAP = 17,
};

extern u8 pae_kernel_entry_phys[], nopae_kernel_entry_phys[];

void start_kernel(u32 entry, u32 magic, u32 record);
u32 cpu_has_eflag(u32 mask);
void choose(u32 magic, u32 info);

static struct boot_record record;

/* --- saying that it cannot be done ------------------------------------------------------------ */

static void serial_char(char c)
{
	for (u32 wait = 100000; wait && !(inb(0x3fd) & 0x20); wait--)
		continue;
	outb(0x3f8, (u8)c);
}

/* On the first serial port, set to 115200 8N1, and on the top line of the VGA text screen. */
static void say(const char *text)
{
	volatile u16 *screen = (volatile u16 *)VGA_TEXT;

	outb(0x3fb, 0x80);
	outb(0x3f8, 1);
	outb(0x3f9, 0);
	outb(0x3fb, 0x03);
	for (; *text; text++) {
		*screen++ = 0x4f00 | (u8)*text;
		serial_char(*text);
	}
	serial_char('\r');
	serial_char('\n');
}

/* --- copying ---------------------------------------------------------------------------------- */

static void copy(void *to, const void *from, u32 n)
{
	for (u32 i = 0; i < n; i++)
		((u8 *)to)[i] = ((const u8 *)from)[i];
}

/* Returns how many bytes of the string did not fit. */
static u32 copy_string(char *to, u32 size, const char *from)
{
	u32 n = 0, lost = 0;

	for (; *from; from++) {
		if (n < size - 1)
			to[n++] = *from;
		else
			lost++;
	}
	to[n] = '\0';
	return lost;
}

static void add_memory(u64 addr, u64 size, u32 type)
{
	struct boot_e820 *entry = &record.e820[record.nr_e820];

	if (record.nr_e820 == BOOT_MAX_E820) {
		record.nr_e820_lost++;
		return;
	}
	entry->addr = addr;
	entry->size = size;
	entry->type = type;
	record.nr_e820++;
}

static void add_module(u32 start, u32 end, const char *name)
{
	struct boot_module *module = &record.modules[record.nr_modules];

	if (record.nr_modules == BOOT_MAX_MODULES) {
		record.nr_modules_lost++;
		return;
	}
	module->start = start;
	module->end = end;
	copy_string(module->name, sizeof(module->name), name);
	record.nr_modules++;
}

/* Both multiboots describe a pixel by the same six bytes. */
static void set_colours(const u8 *bytes)
{
	record.framebuffer.red_shift = bytes[0];
	record.framebuffer.red_bits = bytes[1];
	record.framebuffer.green_shift = bytes[2];
	record.framebuffer.green_bits = bytes[3];
	record.framebuffer.blue_shift = bytes[4];
	record.framebuffer.blue_bits = bytes[5];
}

/* --- multiboot 1 ------------------------------------------------------------------------------ */

static void read_multiboot1(const struct mb1_info *info)
{
	if (info->flags & MB1_MEMORY) {
		record.mem_lower = info->mem_lower;
		record.mem_upper = info->mem_upper;
	}
	if (info->flags & MB1_CMDLINE)
		record.cmdline_lost =
			copy_string(record.cmdline, BOOT_CMDLINE, (const char *)info->cmdline);
	if (info->flags & MB1_NAME)
		copy_string(record.loader_name, BOOT_NAME, (const char *)info->boot_loader_name);
	if (info->flags & MB1_MODULES) {
		const struct mb1_module *module = (const void *)info->mods_addr;

		for (u32 i = 0; i < info->mods_count; i++, module++)
			add_module(module->start, module->end,
				   module->string ? (const char *)module->string : "");
	}
	if (info->flags & MB1_MMAP) {
		u32 at = info->mmap_addr, end = at + info->mmap_length;

		while (at + sizeof(struct mb1_mmap) <= end) {
			const struct mb1_mmap *entry = (const void *)at;

			add_memory(entry->addr, entry->len, entry->type);
			at += entry->size + sizeof(entry->size);
		}
	}
	if (info->flags & MB1_FRAMEBUFFER) {
		record.framebuffer.addr = info->framebuffer_addr;
		record.framebuffer.pitch = info->framebuffer_pitch;
		record.framebuffer.width = info->framebuffer_width;
		record.framebuffer.height = info->framebuffer_height;
		record.framebuffer.bpp = info->framebuffer_bpp;
		record.framebuffer.type = info->framebuffer_type;
		if (info->framebuffer_type == 1)
			set_colours(info->framebuffer_colours);
	}
}

/* --- multiboot 2 ------------------------------------------------------------------------------ */

/*
 * UEFI specification 2.10, table 7.10, "Memory Type Usage after ExitBootServices": the loader's and
 * the boot services' memory is free then, that of the runtime services is not.
 */
static u32 e820_type_of_efi(u32 type)
{
	if ((type >= 1 && type <= 4) || type == 7)
		return E820_RAM;
	if (type == 8)
		return E820_UNUSABLE;
	if (type == 9)
		return E820_ACPI;
	if (type == 10)
		return E820_NVS;
	if (type == 14)
		return E820_PMEM;
	return E820_RESERVED;
}

/* UEFI specification 2.10, 7.2.3: type, pad, physical start, virtual start, number of 4K pages. */
static void read_efi_map(const u32 *words, u32 size)
{
	u32 stride = words[0];
	u32 at = (u32)&words[2], end = (u32)words - sizeof(struct mb2_tag) + size;

	if (stride < 40)
		return;
	record.efi_map = 1;
	for (; at + stride <= end; at += stride) {
		const u32 *type = (const u32 *)at;
		const u64 *descriptor = (const u64 *)at;

		add_memory(descriptor[1], descriptor[3] << 12, e820_type_of_efi(*type));
	}
}

static void read_mmap(const u32 *words, u32 size)
{
	u32 stride = words[0];
	u32 at = (u32)&words[2], end = (u32)words - sizeof(struct mb2_tag) + size;

	if (stride < 20)
		return;
	for (; at + stride <= end; at += stride) {
		const u64 *range = (const u64 *)at;
		const u32 *type = (const u32 *)(at + 16);

		add_memory(range[0], range[1], *type);
	}
}

/*
 * The specification (3.6.12) has one reserved byte before the colours, GRUB and the header file that is
 * printed in the specification have two: the length of the tag tells which it is.
 */
static void read_framebuffer(const u32 *words, u32 n)
{
	const u8 *bytes = (const u8 *)words;

	if (n < 22)
		return;

	record.framebuffer.addr = words[0] | (u64)words[1] << 32;
	record.framebuffer.pitch = words[2];
	record.framebuffer.width = words[3];
	record.framebuffer.height = words[4];
	record.framebuffer.bpp = bytes[20];
	record.framebuffer.type = bytes[21];
	if (bytes[21] == 1 && n >= 29)
		set_colours(bytes + (n == 29 ? 23 : 24));
}

static void read_tag(const struct mb2_tag *tag)
{
	const u32 *words = (const u32 *)(tag + 1);
	u32 bytes = tag->size - sizeof(*tag);

	if (tag->type == MB2_CMDLINE) {
		record.cmdline_lost =
			copy_string(record.cmdline, BOOT_CMDLINE, (const char *)words);
	} else if (tag->type == MB2_NAME) {
		copy_string(record.loader_name, BOOT_NAME, (const char *)words);
	} else if (tag->type == MB2_MODULE) {
		add_module(words[0], words[1], (const char *)&words[2]);
	} else if (tag->type == MB2_MEMORY) {
		record.mem_lower = words[0];
		record.mem_upper = words[1];
	} else if (tag->type == MB2_MMAP) {
		read_mmap(words, tag->size);
	} else if (tag->type == MB2_EFI32 || tag->type == MB2_EFI64) {
		record.efi_firmware = 1;
	} else if (tag->type == MB2_FRAMEBUFFER) {
		read_framebuffer(words, bytes);
	} else if (tag->type == MB2_ACPI_NEW ||
		   (tag->type == MB2_ACPI_OLD && record.rsdp_size == 0)) {
		record.rsdp_size = bytes < sizeof(record.rsdp) ? bytes : sizeof(record.rsdp);
		copy(record.rsdp, words, record.rsdp_size);
	}
}

/* The EFI map is taken only where there is no other: that one is made from it by the loader. */
static void read_multiboot2(u32 info)
{
	u32 end = info + *(const u32 *)info;
	const struct mb2_tag *efi_map = 0;
	const struct mb2_tag *tag;

	for (u32 at = info + 8; at + sizeof(*tag) <= end; at += (tag->size + 7) & ~7u) {
		tag = (const void *)at;
		if (tag->type == MB2_END || tag->size < sizeof(*tag))
			break;
		if (tag->type == MB2_EFI_MMAP)
			efi_map = tag;
		else
			read_tag(tag);
	}
	if (record.nr_e820 == 0 && efi_map)
		read_efi_map((const u32 *)(efi_map + 1), efi_map->size);
}

/* --- choosing --------------------------------------------------------------------------------- */

static u32 cpuid_features(void)
{
	u32 eax = 0, ebx, ecx, edx;

	if (!cpu_has_eflag(EFLAGS_ID))
		return 0;
	__asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx));
	if (eax < 1)
		return 0;
	eax = 1;
	__asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx));
	return edx;
}

static u64 read_tsc(void)
{
	u64 value;

	__asm__ volatile("rdtsc" : "=A"(value));
	return value;
}

/* Is the word, as a whole, on the command line? */
static bool cmdline_has(const char *word)
{
	bool at_start = true;

	for (const char *c = record.cmdline; *c; c++) {
		u32 i = 0;

		while (at_start && word[i] && c[i] == word[i])
			i++;
		if (at_start && !word[i] && (c[i] == ' ' || c[i] == '\0'))
			return true;
		at_start = *c == ' ';
	}
	return false;
}

void choose(u32 magic, u32 info)
{
	const u32 pae_needs = CPUID_PAE | CPUID_CX8 | CPUID_CMOV;
	bool pae;

	if (!cpu_has_eflag(EFLAGS_AC)) {
		say("Highland needs a 486 or a later CPU; this is a 386.");
		return;
	}
	record.magic = BOOT_RECORD_MAGIC;
	record.size = sizeof(record);
	record.framebuffer.type = 255;
	if (cpuid_features() & CPUID_TSC)
		record.entry_tsc = read_tsc();
	if (magic == MULTIBOOT1_MAGIC) {
		record.loader = 1;
		read_multiboot1((const struct mb1_info *)info);
	} else if (magic == MULTIBOOT2_MAGIC) {
		record.loader = 2;
		read_multiboot2(info);
	} else {
		say("Highland must be started by a multiboot 1 or 2 loader (GRUB, QEMU -kernel).");
		return;
	}
	pae = (cpuid_features() & pae_needs) == pae_needs && !cmdline_has("nopae");
	start_kernel((u32)(pae ? pae_kernel_entry_phys : nopae_kernel_entry_phys),
		     BOOT_RECORD_MAGIC, (u32)&record);
}
