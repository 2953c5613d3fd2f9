/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * A ring buffer of log messages. Each message is a header followed by its text. A new message
 * removes as many of the oldest ones as it needs space:
 *
 *	     tail                                        head
 *	 ... │ header, text │ header, text │ header, text │ (free) ...
 *
 * @head and @tail count bytes and never wrap to zero by themselves; they are taken modulo the size,
 * which is a power of two. So neither "empty" nor "full" needs a flag. A message may wrap around
 * the end of the buffer, and therefore bytes are copied one by one.
 *
 * There is no lock here: the owner of a ring calls with interrupts off.
 */

/* Length of the longest text, including a terminator. */
#define LOG_TEXT 512

/**
 * struct log_ring - a ring buffer of messages
 * @bytes: the buffer
 * @size: bytes in @bytes; a power of two, larger than any message
 * @head, @tail: byte counts at which the next message begins, and at which the oldest one begins
 */
struct log_ring {
	char *bytes;
	u32 size;
	u32 head, tail;
};

/**
 * struct log_record - header of a message
 * @ns: time of the message, in ns since boot
 * @length: bytes of the text, less than LOG_TEXT
 * @level: 0 to 7
 * @cont: continues the message before it
 * @plain: part of a report: its lines have no time stamp
 */
struct log_record {
	u64 ns;
	u16 length;
	u8 level;
	bool cont, plain;
};

/**
 * log_ring_store() - add a message
 * @ring: the ring
 * @record: header of the message
 * @text: @record->length bytes
 *
 * Context: any; the caller serializes.
 */
void log_ring_store(struct log_ring *ring, const struct log_record *record, const char *text);

/**
 * log_ring_next() - read a message
 * @ring: the ring
 * @at: position to read at; @ring->tail for the oldest message. Advanced to the next one. If the
 *      message at the position has been removed, the oldest remaining one is read.
 * @record: set to the header
 * @text: set to the text, at most LOG_TEXT bytes with its terminator
 *
 * Context: any; the caller serializes.
 * Return: false if there is no further message.
 */
bool log_ring_next(const struct log_ring *ring, u32 *at, struct log_record *record, char *text);
