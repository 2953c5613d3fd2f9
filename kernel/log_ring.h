/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * A ring of messages. Each is a header and its text, side by side; a new one pushes out as many of
 * the oldest as it needs the room of:
 *
 *	     tail                                        head
 *	 ... │ header, text │ header, text │ header, text │ (free) ...
 *
 * `head` and `tail` count bytes for ever and are taken modulo the size, a power of two, so neither
 * "empty" nor "full" needs a flag. Bytes are copied one by one: a message may lie across the end.
 *
 * Nothing here locks: the owner keeps interrupts off.
 */

/* The longest text of a message, with room for a terminator. */
#define LOG_TEXT 512

/**
 * struct log_ring - the ring
 * @bytes: where messages lie
 * @size: of it; a power of two, larger than any message
 * @head, @tail: places of the next message and of the oldest
 */
struct log_ring {
	char *bytes;
	u32 size;
	u32 head, tail;
};

/**
 * struct log_record - header of a message
 * @ns: when
 * @length: of the text, less than LOG_TEXT
 * @level: 0 to 7
 * @cont: goes on with the one before
 * @plain: its lines have no time stamp: a part of a report
 */
struct log_record {
	u64 ns;
	u16 length;
	u8 level;
	bool cont, plain;
};

/**
 * log_ring_store() - add a message
 * @ring: ring
 * @record: header
 * @text: @record->length bytes
 */
void log_ring_store(struct log_ring *ring, const struct log_record *record, const char *text);

/**
 * log_ring_next() - read a message
 * @ring: ring
 * @at: 'tail' for the oldest; moved on to the next message. If what is there was pushed out, the oldest
 *      that is left is read.
 * @record: set to the header
 * @text: set to the text, LOG_TEXT bytes, terminated
 *
 * Return: false if there is none.
 */
bool log_ring_next(const struct log_ring *ring, u32 *at, struct log_record *record, char *text);
