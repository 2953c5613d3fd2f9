/* SPDX-License-Identifier: MIT */
#pragma once

#include "host.h"

/*
 * boot/chooser.c with the memory that boot loaders leave. A physical address of the test is an
 * offset from `origin`, so that 32 bits can address the static data of this program in a 64-bit
 * process, too. A test includes this file once, since the chooser's variables are static.
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

static void put_star(u32 at)
{
	((char *)origin)[at] = '*';
}
#define put_star put_star

#include "../../boot/grade_key.c"
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

/* --- building the tags of multiboot 2 --------------------------------------------------------- */

static u8 info2[8192] __attribute__((aligned(8)));
static u32 at2;

static inline void begin2(void)
{
	memset(info2, 0, sizeof(info2));
	at2 = 8;
}

static inline void tag2(u32 type, const void *data, u32 n)
{
	u32 head[2] = { type, 8 + n };

	memcpy(info2 + at2, head, 8);
	memcpy(info2 + at2 + 8, data, n);
	at2 = (at2 + 8 + n + 7) & ~7u;
	memcpy(info2, &at2, 4);
}

static inline void choose2(void)
{
	tag2(MB2_END, "", 0);
	choose_by(MULTIBOOT2_MAGIC, info2);
}
