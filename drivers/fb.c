/* SPDX-License-Identifier: MIT */
#include <drivers/fb.h>
#include <drivers/font.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>

/*
 * Draws cells of text as pixels. The framebuffer is memory of a device, mapped write-combining: the
 * CPU collects writes and sends them in bursts, but reads are very slow. So this file never reads
 * it.
 *
 * A row of a glyph has 8 bits, which are two groups of four pixels. Such a group is called a quad,
 * and there are 16 different ones. For each pair of colours the quads are computed once. Four
 * pixels of 2, 3 or 4 bytes are 2, 3 or 4 words of 32 bits. So drawing copies words from a table,
 * for each format of pixels. Rows in which the old and the new glyph are equal are skipped: between
 * two letters, these are nearly half of all rows.
 *
 * docs/console.md has the cost.
 */

#define FEWEST_COLUMNS 40
#define FEWEST_ROWS    10
#define MOST_PIXELS    16384u /* in either direction */
#define CURSOR_HEIGHT  2      /* an underline at the foot of the cell */

static struct {
	u8 *base;
	u8 *(*map)(unsigned int row); /* NULL: all of it is mapped, at `base` */
	u32 pitch;
	unsigned int bytes; /* of a pixel */
	u32 colours[16];    /* the pixels of the VGA's colours */
	u32 quads[16]
		 [4];    /* the pixels for four bits of a glyph; the first `bytes` words are used */
	u8 quad_colours; /* the colours of these quads */
	bool cursor_shown;
	unsigned int cursor_row, cursor_column;
} fb;

/* --- the mode --------------------------------------------------------------------------------- */

static bool has_no_masks(const struct boot_framebuffer *mode)
{
	return mode->red_bits + mode->green_bits + mode->blue_bits == 0;
}

static bool mask_fits(const struct boot_framebuffer *mode, u8 shift, u8 bits)
{
	return bits >= 1 && bits <= 16 && shift + bits <= mode->bpp;
}

unsigned int fb_columns(const struct boot_framebuffer *mode)
{
	return mode->width / FONT_WIDTH;
}

unsigned int fb_rows(const struct boot_framebuffer *mode)
{
	return mode->height / FONT_HEIGHT;
}

u64 fb_bytes(const struct boot_framebuffer *mode)
{
	return (u64)mode->pitch * mode->height;
}

static unsigned int bytes_per_pixel(const struct boot_framebuffer *mode)
{
	return (mode->bpp + 7u) / 8;
}

bool fb_check(const struct boot_framebuffer *mode, char *why, size_t size)
{
	if (mode->type == 0) {
		snprintf(why, size, "its colours are indices, expected RGB");
	} else if (mode->type != 1) {
		snprintf(why, size, "its type is %u, expected 1 (RGB)", mode->type);
	} else if (mode->bpp != 15 && mode->bpp != 16 && mode->bpp != 24 && mode->bpp != 32) {
		snprintf(why, size, "a pixel has %u bits, expected 15, 16, 24 or 32", mode->bpp);
	} else if (mode->width > MOST_PIXELS || mode->height > MOST_PIXELS ||
		   fb_columns(mode) < FEWEST_COLUMNS || fb_rows(mode) < FEWEST_ROWS) {
		snprintf(why, size, "it has %u x %u pixels, expected at least %u x %u, at most %u",
			 mode->width, mode->height, FEWEST_COLUMNS * FONT_WIDTH,
			 FEWEST_ROWS * FONT_HEIGHT, MOST_PIXELS);
	} else if (mode->pitch < mode->width * bytes_per_pixel(mode)) {
		snprintf(why, size, "a line has %u bytes, expected at least %u", mode->pitch,
			 mode->width * bytes_per_pixel(mode));
	} else if (!has_no_masks(mode) && (!mask_fits(mode, mode->red_shift, mode->red_bits) ||
					   !mask_fits(mode, mode->green_shift, mode->green_bits) ||
					   !mask_fits(mode, mode->blue_shift, mode->blue_bits))) {
		snprintf(why, size,
			 "red has %u bits from bit %u, green %u from %u, blue %u from %u: "
			 "expected 1 or more within a pixel of %u bits",
			 mode->red_bits, mode->red_shift, mode->green_bits, mode->green_shift,
			 mode->blue_bits, mode->blue_shift, mode->bpp);
	} else {
		return true;
	}
	return false;
}

/* The usual masks, for a loader that named none. */
static struct boot_framebuffer with_masks(const struct boot_framebuffer *given)
{
	struct boot_framebuffer mode = *given;

	if (!has_no_masks(given))
		return mode;
	mode.blue_shift = 0;
	if (mode.bpp >= 24) {
		mode.red_bits = mode.green_bits = mode.blue_bits = 8;
		mode.green_shift = 8;
		mode.red_shift = 16;
	} else {
		mode.red_bits = mode.blue_bits = 5;
		mode.green_bits = mode.bpp == 16 ? 6 : 5;
		mode.green_shift = 5;
		mode.red_shift = mode.bpp == 16 ? 11 : 10;
	}
	return mode;
}

/* Scale a colour of 8 bits to another width. Full brightness stays full. */
static u32 scaled(u32 level, u8 shift, u8 bits)
{
	return (level * ((1u << bits) - 1) + 127) / 255 << shift;
}

/*
 * The palette of the VGA: bits of blue, green, red, brightness; 6 is brown instead of dark yellow.
 */
static void make_colours(const struct boot_framebuffer *mode)
{
	for (u32 i = 0; i < 16; i++) {
		u32 dim = i & 8 ? 0x55 : 0;
		u32 red = (i & 4 ? 0xaa : 0) + dim, green = (i & 2 ? 0xaa : 0) + dim;
		u32 blue = (i & 1 ? 0xaa : 0) + dim;

		if (i == 6)
			green = 0x55;
		fb.colours[i] = scaled(red, mode->red_shift, mode->red_bits) |
				scaled(green, mode->green_shift, mode->green_bits) |
				scaled(blue, mode->blue_shift, mode->blue_bits);
	}
}

/* --- drawing ---------------------------------------------------------------------------------- */

static void make_quads(u8 colours)
{
	u32 front = fb.colours[colours & 0x0f], back = fb.colours[colours >> 4];

	for (unsigned int bits = 0; bits < 16; bits++) {
		u8 *byte = (u8 *)fb.quads[bits];

		for (unsigned int mask = 8; mask; mask >>= 1)
			for (unsigned int i = 0; i < fb.bytes; i++)
				*byte++ = (u8)((bits & mask ? front : back) >> 8 * i);
	}
	fb.quad_colours = colours;
}

/*
 * Address of the first pixel of a line of text. Only this line may be mapped: see
 * fb_begin_by_line().
 */
static u8 *row_address(unsigned int row)
{
	return fb.map ? fb.map(row) : fb.base + (size_t)row * FONT_HEIGHT * fb.pitch;
}

static u8 *cell_address(unsigned int row, unsigned int column)
{
	return row_address(row) + column * FONT_WIDTH * fb.bytes;
}

/*
 * Draw one row of a glyph: two quads of @words words, a constant in each caller. MOVS without REP
 * copies a word by one short instruction.
 */
static inline __attribute__((always_inline)) void draw_bits(void *at, u8 bits, unsigned int words)
{
	const void *left = fb.quads[bits >> 4], *right = fb.quads[bits & 15];

#define COPY(from)                                                                  \
	do {                                                                        \
		__asm__ volatile("movsl; movsl" : "+D"(at), "+S"(from)::"memory");  \
		if (words > 2)                                                      \
			__asm__ volatile("movsl" : "+D"(at), "+S"(from)::"memory"); \
		if (words > 3)                                                      \
			__asm__ volatile("movsl" : "+D"(at), "+S"(from)::"memory"); \
	} while (0)
	COPY(left);
	COPY(right);
#undef COPY
}

static void draw_row(u8 *at, u8 bits)
{
	if (fb.bytes == 4)
		draw_bits(at, bits, 4);
	else if (fb.bytes == 3)
		draw_bits(at, bits, 3);
	else
		draw_bits(at, bits, 2);
}

/* Draw the rows of a glyph that differ from another glyph. */
static inline __attribute__((always_inline)) void draw_glyph(u8 *at, const u8 *new, const u8 *old,
							     unsigned int words)
{
	const u32 pitch = fb.pitch;

	for (const u8 *end = new + FONT_HEIGHT; new < end; new ++, old++, at += pitch)
		if (*new != *old)
			draw_bits(at, *new, words);
}

/* Draw a cell; @all if the screen may not show @old there. */
static void draw_cell(u8 *at, u16 new, u16 old, bool all)
{
	const u8 *glyph = font[(u8) new], *before = font[(u8)old];
	u8 inverse[FONT_HEIGHT];

	if (all || (new ^ old) >> 8) {
		for (unsigned int y = 0; y < FONT_HEIGHT; y++)
			inverse[y] = (u8)~glyph[y];
		before = inverse;
	}
	if (new >> 8 != fb.quad_colours)
		make_quads((u8)(new >> 8));
	if (fb.bytes == 4)
		draw_glyph(at, glyph, before, 4);
	else if (fb.bytes == 3)
		draw_glyph(at, glyph, before, 3);
	else
		draw_glyph(at, glyph, before, 2);
}

static void hide_cursor(const struct vt *vt)
{
	u16 cell = vt->shown[fb.cursor_row * vt->columns + fb.cursor_column];

	if (!fb.cursor_shown)
		return;
	fb.cursor_shown = false;
	draw_cell(cell_address(fb.cursor_row, fb.cursor_column), cell, cell, true);
}

static void draw(struct vt *vt, unsigned int row, unsigned int column, const u16 *cells,
		 unsigned int n)
{
	const u16 *old = vt->shown + row * vt->columns + column;
	u8 *at = cell_address(row, column);

	if (row == fb.cursor_row && fb.cursor_column - column < n)
		hide_cursor(vt);
	for (unsigned int i = 0; i < n; i++, at += FONT_WIDTH * fb.bytes)
		draw_cell(at, cells[i], old[i], false);
}

static void show_cursor(struct vt *vt, unsigned int row, unsigned int column, bool visible)
{
	u16 cell = vt->shown[row * vt->columns + column];
	u8 *at;

	if (visible && fb.cursor_shown && row == fb.cursor_row && column == fb.cursor_column)
		return;
	hide_cursor(vt);
	if (!visible)
		return;
	if (cell >> 8 != fb.quad_colours)
		make_quads((u8)(cell >> 8));
	/* After hide_cursor(), which may map another line. */
	at = cell_address(row, column) + (FONT_HEIGHT - CURSOR_HEIGHT) * fb.pitch;
	for (unsigned int y = 0; y < CURSOR_HEIGHT; y++, at += fb.pitch)
		draw_row(at, 0xff);
	fb.cursor_row = row;
	fb.cursor_column = column;
	fb.cursor_shown = true;
}

const struct vt_device fb_device = { .draw = draw, .cursor = show_cursor };

static void begin(const struct boot_framebuffer *given, u8 *base, u8 *(*map)(unsigned int row))
{
	struct boot_framebuffer mode = with_masks(given);

	fb.base = base;
	fb.map = map;
	fb.pitch = mode.pitch;
	fb.bytes = bytes_per_pixel(&mode);
	fb.cursor_shown = false;
	fb.cursor_row = fb.cursor_column = 0;
	make_colours(&mode);
	make_quads(VT_BLANK >> 8);
	for (u32 y = 0; y < mode.height; y++)
		memset(row_address(y / FONT_HEIGHT) + y % FONT_HEIGHT * fb.pitch, 0,
		       (size_t)mode.width * fb.bytes);
}

void fb_begin(const struct boot_framebuffer *mode, void *base)
{
	begin(mode, base, NULL);
}

void fb_begin_by_line(const struct boot_framebuffer *mode, u8 *(*map)(unsigned int row))
{
	begin(mode, NULL, map);
}
