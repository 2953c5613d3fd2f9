/* SPDX-License-Identifier: MIT */
#include <asm/time.h>
#include <lib/string.h>
#include <process/process.h>
#include <process/signal_queue.h>
#include <process/signal_send.h>

/*
 * Signals at fork, exec and exit, and the mask of a task.
 *
 *	            actions                pending     blocked     alternate stack
 *	fork        copied                 none        copied      copied, not for a thread
 *	exec        handlers: default      kept        kept        none
 */

/* --- processes and tasks ---------------------------------------------------------------------- */

void signals_init_process(struct process *process)
{
	pending_init(&process->signals.pending);
}

/* Takes the lowest signal out of a set that is not empty. */
static int take_lowest(sigset_t *set)
{
	int signal = sigset_lowest(*set);

	*set &= *set - 1;
	return signal;
}

/* Most programs change the actions of few signals, so these are copied one by one. */
void signals_fork(struct process *process, const struct process *parent)
{
	/* Another thread of the parent may change an action meanwhile: the copy needs the lock. */
	spinlock_t *lock = (spinlock_t *)&parent->signals.lock;
	struct process_signals *signals = &process->signals;
	unsigned long flags;
	sigset_t left;

	signals_init_process(process);
	flags = spin_lock_irqsave(lock);
	left = signals->changed = parent->signals.changed;
	while (left) {
		int signal = take_lowest(&left);

		signals->actions[signal - 1] = parent->signals.actions[signal - 1];
	}
	spin_unlock_irqrestore(lock, flags);
}

void signals_init_task(struct task *task, const struct task *parent)
{
	struct task_signals *signals = &task->signals;

	pending_init(&signals->pending);
	signals->restart.call = NULL;
	signals->blocked = 0;
	if (!parent)
		return;
	signals->blocked = parent->signals.blocked;
	if (task->process == parent->process)
		return;
	signals->stack = parent->signals.stack;
	signals->stack_size = parent->signals.stack_size;
	signals->stack_flags = parent->signals.stack_flags;
}

void signals_exec(struct process *process)
{
	struct process_signals *signals = &process->signals;
	struct task_signals *mine = &current_task()->signals;
	unsigned long flags = spin_lock_irqsave(&signals->lock);
	sigset_t left = signals->changed;

	while (left) {
		int signal = take_lowest(&left);

		if (signals->actions[signal - 1].handler == SIG_IGN)
			signals->actions[signal - 1] = (struct signal_action){ .handler = SIG_IGN };
		else
			sigset_remove(&signals->changed, signal);
	}
	mine->stack = mine->stack_size = mine->stack_flags = 0;
	mine->restart.call = NULL;
	spin_unlock_irqrestore(&signals->lock, flags);
}

/* Without a lock nothing is added here any more: each sender holds process_lock. */
static void drop(struct process *process, struct pending_signals *pending)
{
	struct process_signals *signals = &process->signals;
	unsigned long flags;

	if (!pending->set)
		return;
	flags = spin_lock_irqsave(&signals->lock);
	pending_drop(pending, ~0ull, &signals->nr_queued);
	spin_unlock_irqrestore(&signals->lock, flags);
}

/*
 * A task that ends, or blocks a signal, may be the only one that knows of a signal of the
 * process. So all other tasks look at the queue. The caller holds process_lock.
 */
static void hand_over(const struct task *from)
{
	struct task *task;

	list_for_each_entry(task, &from->process->tasks, link)
		if (task != from)
			signal_wake_task(task);
}

void signals_drop_task(struct task *task)
{
	drop(task->process, &task->signals.pending);
	if (task->process->signals.pending.set)
		hand_over(task);
}

void signals_drop_process(struct process *process)
{
	drop(process, &process->signals.pending);
}

/* --- the mask --------------------------------------------------------------------------------- */

/* Nothing is left to deliver. */
static inline void clear_work(const struct task *task)
{
	if (!(current->work & THREAD_WORK_SIGNAL))
		return;
	/* The end of a task is announced without the lock: the reason first, then the flag. */
	__atomic_fetch_and(&current->work, ~THREAD_WORK_SIGNAL, __ATOMIC_SEQ_CST);
	if (task_must_end(task))
		__atomic_fetch_or(&current->work, THREAD_WORK_SIGNAL, __ATOMIC_SEQ_CST);
}

static void recalculate(const struct task *task, const struct process_signals *shared)
{
	const struct task_signals *mine = &task->signals;
	sigset_t pending = mine->pending.set | shared->pending.set;

	if (shared->stopped || (pending && pending & ~(mine->blocked & ~mine->waited)))
		__atomic_fetch_or(&current->work, THREAD_WORK_SIGNAL, __ATOMIC_SEQ_CST);
	else
		clear_work(task);
}

void signals_recalculate(void)
{
	recalculate(current_task(), &current_process()->signals);
}

static noinline bool change_with_pending(struct task *task, const struct process_signals *shared,
					 sigset_t blocked)
{
	bool left = shared->pending.set & blocked & ~task->signals.blocked;

	task->signals.blocked = blocked & ~SIGS_UNBLOCKABLE;
	recalculate(task, shared);
	return left;
}

static inline bool change_blocked(struct task *task, const struct process_signals *shared,
				  sigset_t blocked)
{
	struct task_signals *mine = &task->signals;

	if (unlikely((mine->pending.set | shared->pending.set) || shared->stopped))
		return change_with_pending(task, shared, blocked);
	mine->blocked = blocked & ~SIGS_UNBLOCKABLE;
	clear_work(task);
	return false;
}

bool signals_change_blocked(sigset_t blocked)
{
	return change_blocked(current_task(), &current_process()->signals, blocked);
}

void signals_hand_over(void)
{
	unsigned long flags = spin_lock_irqsave(&process_lock);

	hand_over(current_task());
	spin_unlock_irqrestore(&process_lock, flags);
}

void signals_set_blocked(sigset_t blocked)
{
	struct task *task = current_task();
	struct process_signals *signals = &task->process->signals;
	unsigned long flags = spin_lock_irqsave(&signals->lock);
	bool left = change_blocked(task, signals, blocked);

	spin_unlock_irqrestore(&signals->lock, flags);
	if (unlikely(left))
		signals_hand_over();
}

bool signal_is_ignored(int signal)
{
	return current_task()->signals.blocked & SIG_BIT(signal) ||
	       signals_action(&current_process()->signals, signal)->handler == SIG_IGN;
}

int signal_sleep(u64 end_ns)
{
	int error = 0;

	for (;;) {
		set_current_state(THREAD_SLEEPING);
		if (signal_pending()) {
			error = -EINTR;
			break;
		}
		if (end_ns == UINT64_MAX) {
			schedule();
			continue;
		}
		if (time_ns() >= end_ns)
			break;
		schedule_until(end_ns);
	}
	set_current_state(THREAD_RUNNABLE);
	return error;
}
