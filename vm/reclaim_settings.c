/* SPDX-License-Identifier: MIT */
#include <kernel/command.h>
#include <kernel/proc_file.h>
#include <lib/errno.h>
#include <lib/parse.h>
#include <lib/vsnprintf.h>
#include <mm/watermark.h>
#include <vm/reclaim_settings.h>

/*
 * Each setting is a boot parameter and a file of /proc/sys/vm. The names are Linux's, and so are
 * the default values.
 */

#define SETTING(name, start, most, help)                           \
	static u32 name##_value = (start);                         \
	u32 name(void)                                             \
	{                                                          \
		return READ_ONCE(name##_value);                    \
	}                                                          \
	static int name##_parse(const char *text)                  \
	{                                                          \
		return parse_u32(text, (most), &name##_value);     \
	}                                                          \
	BOOT_PARAM(#name, #name "=0.." #most, help, name##_parse); \
	static void name##_show(printf_fn *out)                    \
	{                                                          \
		out("%u\n", name());                               \
	}                                                          \
	static int name##_write(u32 value)                         \
	{                                                          \
		if (value > (most))                                \
			return -EINVAL;                            \
		WRITE_ONCE(name##_value, value);                   \
		return 0;                                          \
	}                                                          \
	PROC_FILE("sys/vm/" #name, name##_show, .write = name##_write)

SETTING(swappiness, 60, 200, "how willingly pages of programs are swapped out; default 60");
SETTING(dirty_ratio, 20, 100, "percent of memory that is dirty when writers wait; default 20");
SETTING(dirty_background_ratio, 10, 100, "percent that is dirty when writing begins; default 10");

/* --- those of mm/watermark.c ------------------------------------------------------------------ */

static void min_free_show(printf_fn *out)
{
	out("%u\n", min_free_kbytes());
}

static int min_free_write(u32 value)
{
	char text[12];

	snprintf(text, sizeof(text), "%u", value);
	return min_free_kbytes_set(text);
}
PROC_FILE("sys/vm/min_free_kbytes", min_free_show, .write = min_free_write);

static void reserve_ratio_show(printf_fn *out)
{
	out("%u\t%u\t%u\n", lowmem_reserve_ratio(ZONE_DMA), lowmem_reserve_ratio(ZONE_NORMAL),
	    lowmem_reserve_ratio(ZONE_DMA32));
}

/* "256 32 256", with blanks or tabs; its parser wants commas. */
static int reserve_ratio_write(const char *text)
{
	char list[40];
	size_t size = 0;

	for (; *text && size < sizeof(list) - 1; text++)
		if (*text > ' ')
			list[size++] = *text;
		else if (size && list[size - 1] != ',' && text[1] > ' ')
			list[size++] = ',';
	list[size] = '\0';
	return lowmem_reserve_ratio_set(list);
}
PROC_FILE("sys/vm/lowmem_reserve_ratio", reserve_ratio_show, .write_text = reserve_ratio_write);
