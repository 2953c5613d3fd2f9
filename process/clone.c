/* SPDX-License-Identifier: MIT */
#include <kernel/syscall.h>
#include <lib/errno.h>
#include <process/exit.h>
#include <process/limits.h>
#include <process/task.h>
#include <process/tls.h>

/*
 * fork(2), vfork(2) and clone(2): a new task that continues at the same instruction as the old one,
 * with 0 as the result of the call.
 *
 *	            address space    files     process
 *	fork        copy on write    copy      new
 *	vfork       shared           copy      new; the parent waits until it is left
 *	a thread    shared           shared    the same
 *
 * The frame of the caller's registers is copied to the top of the new stack. The new thread returns
 * to ring 3 through it, as if it had made the call.
 *
 * All that can fail comes before task_start(). Not supported are combinations that threads of today
 * do not use: handlers of signals that two processes share (CLONE_SIGHAND without CLONE_THREAD),
 * and namespaces. The current directory belongs to the open files here, so CLONE_FS without
 * CLONE_FILES gives a copy.
 */

#define CSIGNAL              0x000000ffu
#define CLONE_VM             0x00000100u
#define CLONE_FS             0x00000200u
#define CLONE_FILES          0x00000400u
#define CLONE_SIGHAND        0x00000800u
#define CLONE_PIDFD          0x00001000u
#define CLONE_VFORK          0x00004000u
#define CLONE_PARENT         0x00008000u
#define CLONE_THREAD         0x00010000u
#define CLONE_SETTLS         0x00080000u
#define CLONE_PARENT_SETTID  0x00100000u
#define CLONE_CHILD_CLEARTID 0x00200000u
#define CLONE_CHILD_SETTID   0x01000000u
#define CLONE_NAMESPACES     0x7e020000u /* NEWNS, NEWCGROUP, ..., NEWNET */

/* Arguments of clone(2). */
struct clone {
	u32 flags, stack;
	u32 parent_tid, child_tid, tls;
};

static int check(const struct clone *clone)
{
	u32 flags = clone->flags;

	if (flags & (CLONE_PIDFD | CLONE_NAMESPACES))
		return -EINVAL;
	if (flags & CLONE_SIGHAND && !(flags & CLONE_VM))
		return -EINVAL;
	if (!(flags & CLONE_THREAD) != !(flags & CLONE_SIGHAND))
		return -EINVAL;
	if ((flags & CSIGNAL) > NSIG)
		return -EINVAL;
	/* The children of process 1 must not become its brothers. */
	if (flags & CLONE_PARENT && current_process()->id == 1)
		return -EINVAL;
	return 0;
}

/* The first function of the new thread. */
static int begin(void *arg)
{
	struct task *task = arg;

	if (task->set_child_tid)
		put_user_u32(task->id, (void __user *)task->set_child_tid);
	user_enter(user_frame(&task->context));
}

/* Gives the new thread its address space and its files. */
static int share_or_copy(struct thread *thread, u32 flags)
{
	int err = -ENOMEM;

	thread->files = current->files;
	if (flags & CLONE_FILES)
		files_get(thread->files);
	else
		thread->files = files_copy(thread->files);
	if (!thread->files)
		return -ENOMEM;
	thread->mm = current->mm;
	if (flags & CLONE_VM)
		mm_get(thread->mm);
	else
		thread->mm = mm_fork(thread->mm, &err);
	if (thread->mm)
		return 0;
	files_put(thread->files);
	return err;
}

static struct task *make_task(struct process *process, const struct trap_frame *regs,
			      const struct clone *clone, int *error)
{
	struct task *me = current_task(), *task;
	struct trap_frame *frame;

	task = task_create(process, me, begin, NULL, me->process->limits[RLIMIT_NPROC].soft, error);
	if (!task)
		return NULL;
	frame = user_frame(&task->context);
	*frame = *regs;
	frame->eax = 0;
	if (clone->stack)
		frame->esp = clone->stack;
	if (clone->flags & CLONE_CHILD_SETTID)
		task->set_child_tid = clone->child_tid;
	if (clone->flags & CLONE_CHILD_CLEARTID)
		task->clear_child_tid = clone->child_tid;
	*error = 0;
	if (clone->flags & CLONE_SETTLS)
		*error = tls_set(&task->context, (void __user *)clone->tls, false);
	if (!*error)
		*error = share_or_copy(task->thread, clone->flags);
	if (!*error) {
		task->context.pagetable = &task->thread->mm->pagetable;
		return task;
	}
	task_destroy(task);
	return NULL;
}

/*
 * The file of a program is not written to as long as any process runs it. execve(2) changes it only
 * when the process has one task, so the running task needs no lock here.
 */
static void share_exe(struct process *process, const struct process *parent)
{
	if (!parent->exe || exe_deny_write(parent->exe))
		return;
	file_get(parent->exe);
	process->exe = parent->exe;
}

/*
 * Waits for the child. A deadly signal ends the wait: then the child no longer knows of the
 * completion, which is on this stack.
 */
static void vfork_wait(struct process *child_unless_done, struct completion *done)
{
	struct process *me = current_process();
	const sigset_t kill = SIG_BIT(SIGKILL);
	struct waiter waiter = { 0 };
	unsigned long flags;

	while (!READ_ONCE(done->done) && !task_must_end(current_task()) &&
	       !((me->signals.pending.set | current_task()->signals.pending.set) & kill))
		wait_step(&done->waiters, &waiter);
	finish_wait(&done->waiters, &waiter);
	flags = spin_lock_irqsave(&process_lock);
	if (!done->done)
		child_unless_done->vfork_done = NULL;
	spin_unlock_irqrestore(&process_lock, flags);
}

static long do_clone(const struct trap_frame *regs, const struct clone *clone)
{
	struct process *me = current_process(), *process = me;
	struct completion done = { 0 };
	u32 flags = clone->flags, id;
	struct task *task;
	int err = check(clone);

	if (err)
		return err;
	if (!(flags & CLONE_THREAD)) {
		process = process_create(me);
		if (!process)
			return -ENOMEM;
		process->exit_signal = (int)(flags & CSIGNAL);
		if (flags & CLONE_PARENT)
			process->exit_signal = me->exit_signal;
		if (flags & CLONE_VFORK)
			process->vfork_done = &done;
	}
	task = make_task(process, regs, clone, &err);
	if (!task) {
		if (process != me)
			process_free(process);
		return err;
	}
	if (process != me)
		share_exe(process, me);
	task_start(task, me, flags & CLONE_PARENT, 0);
	id = task->id;
	if (flags & CLONE_PARENT_SETTID)
		put_user_u32(id, (void __user *)clone->parent_tid);
	/* The parent mostly waits for the child, or starts another one. */
	wake_up_process_lazily(task->thread);
	if (flags & CLONE_VFORK && process != me)
		vfork_wait(process, &done);
	return (long)id;
}

SYSCALL(2, fork)
{
	return do_clone(regs, &(struct clone){ .flags = SIGCHLD });
}

SYSCALL(190, vfork)
{
	return do_clone(regs, &(struct clone){ .flags = CLONE_VM | CLONE_VFORK | SIGCHLD });
}

SYSCALL(120, clone)
{
	return do_clone(regs, &(struct clone){ .flags = ARG1(regs),
					       .stack = ARG2(regs),
					       .parent_tid = ARG3(regs),
					       .tls = ARG4(regs),
					       .child_tid = ARG5(regs) });
}
