/* SPDX-License-Identifier: MIT */
#include <fs/poll.h>
#include <process/process.h>
#include <process/time.h>

/*
 * ppoll(2) and pselect(2): fs/poll.c, with a signal mask that holds for the wait only. A shell that
 * blocks SIGCHLD unblocks it here, so no signal is lost between its look at the children and the
 * wait.
 *
 * If a signal ends the wait, the old mask comes back after its handler, as with rt_sigsuspend(2).
 */

static long mask_begin(u32 address, u32 size)
{
	struct task_signals *signals = &current_task()->signals;
	sigset_t set;

	if (!address)
		return 0;
	if (size != sizeof(set))
		return -EINVAL;
	if (copy_from_user(&set, (void __user *)address, sizeof(set)))
		return -EFAULT;
	signals->saved_blocked = signals->blocked;
	signals->restore_blocked = true;
	signals_set_blocked(set);
	return 0;
}

static void mask_end(u32 address, long result)
{
	struct task_signals *signals = &current_task()->signals;

	if (!address || result == -ERESTARTNOHAND)
		return;
	signals->restore_blocked = false;
	signals_set_blocked(signals->saved_blocked);
}

static long read_end(u64 *end, u32 address, bool time64)
{
	u64 ns = 0;
	long error = address ? time_read(&ns, address, time64) : 0;

	*end = address && !error ? poll_end(ns) : 0;
	return error;
}

/* Linux writes back the time that is left, and ignores an error then. */
static void write_left(u64 end, u32 address, bool time64)
{
	if (address)
		time_write(poll_time_left(end), address, time64);
}

static long do_ppoll(struct trap_frame *regs, bool time64)
{
	u64 end;
	long result = read_end(&end, ARG3(regs), time64);

	if (!result)
		result = mask_begin(ARG4(regs), ARG5(regs));
	if (result)
		return result;
	result = poll_files(ARG1(regs), ARG2(regs), end);
	mask_end(ARG4(regs), result);
	write_left(end, ARG3(regs), time64);
	return result;
}

SYSCALL(309, ppoll)
{
	return do_ppoll(regs, false);
}

SYSCALL(414, ppoll_time64)
{
	return do_ppoll(regs, true);
}

/* The sixth argument points to the address of the mask and its size. */
static long do_pselect(struct trap_frame *regs, bool time64)
{
	const u32 sets[3] = { ARG2(regs), ARG3(regs), ARG4(regs) };
	u32 mask[2] = { 0, 0 };
	u64 end;
	long result = read_end(&end, ARG5(regs), time64);

	if (!result && ARG6(regs) && copy_from_user(mask, (void __user *)ARG6(regs), sizeof(mask)))
		result = -EFAULT;
	if (!result)
		result = mask_begin(mask[0], mask[1]);
	if (result)
		return result;
	result = select_files(ARG1(regs), sets, end);
	mask_end(mask[0], result);
	write_left(end, ARG5(regs), time64);
	return result;
}

SYSCALL(308, pselect6)
{
	return do_pselect(regs, false);
}

SYSCALL(413, pselect6_time64)
{
	return do_pselect(regs, true);
}
