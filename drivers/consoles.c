/* SPDX-License-Identifier: MIT */
#include <drivers/consoles.h>
#include <drivers/debugcon.h>
#include <drivers/keyboard.h>
#include <drivers/serial.h>
#include <drivers/vga.h>
#include <kernel/printk.h>
#include <lib/command.h>
#include <lib/errno.h>
#include <lib/string.h>

/*
 * Which consoles are used: those that console= names, or the serial line and the screen; these too if
 * none of those asked for exists, since a kernel that says nothing cannot say why.
 */

static struct choice {
	struct console *console;
	bool (*probe)(void);
	bool by_default, asked_for;
} table[] = {
	{ &serial_console, serial_probe, true, false },
	{ &vga_console, vga_probe, true, false },
	{ &debugcon_console, debugcon_probe, false, false },
};

/* What may stand behind the comma, as other kernels have it; the speed is always the same. */
static bool options_are_known(const char *options)
{
	return strcmp(options, "") == 0 || strcmp(options, ",115200") == 0 ||
	       strcmp(options, ",115200n8") == 0;
}

static int parse_console(const char *value)
{
	size_t length = strcspn(value, ",");

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		const char *name = table[i].console->name;

		if (strlen(name) != length || strncmp(name, value, length) != 0)
			continue;
		if (!options_are_known(value + length) ||
		    (value[length] && table[i].console != &serial_console))
			return -EINVAL;
		table[i].asked_for = true;
		return 0;
	}
	return -EINVAL;
}
BOOT_PARAM("console", "console=ttyS0[,115200]|vga|debugcon",
	   "where to print; repeatable; serial and VGA by default", parse_console);

static bool use(const struct choice *choice)
{
	if (!choice->probe())
		return false;
	console_register(choice->console);
	return true;
}

void consoles_init(void)
{
	bool talking = false;

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		if (!table[i].asked_for)
			continue;
		if (use(&table[i]))
			talking = true;
		else
			pr_warn("console=%s: this machine has none\n", table[i].console->name);
	}
	for (unsigned int i = 0; !talking && i < ARRAY_SIZE(table); i++)
		if (table[i].by_default && !table[i].asked_for && !use(&table[i]))
			pr_info("Console %s: this machine has none\n", table[i].console->name);
}

void consoles_map(void)
{
	vga_map();
}

/* A serial line that is no console can be typed into all the same. */
void consoles_enable_input(void)
{
	if (serial_probe())
		serial_enable_input();
	keyboard_enable_input();
}
