/* SPDX-License-Identifier: MIT */
#include "host.h"

#include <asm/fixmap.h>
#include <asm/sections.h>
#include <kernel/console.h>
#include <kernel/symbols.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>

/*
 * Functions of the kernel's other layers that the allocators call, for tests in which these do not
 * matter.
 */

char kernel_start[1], kernel_end[1], text_start[1], text_end[1], init_text_start[1],
	init_text_end[1];
char rodata_start[1], rodata_end[1], data_start[1], data_end[1];
char init_data_start[1], init_data_end[1], bss_start[1], bss_end[1];
char init_bss_start[1], init_bss_end[1];

const char *symbol_format(unsigned long addr, char *buf)
{
	strcpy(buf, "caller");
	return buf;
}

int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(buf, size, fmt, args);
	va_end(args);
	return len < (int)size ? len : (int)size - 1;
}

long strscpy(char *to, const char *from, size_t size)
{
	return snprintf(to, size, "%s", from);
}

int console_printf(const char *fmt, ...)
{
	return 0;
}
