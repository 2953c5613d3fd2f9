/* SPDX-License-Identifier: MIT */
#include <asm/sections.h>
#include <kernel/symbols.h>
#include <lib/vsnprintf.h>

/*
 * The symbol table is sorted by address. Its last entry is the end of the last function.
 */

struct symbol {
	unsigned long address;
	const char *name;
};

extern const struct symbol symbol_table[];
extern const unsigned int nr_symbols;

static bool in_text(unsigned long addr)
{
	return (addr >= (unsigned long)text_start && addr < (unsigned long)text_end) ||
	       (addr >= (unsigned long)init_text_start && addr < (unsigned long)init_text_end);
}

const char *symbol_lookup(unsigned long addr, unsigned long *offset)
{
	unsigned int low = 0, high = nr_symbols;

	if (!in_text(addr) || nr_symbols == 0 || addr < symbol_table[0].address)
		return NULL;
	while (high - low > 1) {
		unsigned int middle = low + (high - low) / 2;

		if (symbol_table[middle].address <= addr)
			low = middle;
		else
			high = middle;
	}
	if (offset)
		*offset = addr - symbol_table[low].address;
	return symbol_table[low].name;
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
