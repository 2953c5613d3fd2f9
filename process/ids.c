/* SPDX-License-Identifier: MIT */
#include <kernel/syscall.h>
#include <lib/errno.h>
#include <process/task.h>

/*
 * Numbers that a program asks for: of itself, its parent, its process group, its session, its user.
 *
 * A process group is what a shell calls a job; a session is all jobs of one terminal. Both have the
 * number of the process that began them. There is one user, root: each question about a user or a
 * group of users is answered with 0, and a change is accepted if it changes nothing.
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

/* --- users ------------------------------------------------------------------------------------ */

/* The calls with 16 and with 32 bits do the same here. */
static long root(struct trap_frame *regs)
{
	return 0;
}
SYSCALL_SAME(24, getuid16, root);
SYSCALL_SAME(47, getgid16, root);
SYSCALL_SAME(49, geteuid16, root);
SYSCALL_SAME(50, getegid16, root);
SYSCALL_SAME(199, getuid, root);
SYSCALL_SAME(200, getgid, root);
SYSCALL_SAME(201, geteuid, root);
SYSCALL_SAME(202, getegid, root);
SYSCALL_SAME(80, getgroups16, root); /* there are none */
SYSCALL_SAME(205, getgroups, root);
SYSCALL_SAME(81, setgroups16, root);
SYSCALL_SAME(206, setgroups, root);
SYSCALL_SAME(138, setfsuid16, root);
SYSCALL_SAME(139, setfsgid16, root);
SYSCALL_SAME(215, setfsuid, root);
SYSCALL_SAME(216, setfsgid, root);

static bool is_root(u32 id)
{
	return !id || id == UINT_MAX || id == USHRT_MAX;
}

static long set_one(struct trap_frame *regs)
{
	return is_root(ARG1(regs)) ? 0 : -EPERM;
}
SYSCALL_SAME(23, setuid16, set_one);
SYSCALL_SAME(46, setgid16, set_one);
SYSCALL_SAME(213, setuid, set_one);
SYSCALL_SAME(214, setgid, set_one);

static long set_two(struct trap_frame *regs)
{
	return is_root(ARG2(regs)) ? set_one(regs) : -EPERM;
}
SYSCALL_SAME(70, setreuid16, set_two);
SYSCALL_SAME(71, setregid16, set_two);
SYSCALL_SAME(203, setreuid, set_two);
SYSCALL_SAME(204, setregid, set_two);

static long set_three(struct trap_frame *regs)
{
	return is_root(ARG3(regs)) ? set_two(regs) : -EPERM;
}
SYSCALL_SAME(164, setresuid16, set_three);
SYSCALL_SAME(170, setresgid16, set_three);
SYSCALL_SAME(208, setresuid, set_three);
SYSCALL_SAME(210, setresgid, set_three);

static long get_three(struct trap_frame *regs)
{
	const u32 user[3] = { ARG1(regs), ARG2(regs), ARG3(regs) };

	for (u32 i = 0; i < 3; i++)
		if (put_user_u32(0, (void __user *)user[i]))
			return -EFAULT;
	return 0;
}
SYSCALL_SAME(209, getresuid, get_three);
SYSCALL_SAME(211, getresgid, get_three);

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

/* --- capabilities ----------------------------------------------------------------------------- */

#define CAP_VERSION_1 0x19980330u
#define CAP_VERSION_3 0x20080522u

/* Root has all capabilities: effective, permitted, inheritable, for one or two words of them. */
SYSCALL(184, capget)
{
	const u32 words[6] = { UINT_MAX, UINT_MAX, 0, 0x1ff, 0x1ff, 0 };
	u32 version;

	if (get_user_u32(&version, (void __user *)ARG1(regs)))
		return -EFAULT;
	if (version != CAP_VERSION_1 && version != CAP_VERSION_3) {
		if (put_user_u32(CAP_VERSION_3, (void __user *)ARG1(regs)))
			return -EFAULT;
		return ARG2(regs) ? -EINVAL : 0;
	}
	if (!ARG2(regs))
		return 0;
	return copy_to_user((void __user *)ARG2(regs), words,
			    version == CAP_VERSION_1 ? 12 : sizeof(words))
		       ? -EFAULT
		       : 0;
}
SYSCALL_SAME(185, capset, root);
