/* SPDX-License-Identifier: MIT */
#include <asm/sections.h>
#include <kernel/symbols.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>

/*
 * The symbol table is in memory all the time, and in the image twice, so it is short rather than
 * fast. It has a record for each function, in the order of addresses:
 *
 *	2 bytes		the distance from the start of the function before it; the first byte is
 *			less than 32
 *	some bytes	the name; a byte of 128 or more is a pair of such bytes in symbol_pairs[]
 *
 * A distance that needs more than 13 bits is in several records, of which only the last has a name.
 * A name is found by reading all records before it.
 */

extern const unsigned long symbol_base;
extern const u8 symbol_pairs[][2];
extern const u8 symbol_names[];
extern const unsigned int symbol_bytes;

#define FIRST_CHARACTER 32
#define FIRST_PAIR      128

/* Writes the characters of a byte of a name, if there is room before @end. Returns their end. */
static char *spell(u8 code, char *to, const char *end)
{
	if (code < FIRST_PAIR) {
		if (to < end)
			*to++ = (char)code;
		return to;
	}
	to = spell(symbol_pairs[code - FIRST_PAIR][0], to, end);
	return spell(symbol_pairs[code - FIRST_PAIR][1], to, end);
}

static bool in_text(unsigned long addr)
{
	return (addr >= (unsigned long)text_start && addr < (unsigned long)text_end) ||
	       (addr >= (unsigned long)init_text_start && addr < (unsigned long)init_text_end);
}

const char *symbol_lookup(unsigned long addr, unsigned long *offset, char *buf)
{
	const u8 *at = symbol_names, *table_end = at + symbol_bytes, *name = NULL;
	unsigned long start = 0, next = symbol_base;
	char *to = buf;

	if (!in_text(addr))
		return NULL;
	while (at < table_end) {
		next += (unsigned int)at[0] << 8 | at[1];
		if (next > addr)
			break;
		at += 2;
		if (at == table_end || *at < FIRST_CHARACTER)
			continue;
		start = next;
		name = at;
		while (at < table_end && *at >= FIRST_CHARACTER)
			at++;
	}
	if (!name)
		return NULL;
	if (offset)
		*offset = addr - start;
	while (name < table_end && *name >= FIRST_CHARACTER)
		to = spell(*name++, to, buf + SYMBOL_TEXT - 1);
	*to = '\0';
	return buf;
}

const char *symbol_format(unsigned long addr, char *buf)
{
	char name[SYMBOL_TEXT];
	unsigned long offset;

	if (symbol_lookup(addr, &offset, name))
		snprintf(buf, SYMBOL_TEXT, "%s+%#lx", name, offset);
	else
		snprintf(buf, SYMBOL_TEXT, "%#lx", addr);
	return buf;
}
