/* SPDX-License-Identifier: MIT */
#include <asm/sections.h>
#include <kernel/symbols.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>

/*
 * The symbol table has the addresses of the functions, sorted, and their names one after the other,
 * each with a zero at its end. The last address is the end of the last function. A name is found by
 * counting from the first one: that is slow, but a pointer for each name would be a third of the
 * table, and the table is in memory all the time.
 */

extern const unsigned long symbol_addresses[];
extern const char symbol_names[];
extern const unsigned int nr_symbols;

static const char *name_of(unsigned int symbol)
{
	const char *name = symbol_names;

	while (symbol--)
		name += strlen(name) + 1;
	return name;
}

static bool in_text(unsigned long addr)
{
	return (addr >= (unsigned long)text_start && addr < (unsigned long)text_end) ||
	       (addr >= (unsigned long)init_text_start && addr < (unsigned long)init_text_end);
}

const char *symbol_lookup(unsigned long addr, unsigned long *offset)
{
	unsigned int low = 0, high = nr_symbols;

	if (!in_text(addr) || nr_symbols == 0 || addr < symbol_addresses[0])
		return NULL;
	while (high - low > 1) {
		unsigned int middle = low + (high - low) / 2;

		if (symbol_addresses[middle] <= addr)
			low = middle;
		else
			high = middle;
	}
	if (offset)
		*offset = addr - symbol_addresses[low];
	return name_of(low);
}

const char *symbol_format(unsigned long addr, char *buf)
{
	unsigned long offset;
	const char *name = symbol_lookup(addr, &offset);

	if (name)
		snprintf(buf, SYMBOL_TEXT, "%s+%#lx", name, offset);
	else
		snprintf(buf, SYMBOL_TEXT, "%#lx", addr);
	return buf;
}
