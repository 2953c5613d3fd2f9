/* SPDX-License-Identifier: MIT */
#include <asm/boot_record.h>
#include <asm/io.h>
#include <boot/loader_info.h>
#include <lib/cmdline.h>
#include <lib/types.h>

/*
 * The chooser: the first code of the image. It does three things.
 *
 *	It copies the loader's information, of multiboot 1 or 2, into one boot record
 *	(loader_info.c).
 *	It chooses a kernel: the PAE kernel, if the CPU can run it and the command line allows it.
 *	It moves that kernel to the address that both kernels are linked for, and starts it.
 *
 * After the copy nobody needs the loader's information, so nobody has to protect its memory. A
 * loader may put it anywhere, for example directly after this code. Modules are too large to copy:
 * the record has their addresses, and the kernel reserves them.
 *
 * The move is the last step. It overwrites only memory of the image (boot/image.ld). The program
 * headers of the image cover that memory, so a loader puts no module and no information there.
 *
 * The code runs before paging, at its physical address, and without a library. It also runs on a
 * 386, where it prints that the CPU is too old.
 */

#define EFLAGS_AC (1u << 18)
#define EFLAGS_ID (1u << 21)

/* The first serial port. While DLAB is set, the data register holds the baud rate's divisor. */
#define COM1             0x3f8
#define COM1_DIVISOR_TOP 0x3f9
#define COM1_LINE        0x3fb
#define COM1_STATUS      0x3fd
#define LINE_DLAB        0x80
#define LINE_8N1         0x03
#define STATUS_READY     0x20 /* for another character */
#define STATUS_SENT      0x40 /* the last character has left */

/* Status of a panic for QEMU's isa-debug-exit device: asm/machine.h. */
#define EXIT_PORT  0xf4
#define EXIT_PANIC 0x12

/* White on red, in the upper half of a cell of the text screen. */
#define ALARM 0x4f00

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

/* The text, then the same room again for the kernel, which cuts a copy of the text into words. */
static char command_line[2 * BOOT_CMDLINE];

/* --- messages --------------------------------------------------------------------------------- */

/* Waits for a bit of the port's status, but not for ever: the port may not exist. */
static void serial_wait(u8 status)
{
	for (u32 wait = 100000; wait && !(inb(COM1_STATUS) & status); wait--)
		continue;
}

static void serial_char(char c)
{
	serial_wait(STATUS_READY);
	outb(COM1, (u8)c);
}

static u32 screen_at;

/*
 * Writes to the first lines of the text screen. In a graphics mode nothing shows that memory, and
 * the write does no harm. The first text also sets the first serial port to 115200 8N1.
 */
static void say(const char *text)
{
	volatile u16 *screen = (volatile u16 *)VGA_TEXT;

	if (screen_at == 0) {
		outb(COM1_LINE, LINE_DLAB);
		outb(COM1, 1);
		outb(COM1_DIVISOR_TOP, 0);
		outb(COM1_LINE, LINE_8N1);
	}
	for (; *text; text++) {
		screen[screen_at++] = ALARM | (u8)*text;
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
 * Ends QEMU with the status of a panic, if the machine has the isa-debug-exit device. A write to
 * its port does nothing on other machines. The caller halts.
 */
static void give_up(void)
{
	serial_char('\r');
	serial_char('\n');
	serial_wait(STATUS_SENT);
	outb(EXIT_PORT, EXIT_PANIC);
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
 * Does the command line have a word of this name, which has at most 15 characters? With @valued
 * the word must have a value, and without it must have none: `nopae=` counts as `nopae`, and
 * `nopae=1` does not.
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

static u32 end_of_image(void)
{
	return image_parts[IMAGE_KERNELS].start + image_parts[IMAGE_KERNELS].size;
}

/*
 * Is the whole image in RAM? If the loader knows of no RAM, its map is wrong and proves nothing.
 * If the user enters a map with memmap=, that map counts. In both cases the kernel checks again.
 */
static bool image_fits(void)
{
	u64 end = loader_info_end_of_ram(&record);

	return end == 0 || end_of_image() <= end || cmdline_has("memmap", true);
}

static void say_what_is_needed(void)
{
	say("Highland does not fit: RAM ends at ");
	say_number((u32)(loader_info_end_of_ram(&record) >> 10));
	say(" KiB, expected at least ");
	say_number((end_of_image() + 1023) >> 10);
	say(" KiB.");
}

static const struct image_kernel *choose_kernel(void)
{
	const u32 pae_needs = CPUID_PAE | CPUID_CX8 | CPUID_CMOV;
	bool pae = (cpuid_features() & pae_needs) == pae_needs && !cmdline_has("nopae", false);

	return &image_kernels[pae ? KERNEL_PAE : KERNEL_NOPAE];
}

/* --- moving ----------------------------------------------------------------------------------- */

/* A host test replaces both by functions of its own. */
#ifndef move_words

/* Copies @words words of 4 bytes upward in memory; @to may overlap @from if it is below it. */
static void move_words(u32 to, u32 from, u32 words)
{
	__asm__ volatile("rep movsl" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
}

static void clear_words(u32 to, u32 words)
{
	__asm__ volatile("rep stosl" : "+D"(to), "+c"(words) : "a"(0) : "memory");
}
#endif

/* The move overwrites bytes of the other kernel, so there is no way back after it. */
static void move_into_place(const struct image_kernel *kernel)
{
	u32 size = kernel->bytes_end - kernel->bytes;

	if (kernel->bytes != kernel->start)
		move_words(kernel->start, kernel->bytes, size / 4);
	clear_words(kernel->start + size, (kernel->size - size) / 4);
}

void choose(u32 magic, u32 info)
{
	const struct image_kernel *kernel;

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
	if (!image_fits()) {
		say_what_is_needed();
		give_up();
		return;
	}
	kernel = choose_kernel();
	move_into_place(kernel);
	start_kernel(kernel->entry, BOOT_RECORD_MAGIC, (u32)(unsigned long)&record);
}
