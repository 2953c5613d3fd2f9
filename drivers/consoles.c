/* SPDX-License-Identifier: MIT */
#include <drivers/consoles.h>
#include <drivers/debugcon.h>
#include <drivers/keyboard.h>
#include <drivers/screen.h>
#include <drivers/serial.h>
#include <kernel/command.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <lib/string.h>

/*
 * This file selects the consoles: those that console= names, or else the serial port and the
 * screen. If none of the named consoles exists, these two are used as well, since a silent kernel
 * cannot say why it is silent.
 *
 * A framebuffer cannot be mapped at once, so there are three steps. consoles_init() registers the
 * consoles that work immediately. consoles_map() shows a part of a framebuffer. consoles_complete()
 * maps all of it, or registers a replacement.
 */

static struct choice {
	struct console *console;
	const char *other_name; /* the same console, or NULL */
	bool (*probe)(void);
	bool (*probe_late)(void); /* called later, if probe() failed; or NULL */
	bool by_default, asked_for;
	enum { UNTRIED, WAITS, USED, ABSENT } state; /* WAITS: for probe_late() */
} table[] = {
	{ &serial_console, NULL, serial_probe, NULL, true, false, UNTRIED },
	{ &screen_console, "vga", screen_probe, screen_probe_framebuffer, true, false, UNTRIED },
	{ &debugcon_console, NULL, debugcon_probe, NULL, false, false, UNTRIED },
};

/* Options after the comma, as in Linux. The speed is always 115200. */
static bool options_are_known(const char *options)
{
	return strcmp(options, "") == 0 || strcmp(options, ",115200") == 0 ||
	       strcmp(options, ",115200n8") == 0;
}

static bool has_name(const struct choice *choice, const char *name, size_t length)
{
	const char *names[] = { choice->console->name, choice->other_name };

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i] && strlen(names[i]) == length && strncmp(names[i], name, length) == 0)
			return true;
	return false;
}

static int parse_console(const char *value)
{
	size_t length = strcspn(value, ",");

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		if (!has_name(&table[i], value, length))
			continue;
		if (!options_are_known(value + length) ||
		    (value[length] && table[i].console != &serial_console))
			return -EINVAL;
		table[i].asked_for = true;
		return 0;
	}
	return -EINVAL;
}
BOOT_PARAM("console", "console=ttyS0[,115200]|tty0|vga|debugcon",
	   "where to print; repeatable; serial and screen (tty0, vga) by default", parse_console);

static void try(struct choice *choice, bool late)
{
	if (choice->state == USED || choice->state == ABSENT)
		return;
	if ((choice->state == UNTRIED && choice->probe()) ||
	    (late && choice->probe_late && choice->probe_late())) {
		choice->state = USED;
		console_register(choice->console);
	} else if (!late && choice->probe_late) {
		choice->state = WAITS;
	} else {
		choice->state = ABSENT;
		if (choice->asked_for)
			pr_warn("console=%s: this machine has none\n", choice->console->name);
		else
			pr_info("Console %s: this machine has none\n", choice->console->name);
	}
}

static void try_all(bool late)
{
	bool all_absent = true;

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		if (!table[i].asked_for)
			continue;
		try(&table[i], late);
		if (table[i].state != ABSENT)
			all_absent = false;
	}
	for (unsigned int i = 0; all_absent && i < ARRAY_SIZE(table); i++)
		if (table[i].by_default)
			try(&table[i], late);
}

void consoles_init(void)
{
	try_all(false);
}

void __init consoles_map(void)
{
	screen_map();
	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i].state == WAITS && screen_probe_early())
			console_register(table[i].console);
}

void consoles_complete(void)
{
	try_all(true);
	screen_keep_history();
}

/* The serial port accepts input even if it is not a console. */
void consoles_enable_input(void)
{
	if (serial_probe())
		serial_enable_input();
	keyboard_enable_input();
}
