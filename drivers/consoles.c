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
 * Which consoles are used: those that console= names, each as often as it likes to be named, or the
 * serial line and the screen. If none of those asked for exists the screen is used: writing to a
 * screen that is not there does no harm, and somebody might be looking.
 */

static bool vga_probe(void)
{
	vga_init();
	return true;
}

static struct {
	struct console *console;
	bool (*probe)(void);
	bool by_default, wanted;
} table[] = {
	{ &serial_console, serial_probe, true, false },
	{ &vga_console, vga_probe, true, false },
	{ &debugcon_console, debugcon_probe, false, false },
};

static bool chosen, serial_present;

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
		table[i].wanted = true;
		chosen = true;
		return 0;
	}
	return -EINVAL;
}
BOOT_PARAM("console", "console=ttyS0[,115200]|vga|debugcon",
	   "where to print; repeatable; serial and VGA by default", parse_console);

void consoles_init(void)
{
	unsigned int registered = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		/* A serial line without output can be typed into all the same. */
		bool is_serial = table[i].console == &serial_console;
		bool wanted = chosen ? table[i].wanted : table[i].by_default;
		bool present = (wanted || is_serial) && table[i].probe();

		serial_present |= is_serial && present;
		if (wanted && present) {
			console_register(table[i].console);
			registered++;
		} else if (wanted && chosen) {
			pr_warn("console=%s: this machine has none\n", table[i].console->name);
		}
	}
	if (registered == 0) {
		vga_init();
		console_register(&vga_console);
	}
}

void consoles_enable_input(void)
{
	if (serial_present)
		serial_enable_input();
	keyboard_enable_input();
}
