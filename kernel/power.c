/* SPDX-License-Identifier: MIT */
#include <asm/machine.h>
#include <kernel/command.h>
#include <kernel/console.h>
#include <kernel/power.h>

/*
 * Ways to switch the machine off, in the order in which they are tried: the exit device of the
 * emulator, the power registers of several emulators, and a message to the user in front of the
 * machine.
 */

void power_off(void)
{
	static const char text[] = "It is now safe to switch off.\n";

	machine_poweroff();
	/* Not console_printf(): the pager would keep the text until this command has ended. */
	console_write(text, sizeof(text) - 1);
	machine_halt();
}

void power_exit(u8 status)
{
	machine_exit(status);
	power_off();
}

static int poweroff(int argc, char **argv)
{
	power_off();
}
PROMPT_COMMAND("poweroff", "", "switch the machine off", poweroff);

static int reboot(int argc, char **argv)
{
	machine_reboot();
}
PROMPT_COMMAND("reboot", "", "restart the machine", reboot);
