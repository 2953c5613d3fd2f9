/* SPDX-License-Identifier: MIT */
#include <fs/cred.h>
#include <fs/terminal.h>
#include <fs/unix.h>
#include <process/init.h>
#include <process/oom.h>
#include <process/proc.h>
#include <process/process.h>
#include <process/syscall.h>
#include <process/task.h>
#include <process/timers.h>
#include <vm/lock_limit.h>

/*
 * The boot of the layer of processes, and what the terminal and sockets ask of it: they are a layer
 * below, and know groups and processes only as numbers.
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

static u32 running_process(void)
{
	return current->task ? current_process()->id : 0;
}

static bool is_capable(void)
{
	return cred_capable();
}

void __init process_init(void)
{
	syscalls_init();
	processes_init();
	signals_init();
	timers_init();
	terminal_use_job(describe_job);
	unix_use_process_id(running_process);
	vm_use_capable(is_capable);
	proc_tasks_init();
	oom_init();
}
