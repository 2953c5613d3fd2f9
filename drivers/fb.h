/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/boot_record.h>
#include <drivers/vt.h>

/*
 * Text on a framebuffer: memory in which each pixel of the screen is a number of 2, 3 or 4 bytes. This
 * file draws and needs no hardware; drivers/screen.c finds the framebuffer and maps it.
 */

/**
 * fb_check() - can text be shown on a framebuffer like this?
 * @mode: what the loader said
 * @why: filled with what is wrong with it, with the value and what was expected
 * @size: bytes at @why
 *
 * Where the memory is, is not looked at.
 * Return: true if it can.
 */
bool fb_check(const struct boot_framebuffer *mode, char *why, size_t size);

/**
 * fb_bytes() - bytes of memory from the first pixel to the end of the last line
 * @mode: one that fb_check() accepts
 */
u64 fb_bytes(const struct boot_framebuffer *mode);

/**
 * fb_begin() - clear the framebuffer and draw on it from now on
 * @mode: one that fb_check() accepts
 * @base: where it is mapped, fb_bytes() bytes
 *
 * There is one framebuffer: what was used before is forgotten.
 */
void fb_begin(const struct boot_framebuffer *mode, void *base);

/**
 * fb_begin_by_line() - the same for a framebuffer of which one line of text is mapped at a time
 * @mode: one that fb_check() accepts
 * @map: maps line @row, from 0 to fb_rows(), and returns the address of its first pixel. It holds up to
 *       the next call. Line fb_rows() is the strip of pixels below the text; it may end early.
 */
void fb_begin_by_line(const struct boot_framebuffer *mode, u8 *(*map)(unsigned int row));

/**
 * fb_columns() - cells of a line
 * @mode: one that fb_check() accepts
 */
unsigned int fb_columns(const struct boot_framebuffer *mode);

/**
 * fb_rows() - lines of text
 * @mode: one that fb_check() accepts
 */
unsigned int fb_rows(const struct boot_framebuffer *mode);

/* What a terminal of that many cells draws with, after fb_begin(). */
extern const struct vt_device fb_device;
