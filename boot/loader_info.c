/* SPDX-License-Identifier: MIT */
#include <boot/grade_key.h>
#include <boot/loader_info.h>

/*
 * Reading the information that a loader left in memory, with suspicion.
 *
 * There is no console yet, and no page fault. So a chooser that followed a wrong length would loop
 * for ever in silence, and one that followed a wrong pointer would read garbage. Three rules
 * prevent that.
 *
 *	A part is read only if its address is not 0, if it does not wrap around at 4 GiB, and if it
 *	does not overlap the image. In the image, the loader has overwritten the part, or the
 *	chooser will.
 *
 *	Each step of a loop moves forward by at least the smallest size of an element. Each list and
 *	each string has an upper limit, which is far above the size that a loader needs.
 *
 *	A part that is left out is recorded, with its address and its value. The kernel prints that
 *	as soon as it has a console (boot_problems.c).
 *
 * A list ends at a wrong element, because the start of the next element is unknown. If the list is
 * the memory map of multiboot 1, the two sizes of memory that the loader also gives count as RAM,
 * too.
 *
 * Elements are copied before they are used, so none needs an alignment. All reads use fetch(),
 * which a host test replaces.
 */

#ifndef fetch
static void fetch(void *to, u32 from, u32 n)
{
	for (u32 i = 0; i < n; i++)
		((u8 *)to)[i] = ((const u8 *)from)[i];
}
#endif

/* Upper limits, in bytes. GRUB's largest structures have about 20 KiB. */
#define MOST_TAGS    0x400000u
#define MOST_MMAP    0x100000u
#define MOST_STRING  0x100000u
#define MOST_NAME    0x1000u
/* Limit for the number of modules: a larger number must be wrong. */
#define MOST_MODULES 4096u

/* --- problems and copies ---------------------------------------------------------------------- */

void loader_info_problem(struct boot_record *record, u32 part, u32 fault, u32 at, u32 value,
			 u32 limit)
{
	struct boot_problem *problem = &record->problems[record->nr_problems];

	if (record->nr_problems == BOOT_MAX_PROBLEMS) {
		record->nr_problems_lost++;
		return;
	}
	problem->part = (u16)part;
	problem->fault = (u16)fault;
	problem->at = at;
	problem->value = value;
	problem->limit = limit;
	record->nr_problems++;
}

/* The first byte at or above @at that belongs to the image, or 0 if there is none. */
static u32 image_begins(u32 at)
{
	u32 first = 0;

	for (u32 i = 0; i < IMAGE_NR_PARTS; i++) {
		const struct image_part *part = &image_parts[i];

		if (part->size == 0 || part->start + part->size <= at)
			continue;
		if (part->start <= at)
			return at;
		if (!first || part->start < first)
			first = part->start;
	}
	return first;
}

/* Number of bytes that may be read from @at on: up to the image, or to the end of 4 GiB. */
static u32 room_at(u32 at)
{
	u32 image = image_begins(at);

	return (image ? image : 0xffffffffu) - at;
}

/* May @n bytes of a part be read? If not, this records a problem. */
static bool readable(struct boot_record *record, u32 part, u32 at, u32 n)
{
	if (at == 0)
		loader_info_problem(record, part, BOOT_FAULT_NULL, at, n, 0);
	else if (n > 0xffffffffu - at)
		loader_info_problem(record, part, BOOT_FAULT_PAST_4G, at, n, 0);
	else if (n > room_at(at) || room_at(at) == 0)
		loader_info_problem(record, part, BOOT_FAULT_IN_IMAGE, at, n, 0);
	else
		return true;
	return false;
}

/* Copies a string of at most @most bytes with its 0. Returns the number of bytes that were lost. */
static u32 copy_string(struct boot_record *record, u32 part, char *to, u32 size, u32 from, u32 most)
{
	u32 n = 0, i;

	to[0] = '\0';
	if (!readable(record, part, from, 1))
		return 0;
	most = min(most, room_at(from));
	for (i = 0; i < most; i++) {
		char c;

		fetch(&c, from + i, 1);
		if (!c)
			break;
		if (n < size - 1)
			to[n++] = c;
	}
	to[n] = '\0';
	if (i == most)
		loader_info_problem(record, part, BOOT_FAULT_UNTERMINATED, from, most, 0);
	return i - n;
}

static void copy_cmdline(struct boot_record *record, char *text, u32 from, u32 most)
{
	record->cmdline_lost =
		copy_string(record, BOOT_PART_CMDLINE, text, BOOT_CMDLINE, from, most);
	for (record->cmdline_size = 1; text[record->cmdline_size - 1]; record->cmdline_size++)
		continue;
	grade_key_take(record, text, from);
}

static void add_memory(struct boot_record *record, u64 addr, u64 size, u32 type)
{
	struct boot_e820 *entry = &record->e820[record->nr_e820];

	if (record->nr_e820 == BOOT_MAX_E820) {
		record->nr_e820_lost++;
		return;
	}
	entry->addr = addr;
	entry->size = size;
	entry->type = type;
	record->nr_e820++;
}

/* Without a name if @name is 0: multiboot 1 allows that. */
static void add_module(struct boot_record *record, u32 start, u32 end, u32 name, u32 most)
{
	struct boot_module *module = &record->modules[record->nr_modules];

	if (record->nr_modules == BOOT_MAX_MODULES) {
		record->nr_modules_lost++;
		return;
	}
	module->start = start;
	module->end = end;
	module->name[0] = '\0';
	if (name)
		copy_string(record, BOOT_PART_MODULE_NAME, module->name, sizeof(module->name), name,
			    most);
	record->nr_modules++;
}

/* Both multiboots describe a pixel by the same six bytes. */
static void set_colours(struct boot_framebuffer *framebuffer, const u8 *bytes)
{
	framebuffer->red_shift = bytes[0];
	framebuffer->red_bits = bytes[1];
	framebuffer->green_shift = bytes[2];
	framebuffer->green_bits = bytes[3];
	framebuffer->blue_shift = bytes[4];
	framebuffer->blue_bits = bytes[5];
}

/* --- multiboot 1 (specification 0.6.96, 3.3) -------------------------------------------------- */

/* The fields up to the last one that this file uses. */
struct mb1_info {
	u32 flags, mem_lower, mem_upper, boot_device, cmdline, mods_count, mods_addr, syms[4];
	u32 mmap_length, mmap_addr, drives_length, drives_addr, config_table, boot_loader_name;
	u32 apm_table, vbe[4];
	u64 framebuffer_addr;
	u32 framebuffer_pitch, framebuffer_width, framebuffer_height;
	u8 framebuffer_bpp, framebuffer_type;
	u8 framebuffer_colours[8];
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

#define MB1_MMAP_LEAST (sizeof(struct mb1_mmap) - sizeof(u32))

static void read_mb1_modules(struct boot_record *record, u32 at, u32 count)
{
	struct mb1_module module;

	if (count > MOST_MODULES) {
		loader_info_problem(record, BOOT_PART_MODULES, BOOT_FAULT_TOO_LARGE, at, count,
				    MOST_MODULES);
		return;
	}
	if (count == 0 || !readable(record, BOOT_PART_MODULES, at, count * sizeof(module)))
		return;
	for (; count; count--, at += sizeof(module)) {
		fetch(&module, at, sizeof(module));
		add_module(record, module.start, module.end, module.string, MOST_NAME);
	}
}

/* Returns false if the map ended too early: the entries after a wrong one are lost. */
static bool read_mb1_map(struct boot_record *record, u32 at, u32 length)
{
	u32 left = min(length, MOST_MMAP);
	struct mb1_mmap entry;

	if (length > MOST_MMAP)
		loader_info_problem(record, BOOT_PART_MMAP, BOOT_FAULT_TOO_LARGE, at, length,
				    MOST_MMAP);
	if (!readable(record, BOOT_PART_MMAP, at, left))
		return false;
	while (left >= sizeof(entry.size)) {
		u32 room = left - sizeof(entry.size);

		fetch(&entry.size, at, sizeof(entry.size));
		if (entry.size < MB1_MMAP_LEAST) {
			loader_info_problem(record, BOOT_PART_MMAP_ENTRY, BOOT_FAULT_TOO_SMALL, at,
					    entry.size, MB1_MMAP_LEAST);
			return false;
		}
		if (entry.size > room) {
			loader_info_problem(record, BOOT_PART_MMAP_ENTRY, BOOT_FAULT_TOO_LARGE, at,
					    entry.size, room);
			return false;
		}
		fetch(&entry, at, sizeof(entry));
		add_memory(record, entry.addr, entry.len, entry.type);
		at += sizeof(entry.size) + entry.size;
		left = room - entry.size;
	}
	return length <= MOST_MMAP;
}

static void add_sizes(struct boot_record *record)
{
	if (record->mem_lower)
		add_memory(record, 0, (u64)record->mem_lower << 10, E820_RAM);
	if (record->mem_upper)
		add_memory(record, 0x100000, (u64)record->mem_upper << 10, E820_RAM);
}

static void read_multiboot1(struct boot_record *record, char *text, u32 at)
{
	struct mb1_info info;

	if (!readable(record, BOOT_PART_INFO, at, sizeof(info)))
		return;
	fetch(&info, at, sizeof(info));
	if (info.flags & MB1_MEMORY) {
		record->mem_lower = info.mem_lower;
		record->mem_upper = info.mem_upper;
	}
	if (info.flags & MB1_CMDLINE)
		copy_cmdline(record, text, info.cmdline, MOST_STRING);
	if (info.flags & MB1_NAME)
		copy_string(record, BOOT_PART_LOADER_NAME, record->loader_name, BOOT_NAME,
			    info.boot_loader_name, MOST_NAME);
	if (info.flags & MB1_MODULES)
		read_mb1_modules(record, info.mods_addr, info.mods_count);
	if ((info.flags & MB1_MMAP) && !read_mb1_map(record, info.mmap_addr, info.mmap_length))
		add_sizes(record);
	if (info.flags & MB1_FRAMEBUFFER) {
		record->framebuffer.addr = info.framebuffer_addr;
		record->framebuffer.pitch = info.framebuffer_pitch;
		record->framebuffer.width = info.framebuffer_width;
		record->framebuffer.height = info.framebuffer_height;
		record->framebuffer.bpp = info.framebuffer_bpp;
		record->framebuffer.type = info.framebuffer_type;
		/*
		 * In the specification the colours directly follow the type. In GRUB's structure
		 * their union is aligned, so two bytes of 0 come first. The second byte tells
		 * which it is: it is the number of red bits, which cannot be 0.
		 */
		if (info.framebuffer_type == 1)
			set_colours(&record->framebuffer,
				    info.framebuffer_colours +
					    (info.framebuffer_colours[1] ? 0 : 2));
	}
	/* QEMU puts the command line after the image, even if there is no RAM. */
	if ((info.flags & MB1_CMDLINE) && info.cmdline) {
		u64 end = loader_info_end_of_ram(record);

		if (end && info.cmdline >= end)
			loader_info_problem(record, BOOT_PART_CMDLINE, BOOT_FAULT_NO_RAM,
					    info.cmdline, 0, (u32)end);
	}
}

/* --- multiboot 2 (specification 2.0, 3.6): tags, each at a multiple of 8 bytes ---------------- */

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

/* Least number of bytes after the head of a tag: its fixed part. */
static u32 least_bytes(u32 type)
{
	switch (type) {
	case MB2_CMDLINE:
	case MB2_NAME:
		return 1;
	case MB2_MODULE:
	case MB2_MEMORY:
	case MB2_MMAP:
	case MB2_EFI_MMAP:
		return 8;
	case MB2_FRAMEBUFFER:
		return 22;
	case MB2_ACPI_OLD:
	case MB2_ACPI_NEW:
		return 20;
	}
	return 0;
}

/*
 * UEFI specification 2.10, table 7.10, "Memory Type Usage after ExitBootServices": then the memory
 * of the loader and of the boot services is free, and the memory of the runtime services is not.
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
struct efi_memory {
	u32 type, pad;
	u64 physical, virtual, pages, attribute;
} __packed;

struct mb2_mmap_entry {
	u64 addr, len;
	u32 type;
} __packed;

/* Both maps begin with the size of an entry and the version of its format. */
static void read_map(struct boot_record *record, u32 part, u32 at, u32 n, u32 least)
{
	u32 stride;

	fetch(&stride, at, sizeof(stride));
	if (stride < least) {
		loader_info_problem(record, part, BOOT_FAULT_TOO_SMALL, at, stride, least);
		return;
	}
	if (n - 8 && stride > n - 8) {
		loader_info_problem(record, part, BOOT_FAULT_TOO_LARGE, at, stride, n - 8);
		return;
	}
	at += 8;
	for (n -= 8; n >= stride; n -= stride, at += stride) {
		if (part == BOOT_PART_EFI_MMAP_ENTRY) {
			struct efi_memory efi;

			fetch(&efi, at, sizeof(efi));
			add_memory(record, efi.physical, efi.pages << 12,
				   e820_type_of_efi(efi.type));
		} else {
			struct mb2_mmap_entry entry;

			fetch(&entry, at, sizeof(entry));
			add_memory(record, entry.addr, entry.len, entry.type);
		}
	}
}

/*
 * The text of the specification (3.6.12) has one reserved byte before the colours. GRUB, and the
 * header file in the same specification, have two. The length of the tag tells which it is.
 */
static void read_framebuffer(struct boot_framebuffer *framebuffer, u32 at, u32 n)
{
	u8 bytes[30];
	u32 words[5];

	fetch(words, at, sizeof(words));
	fetch(bytes, at, min(n, (u32)sizeof(bytes)));
	framebuffer->addr = words[0] | (u64)words[1] << 32;
	framebuffer->pitch = words[2];
	framebuffer->width = words[3];
	framebuffer->height = words[4];
	framebuffer->bpp = bytes[20];
	framebuffer->type = bytes[21];
	if (bytes[21] == 1 && n >= 29)
		set_colours(framebuffer, bytes + (n == 29 ? 23 : 24));
}

/* @at is the address after the head of the tag, and @n bytes follow there. */
static void read_tag(struct boot_record *record, char *text, u32 type, u32 at, u32 n)
{
	u32 words[2] = { 0, 0 };

	if (n >= sizeof(words))
		fetch(words, at, sizeof(words));
	if (type == MB2_CMDLINE) {
		copy_cmdline(record, text, at, n);
	} else if (type == MB2_NAME) {
		copy_string(record, BOOT_PART_LOADER_NAME, record->loader_name, BOOT_NAME, at, n);
	} else if (type == MB2_MODULE) {
		/* A module without a name must not be overwritten either. */
		add_module(record, words[0], words[1], n > 8 ? at + 8 : 0, n - 8);
	} else if (type == MB2_MEMORY) {
		record->mem_lower = words[0];
		record->mem_upper = words[1];
	} else if (type == MB2_MMAP) {
		read_map(record, BOOT_PART_MMAP_ENTRY, at, n, sizeof(struct mb2_mmap_entry));
	} else if (type == MB2_EFI32 || type == MB2_EFI64) {
		record->efi_firmware = 1;
	} else if (type == MB2_FRAMEBUFFER) {
		read_framebuffer(&record->framebuffer, at, n);
	} else if (type == MB2_ACPI_NEW || (type == MB2_ACPI_OLD && record->rsdp_size == 0)) {
		record->rsdp_size = min(n, (u32)sizeof(record->rsdp));
		fetch(record->rsdp, at, record->rsdp_size);
	}
}

/* The size of the information: its first word if that is plausible, at most up to the image. */
static u32 tags_size(struct boot_record *record, u32 info)
{
	u32 size;

	fetch(&size, info, sizeof(size));
	if (size < 16) {
		/* The tags themselves may still be right, and they end with an end tag. */
		loader_info_problem(record, BOOT_PART_INFO, BOOT_FAULT_TOO_SMALL, info, size, 16);
		size = MOST_TAGS;
	} else if (size > MOST_TAGS) {
		loader_info_problem(record, BOOT_PART_INFO, BOOT_FAULT_TOO_LARGE, info, size,
				    MOST_TAGS);
		size = MOST_TAGS;
	} else if (size > room_at(info)) {
		loader_info_problem(record, BOOT_PART_INFO, BOOT_FAULT_TOO_LARGE, info, size,
				    room_at(info));
	}
	return min(size, room_at(info));
}

/* The EFI map counts only if there is no other map: a loader makes the other map from it. */
static void read_multiboot2(struct boot_record *record, char *text, u32 info)
{
	u32 at = 8, size, efi_map = 0, efi_map_bytes = 0;
	struct mb2_tag tag;

	if (!readable(record, BOOT_PART_INFO, info, 8))
		return;
	size = tags_size(record, info);
	for (;; at += ALIGN_UP(tag.size, 8)) {
		u32 left = at < size ? size - at : 0, bytes;

		if (left < sizeof(tag)) {
			loader_info_problem(record, BOOT_PART_TAGS, BOOT_FAULT_NO_END, info + at, 0,
					    0);
			break;
		}
		fetch(&tag, info + at, sizeof(tag));
		if (tag.size < sizeof(tag)) {
			loader_info_problem(record, BOOT_PART_TAG, BOOT_FAULT_TOO_SMALL, info + at,
					    tag.size, sizeof(tag));
			break;
		}
		if (tag.type == MB2_END)
			break;
		if (tag.size > left)
			loader_info_problem(record, BOOT_PART_TAG, BOOT_FAULT_TOO_LARGE, info + at,
					    tag.size, left);
		bytes = min(tag.size, left) - sizeof(tag);
		if (bytes < least_bytes(tag.type)) {
			loader_info_problem(record, BOOT_PART_TAG, BOOT_FAULT_TOO_SMALL, info + at,
					    tag.size, least_bytes(tag.type) + sizeof(tag));
		} else if (tag.type == MB2_EFI_MMAP) {
			efi_map = info + at + sizeof(tag);
			efi_map_bytes = bytes;
		} else {
			read_tag(record, text, tag.type, info + at + sizeof(tag), bytes);
		}
		if (tag.size > left)
			break;
	}
	if (record->nr_e820 == 0 && efi_map) {
		record->efi_map = 1;
		read_map(record, BOOT_PART_EFI_MMAP_ENTRY, efi_map, efi_map_bytes,
			 sizeof(struct efi_memory));
		record->efi_map = record->nr_e820 != 0;
	}
}

u64 loader_info_end_of_ram(const struct boot_record *record)
{
	u64 end = record->mem_upper ? 0x100000 + ((u64)record->mem_upper << 10) : 0;

	for (u32 i = 0; i < record->nr_e820; i++) {
		const struct boot_e820 *entry = &record->e820[i];

		/* An entry that reaches beyond 2^64 has a wrong size. The kernel names it. */
		if (entry->type == E820_RAM)
			end = max(end, entry->size > UINT64_MAX - entry->addr
					       ? UINT64_MAX
					       : entry->addr + entry->size);
	}
	return end;
}

bool loader_info_read(struct boot_record *record, char *text, u32 magic, u32 info)
{
	text[0] = '\0';
	record->cmdline_size = 1;
	if (magic == MULTIBOOT1_MAGIC) {
		record->loader = 1;
		read_multiboot1(record, text, info);
	} else if (magic == MULTIBOOT2_MAGIC) {
		record->loader = 2;
		read_multiboot2(record, text, info);
	} else {
		return false;
	}
	return true;
}
