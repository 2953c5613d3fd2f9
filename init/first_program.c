/* SPDX-License-Identifier: MIT */
#include <init/first_program.h>
#include <kernel/command.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <process/start.h>

/*
 * init=/path: the first program, process 1. It has the terminal, adopts orphans, and mostly never
 * ends. If it does, the prompt of the kernel is there.
 */

static const char *path;

static int parse_init(const char *value)
{
	if (*value != '/')
		return -EINVAL;
	path = value;
	return 0;
}
BOOT_PARAM("init", "init=/path", "run this program as process 1 before the prompt", parse_init);

void first_program(void)
{
	const char *const argv[] = { path, NULL };

	if (!path)
		return;
	process_run(path, argv, true);
	pr_notice("%s has ended: the prompt of the kernel follows\n", path);
}
