/* SPDX-License-Identifier: MIT */
#include <fs/cred.h>
#include <kernel/syscall.h>
#include <lib/errno.h>
#include <process/limits.h>
#include <process/numbers.h>

/*
 * Resource limits (setrlimit(2)). Each is a pair: what counts now, and the most that the program
 * may allow itself. Only root may raise the second one.
 *
 * Three limits belong to the layers below, which know no processes. They have copies: those of the
 * address space in struct mm, the one of open files in struct files.
 */

void limits_init(struct rlimit limits[NR_RLIMITS])
{
	for (u32 i = 0; i < NR_RLIMITS; i++)
		limits[i] = (struct rlimit){ RLIM_INFINITY, RLIM_INFINITY };
	limits[RLIMIT_STACK].soft = SZ_8M;
	limits[RLIMIT_CORE].soft = 0;
	limits[RLIMIT_NPROC] = (struct rlimit){ tasks_limit(), tasks_limit() };
	limits[RLIMIT_NOFILE] = (struct rlimit){ 1024, 1024 };
	limits[RLIMIT_MEMLOCK] = (struct rlimit){ SZ_8M, SZ_8M };
	limits[RLIMIT_SIGPENDING] = (struct rlimit){ 1024, 1024 };
	limits[RLIMIT_NICE] = limits[RLIMIT_RTPRIO] = (struct rlimit){ 0, 0 };
}

void limits_apply(const struct rlimit limits[NR_RLIMITS], struct mm *mm, struct files *files)
{
	if (mm) {
		mm->limit_stack = limits[RLIMIT_STACK].soft;
		mm->limit_as = limits[RLIMIT_AS].soft;
		mm->limit_data = limits[RLIMIT_DATA].soft;
		mm->limit_locked = limits[RLIMIT_MEMLOCK].soft;
	}
	if (files)
		files_set_limit(files, limits[RLIMIT_NOFILE].soft);
}

/* --- system calls ----------------------------------------------------------------------------- */

static int change(struct process *process, u32 resource, const struct rlimit *new,
		  struct rlimit *old)
{
	unsigned long flags;
	int error = 0;

	if (resource >= NR_RLIMITS || (new &&new->soft > new->hard))
		return -EINVAL;
	flags = spin_lock_irqsave(&process_lock);
	if (old)
		*old = process->limits[resource];
	if (new &&new->hard > process->limits[resource].hard && !cred_capable())
		error = -EPERM;
	else if (new)
		process->limits[resource] = *new;
	spin_unlock_irqrestore(&process_lock, flags);
	if (error)
		return error;
	if (new &&process == current_process())
		limits_apply(process->limits, current->mm, current->files);
	return 0;
}

static int put(void __user *to, const struct rlimit *limit)
{
	return copy_to_user(to, limit, sizeof(*limit)) ? -EFAULT : 0;
}

SYSCALL(75, setrlimit)
{
	struct rlimit limit;

	if (copy_from_user(&limit, (void __user *)ARG2(regs), sizeof(limit)))
		return -EFAULT;
	return change(current_process(), ARG1(regs), &limit, NULL);
}

SYSCALL(191, ugetrlimit)
{
	struct rlimit limit;
	int err = change(current_process(), ARG1(regs), NULL, &limit);

	return err ?: put((void __user *)ARG2(regs), &limit);
}

/* The old call, for programs to which a limit is a signed number. */
SYSCALL(76, getrlimit)
{
	struct rlimit limit;
	int err = change(current_process(), ARG1(regs), NULL, &limit);

	limit.soft = min(limit.soft, (u32)INT_MAX);
	limit.hard = min(limit.hard, (u32)INT_MAX);
	return err ?: put((void __user *)ARG2(regs), &limit);
}

static u32 narrow(u64 limit)
{
	return limit > RLIM_INFINITY ? RLIM_INFINITY : (u32)limit;
}

static u64 widen(u32 limit)
{
	return limit == RLIM_INFINITY ? ~0ull : limit;
}

/* The limits of another process cannot be changed: its copies belong to its threads. */
SYSCALL(340, prlimit64)
{
	const void __user *from = (const void __user *)ARG3(regs);
	void __user *to = (void __user *)ARG4(regs);
	struct process *me = current_process();
	struct rlimit new, old;
	u64 wide[2];
	int err;

	if (ARG1(regs) && ARG1(regs) != me->id) {
		unsigned long flags = spin_lock_irqsave(&process_lock);
		bool exists = process_find(ARG1(regs));

		spin_unlock_irqrestore(&process_lock, flags);
		return exists ? -EPERM : -ESRCH;
	}
	if (from) {
		if (copy_from_user(wide, from, sizeof(wide)))
			return -EFAULT;
		if (wide[0] > wide[1])
			return -EINVAL;
		new = (struct rlimit){ narrow(wide[0]), narrow(wide[1]) };
	}
	err = change(me, ARG2(regs), from ? &new : NULL, &old);
	if (err || !to)
		return err;
	wide[0] = widen(old.soft);
	wide[1] = widen(old.hard);
	return copy_to_user(to, wide, sizeof(wide)) ? -EFAULT : 0;
}
