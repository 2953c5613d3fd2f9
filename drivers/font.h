/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

#define FONT_WIDTH  8
#define FONT_HEIGHT 16

/* A bit a pixel, the highest on the left; a byte a row; glyphs in the order of code page 437. */
extern const u8 font[256][FONT_HEIGHT];
