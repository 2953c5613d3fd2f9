/* SPDX-License-Identifier: MIT */
#include <kernel/syscall.h>
#include <lib/errno.h>
#include <process/task.h>

/*
 * Numbers that a program asks for: of itself, its parent, its process group, its session.
 *
 * A process group is what a shell calls a job; a session is all jobs of one terminal. Both have the
 * number of the process that began them. process/users.c has the numbers of users.
 */

SYSCALL(20, getpid)
{
	return (long)current_process()->id;
}

SYSCALL(224, gettid)
{
	return (long)current_task()->id;
}

SYSCALL(64, getppid)
{
	return (long)READ_ONCE(current_process()->parent_id);
}

SYSCALL(258, set_tid_address)
{
	current_task()->clear_child_tid = ARG1(regs);
	return (long)current_task()->id;
}

/* --- groups and sessions ---------------------------------------------------------------------- */

/* Reads the group or the session of a process; 0 is the caller itself. */
static long group_of(u32 id, bool session)
{
	unsigned long flags = spin_lock_irqsave(&process_lock);
	const struct process *process = id ? process_find(id) : current_process();
	long result = !process ? -ESRCH : (long)(session ? process->session : process->group);

	spin_unlock_irqrestore(&process_lock, flags);
	return result;
}

SYSCALL(65, getpgrp)
{
	return group_of(0, false);
}

SYSCALL(132, getpgid)
{
	return group_of(ARG1(regs), false);
}

SYSCALL(147, getsid)
{
	return group_of(ARG1(regs), true);
}

static bool group_is_in_session(u32 group, u32 session)
{
	const struct process *process;

	for_each_process(process)
		if (process->group == group && process->session == session)
			return true;
	return false;
}

/* process_lock is held. */
static long set_group(u32 id, u32 group)
{
	struct process *me = current_process(), *process = id ? process_find(id) : me;

	if (!process || (process != me && process->parent != me))
		return -ESRCH;
	if (process != me) {
		if (process->session != me->session)
			return -EPERM;
		if (process->executed)
			return -EACCES;
	}
	if (process->session == process->id)
		return -EPERM;
	if (!group)
		group = process->id;
	if (group != process->id && !group_is_in_session(group, me->session))
		return -EPERM;
	if (process->zombie)
		return -ESRCH;
	if (group == process->group)
		return 0;
	signals_leave_group(process);
	process_set_group(process, group, process->session);
	return 0;
}

SYSCALL(57, setpgid)
{
	unsigned long flags;
	long result;

	if ((s32)ARG2(regs) < 0)
		return -EINVAL;
	flags = spin_lock_irqsave(&process_lock);
	result = set_group(ARG1(regs), ARG2(regs));
	spin_unlock_irqrestore(&process_lock, flags);
	return result;
}

SYSCALL(66, setsid)
{
	struct process *me = current_process(), *process;
	unsigned long flags = spin_lock_irqsave(&process_lock);
	long result = (long)me->id;

	for_each_process(process)
		if (process->group == me->id)
			result = -EPERM;
	if (result > 0)
		process_set_group(me, me->id, me->id);
	spin_unlock_irqrestore(&process_lock, flags);
	return result;
}

/* --- ports ------------------------------------------------------------------------------------ */

static long not_permitted(struct trap_frame *regs)
{
	return -EPERM;
}
SYSCALL_SAME(110, iopl, not_permitted);

#define IO_PORTS 65536u

/* No program gets a port, but each may give up what it does not have. */
SYSCALL(101, ioperm)
{
	u32 first = ARG1(regs), end = first + ARG2(regs);

	if (end <= first || end > IO_PORTS)
		return -EINVAL;
	return ARG3(regs) ? -EPERM : 0;
}
