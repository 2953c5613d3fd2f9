/* SPDX-License-Identifier: MIT */
#include <asm/machine.h>
#include <kernel/command.h>
#include <kernel/console.h>
#include <kernel/power.h>

/*
 * The ways to end, in the order in which they are tried: the emulator's exit device, the emulators'
 * power registers, and a message to the person in front of the machine.
 */

void power_off(void)
{
	machine_poweroff();
	console_printf("It is now safe to switch off.\n");
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
