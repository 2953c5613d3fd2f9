/* SPDX-License-Identifier: MIT */
#include "host.h"

#include <drivers/fb.h>
#include <drivers/font.h>
#include <drivers/vt.h>

/*
 * The framebuffer as a device of the terminal. After each write, all pixels must be those of the
 * cells, and memory beside the pixels must be unchanged, for every format of pixels.
 */

#define WIDTH  330 /* 41 cells, plus some pixels */
#define HEIGHT 170
#define PITCH  1360

static u8 pixels[HEIGHT * PITCH + 16];

static struct boot_framebuffer mode_of(u8 bpp)
{
	struct boot_framebuffer mode = { .width = WIDTH,
					 .height = HEIGHT,
					 .pitch = PITCH,
					 .bpp = bpp,
					 .type = 1,
					 .red_shift = 11,
					 .red_bits = 5,
					 .green_shift = 5,
					 .green_bits = 6,
					 .blue_bits = 5 };

	if (bpp >= 24) {
		mode.red_shift = 16;
		mode.green_shift = 8;
		mode.red_bits = mode.green_bits = mode.blue_bits = 8;
	}
	return mode;
}

static u32 pixel(const struct boot_framebuffer *mode, unsigned int x, unsigned int y)
{
	unsigned int bytes = mode->bpp / 8;
	u32 value = 0;

	memcpy(&value, pixels + y * PITCH + x * bytes, bytes);
	return value;
}

/* A window that shows one line of text: its contents reach the pixels when it moves. */
static u8 window[FONT_HEIGHT * PITCH];
static unsigned int window_line;
static bool window_is_open;

static size_t bytes_of_line(unsigned int line)
{
	return min((size_t)FONT_HEIGHT, (size_t)HEIGHT - line * FONT_HEIGHT) * PITCH;
}

static void close_window(void)
{
	if (window_is_open)
		memcpy(pixels + window_line * sizeof(window), window, bytes_of_line(window_line));
	window_is_open = false;
}

static u8 *map_line(unsigned int line)
{
	CHECK(line <= HEIGHT / FONT_HEIGHT);
	close_window();
	memcpy(window, pixels + line * sizeof(window), bytes_of_line(line));
	window_line = line;
	window_is_open = true;
	return window;
}

static void fb_start(const struct boot_framebuffer *mode, struct vt *v, bool by_line)
{
	static u16 fb_lines[60 * 50], fb_shown[60 * 50];
	char why[160] = "";

	CHECK(fb_check(mode, why, sizeof(why)));
	CHECK_STREQ(why, "");
	memset(pixels, 0xee, sizeof(pixels));
	if (by_line)
		fb_begin_by_line(mode, map_line);
	else
		fb_begin(mode, pixels);
	vt_init(v, &fb_device, fb_columns(mode), fb_rows(mode), fb_lines, fb_rows(mode) + 5,
		fb_shown);
}

/*
 * All pixels are those of the cells, except at the cursor; memory beside the pixels is unchanged.
 */
static void check_pixels(const struct boot_framebuffer *mode, const struct vt *v,
			 const u32 *palette)
{
	for (unsigned int y = 0; y < v->rows * FONT_HEIGHT; y++) {
		for (unsigned int x = 0; x < v->columns * FONT_WIDTH; x++) {
			unsigned int row = y / FONT_HEIGHT, column = x / FONT_WIDTH;
			u16 cell = v->shown[row * v->columns + column];
			bool set = font[cell & 0xff][y % FONT_HEIGHT] & 0x80 >> x % FONT_WIDTH;

			if (row == v->row && column == v->column &&
			    y % FONT_HEIGHT >= FONT_HEIGHT - 2)
				set = true;
			if (pixel(mode, x, y) != palette[set ? cell >> 8 & 15 : cell >> 12]) {
				host_fail(__FILE__, __LINE__, "%u bits: pixel %u, %u is %#x",
					  mode->bpp, x, y, pixel(mode, x, y));
				return;
			}
		}
	}
	for (unsigned int y = 0; y < HEIGHT; y++)
		for (unsigned int i = WIDTH * (mode->bpp / 8); i < PITCH; i++)
			REQUIRE(pixels[y * PITCH + i] == 0xee);
	REQUIRE(pixels[HEIGHT * PITCH] == 0xee);
}

static void draw_in_each_format(bool by_line)
{
	static const u32 of_16[16] = { 0, 0x0015, 0x0540, 0x0555, 0xa800, 0xa815, 0xaaa0, 0xad55 };
	static const u32 of_24[16] = { 0,        0x0000aa, 0x00aa00, 0x00aaaa,
				       0xaa0000, 0xaa00aa, 0xaa5500, 0xaaaaaa };
	static const u8 depths[] = { 16, 24, 32 };

	for (unsigned int i = 0; i < ARRAY_SIZE(depths); i++) {
		struct boot_framebuffer mode = mode_of(depths[i]);
		const u32 *palette = depths[i] == 16 ? of_16 : of_24;
		struct vt v;
		const char *const texts[] = { "highland> ",
					      "\033[31;44mred on blue\033[0m",
					      "\rx\033[K",
					      "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12",
					      "\033[A\033[32mgreen",
					      "\b\b\033[33;45mQ",
					      "\033[32;44mX\b",
					      "\033[33;45mX\b",
					      "\033[H\033[36;41m\033[2Jall red" };

		fb_start(&mode, &v, by_line);
		for (unsigned int t = 0; t < ARRAY_SIZE(texts); t++) {
			vt_write(&v, texts[t], strlen(texts[t]));
			close_window();
			check_pixels(&mode, &v, palette);
		}
	}
}

static void draws_in_each_format(void)
{
	draw_in_each_format(false);
}

static void draws_through_a_window_of_one_line(void)
{
	draw_in_each_format(true);
}

static void odd_masks(void)
{
	struct boot_framebuffer mode = mode_of(32);
	struct vt v;

	/* Ten bits per colour, and blue above red. */
	mode.red_shift = 0;
	mode.green_shift = 10;
	mode.blue_shift = 20;
	mode.red_bits = mode.green_bits = mode.blue_bits = 10;
	fb_start(&mode, &v, false);
	vt_write(&v, "\033[101m ", 7);
	vt_write(&v, "\033[41m \033[97;44m\xe2\x96\x88", 17);
	CHECK_EQ(pixel(&mode, 8, 0), 0x2aa);
	CHECK_EQ(pixel(&mode, 16, 0), 0x3fffffff);
}

static void no_masks_are_the_usual_ones(void)
{
	struct boot_framebuffer mode = mode_of(16);
	struct vt v;

	mode.red_bits = mode.green_bits = mode.blue_bits = 0;
	mode.red_shift = mode.green_shift = mode.blue_shift = 0;
	fb_start(&mode, &v, false);
	vt_write(&v, "\033[42m ", 6);
	CHECK_EQ(pixel(&mode, 0, 0), 0x0540);
}

static void refuse(struct boot_framebuffer mode, const char *why_it_is)
{
	char why[160] = "";

	CHECK(!fb_check(&mode, why, sizeof(why)));
	if (!strstr(why, why_it_is))
		host_fail(__FILE__, __LINE__, "'%s' does not say '%s'", why, why_it_is);
}

#define REFUSED(why, ...)                                   \
	do {                                                \
		struct boot_framebuffer mode = mode_of(32); \
		__VA_ARGS__;                                \
		refuse(mode, why);                          \
	} while (0)

static void what_cannot_be_used_is_refused(void)
{
	REFUSED("indices", mode.type = 0);
	REFUSED("type is 2", mode.type = 2);
	REFUSED("type is 255", mode.type = 255);
	REFUSED("8 bits", mode.bpp = 8);
	REFUSED("0 bits", mode.bpp = 0);
	REFUSED("64 bits", mode.bpp = 64);
	REFUSED("319 x", mode.width = 319);
	REFUSED("x 159", mode.height = 159);
	REFUSED("0 x 0", mode.width = mode.height = 0);
	REFUSED("4294967295 x", mode.width = UINT32_MAX, mode.pitch = UINT32_MAX);
	REFUSED("expected at least 1320", mode.pitch = 1319);
	REFUSED("red has 8 bits from bit 25", mode.red_shift = 25);
	REFUSED("green 0 from 8", mode.green_bits = 0);
	REFUSED("blue 32 from 0", mode.blue_bits = 32);
}

int main(void)
{
	host_run("draws_in_each_format", draws_in_each_format);
	host_run("draws_through_a_window_of_one_line", draws_through_a_window_of_one_line);
	host_run("odd_masks", odd_masks);
	host_run("no_masks_are_the_usual_ones", no_masks_are_the_usual_ones);
	host_run("what_cannot_be_used_is_refused", what_cannot_be_used_is_refused);
	return host_done();
}
