/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/e820.h>
#include <asm/fixmap.h>
#include <asm/sections.h>
#include <asm/setup.h>
#include <drivers/fb.h>
#include <drivers/font.h>
#include <drivers/screen.h>
#include <drivers/vga.h>
#include <kernel/printk.h>
#include <mm/ioremap.h>
#include <mm/memblock.h>
#include <mm/vmalloc.h>

/*
 * The machine's screen as a console. This file reads the loader's description of the screen and
 * puts a terminal (vt.c) in front of it. Text mode works from the first line on. A framebuffer has
 * megabytes, which can be mapped only after vmalloc_init(). Until then a window in the fixmap shows
 * one line of text at a time:
 *
 *	consoles_map()        a terminal as large as the VGA's, drawn through the window
 *	consoles_complete()   one as large as the framebuffer, all of which is mapped
 *
 * Both receive the earlier lines from the log, like every console that is registered late.
 */

/* Lines that can be scrolled back. With the 25 lines of the VGA they fill 32 pages. */
#define HISTORY_LINES 794

static struct vt screen;
static u16 text_lines[VGA_ROWS * VGA_COLUMNS];

static void screen_write(const char *s, size_t n)
{
	vt_write(&screen, s, n);
}

static void screen_scroll(int half_screens)
{
	vt_scroll_back(&screen, half_screens * (int)(screen.rows / 2));
}

struct console screen_console = { .name = "tty0", .write = screen_write, .scroll = screen_scroll };

const struct vt *screen_terminal(void)
{
	return screen.device ? &screen : NULL;
}

/* --- text ------------------------------------------------------------------------------------- */

/*
 * Types 0 and 1 of a framebuffer are graphics modes, 2 is text, and 255 means that the loader gave
 * no description (Multiboot 1, 3.3; Multiboot 2, 3.6.12). Then the mode is the BIOS's text mode,
 * unless there is no BIOS.
 */
bool screen_probe(void)
{
	u8 type = boot_record.framebuffer.type;

	if (type <= 1 || (boot_record.efi_firmware && type != 2))
		return false;
	vga_clear();
	vt_init(&screen, &vga_device, VGA_COLUMNS, VGA_ROWS, text_lines, VGA_ROWS, NULL);
	return true;
}

void screen_map(void)
{
	vga_map();
}

void screen_keep_history(void)
{
	const unsigned int lines = VGA_ROWS + HISTORY_LINES;
	u16 *more;

	if (screen.device != &vga_device)
		return;
	more = vmalloc(lines * VGA_COLUMNS * sizeof(u16));
	if (more)
		vt_set_lines(&screen, more, lines);
}

/* --- a framebuffer ---------------------------------------------------------------------------- */

/* Writing to RAM in use would be worse than a dark screen. */
static bool overlaps_ram(phys_addr_t start, phys_addr_t end)
{
	phys_addr_t ram_start, ram_end;
	u64 i;

	for_each_physmem_range(i, &ram_start, &ram_end) {
		if (start < ram_end && ram_start < end)
			return true;
	}
	return false;
}

/* Page tables without PAE name 4 GiB, those with PAE all that the CPU can address. */
static bool out_of_reach(phys_addr_t start, phys_addr_t end)
{
	return end < start || end > (phys_addr_t)1 << (CONFIG_PAE ? boot_cpu.phys_bits : 32);
}

/* --- a framebuffer before there is vmalloc ---------------------------------------------------- */

/* The early terminal. It uses the lines of the text mode, which such a machine does not have. */
static u16 early_shown[VGA_ROWS * VGA_COLUMNS] __initbss;

/* The line of text that the fixmap shows of the framebuffer. */
static struct {
	phys_addr_t start, end; /* of the framebuffer */
	u32 bytes;              /* of a line of text */
	unsigned int line;      /* UINT_MAX: none so far */
} window __initdata = { .line = UINT_MAX };

/*
 * set_fixmap() flushes each page that was present. Pages after the new line may still map an old
 * one, but are not used. A fault or an NMI in here does not move the window: printk skips a console
 * that is busy.
 */
static u8 *__init map_line(unsigned int line)
{
	phys_addr_t start = window.start + (u64)line * window.bytes;
	phys_addr_t end = min(start + window.bytes, window.end);
	unsigned long offset = start & ~PAGE_MASK;

	if (line != window.line) {
		unsigned int pages = PFN_UP(offset + (unsigned long)(end - start));

		for (unsigned int i = 0; i < pages; i++)
			set_fixmap(FIX_SCREEN_BEGIN - i,
				   start - offset + ((phys_addr_t)i << PAGE_SHIFT), PAGE_KERNEL_WC);
		window.line = line;
	}
	return (u8 *)fix_to_virt(FIX_SCREEN_BEGIN) + offset;
}

/*
 * Like overlaps_ram(), but on the loader's raw map, where contradictions are not resolved yet. So
 * this may refuse a framebuffer that screen_probe_framebuffer() accepts later.
 */
static bool __init overlaps_raw_ram(phys_addr_t start, phys_addr_t end)
{
	const struct boot_record *record = &boot_record;

	if (start < __pa(kernel_end) && __pa(kernel_start) < end)
		return true;
	if (record->nr_e820 == 0)
		return start < SZ_1M + ((u64)record->mem_upper << 10);
	for (u32 i = 0; i < record->nr_e820; i++) {
		const struct boot_e820 *entry = &record->e820[i];

		/*
		 * The end of an entry may overflow 64 bits; its distance from the start does not.
		 */
		if (entry->type == E820_RAM && entry->addr < end &&
		    (entry->addr >= start || start - entry->addr < entry->size))
			return true;
	}
	return false;
}

bool __init screen_probe_early(void)
{
	const struct boot_framebuffer *mode = &boot_record.framebuffer;
	phys_addr_t start = mode->addr, end = start + fb_bytes(mode);
	unsigned int columns = min(fb_columns(mode), (unsigned int)VGA_COLUMNS);
	unsigned int rows = min(fb_rows(mode), (unsigned int)VGA_ROWS);
	char why[160];

	if (!fb_check(mode, why, sizeof(why)) || out_of_reach(start, end) ||
	    overlaps_raw_ram(start, end) ||
	    mode->pitch > (FIX_SCREEN_PAGES - 1) * PAGE_SIZE / FONT_HEIGHT)
		return false;
	window.start = start;
	window.end = end;
	window.bytes = mode->pitch * FONT_HEIGHT;
	fb_begin_by_line(mode, map_line);
	vt_init(&screen, &fb_device, columns, rows, text_lines, rows, early_shown);
	return true;
}

/* No page of the window stays mapped: clear_fixmap() flushes those that were. */
static void end_early(void)
{
	if (screen.device != &fb_device)
		return;
	console_unregister(&screen_console);
	screen.device = NULL;
	for (unsigned int i = FIX_SCREEN_END; i <= FIX_SCREEN_BEGIN; i++)
		clear_fixmap(i);
}

/* --- a framebuffer, all of it ----------------------------------------------------------------- */

static void *map_framebuffer(const struct boot_framebuffer *mode)
{
	phys_addr_t start = mode->addr, end = start + fb_bytes(mode);
	char why[160];
	void *base;

	if (!fb_check(mode, why, sizeof(why))) {
		pr_warn("The framebuffer is not used: %s\n", why);
	} else if (out_of_reach(start, end)) {
		pr_warn("The framebuffer is not used: its end at %#llx is out of the kernel's "
			"reach\n",
			end);
	} else if (overlaps_ram(start, end)) {
		pr_warn("The framebuffer is not used: there is RAM between %#llx and %#llx\n",
			start, end);
	} else {
		base = ioremap_wc(start, (unsigned long)(end - start));
		if (base)
			return base;
		pr_warn("The framebuffer is not used: no room to map its %lu KiB, see vmalloc=\n",
			(unsigned long)((end - start) >> 10));
	}
	return NULL;
}

/*
 * Number of lines by which a full screen scrolls, see vt.c. Each scroll draws nearly all cells, at
 * up to 400 instructions each. So a larger screen scrolls by more lines, and fewer times. The last
 * 25 lines stay visible.
 */
static unsigned int lines_to_move(unsigned int columns, unsigned int rows)
{
	const unsigned int share = columns * rows > 8000 ? 2 : 4;

	return max(1u, min(rows / share, rows > 26 ? rows - 26 : 1));
}

static bool use_framebuffer(const struct boot_framebuffer *mode)
{
	unsigned int columns = fb_columns(mode), rows = fb_rows(mode);
	unsigned int capacity = rows + HISTORY_LINES;
	u16 *lines, *shown;
	void *base;

	base = map_framebuffer(mode);
	if (!base)
		return false;
	lines = vmalloc(capacity * columns * sizeof(u16));
	shown = vmalloc(rows * columns * sizeof(u16));
	if (!lines || !shown) {
		pr_warn("The framebuffer is not used: no memory for %u lines of %u characters\n",
			capacity + rows, columns);
		vfree(lines);
		vfree(shown);
		iounmap(base);
		return false;
	}
	end_early();
	fb_begin(mode, base);
	vt_init(&screen, &fb_device, columns, rows, lines, capacity, shown);
	screen.jump = lines_to_move(columns, rows);
	pr_info("Framebuffer: %u x %u, %u bits a pixel, at %#llx: %u lines of %u characters\n",
		mode->width, mode->height, mode->bpp, mode->addr, rows, columns);
	return true;
}

bool screen_probe_framebuffer(void)
{
	const struct boot_framebuffer *mode = &boot_record.framebuffer;
	bool used = mode->type <= 1 && use_framebuffer(mode);

	/* The small terminal has shown the reason, and ends with it. */
	if (!used)
		end_early();
	return used;
}
