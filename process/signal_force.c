/* SPDX-License-Identifier: MIT */
#include <process/process.h>
#include <process/signal_queue.h>
#include <process/signal_send.h>

/*
 * Signals that the running program causes itself, such as by an exception. They cannot wait: the
 * program would execute the same instruction again. So they become pending for the task, are
 * unblocked, and if the program ignores or blocks them, it ends.
 */

static void force(const struct signal_info *info, bool reset)
{
	struct process_signals *shared = &current_process()->signals;
	struct task_signals *mine = &current_task()->signals;
	unsigned long flags = spin_lock_irqsave(&shared->lock);
	const struct signal_action *action = signals_action(shared, info->signal);
	sigset_t bit = SIG_BIT(info->signal);

	if (action->handler != SIG_DFL &&
	    (reset || mine->blocked & bit || action->handler == SIG_IGN))
		shared->actions[info->signal - 1].handler = SIG_DFL;
	mine->blocked &= ~bit;
	pending_add(&mine->pending, info, &shared->nr_queued);
	signal_wake_task(current_task());
	spin_unlock_irqrestore(&shared->lock, flags);
}

void signal_force(const struct signal_info *info)
{
	force(info, false);
}

void signal_force_default(int signal)
{
	struct signal_info info = { .signal = signal, .code = SI_KERNEL };

	force(&info, true);
}
