/* SPDX-License-Identifier: MIT */
#include <kernel/syscall.h>
#include <lib/errno.h>
#include <process/process.h>
#include <process/signal_frame.h>
#include <process/signal_queue.h>
#include <process/signal_send.h>

/*
 * Delivery of signals: the last thing that a task does before it returns to ring 3, if it has
 * THREAD_WORK_SIGNAL. The task takes one signal after the other out of the queues, and does what
 * the process wants:
 *
 *	ignore     nothing
 *	default    nothing, stop, or end the process
 *	a handler  a frame on the program's stack, and registers that continue in the handler
 *
 * Several handlers nest: the second frame interrupts the first handler at its first instruction.
 *
 * A signal also ends a sleep in a system call. The call returns one of the results of
 * kernel/syscall.h that no program sees. Here is decided whether the program gets -EINTR or
 * executes INT 0x80 again: with EIP moved back by the two bytes of that instruction, and the number
 * of the call in EAX. A handler runs in between.
 *
 * The number of the call is in the error code of the frame. It is replaced by NO_CALL as soon as
 * the decision is made, so that it is made once.
 */

#define SYSCALL_VECTOR 0x80u
#define NO_CALL        UINT32_MAX
#define RLIMIT_CORE    4

/* --- default actions -------------------------------------------------------------------------- */

#define SIGS_CORE                                                                   \
	(SIG_BIT(SIGQUIT) | SIG_BIT(SIGILL) | SIG_BIT(SIGTRAP) | SIG_BIT(SIGABRT) | \
	 SIG_BIT(SIGBUS) | SIG_BIT(SIGFPE) | SIG_BIT(SIGSEGV) | SIG_BIT(SIGXCPU) |  \
	 SIG_BIT(SIGXFSZ) | SIG_BIT(SIGSYS))

static void end(struct process *process, int signal) __noreturn;
static void end(struct process *process, int signal)
{
	u32 status = (u32)signal;

	/* No core is written. The bit says that the limit of the process allows one. */
	if (SIGS_CORE & SIG_BIT(signal) && process->limits[RLIMIT_CORE].soft)
		status |= 0x80;
	process_exit_all(status);
}

/* Stops the process, unless no shell can continue it, or SIGCONT came meanwhile. */
static void stop(struct process *process, int signal)
{
	struct process_signals *signals = &process->signals;
	unsigned long flags = spin_lock_irqsave(&process_lock);
	struct task *task;

	if (signal != SIGSTOP && signal_group_is_orphan(process->group, NULL)) {
		spin_unlock_irqrestore(&process_lock, flags);
		return;
	}
	spin_lock(&signals->lock);
	if ((signals->pending.set | current_task()->signals.pending.set) &
		    (SIG_BIT(SIGCONT) | SIG_BIT(SIGKILL)) ||
	    process->exiting || signals->stopped) {
		spin_unlock(&signals->lock);
		spin_unlock_irqrestore(&process_lock, flags);
		return;
	}
	signals->stopped = true;
	signals->stop_reported = signals->continued = false;
	signals->stop_signal = signal;
	list_for_each_entry(task, &process->tasks, link)
		signal_wake_task(task);
	spin_unlock(&signals->lock);
	signal_notify_parent(process, CLD_STOPPED, signal);
	spin_unlock_irqrestore(&process_lock, flags);
}

/* --- system calls that were interrupted ------------------------------------------------------- */

static bool interrupted(const struct trap_frame *regs)
{
	s32 result = (s32)regs->eax;

	return regs->vector == SYSCALL_VECTOR && regs->error_code != NO_CALL &&
	       (result == -ERESTARTSYS || result == -ERESTARTNOHAND ||
		result == -ERESTART_RESTARTBLOCK);
}

static void repeat_call(struct trap_frame *regs, u32 number)
{
	regs->eax = number;
	regs->eip -= 2;
	regs->error_code = NO_CALL;
}

static void before_handler(struct trap_frame *regs, const struct signal_action *action)
{
	if (!interrupted(regs))
		return;
	if ((s32)regs->eax == -ERESTARTSYS && action->flags & SA_RESTART) {
		repeat_call(regs, regs->error_code);
	} else {
		regs->eax = (u32)-EINTR;
		regs->error_code = NO_CALL;
	}
}

#define NR_RESTART_SYSCALL 0u

static void without_handler(struct trap_frame *regs)
{
	if (interrupted(regs))
		repeat_call(regs, (s32)regs->eax == -ERESTART_RESTARTBLOCK ? NR_RESTART_SYSCALL
									   : regs->error_code);
}

SYSCALL(0, restart_syscall)
{
	struct restart *restart = &current_task()->signals.restart;

	return restart->call ? restart->call(restart) : -EINTR;
}

/* --- delivery --------------------------------------------------------------------------------- */

/*
 * Takes the next signal that is not ignored. Returns 0 if there is none; then the flag is clear.
 * The action is a copy, since other threads may change it. For a handler, the task's mask is set;
 * old is the mask that the handler returns to.
 */
static int next_signal(struct task *task, struct signal_info *info, struct signal_action *action,
		       sigset_t *old)
{
	struct process_signals *shared = &task->process->signals;
	struct task_signals *mine = &task->signals;
	unsigned long flags = spin_lock_irqsave(&shared->lock);
	sigset_t blocked = mine->blocked;
	bool left = false;
	int signal;

	do {
		signal = 0;
		if (mine->pending.set)
			signal = pending_take(&mine->pending, ~blocked, info, &shared->nr_queued);
		if (!signal)
			signal = pending_take(&shared->pending, ~blocked, info, &shared->nr_queued);
		if (!signal) {
			signals_recalculate();
			break;
		}
		*action = *signals_action(shared, signal);
	} while (action->handler <= SIG_IGN && action_ignores(action, signal));
	if (signal && action->handler != SIG_DFL) {
		if (action->flags & SA_RESETHAND)
			shared->actions[signal - 1].handler = SIG_DFL;
		*old = mine->restore_blocked ? mine->saved_blocked : blocked;
		mine->restore_blocked = false;
		if (!(action->flags & SA_NODEFER))
			sigset_add(&action->mask, signal);
		left = signals_change_blocked(blocked | action->mask);
	}
	spin_unlock_irqrestore(&shared->lock, flags);
	if (unlikely(left))
		signals_hand_over();
	return signal;
}

static void wait_while_stopped(const struct task *task)
{
	struct process_signals *signals = &task->process->signals;

	wait_event(&signals->stop_wait, !READ_ONCE(signals->stopped) || task_must_end(task));
}

void signal_deliver(struct trap_frame *regs)
{
	struct task *task = current_task();
	struct process *process = task->process;
	struct task_signals *signals = &task->signals;
	struct signal_action action;
	struct signal_info info;
	sigset_t old = 0;
	int signal;

	/* A change of threads also leads here, and is no reason to look further. */
	if (!signal_pending())
		return;
	for (;;) {
		if (task_must_end(task))
			task_exit(process->exit_status);
		if (unlikely(READ_ONCE(process->signals.stopped))) {
			wait_while_stopped(task);
			continue;
		}
		signal = next_signal(task, &info, &action, &old);
		if (!signal)
			break;
		if (action.handler != SIG_DFL) {
			before_handler(regs, &action);
			if (!signal_frame_build(regs, &action, &info, old))
				signal_force_default(SIGSEGV);
			/* The call and the mask are settled. */
			if (!signal_pending())
				return;
		} else if (SIGS_STOP & SIG_BIT(signal)) {
			stop(process, signal);
		} else {
			end(process, signal);
		}
	}
	without_handler(regs);
	if (signals->restore_blocked) {
		signals->restore_blocked = false;
		signals_set_blocked(signals->saved_blocked);
	}
}
