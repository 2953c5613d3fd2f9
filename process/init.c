/* SPDX-License-Identifier: MIT */
#include <fs/terminal.h>
#include <process/init.h>
#include <process/proc.h>
#include <process/process.h>
#include <process/syscall.h>
#include <process/task.h>
#include <process/timers.h>

/*
 * The boot of the layer of processes, and what the terminal asks of it: the terminal is a layer
 * below, and knows groups only as numbers.
 */

static void describe_job(struct terminal_job *job)
{
	const struct process *me = current_process();
	unsigned long flags = spin_lock_irqsave(&process_lock);

	job->group = me->group;
	job->session = me->session;
	job->orphaned = signal_group_is_orphan(me->group, NULL);
	spin_unlock_irqrestore(&process_lock, flags);
	job->ignores_ttin = signal_is_ignored(SIGTTIN);
	job->ignores_ttou = signal_is_ignored(SIGTTOU);
}

void __init process_init(void)
{
	syscalls_init();
	processes_init();
	signals_init();
	timers_init();
	terminal_use_job(describe_job);
	proc_tasks_init();
}
