/* SPDX-License-Identifier: MIT */
#include <asm/fixmap.h>
#include <asm/io.h>
#include <asm/page.h>
#include <drivers/vga.h>
#include <lib/string.h>

/*
 * The text screen of the VGA: 80 x 25 cells, each a character and its colours, at physical address
 * 0xb8000. At first the boot page tables map it. Before the direct map is limited to RAM, vga_map()
 * maps it in the fixmap, write-combining, since it is written from left to right. The cursor
 * belongs to the CRT controller (IBM VGA reference, CRTC registers 0x0e and 0x0f); after the last
 * cell it is invisible.
 */

#define SCREEN     0xb8000ul
#define CRTC_INDEX 0x3d4
#define CRTC_DATA  0x3d5

static u16 *screen = __va(SCREEN);

static void draw(struct vt *vt, unsigned int row, unsigned int column, const u16 *cells,
		 unsigned int n)
{
	memcpy(screen + row * VGA_COLUMNS + column, cells, n * sizeof(*cells));
}

static void show_cursor(struct vt *vt, unsigned int row, unsigned int column, bool visible)
{
	unsigned int at = visible ? row * VGA_COLUMNS + column : VGA_ROWS * VGA_COLUMNS;

	outb(CRTC_INDEX, 0x0e);
	outb(CRTC_DATA, (u8)(at >> 8));
	outb(CRTC_INDEX, 0x0f);
	outb(CRTC_DATA, (u8)at);
}

const struct vt_device vga_device = { .draw = draw, .cursor = show_cursor };

void vga_clear(void)
{
	for (unsigned int i = 0; i < VGA_ROWS * VGA_COLUMNS; i++)
		screen[i] = VT_BLANK;
}

void vga_map(void)
{
	set_fixmap(FIX_VGA, SCREEN, PAGE_KERNEL_WC);
	screen = (u16 *)fix_to_virt(FIX_VGA);
}
