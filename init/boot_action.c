/* SPDX-License-Identifier: MIT */
#include <fs/super.h>
#include <init/boot_action.h>
#include <init/first_program.h>
#include <init/prompt.h>
#include <kernel/command.h>
#include <kernel/panic.h>
#include <kernel/power.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <lib/types.h>

/*
 * Boot parameters that name an action, such as run= and selftest=, register it here. The files that
 * define them may be in any layer: the self-tests are above this file and pass a function.
 */

static int (*action)(const char *argument);
static const char *action_name, *action_argument;

void boot_action_set(const char *name, int (*fn)(const char *argument), const char *argument)
{
	if (action)
		pr_warn("%s=%.200s: ignored, since %s= follows it, and one action is done\n",
			action_name, action_argument, name);
	action = fn;
	action_name = name;
	action_argument = argument;
	panic_exits_by_default();
}

void boot_action(void)
{
	int error;

	if (!action) {
		first_program();
		prompt();
	}
	error = action(action_argument);
	/* Files that programs have written are on the disks when the emulator ends. */
	super_sync_all();
	power_exit(error ? EXIT_FAILED : EXIT_PASSED);
}

static int parse_run(const char *value)
{
	if (!*value)
		return -EINVAL;
	boot_action_set("run", prompt_run, value);
	return 0;
}
BOOT_PARAM("run", "run=\"cmd;cmd\"", "execute prompt commands, then exit", parse_run);
