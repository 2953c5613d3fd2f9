/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * A terminal: text with control sequences on the one side, cells that a device draws on the other.
 * It knows no hardware. The VGA text screen and the framebuffer are two devices of the same
 * terminal, so both understand the same sequences and both scroll back.
 *
 * A cell is a u16, as in the VGA's text mode: the low byte is a character of code page 437, bits 8
 * to 11 are its colour and bits 12 to 14 that of its background (0 black, 1 blue, 2 green, 3 cyan,
 * 4 red, 5 magenta, 6 brown, 7 grey; bit 3 makes a foreground bright).
 */

#define VT_BLANK 0x0720 /* a blank, grey on black */

struct vt;

/**
 * struct vt_device - device that shows the cells
 * @draw: show cells[0..n-1] from a place on; vt->shown, if not NULL, still has the old cells of
 * that place
 * @cursor: show the cursor at a place, or nowhere. Called after each change of the screen.
 *
 * Both are called with interrupts off and may not wait.
 */
struct vt_device {
	void (*draw)(struct vt *vt, unsigned int row, unsigned int column, const u16 *cells,
		     unsigned int n);
	void (*cursor)(struct vt *vt, unsigned int row, unsigned int column, bool visible);
};

/* The most parameters of a control sequence; more are dropped. */
#define VT_PARAMETERS 16

/**
 * struct vt - a terminal
 * @device: device that shows it
 * @columns, @rows: size of the screen
 * @jump: lines by which the screen moves up when it is full
 * @lines: a ring of lines of text; the screen is its newest @rows
 * @capacity: lines in the ring, @rows or more
 * @top: place in the ring of the first line of the screen
 * @history: lines above the screen that hold text, at most @capacity - @rows
 * @back: lines by which the user has scrolled back, at most @history
 * @shown: the cells that the device shows: @rows times @columns; NULL: it is given whole rows
 * @row, @column: the cursor
 * @wrap_pending: the last column was written; the next character begins a new line
 * @saved_row, @saved_column: the cursor of ESC 7
 * @cursor_hidden: ESC [ ? 25 l
 * @colours, @bright, @reverse: how characters look, see effective_colours()
 * @dirty_from, @dirty_to: rows that may differ from @shown
 * @state, @parameters, @nr_parameters, @is_private: a sequence, as far as it was read
 * @nr_drawn: cells that the device was given so far, for reports
 * @utf8_left, @utf8: a character of several bytes, as far as it was read
 */
struct vt {
	const struct vt_device *device;
	unsigned int columns, rows, jump;
	u16 *lines;
	unsigned int capacity, top, history, back;
	u16 *shown;
	unsigned int row, column, saved_row, saved_column;
	bool wrap_pending, cursor_hidden;
	u8 colours;
	bool bright, reverse;
	unsigned int dirty_from, dirty_to;
	enum { VT_TEXT, VT_ESCAPE, VT_SEQUENCE, VT_STRING, VT_STRING_ESCAPE, VT_SKIP_ONE } state;
	unsigned int parameters[VT_PARAMETERS], nr_parameters;
	bool is_private;
	u64 nr_drawn;
	unsigned int utf8_left;
	u32 utf8;
};

/**
 * vt_init() - begin with an empty screen
 * @vt: terminal
 * @device: device that shows it; it must show blanks already
 * @columns, @rows: size of the screen, 2 or more
 * @lines: room for @capacity lines of @columns cells
 * @capacity: @rows or more
 * @shown: room for @rows lines, or NULL, see struct vt
 *
 * Context: any, while nothing else uses the terminal.
 */
void vt_init(struct vt *vt, const struct vt_device *device, unsigned int columns, unsigned int rows,
	     u16 *lines, unsigned int capacity, u16 *shown);

/**
 * vt_set_lines() - change to a longer ring of lines, so that more can be scrolled back
 * @vt: terminal
 * @lines: room for @capacity lines
 * @capacity: the old one or more
 *
 * Context: any, while nothing else uses the terminal.
 * Return: the old ring, which is no longer used.
 */
u16 *vt_set_lines(struct vt *vt, u16 *lines, unsigned int capacity);

/**
 * vt_write() - show text
 * @vt: terminal
 * @s: bytes: UTF-8, control characters, control sequences of ECMA-48
 * @n: how many
 *
 * Obeys the sequences in docs/console.md and skips others completely. A sequence or a character may
 * be split between two calls. If the user has scrolled back, the end is shown again.
 * Context: any. Calls for one terminal must not overlap, with one exception: a call that a panic
 * has
 *          interrupted never continues. No intermediate state makes the next call touch memory
 *          outside of the terminal.
 */
void vt_write(struct vt *vt, const char *s, size_t n);

/**
 * vt_scroll_back() - show earlier lines
 * @vt: terminal
 * @lines: how many further back; negative: forward
 *
 * Context: that of vt_write(): calls for one terminal must not overlap.
 */
void vt_scroll_back(struct vt *vt, int lines);
