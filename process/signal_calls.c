/* SPDX-License-Identifier: MIT */
#include <asm/time.h>
#include <asm/uaccess.h>
#include <kernel/syscall.h>
#include <lib/errno.h>
#include <process/process.h>
#include <process/signal_frame.h>
#include <process/signal_queue.h>
#include <process/signal_send.h>
#include <process/time.h>

/*
 * The system calls by which a program says what it wants to do with signals, and waits for them.
 * Many have two forms. The old one has a mask of 32 bits for the signals up to 32; the one with
 * rt_ has 64 bits, and its caller passes the size of a mask.
 */

/* --- actions ---------------------------------------------------------------------------------- */

#define SA_KNOWN                                                                            \
	(SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_RESTORER | SA_ONSTACK | SA_RESTART | \
	 SA_NODEFER | SA_RESETHAND)

/* Sets an action, or only reads it if @action is NULL. */
static long set_action(u32 signal, const struct signal_action *action, struct signal_action *old)
{
	struct process *process = current_process();
	struct process_signals *signals = &process->signals;
	unsigned long flags;
	bool forget;

	if (!signal || signal > NSIG || (action && SIGS_UNBLOCKABLE & SIG_BIT(signal)))
		return -EINVAL;
	forget = action && action_ignores(action, (int)signal);
	flags = local_irq_save();
	if (forget)
		spin_lock(&process_lock);
	spin_lock(&signals->lock);
	*old = *signals_action(signals, (int)signal);
	if (action) {
		signals->actions[signal - 1] = *action;
		signals->actions[signal - 1].flags &= SA_KNOWN;
		signals->actions[signal - 1].mask &= ~SIGS_UNBLOCKABLE;
		sigset_add(&signals->changed, (int)signal);
	}
	if (forget)
		signals_forget(process, SIG_BIT(signal));
	spin_unlock(&signals->lock);
	if (forget)
		spin_unlock(&process_lock);
	local_irq_restore(flags);
	return 0;
}

SYSCALL(67, sigaction)
{
	struct {
		u32 handler, mask, flags, restorer;
	} words;
	struct signal_action action, old;
	long error;

	if (ARG2(regs)) {
		if (copy_from_user(&words, (void __user *)ARG2(regs), sizeof(words)))
			return -EFAULT;
		action = (struct signal_action){ words.handler, words.flags, words.restorer,
						 words.mask };
	}
	error = set_action(ARG1(regs), ARG2(regs) ? &action : NULL, &old);
	if (error || !ARG3(regs))
		return error;
	words.handler = old.handler;
	words.mask = (u32)old.mask;
	words.flags = old.flags;
	words.restorer = old.restorer;
	return copy_to_user((void __user *)ARG3(regs), &words, sizeof(words)) ? -EFAULT : 0;
}

_Static_assert(sizeof(struct signal_action) == 20, "struct sigaction of rt_sigaction(2)");

SYSCALL(174, rt_sigaction)
{
	struct signal_action action, old;
	long error;

	if (ARG4(regs) != sizeof(sigset_t))
		return -EINVAL;
	if (ARG2(regs) && copy_from_user(&action, (void __user *)ARG2(regs), sizeof(action)))
		return -EFAULT;
	error = set_action(ARG1(regs), ARG2(regs) ? &action : NULL, &old);
	if (!error && ARG3(regs) && copy_to_user((void __user *)ARG3(regs), &old, sizeof(old)))
		error = -EFAULT;
	return error;
}

SYSCALL(48, signal)
{
	struct signal_action action = { .handler = ARG2(regs), .flags = SA_RESETHAND | SA_NODEFER };
	struct signal_action old;
	long error = set_action(ARG1(regs), &action, &old);

	return error ? error : (long)old.handler;
}

/* --- masks ------------------------------------------------------------------------------------ */

#define SIG_BLOCK   0u
#define SIG_UNBLOCK 1u
#define SIG_SETMASK 2u

static long change_mask(u32 how, sigset_t set)
{
	sigset_t blocked = current_task()->signals.blocked;

	switch (how) {
	case SIG_BLOCK:
		signals_set_blocked(blocked | set);
		return 0;
	case SIG_UNBLOCK:
		signals_set_blocked(blocked & ~set);
		return 0;
	case SIG_SETMASK:
		signals_set_blocked(set);
		return 0;
	}
	return -EINVAL;
}

static long read_set(sigset_t *set, u32 address, u32 size)
{
	if (size != sizeof(*set))
		return -EINVAL;
	return copy_from_user(set, (void __user *)address, sizeof(*set)) ? -EFAULT : 0;
}

SYSCALL(126, sigprocmask)
{
	sigset_t old = current_task()->signals.blocked;
	long error;
	u32 set;

	if (ARG2(regs)) {
		if (get_user_u32(&set, (void __user *)ARG2(regs)))
			return -EFAULT;
		error = change_mask(ARG1(regs),
				    set | (ARG1(regs) == SIG_SETMASK ? old & ~0xffffffffull : 0));
		if (error)
			return error;
	}
	return ARG3(regs) ? put_user_u32((u32)old, (void __user *)ARG3(regs)) : 0;
}

SYSCALL(175, rt_sigprocmask)
{
	sigset_t old = current_task()->signals.blocked, set;
	long error;

	if (ARG4(regs) != sizeof(set))
		return -EINVAL;
	if (ARG2(regs)) {
		error = read_set(&set, ARG2(regs), ARG4(regs));
		if (!error)
			error = change_mask(ARG1(regs), set);
		if (error)
			return error;
	}
	if (ARG3(regs) && copy_to_user((void __user *)ARG3(regs), &old, sizeof(old)))
		return -EFAULT;
	return 0;
}

static sigset_t pending_and_blocked(void)
{
	const struct task_signals *mine = &current_task()->signals;

	return (mine->pending.set | current_process()->signals.pending.set) & mine->blocked;
}

SYSCALL(73, sigpending)
{
	return put_user_u32((u32)pending_and_blocked(), (void __user *)ARG1(regs));
}

SYSCALL(176, rt_sigpending)
{
	sigset_t set = pending_and_blocked();

	if (ARG2(regs) > sizeof(set))
		return -EINVAL;
	return copy_to_user((void __user *)ARG1(regs), &set, ARG2(regs)) ? -EFAULT : 0;
}

/* --- waiting ---------------------------------------------------------------------------------- */

static long suspend(sigset_t blocked)
{
	struct task_signals *signals = &current_task()->signals;

	signals->saved_blocked = signals->blocked;
	signals->restore_blocked = true;
	signals_set_blocked(blocked);
	signal_sleep(UINT64_MAX);
	return -ERESTARTNOHAND;
}

/* The mask is the third argument, after two that have no meaning any more. */
SYSCALL(72, sigsuspend)
{
	return suspend(ARG3(regs));
}

SYSCALL(179, rt_sigsuspend)
{
	sigset_t set;
	long error = read_set(&set, ARG1(regs), ARG2(regs));

	return error ? error : suspend(set);
}

SYSCALL(29, pause)
{
	signal_sleep(UINT64_MAX);
	return -ERESTARTNOHAND;
}

/* Takes a pending signal of a set. Sets @waited for the sleep that follows if there is none. */
static int take_waited(sigset_t set, sigset_t waited, struct signal_info *info)
{
	struct process_signals *shared = &current_process()->signals;
	struct task_signals *mine = &current_task()->signals;
	unsigned long flags = spin_lock_irqsave(&shared->lock);
	int signal = pending_take(&mine->pending, set, info, &shared->nr_queued);

	if (!signal)
		signal = pending_take(&shared->pending, set, info, &shared->nr_queued);
	mine->waited = signal ? 0 : waited;
	signals_recalculate();
	spin_unlock_irqrestore(&shared->lock, flags);
	return signal;
}

static long wait_for_signal(const struct trap_frame *regs, bool time64)
{
	u64 end = UINT64_MAX;
	struct signal_info info;
	sigset_t set;
	long error = read_set(&set, ARG1(regs), ARG4(regs));
	int signal, slept = 0;

	if (!error && ARG3(regs))
		error = time_read(&end, ARG3(regs), time64);
	if (error)
		return error;
	if (ARG3(regs))
		end = time_end(end);
	set &= ~SIGS_UNBLOCKABLE;
	signal = take_waited(set, set, &info);
	if (!signal) {
		slept = signal_sleep(end);
		signal = take_waited(set, 0, &info);
	}
	if (!signal)
		return slept ? slept : -EAGAIN;
	if (ARG2(regs) &&
	    (copy_to_user((void __user *)ARG2(regs), &info, sizeof(info)) ||
	     clear_user((void __user *)(ARG2(regs) + sizeof(info)), SIGINFO_SIZE - sizeof(info))))
		return -EFAULT;
	return signal;
}

SYSCALL(177, rt_sigtimedwait)
{
	return wait_for_signal(regs, false);
}

SYSCALL(421, rt_sigtimedwait_time64)
{
	return wait_for_signal(regs, true);
}

/* --- the alternate stack ---------------------------------------------------------------------- */

#define MINSIGSTKSZ 2048u

SYSCALL(186, sigaltstack)
{
	struct task_signals *signals = &current_task()->signals;
	bool on_stack = signal_on_stack(signals, regs->esp);
	struct {
		u32 address, flags, size;
	} stack, old = { signals->stack, signals->stack_flags, signals->stack_size };

	if (!old.size)
		old.flags = SS_DISABLE;
	else if (on_stack)
		old.flags |= SS_ONSTACK;
	if (ARG1(regs)) {
		if (copy_from_user(&stack, (void __user *)ARG1(regs), sizeof(stack)))
			return -EFAULT;
		if (on_stack)
			return -EPERM;
		if ((stack.flags & ~SS_AUTODISARM) > SS_DISABLE)
			return -EINVAL;
		if (stack.flags & SS_DISABLE)
			stack.address = stack.size = 0;
		else if (stack.size < MINSIGSTKSZ)
			return -ENOMEM;
		signals->stack = stack.address;
		signals->stack_size = stack.size;
		signals->stack_flags = stack.flags & SS_AUTODISARM;
	}
	if (ARG2(regs) && copy_to_user((void __user *)ARG2(regs), &old, sizeof(old)))
		return -EFAULT;
	return 0;
}
