/* SPDX-License-Identifier: MIT */
#include <kernel/syscall.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <process/task.h>
#include <process/wait.h>
#include <thread/thread.h>

/*
 * Waiting for children: wait4(2) and its relatives.
 *
 * A parent waits in its own queue. Each event of a child wakes the queue, and the parent
 * looks at all of its children again. So a child needs no list of waiters. The price is a walk over
 * the children for each event; shells have few.
 *
 * The child that is found is copied and, if it is a zombie, freed under process_lock. The program's
 * memory is written afterwards, without the lock, since that may sleep. A bad pointer then loses
 * the status, as in Linux.
 */

#define WNOHANG     0x00000001u
#define WUNTRACED   0x00000002u
#define WEXITED     0x00000004u
#define WCONTINUED  0x00000008u
#define WNOWAIT     0x01000000u
#define __WNOTHREAD 0x20000000u
#define __WALL      0x40000000u
#define __WCLONE    0x80000000u

#define STATUS_STOPPED(signal) ((u32)(signal) << 8 | 0x7f)
#define STATUS_CONTINUED       0xffffu

/* Which children. */
enum wait_for { ANY_CHILD, ONE_CHILD, ONE_GROUP };

struct wanted {
	enum wait_for kind;
	u32 number, options;
};

struct event {
	u32 id, status;
	u64 user_ns, kernel_ns;
};

void rusage_fill(struct rusage *usage, u64 user_ns, u64 kernel_ns)
{
	u32 user_us = (u32)(user_ns % 1000000000 / 1000);
	u32 kernel_us = (u32)(kernel_ns % 1000000000 / 1000);

	memset(usage, 0, sizeof(*usage));
	usage->user_s = (u32)(user_ns / 1000000000);
	usage->user_us = user_us;
	usage->kernel_s = (u32)(kernel_ns / 1000000000);
	usage->kernel_us = kernel_us;
}

static bool matches(const struct process *child, const struct wanted *wanted)
{
	bool by_clone = child->exit_signal != SIGCHLD;

	if (wanted->kind == ONE_CHILD && child->id != wanted->number)
		return false;
	if (wanted->kind == ONE_GROUP && child->group != wanted->number)
		return false;
	return wanted->options & __WALL || by_clone == !!(wanted->options & __WCLONE);
}

/* Finds an event of a child that the options ask for. Only WNOWAIT leaves it there. */
static bool has_event(struct process *child, u32 options, u32 *status)
{
	struct process_signals *signals = &child->signals;
	bool keep = options & WNOWAIT, found = false;

	if (child->zombie) {
		*status = child->exit_status;
		return options & WEXITED;
	}
	if (!(options & (WUNTRACED | WCONTINUED)))
		return false;
	spin_lock(&signals->lock);
	if (options & WUNTRACED && signals->stopped && !signals->stop_reported) {
		*status = STATUS_STOPPED(signals->stop_signal);
		signals->stop_reported = !keep;
		found = true;
	} else if (options & WCONTINUED && signals->continued) {
		*status = STATUS_CONTINUED;
		signals->continued = keep;
		found = true;
	}
	spin_unlock(&signals->lock);
	return found;
}

static void reap(struct process *parent, struct process *child, const struct event *event)
{
	parent->child_user_ns += event->user_ns + child->child_user_ns;
	parent->child_kernel_ns += event->kernel_ns + child->child_kernel_ns;
	process_release(child);
}

/* Looks at all children. Returns 1 for an event, 0 if there is none yet, -ECHILD. */
static int look(const struct wanted *wanted, struct event *event)
{
	struct process *me = current_process(), *child, *next;
	unsigned long flags = spin_lock_irqsave(&process_lock);
	int result = -ECHILD;

	list_for_each_entry_safe(child, next, &me->children, sibling) {
		if (!matches(child, wanted))
			continue;
		result = 0;
		if (!has_event(child, wanted->options, &event->status))
			continue;
		event->id = child->id;
		process_times(child, &event->user_ns, &event->kernel_ns);
		if (child->zombie && !(wanted->options & WNOWAIT))
			reap(me, child, event);
		result = 1;
		break;
	}
	spin_unlock_irqrestore(&process_lock, flags);
	return result;
}

/* Returns 1 for an event, 0 with WNOHANG, or a negative errno. */
static int wait_for_event(const struct wanted *wanted, struct event *event)
{
	int result, interrupted;

	if (wanted->options & WNOHANG)
		return look(wanted, event);
	interrupted = wait_event_interruptible(&current_process()->wait,
					       (result = look(wanted, event)) != 0);
	/* The memory of children that have ended. */
	thread_reap();
	return result ?: interrupted;
}

static long do_wait4(s32 pid, void __user *status, u32 options, void __user *usage)
{
	struct wanted wanted = { .options = options | WEXITED };
	struct rusage used;
	struct event event;
	int result;

	if (options & ~(WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WALL | __WCLONE))
		return -EINVAL;
	if (pid == INT_MIN)
		return -ESRCH;
	if (pid > 0) {
		wanted.kind = ONE_CHILD;
		wanted.number = (u32)pid;
	} else if (pid != -1) {
		wanted.kind = ONE_GROUP;
		wanted.number = pid ? (u32)-pid : current_process()->group;
	}
	result = wait_for_event(&wanted, &event);
	if (result <= 0)
		return result;
	if (status && put_user_u32(event.status, status))
		return -EFAULT;
	if (!usage)
		return (long)event.id;
	rusage_fill(&used, event.user_ns, event.kernel_ns);
	return copy_to_user(usage, &used, sizeof(used)) ? -EFAULT : (long)event.id;
}

SYSCALL(114, wait4)
{
	return do_wait4((s32)ARG1(regs), (void __user *)ARG2(regs), ARG3(regs),
			(void __user *)ARG4(regs));
}

SYSCALL(7, waitpid)
{
	return do_wait4((s32)ARG1(regs), (void __user *)ARG2(regs), ARG3(regs), NULL);
}

/* --- waitid(2) -------------------------------------------------------------------------------- */

/* The words of siginfo_t that waitid(2) stores: signal, errno, code, pid, uid, status. */
static int put_siginfo(void __user *to, const struct event *event)
{
	u32 words[6] = { 0 }, signal = event->status & 0x7f;

	if (event->id) {
		words[0] = SIGCHLD;
		words[2] = event->status == STATUS_CONTINUED ? CLD_CONTINUED
			   : signal == 0x7f                  ? CLD_STOPPED
			   : !signal                         ? CLD_EXITED
			   : event->status & 0x80            ? CLD_DUMPED
							     : CLD_KILLED;
		words[3] = event->id;
		words[5] = event->status == STATUS_CONTINUED ? SIGCONT
			   : signal && signal != 0x7f        ? signal
							     : event->status >> 8 & 0xff;
	}
	return copy_to_user(to, words, sizeof(words)) ? -EFAULT : 0;
}

SYSCALL(284, waitid)
{
	u32 options = ARG4(regs);
	struct wanted wanted = { .number = ARG2(regs), .options = options };
	struct event event = { 0 };
	struct rusage used;
	int result;

	if (options & ~(WNOHANG | WUNTRACED | WEXITED | WCONTINUED | WNOWAIT | __WNOTHREAD |
			__WALL | __WCLONE) ||
	    !(options & (WUNTRACED | WEXITED | WCONTINUED)))
		return -EINVAL;
	/* P_ALL, P_PID, P_PGID have the values of the enumeration. */
	if (ARG1(regs) > ONE_GROUP || (ARG1(regs) == ONE_CHILD && (s32)wanted.number <= 0) ||
	    (ARG1(regs) == ONE_GROUP && (s32)wanted.number < 0))
		return -EINVAL;
	wanted.kind = (enum wait_for)ARG1(regs);
	if (wanted.kind == ONE_GROUP && !wanted.number)
		wanted.number = current_process()->group;
	result = wait_for_event(&wanted, &event);
	if (result < 0)
		return result;
	if (!result)
		event.id = 0;
	rusage_fill(&used, event.user_ns, event.kernel_ns);
	if (result && ARG5(regs) && copy_to_user((void __user *)ARG5(regs), &used, sizeof(used)))
		return -EFAULT;
	return ARG3(regs) ? put_siginfo((void __user *)ARG3(regs), &event) : 0;
}
