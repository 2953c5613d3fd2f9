/* SPDX-License-Identifier: MIT */
#include <asm/e820.h>
#include <kernel/command.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <lib/parse.h>
#include <lib/string.h>

/*
 * Changes of the memory map by boot parameters, with the meaning that Linux's kernel-parameters.txt
 * defines:
 *
 *	mem=nn[KMG]		no RAM at or above address nn
 *	memmap=nn[KMG]@ss[KMG]	add RAM of nn bytes at ss
 *	memmap=nn[KMG]#ss[KMG]	ACPI data there
 *	memmap=nn[KMG]$ss[KMG]	reserved there
 *	memmap=nn[KMG]!ss[KMG]	persistent memory there
 *	memmap=exactmap		forget the firmware's map; use only what follows
 *	memmap=nn[KMG]		as mem=
 *
 * One memmap= may have several of these, separated by commas. As everywhere in the table, the
 * stricter type wins. So a parameter cannot put RAM over a range that the firmware reserved, except
 * after exactmap.
 *
 * Parameters are parsed before the firmware's map is read. So they are stored as a list of edits,
 * and applied in the order of the command line. A value with a mistake in any part is ignored as a
 * whole, because half of a map is worse than none.
 */

enum edit_kind {
	EDIT_ADD,
	EDIT_LIMIT,
	EDIT_EXACTMAP,
};

struct edit {
	enum edit_kind kind;
	u32 type; /* EDIT_ADD */
	u64 addr; /* EDIT_ADD: first byte; EDIT_LIMIT: the first address without RAM */
	u64 size; /* EDIT_ADD */
};

/* Ranges on one command line. More than that is a mistake of the program that wrote it. */
#define MAX_EDITS 384

static struct edit edits[MAX_EDITS] __initdata;
static u32 nr_edits __initdata;

/* The type that a separator stands for; 0 if it is none. */
static u32 __init type_of(char separator)
{
	switch (separator) {
	case '@':
		return E820_RAM;
	case '#':
		return E820_ACPI;
	case '$':
		return E820_RESERVED;
	case '!':
		return E820_PRAM;
	default:
		return 0;
	}
}

/* Parse one part of a memmap=. Set *end to the text after it. */
static int __init parse_part(const char *s, const char **end, struct edit *edit)
{
	static const char exactmap[] = "exactmap";
	char *after;
	u64 number;

	if (strncmp(s, exactmap, sizeof(exactmap) - 1) == 0) {
		*end = s + sizeof(exactmap) - 1;
		*edit = (struct edit){ .kind = EDIT_EXACTMAP };
		return 0;
	}
	number = memparse(s, &after);
	if (number == 0)
		return -EINVAL;
	*end = after;
	edit->type = type_of(*after);
	if (edit->type == 0) {
		edit->kind = EDIT_LIMIT;
		edit->addr = number;
		return 0;
	}
	edit->kind = EDIT_ADD;
	edit->size = number;
	s = after + 1;
	edit->addr = memparse(s, &after);
	if (after == s)
		return -EINVAL;
	*end = after;
	return edit->addr + (edit->size - 1) < edit->addr ? -EINVAL : 0;
}

static int __init parse_memmap(const char *value)
{
	u32 nr = nr_edits;

	do {
		if (nr == MAX_EDITS) {
			pr_warn("memmap=: more than %u ranges of memmap= and mem=\n", MAX_EDITS);
			return -EINVAL;
		}
		if (parse_part(value, &value, &edits[nr++]) != 0)
			return -EINVAL;
	} while (*value++ == ',');
	if (value[-1])
		return -EINVAL;
	nr_edits = nr;
	return 0;
}
BOOT_PARAM("memmap", "memmap=nn[KMG]@|#|$|!ss[KMG],... or memmap=exactmap",
	   "RAM, ACPI data, reserved or persistent memory; exactmap: only these", parse_memmap);

static int __init parse_mem(const char *value)
{
	struct edit edit = { .kind = EDIT_LIMIT };
	char *end;

	edit.addr = memparse(value, &end);
	if (nr_edits == MAX_EDITS)
		pr_warn("mem=: more than %u ranges of memmap= and mem=\n", MAX_EDITS);
	if (nr_edits == MAX_EDITS || *end || edit.addr == 0)
		return -EINVAL;
	edits[nr_edits++] = edit;
	return 0;
}
BOOT_PARAM("mem", "mem=nn[KMG]", "use no RAM at or above address nn", parse_mem);

static void __init apply(const struct edit *edit)
{
	switch (edit->kind) {
	case EDIT_ADD:
		e820_add(edit->addr, edit->size, edit->type);
		break;
	case EDIT_LIMIT:
		e820_clamp(edit->addr);
		break;
	case EDIT_EXACTMAP:
		e820_clear();
		break;
	}
}

void __init e820_apply_params(void)
{
	if (nr_edits == 0)
		return;
	for (u32 i = 0; i < nr_edits; i++)
		apply(&edits[i]);
	pr_info("user-defined physical RAM map:\n");
	e820_print("user");
}
