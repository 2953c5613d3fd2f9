/* SPDX-License-Identifier: MIT */
#include <fs/proc/proc.h>
#include <kernel/hook.h>

static const struct proc_processes *processes;

void proc_use_processes(const struct proc_processes *ops)
{
	hook_set(processes, ops);
}
