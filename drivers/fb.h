/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/boot_record.h>
#include <drivers/vt.h>

/*
 * Text on a framebuffer: memory in which each pixel of the screen is a number of 2, 3 or 4 bytes.
 * This file draws and needs no hardware; drivers/screen.c finds the framebuffer and maps it.
 */

/**
 * fb_check() - check whether a framebuffer can show text
 * @mode: the loader's description
 * @why: filled with the reason if it cannot: the value, and the expected one
 * @size: bytes at @why
 *
 * The address of the memory is not checked.
 * Context: any.
 * Return: true if it can show text.
 */
bool fb_check(const struct boot_framebuffer *mode, char *why, size_t size);

/**
 * fb_bytes() - bytes of memory from the first pixel to the end of the last line
 * @mode: one that fb_check() accepts
 *
 * Context: any.
 * Return: bytes.
 */
u64 fb_bytes(const struct boot_framebuffer *mode);

/**
 * fb_begin() - clear the framebuffer and draw on it from now on
 * @mode: one that fb_check() accepts
 * @base: address where its fb_bytes() bytes are mapped
 *
 * There is one framebuffer: this replaces the previous one.
 *
 * Context: boot, while nothing draws on the framebuffer.
 */
void fb_begin(const struct boot_framebuffer *mode, void *base);

/**
 * fb_begin_by_line() - the same for a framebuffer of which one line of text is mapped at a time
 * @mode: one that fb_check() accepts
 * @map: maps line @row, from 0 to fb_rows(), and returns the address of its first pixel. It holds
 * up to
 *       the next call. Line fb_rows() is the strip of pixels below the text; it may end early.
 *
 * Context: boot, while nothing draws on the framebuffer.
 */
void fb_begin_by_line(const struct boot_framebuffer *mode, u8 *(*map)(unsigned int row));

/**
 * fb_columns() - cells of a line
 * @mode: one that fb_check() accepts
 *
 * Context: any.
 * Return: their number.
 */
unsigned int fb_columns(const struct boot_framebuffer *mode);

/**
 * fb_rows() - lines of text
 * @mode: one that fb_check() accepts
 *
 * Context: any.
 * Return: their number.
 */
unsigned int fb_rows(const struct boot_framebuffer *mode);

/* The device of a terminal with fb_columns() x fb_rows() cells, after fb_begin(). */
extern const struct vt_device fb_device;
