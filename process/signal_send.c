/* SPDX-License-Identifier: MIT */
#include <fs/cred.h>
#include <kernel/syscall.h>
#include <lib/errno.h>
#include <process/process.h>
#include <process/signal_queue.h>
#include <process/signal_send.h>

/*
 * Sending signals. A signal becomes pending for a process or for one of its tasks, and one task
 * gets THREAD_WORK_SIGNAL: it leaves its sleep, or its CPU gets an interrupt, and it delivers the
 * signal on its way to ring 3 (process/signal_deliver.c).
 *
 *	kill(2) ─▶ queue of the process ─▶ first task that does not block it
 *	tgkill(2) ─▶ queue of the task
 *
 * The invariant: if a signal is pending that some task does not block, one such task has
 * THREAD_WORK_SIGNAL. A task that changes its mask looks at the queues again.
 *
 * Stopping and continuing act when the signal is sent, not when it is delivered: SIGCONT continues
 * a process that cannot run to take it. Stop signals and SIGCONT delete each other from the queues.
 *
 * A program of root may send to all. Another one needs a user in common with the receiver.
 */

/* --- one process ------------------------------------------------------------------------------ */

/* The default action is to do nothing. */
#define SIGS_IGNORED (SIG_BIT(SIGCHLD) | SIG_BIT(SIGCONT) | SIG_BIT(SIGURG) | SIG_BIT(SIGWINCH))

bool action_ignores(const struct signal_action *action, int signal)
{
	static const sigset_t ignored = SIGS_IGNORED;

	return action->handler == SIG_IGN ||
	       (action->handler == SIG_DFL && sigset_has(&ignored, signal));
}

static bool takes(const struct task *task, int signal)
{
	const struct task_signals *signals = &task->signals;

	return !sigset_has(&signals->blocked, signal) || sigset_has(&signals->waited, signal);
}

/* The task that the program would choose: the current one, else the oldest that does not block. */
static struct task *choose_task(struct process *process, int signal)
{
	struct task *me = current->task, *task;

	/* Its link is NULL once it has begun to end. */
	if (me && me->process == process && me->link.next && takes(me, signal))
		return me;
	list_for_each_entry(task, &process->tasks, link)
		if (takes(task, signal))
			return task;
	return NULL;
}

void signal_wake_task(struct task *task)
{
	__atomic_fetch_or(&task->thread->work, THREAD_WORK_SIGNAL, __ATOMIC_SEQ_CST);
	if (task->thread != current)
		sched_interrupt(task->thread);
}

void signals_forget(struct process *process, sigset_t set)
{
	struct process_signals *signals = &process->signals;
	struct task *task;

	pending_drop(&signals->pending, set, &signals->nr_queued);
	list_for_each_entry(task, &process->tasks, link)
		pending_drop(&task->signals.pending, set, &signals->nr_queued);
}

/* Returns true if the process was stopped. */
static bool resume(struct process_signals *signals)
{
	bool stopped = signals->stopped;

	signals->stopped = false;
	if (stopped)
		wake_up_all(&signals->stop_wait);
	return stopped;
}

/* Sends to a process, or to one task. The caller holds process_lock. */
static int send(struct process *process, struct task *task, const struct signal_info *info)
{
	struct process_signals *signals = &process->signals;
	int signal = info->signal, error = 0;
	bool continued = false, to_task = task;

	spin_lock(&signals->lock);
	switch (signal) {
	case SIGCONT:
		signals_forget(process, SIGS_STOP);
		continued = resume(signals);
		if (continued)
			signals->continued = true;
		break;
	case SIGKILL:
		resume(signals);
		break;
	case SIGSTOP:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
		signals_forget(process, SIG_BIT(SIGCONT));
	}
	if (!task)
		task = choose_task(process, signal);
	if (!task || sigset_has(&task->signals.blocked, signal) ||
	    !action_ignores(signals_action(signals, signal), signal))
		error = pending_add(to_task ? &task->signals.pending : &signals->pending, info,
				    &signals->nr_queued);
	else
		task = NULL;
	/* A task that was chosen takes it. */
	if (task && !error && (!to_task || takes(task, signal)))
		signal_wake_task(task);
	spin_unlock(&signals->lock);
	if (continued)
		signal_notify_parent(process, CLD_CONTINUED, SIGCONT);
	return error;
}

bool signal_has_effect(struct process *process, int signal)
{
	static const sigset_t stop_or_continue = SIGS_STOP | SIG_BIT(SIGCONT);
	const struct task *task;

	if (!action_ignores(signals_action(&process->signals, signal), signal) ||
	    sigset_has(&stop_or_continue, signal))
		return true;
	/* It is kept for a task that blocks it. */
	list_for_each_entry(task, &process->tasks, link)
		if (sigset_has(&task->signals.blocked, signal))
			return true;
	return list_empty(&process->tasks);
}

int signal_send_process(struct process *process, const struct signal_info *info)
{
	return send(process, NULL, info);
}

int signal_send_task(struct task *task, const struct signal_info *info)
{
	return send(task->process, task, info);
}

/* --- groups and parents ----------------------------------------------------------------------- */

int signal_send_group(u32 group, const struct signal_info *info)
{
	struct process *process;
	int error = -ESRCH;

	for_each_process(process) {
		if (process->group != group)
			continue;
		error = 0;
		if (info->signal && !process->zombie)
			signal_send_process(process, info);
	}
	return error;
}

void signal_notify_parent(struct process *process, int code, int status)
{
	struct signal_info info = { .signal = SIGCHLD, .code = code };
	struct process *parent = process->parent;

	if (!parent)
		return;
	info.word[0] = process->id;
	info.word[2] = (u32)status;
	if (!(signals_action(&parent->signals, SIGCHLD)->flags & SA_NOCLDSTOP))
		signal_send_process(parent, &info);
	wake_up_all_lazily(&parent->wait);
}

bool signals_autoreap(const struct process *process)
{
	const struct signal_action *action = signals_action(&process->signals, SIGCHLD);

	return action->handler == SIG_IGN || action->flags & SA_NOCLDWAIT;
}

bool signal_group_is_orphan(u32 group, const struct process *without)
{
	const struct process *process, *parent;

	for_each_process(process) {
		parent = process->parent;
		if (process->group == group && process != without && !process->zombie && parent &&
		    parent != without && parent->group != group &&
		    parent->session == process->session)
			return false;
	}
	return true;
}

static void hang_up_if_orphan(u32 group, const struct process *leaves)
{
	struct signal_info info = { .code = SI_KERNEL };
	const struct process *process;
	bool stopped = false;

	for_each_process(process)
		if (process->group == group && process != leaves)
			stopped |= process->signals.stopped;
	if (!stopped || !signal_group_is_orphan(group, leaves))
		return;
	info.signal = SIGHUP;
	signal_send_group(group, &info);
	info.signal = SIGCONT;
	signal_send_group(group, &info);
}

void signals_leave_group(struct process *process)
{
	struct process *child;

	if (process->parent && process->parent->group != process->group &&
	    process->parent->session == process->session)
		hang_up_if_orphan(process->group, process);
	list_for_each_entry(child, &process->children, sibling)
		if (child->group != process->group && child->session == process->session)
			hang_up_if_orphan(child->group, process);
}

void signal_send_from_below(u32 group, int signal)
{
	struct signal_info info = { .signal = signal, .code = SI_KERNEL };
	unsigned long flags = spin_lock_irqsave(&process_lock);

	if (group)
		signal_send_group(group, &info);
	else if (current->task)
		signal_send_task(current->task, &info);
	spin_unlock_irqrestore(&process_lock, flags);
}

/* --- system calls ----------------------------------------------------------------------------- */

/* A process that kill(-1) leaves alone. */
#define FIRST_PROCESS 1u

/*
 * May the running program send to a process? The effective or the real user of the sender has to be
 * the real or the saved one of the receiver. A zombie notices nothing, so it is no harm.
 */
static noinline bool users_match(struct process *process, int signal)
{
	const struct cred *mine = current_cred(), *its;
	struct task *task;
	bool match;

	if (signal == SIGCONT && process->session == current_process()->session)
		return true;
	if (list_empty(&process->tasks))
		return true;
	task = list_entry(process->tasks.next, struct task, link);
	its = cred_of(task->thread);
	match = mine->euid == its->suid || mine->euid == its->uid || mine->uid == its->suid ||
		mine->uid == its->uid;
	cred_put(its);
	return match;
}

static __always_inline bool may_send(struct process *process, int signal)
{
	return likely(!current->cred) || cred_capable() || users_match(process, signal);
}

static __always_inline int send_one(struct process *process, const struct signal_info *info)
{
	if (!may_send(process, info->signal))
		return -EPERM;
	return info->signal && !process->zombie ? signal_send_process(process, info) : 0;
}

/* To a group: it is enough if one process gets it. */
static noinline int send_group(u32 group, const struct signal_info *info)
{
	struct process *process;
	int result = -ESRCH;

	for_each_process(process) {
		int error;

		if (process->group != group)
			continue;
		error = send_one(process, info);
		if (result)
			result = error;
	}
	return result;
}

static noinline int send_all(const struct signal_info *info)
{
	struct process *process, *self = current_process();
	int error = -ESRCH;

	for_each_process(process) {
		if (process == self || process->id == FIRST_PROCESS || process->zombie)
			continue;
		if (error)
			error = -EPERM;
		if (!may_send(process, info->signal))
			continue;
		error = 0;
		if (info->signal)
			signal_send_process(process, info);
	}
	return error;
}

static int send_to(s32 id, const struct signal_info *info)
{
	struct process *process;

	if (id == -1)
		return send_all(info);
	if (id <= 0)
		return send_group(id ? -(u32)id : current_process()->group, info);
	process = process_find((u32)id);
	if (!process)
		return -ESRCH;
	return send_one(process, info);
}

static long send_from_call(s32 id, const struct signal_info *info)
{
	unsigned long flags;
	int error;

	if ((u32)info->signal > NSIG)
		return -EINVAL;
	flags = spin_lock_irqsave(&process_lock);
	error = send_to(id, info);
	spin_unlock_irqrestore(&process_lock, flags);
	return error;
}

/* A @process of 0 is any. */
static long send_to_task(u32 process, s32 id, const struct signal_info *info)
{
	unsigned long flags;
	struct task *task;
	int error = -ESRCH;

	if (id <= 0 || (s32)process < 0 || (u32)info->signal > NSIG)
		return -EINVAL;
	flags = spin_lock_irqsave(&process_lock);
	task = task_find((u32)id);
	if (task && (!process || task->process->id == process))
		error = !may_send(task->process, info->signal) ? -EPERM
			: info->signal                         ? signal_send_task(task, info)
							       : 0;
	spin_unlock_irqrestore(&process_lock, flags);
	return error;
}

/* Word by word: compilers clear a structure by a loop. */
static void info_of_program(struct signal_info *info, u32 signal, int code)
{
	info->signal = (int)signal;
	info->error = 0;
	info->code = code;
	info->word[0] = current_process()->id;
	info->word[1] = likely(!current->cred) ? 0 : current->cred->uid;
	info->word[2] = info->word[3] = info->word[4] = 0;
}

SYSCALL(37, kill)
{
	struct signal_info info;

	info_of_program(&info, ARG2(regs), SI_USER);
	return send_from_call((s32)ARG1(regs), &info);
}

SYSCALL(238, tkill)
{
	struct signal_info info;

	info_of_program(&info, ARG2(regs), SI_TKILL);
	return send_to_task(0, (s32)ARG1(regs), &info);
}

SYSCALL(270, tgkill)
{
	struct signal_info info;

	if ((s32)ARG1(regs) <= 0)
		return -EINVAL;
	info_of_program(&info, ARG3(regs), SI_TKILL);
	return send_to_task(ARG1(regs), (s32)ARG2(regs), &info);
}

/* A program may not pretend that the kernel or kill(2) has sent the signal, except to itself. */
static long read_info(struct signal_info *info, u32 address, u32 signal, u32 receiver)
{
	if (copy_from_user(info, (void __user *)address, sizeof(*info)))
		return -EFAULT;
	if ((info->code >= 0 || info->code == SI_TKILL) && receiver != current_process()->id)
		return -EPERM;
	info->signal = (int)signal;
	return 0;
}

SYSCALL(178, rt_sigqueueinfo)
{
	struct signal_info info;
	long error = read_info(&info, ARG3(regs), ARG2(regs), ARG1(regs));

	if (!error && (s32)ARG1(regs) <= 0)
		error = -ESRCH;
	return error ? error : send_from_call((s32)ARG1(regs), &info);
}

SYSCALL(335, rt_tgsigqueueinfo)
{
	struct signal_info info;
	long error = read_info(&info, ARG4(regs), ARG3(regs), ARG1(regs));

	if (!error && (s32)ARG1(regs) <= 0)
		error = -EINVAL;
	return error ? error : send_to_task(ARG1(regs), (s32)ARG2(regs), &info);
}
