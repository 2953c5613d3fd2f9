/* SPDX-License-Identifier: MIT */
#include <asm/fixmap.h>
#include <asm/io.h>
#include <asm/page.h>
#include <asm/setup.h>
#include <drivers/vga.h>
#include <lib/string.h>

/*
 * The text screen: 80 x 25 cells of a character and its colours, in memory at 0xb8000. The boot page
 * tables show it; before the direct map loses what is no RAM, vga_map() gives it a page of the fixmap,
 * write-combining, since it is written from left to right. A new line at the bottom moves everything up
 * by one. The cursor is the CRT controller's (IBM VGA reference, CRTC registers 0x0e and 0x0f).
 *
 * Of the control sequences of ECMA-48 those are obeyed that the line editor writes: move right and
 * left (ESC [ n C, ESC [ n D), erase the rest of the line (ESC [ K), home (ESC [ H) and erase all
 * (ESC [ 2 J). Any other is swallowed whole, so that text meant for a terminal leaves no litter.
 */

#define COLUMNS    80
#define ROWS       25
#define SCREEN     0xb8000ul
#define CRTC_INDEX 0x3d4
#define CRTC_DATA  0x3d5
#define GREY       0x0700
#define TAB        8

static volatile u16 *cells = __va(SCREEN);
static unsigned int row, column;

static enum { TEXT, ESCAPE, SEQUENCE } state;
static unsigned int number; /* the parameter of a sequence, as far as it was read */

static void erase(unsigned int from, unsigned int to)
{
	for (unsigned int i = from; i < to; i++)
		cells[i] = GREY | ' ';
}

static void show_cursor(void)
{
	unsigned int at = row * COLUMNS + column;

	outb(CRTC_INDEX, 0x0e);
	outb(CRTC_DATA, (u8)(at >> 8));
	outb(CRTC_INDEX, 0x0f);
	outb(CRTC_DATA, (u8)at);
}

static void new_line(void)
{
	column = 0;
	if (row + 1 < ROWS) {
		row++;
		return;
	}
	for (unsigned int i = 0; i < (ROWS - 1) * COLUMNS; i++)
		cells[i] = cells[i + COLUMNS];
	erase((ROWS - 1) * COLUMNS, ROWS * COLUMNS);
}

static void put(char c)
{
	cells[row * COLUMNS + column] = GREY | (u8)c;
	if (++column == COLUMNS)
		new_line();
}

static void control(char c)
{
	switch (c) {
	case '\n':
		new_line();
		break;
	case '\r':
		column = 0;
		break;
	case '\b':
		if (column)
			column--;
		break;
	case '\t':
		do
			put(' ');
		while (column % TAB);
		break;
	case '\033':
		state = ESCAPE;
		break;
	}
}

static void end_of_sequence(char c)
{
	unsigned int n = number ? number : 1;

	switch (c) {
	case 'C':
		column = min(column + n, COLUMNS - 1u);
		break;
	case 'D':
		column -= min(column, n);
		break;
	case 'H':
		row = column = 0;
		break;
	case 'J':
		if (number == 2)
			erase(0, ROWS * COLUMNS);
		break;
	case 'K':
		erase(row * COLUMNS + column, (row + 1) * COLUMNS);
		break;
	}
	state = TEXT;
}

/* ECMA-48, 5.4: parameters 0x30-0x3f, intermediates 0x20-0x2f, then one final byte from 0x40. */
static void sequence(char c)
{
	if (c >= '0' && c <= '9')
		number = min(number * 10 + (unsigned int)(c - '0'), 1000u);
	else if (c >= 0x40)
		end_of_sequence(c);
	else if (c < 0x20)
		state = TEXT;
}

static void interpret(char c)
{
	if (state == SEQUENCE) {
		sequence(c);
	} else if (state == ESCAPE) {
		state = c == '[' ? SEQUENCE : TEXT;
		number = 0;
	} else if ((u8)c < 0x20) {
		control(c);
	} else if (c != 0x7f) {
		put(c);
	}
}

static void vga_write(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		interpret(s[i]);
	show_cursor();
}

struct console vga_console = { .name = "vga", .write = vga_write };

void vga_map(void)
{
	set_fixmap(FIX_VGA, SCREEN, PAGE_KERNEL_WC);
	cells = (volatile u16 *)fix_to_virt(FIX_VGA);
}

/*
 * A framebuffer of type 0 or 1 is a graphics mode, 2 is text, and 255 says that the loader told nothing
 * (Multiboot 1, 3.3; Multiboot 2, 3.6.12): then the mode is the BIOS's, text, or there is no BIOS.
 */
bool vga_probe(void)
{
	u8 type = boot_record.framebuffer.type;

	if (type <= 1 || (boot_record.efi_firmware && type != 2))
		return false;
	erase(0, ROWS * COLUMNS);
	row = column = 0;
	show_cursor();
	return true;
}
