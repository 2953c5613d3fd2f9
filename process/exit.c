/* SPDX-License-Identifier: MIT */
#include <fs/cred.h>
#include <fs/terminal.h>
#include <kernel/syscall.h>
#include <lib/errno.h>
#include <process/exit.h>
#include <process/futex.h>
#include <process/numbers.h>
#include <process/task.h>
#include <thread/thread.h>

/*
 * The end of tasks and processes.
 *
 * A task ends itself: nothing else can free what it is using. To end another one, the kernel sets
 * process->exiting (or process->survivor, for execve(2)) and makes it look: on its way back to ring
 * 3 it finds task_must_end(), and calls task_exit().
 *
 *	task ends    address space, open files     the last one: the file of the program
 *	             ── process_lock ──────────
 *	             its number, its place         the last one: children get another parent, the
 *	                                           process becomes a zombie, the parent gets SIGCHLD
 *	             ──────────────────────────
 *	             struct task, then the thread
 *
 * A zombie is a process without tasks. It keeps its number and its status until the parent asks
 * with wait4(2). If nothing will ever ask, the process is freed at once.
 */

/* --- the file of the program ------------------------------------------------------------------ */

int exe_deny_write(struct file *file)
{
	s32 writers = READ_ONCE(file->object->writers);

	do {
		if (writers > 0)
			return -ETXTBSY;
	} while (!__atomic_compare_exchange_n(&file->object->writers, &writers, writers - 1, false,
					      __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
	return 0;
}

void exe_allow_write(struct file *file)
{
	__atomic_fetch_add(&file->object->writers, 1, __ATOMIC_SEQ_CST);
}

void exe_set(struct process *process, struct file *file)
{
	unsigned long flags = spin_lock_irqsave(&process_lock);
	struct file *old = process->exe;

	process->exe = file; /* /proc looks at it with the lock held */
	spin_unlock_irqrestore(&process_lock, flags);
	if (!old)
		return;
	exe_allow_write(old);
	file_put(old);
}

/* --- the address space ------------------------------------------------------------------------ */

void task_change_mm(struct task *task, struct mm *new)
{
	struct mm *mm = current->mm;
	unsigned long flags;

	if (mm && task->clear_child_tid && READ_ONCE(mm->users) > 1) {
		put_user_u32(0, (void __user *)task->clear_child_tid);
		futex_wake_one(task->clear_child_tid);
	}
	task->clear_child_tid = 0;
	user_context_set_pagetable(&task->context, new ? &new->pagetable : &kernel_pagetable);
	/* Reports look at the address space with the lock held. */
	flags = spin_lock_irqsave(&process_lock);
	current->mm = new;
	spin_unlock_irqrestore(&process_lock, flags);
	if (mm)
		mm_put(mm);
}

/* The completion is on the stack of the parent, which needs process_lock to go on. */
static void release_parent(struct process *process)
{
	if (process->vfork_done)
		complete_all(process->vfork_done);
	process->vfork_done = NULL;
}

void vfork_release(struct process *process)
{
	unsigned long flags = spin_lock_irqsave(&process_lock);

	release_parent(process);
	spin_unlock_irqrestore(&process_lock, flags);
}

/* --- the process ------------------------------------------------------------------------------ */

#define CORE_BIT 0x80u

struct wait_queue process_joiners;

static void send_exit_signal(struct process *process)
{
	u32 status = process->exit_status, signal = status & 0x7f;
	u64 user_ns, kernel_ns;
	struct signal_info info = {
		.signal = process->exit_signal,
		.code = !signal             ? CLD_EXITED
			: status & CORE_BIT ? CLD_DUMPED
					    : CLD_KILLED,
	};

	process_times(process, &user_ns, &kernel_ns);
	info.word[0] = process->id;
	info.word[2] = signal ?: status >> 8;
	info.word[3] = (u32)(user_ns / 10000000);
	info.word[4] = (u32)(kernel_ns / 10000000);
	signal_send_process(process->parent, &info);
}

/* Tells the parent of a zombie; or frees the zombie, if nothing will ask for its status. */
static void announce(struct process *process)
{
	struct process *parent = process->parent;
	bool forget = !parent;

	if (process->kernel_waits) {
		wake_up_all(&process_joiners);
		return;
	}
	if (parent) {
		forget = process->exit_signal == SIGCHLD && signals_autoreap(parent);
		if (process->exit_signal && signal_has_effect(parent, process->exit_signal))
			send_exit_signal(process);
		wake_up_all_lazily(&parent->wait);
	}
	if (forget)
		process_release(process);
}

/* Children of a process that ends belong to process 1, or to none. */
static void leave_children(struct process *process)
{
	struct process *child, *next, *heir = first_process;

	if (heir && (heir == process || heir->zombie))
		heir = NULL;
	list_for_each_entry_safe(child, next, &process->children, sibling) {
		list_del(&child->sibling);
		child->parent = heir;
		WRITE_ONCE(child->parent_id, heir ? heir->id : 0);
		child->exit_signal = SIGCHLD;
		if (heir)
			list_add_tail(&child->sibling, &heir->children);
		if (child->zombie)
			announce(child);
	}
}

static void end_process(struct process *process)
{
	release_parent(process);
	signals_leave_group(process);
	leave_children(process);
	if (first_process == process)
		first_process = NULL;
	process->zombie = true;
	signals_stop_timers(process);
	announce(process);
}

/* --- the task --------------------------------------------------------------------------------- */

/*
 * Counts the task as ending. Its open files are the caller's now. Returns true for the last one of
 * its process.
 */
static bool begin_end(struct task *task, u32 status, struct files **files)
{
	struct process *process = task->process;
	unsigned long flags = spin_lock_irqsave(&process_lock);
	bool last = --process->nr_live == 0;

	*files = current->files;
	current->files = NULL;
	if (!process->exiting && task->id == process->id)
		process->exit_status = status;
	spin_unlock_irqrestore(&process_lock, flags);
	return last;
}

void task_exit(u32 status)
{
	struct task *task = current_task();
	struct process *process = task->process;
	struct files *files;
	bool last = begin_end(task, status, &files);
	unsigned long flags;

	futex_exit_robust(task);
	task_change_mm(task, NULL);
	if (files)
		files_put(files);
	if (last) {
		exe_set(process, NULL);
		if (process->session == process->id)
			terminal_end_session(process->id);
	}
	flags = spin_lock_irqsave(&process_lock);
	task_forget(task);
	if (!process->nr_tasks)
		end_process(process);
	else
		wake_up_all(&process->exec_wait);
	spin_unlock_irqrestore(&process_lock, flags);
	cred_drop(current);
	thread_end();
}

void process_exit_all(u32 status)
{
	struct task *me = current_task(), *task;
	struct process *process = me->process;
	unsigned long flags = spin_lock_irqsave(&process_lock);

	if (!process->exiting) {
		process->exit_status = status;
		WRITE_ONCE(process->exiting, true);
		list_for_each_entry(task, &process->tasks, link)
			if (task != me)
				task_interrupt(task);
	}
	spin_unlock_irqrestore(&process_lock, flags);
	task_exit(status);
}

SYSCALL(1, exit)
{
	task_exit((ARG1(regs) & 0xff) << 8);
}

SYSCALL(252, exit_group)
{
	process_exit_all((ARG1(regs) & 0xff) << 8);
}
