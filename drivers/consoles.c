/* SPDX-License-Identifier: MIT */
#include <drivers/consoles.h>
#include <drivers/debugcon.h>
#include <drivers/keyboard.h>
#include <drivers/screen.h>
#include <drivers/serial.h>
#include <kernel/printk.h>
#include <lib/command.h>
#include <lib/errno.h>
#include <lib/string.h>

/*
 * Which consoles are used: those that console= names, or the serial line and the screen; these too if
 * none of those asked for exists, since a kernel that says nothing cannot say why. A screen that is a
 * framebuffer can be mapped only later, so the choice is made in two steps: consoles_init() takes what
 * works at once, and consoles_complete() the framebuffer, or what is used in its place. In between
 * consoles_map() shows as much as it can on the framebuffer.
 */

static struct choice {
	struct console *console;
	const char *other_name; /* the same console, or NULL */
	bool (*probe)(void);
	bool (*probe_late)(void); /* may find what probe() did not, or NULL */
	bool by_default, asked_for;
	enum { UNTRIED, WAITS, USED, ABSENT } state; /* WAITS: for probe_late() */
} table[] = {
	{ &serial_console, NULL, serial_probe, NULL, true, false, UNTRIED },
	{ &screen_console, "vga", screen_probe, screen_probe_framebuffer, true, false, UNTRIED },
	{ &debugcon_console, NULL, debugcon_probe, NULL, false, false, UNTRIED },
};

/* What may follow the comma, as for Linux; the speed is always the same. */
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

/* A serial line that is no console can be typed into all the same. */
void consoles_enable_input(void)
{
	if (serial_probe())
		serial_enable_input();
	keyboard_enable_input();
}
