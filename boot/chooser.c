/* SPDX-License-Identifier: MIT */
#include <asm/boot_record.h>
#include <asm/io.h>
#include <boot/loader_info.h>
#include <lib/cmdline.h>
#include <lib/types.h>

/*
 * The chooser: has what the loader said copied into one boot record (loader_info.c), whichever multiboot it
 * speaks, and starts the kernel that this CPU can run, that the RAM has room for, and that the command line
 * does not refuse.
 *
 * The copy is the point. A loader leaves its information wherever it likes, between the two kernels or
 * right behind this code; from here on none of it has to be reserved or even remembered. Modules are
 * too large to copy: the record tells where they are, and the kernel reserves them.
 *
 * Runs before paging, at its own address, on a 386 too, and with no library: it has to be able to say
 * that the CPU is too old.
 */

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

void start_kernel(u32 entry, u32 magic, u32 record);
u32 cpu_has_eflag(u32 mask);
void choose(u32 magic, u32 info);

static struct boot_record record;

/* The text, and behind it as much room for the kernel, which cuts a copy of it into words. */
static char command_line[2 * BOOT_CMDLINE];

/* --- saying that it cannot be done ------------------------------------------------------------ */

static void serial_char(char c)
{
	for (u32 wait = 100000; wait && !(inb(0x3fd) & 0x20); wait--)
		continue;
	outb(0x3f8, (u8)c);
}

static u32 screen_at;

/*
 * Where the loader has left a text screen, its first lines are there; anywhere else nobody looks at that
 * memory. The first serial port is set to 115200 8N1 with the first text.
 */
static void say(const char *text)
{
	volatile u16 *screen = (volatile u16 *)VGA_TEXT;

	if (screen_at == 0) {
		outb(0x3fb, 0x80);
		outb(0x3f8, 1);
		outb(0x3f9, 0);
		outb(0x3fb, 0x03);
	}
	for (; *text; text++) {
		screen[screen_at++] = 0x4f00 | (u8)*text;
		serial_char(*text);
	}
}

static void say_number(u32 number)
{
	char text[11], *digit = &text[10];

	*digit = '\0';
	do {
		*--digit = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	say(digit);
}

/*
 * Ends the emulator with the status of a panic, if that is one with QEMU's isa-debug-exit device; a write
 * to this port does nothing elsewhere (asm/machine.h). The caller halts.
 */
static void give_up(void)
{
	serial_char('\r');
	serial_char('\n');
	for (u32 wait = 100000; wait && !(inb(0x3fd) & 0x40); wait--)
		continue;
	outb(0xf4, 0x12);
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

/*
 * Does the command line have a word of this name, at most 15 characters? @valued: with a value, or else without
 * one: `nopae=` is the same word as `nopae`, and `nopae=1` is not.
 */
static bool cmdline_has(const char *name, bool valued)
{
	const char *line = command_line;
	struct cmdline_word word;
	char text[18];

	while ((line = cmdline_next(line, text, sizeof(text), &word))) {
		u32 i = 0;

		while (word.name[i] && word.name[i] == name[i])
			i++;
		if (!word.name[i] && !name[i] && (*word.value != '\0') == valued &&
		    (valued || !word.cut))
			return true;
	}
	return false;
}

static u32 end_of_part(u32 part)
{
	return image_parts[part].start + image_parts[part].size;
}

/*
 * A loader that knows no RAM at all may be wrong about the rest, too, and a user who enters a map by memmap= knows
 * better than the loader: then the kernel sorts it out.
 */
static bool fits(u32 part)
{
	u64 end = loader_info_end_of_ram(&record);

	return end == 0 || end_of_part(part) <= end || cmdline_has("memmap", true);
}

static void say_what_is_needed(void)
{
	say("Highland does not fit: RAM ends at ");
	say_number((u32)(loader_info_end_of_ram(&record) >> 10));
	say(" KiB, expected at least ");
	say_number((end_of_part(IMAGE_NOPAE) + 1023) >> 10);
	say(" KiB (with PAE ");
	say_number((end_of_part(IMAGE_PAE) + 1023) >> 10);
	say(" KiB).");
}

/* Returns IMAGE_PAE, IMAGE_NOPAE, or -1 if neither is in memory as a whole. */
static int choose_kernel(void)
{
	const u32 pae_needs = CPUID_PAE | CPUID_CX8 | CPUID_CMOV;

	if ((cpuid_features() & pae_needs) == pae_needs && !cmdline_has("nopae", false)) {
		if (fits(IMAGE_PAE))
			return IMAGE_PAE;
		loader_info_problem(&record, BOOT_PART_PAE_KERNEL, BOOT_FAULT_NO_ROOM,
				    image_parts[IMAGE_PAE].start, end_of_part(IMAGE_PAE),
				    (u32)loader_info_end_of_ram(&record));
	}
	return fits(IMAGE_NOPAE) ? IMAGE_NOPAE : -1;
}

void choose(u32 magic, u32 info)
{
	int kernel;

	if (!cpu_has_eflag(EFLAGS_AC)) {
		say("Highland needs a 486 or a later CPU; this is a 386.");
		give_up();
		return;
	}
	record.magic = BOOT_RECORD_MAGIC;
	record.size = sizeof(record);
	record.framebuffer.type = 255;
	record.cmdline = (u32)(unsigned long)command_line;
	if (cpuid_features() & CPUID_TSC)
		record.entry_tsc = read_tsc();
	if (!loader_info_read(&record, command_line, magic, info)) {
		say("Highland must be started by a multiboot 1 or 2 loader (GRUB, QEMU -kernel).");
		give_up();
		return;
	}
	kernel = choose_kernel();
	if (kernel < 0) {
		say_what_is_needed();
		give_up();
		return;
	}
	start_kernel(image_parts[kernel].entry, BOOT_RECORD_MAGIC, (u32)(unsigned long)&record);
}
