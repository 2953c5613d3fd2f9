/* SPDX-License-Identifier: MIT */
#include <asm/time.h>
#include <fs/cred.h>
#include <kernel/panic.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <mm/kmalloc.h>
#include <process/limits.h>
#include <process/numbers.h>
#include <process/task.h>
#include <thread/thread.h>

/*
 * The objects that a program consists of, and their places:
 *
 *	struct process ── tasks ──▶ struct task ──▶ struct thread ──▶ mm, files
 *	   │ parent, children          number          stack
 *	   number
 *
 * The first task of a process is a part of struct process, since most programs have no other. Its
 * place is not used again when it ends before the process.
 *
 * A process and its first task are made together, invisible at first. task_start() is the moment in
 * which they get numbers and places, under process_lock; nothing can fail there. The end has two
 * steps: a task leaves when its thread ends, and the process is freed when its status has been
 * asked for.
 *
 * The price of a process with one task, in lowmem: 16 KiB of stack, about 4 KiB for these objects
 * and the address space, and the top of its page tables.
 */

static struct kmem_cache *process_cache, *task_cache;

struct process *first_process;

static void free_account(struct kmem_account *account)
{
	kmem_cache_free(process_cache, container_of(account, struct process, account));
}

void processes_init(void)
{
	process_cache = kmem_cache_create("process", sizeof(struct process),
					  __alignof__(struct process), 0, NULL);
	task_cache =
		kmem_cache_create("task", sizeof(struct task), __alignof__(struct task), 0, NULL);
	if (!process_cache || !task_cache)
		panic("no memory for the caches of processes");
	kmem_account_use_free(free_account);
}

/* Small copies are in line here, by the functions of the compiler: a call costs 20 instructions. */

/* --- making ----------------------------------------------------------------------------------- */

struct process *process_create(const struct process *parent)
{
	struct process *process = kmem_cache_alloc(process_cache, GFP_KERNEL);

	if (!process)
		return NULL;
	__builtin_memset(process, 0, offsetof(struct process, signals.pending));
	process->first_task.process = NULL;
	process->children.next = process->children.prev = &process->children;
	process->tasks.next = process->tasks.prev = &process->tasks;
	process->exit_signal = SIGCHLD;
	process->start_ns = time_ns();
	process->account = (struct kmem_account){ .low = sizeof(*process) };
	process->oom_score_adj = process->oom_score_adj_min = 0;
	if (parent) {
		signals_fork(process, parent);
		__builtin_memcpy(process->limits, parent->limits, sizeof(process->limits));
		__builtin_memcpy(process->name, parent->name, sizeof(process->name));
		process->oom_score_adj = parent->oom_score_adj;
		process->oom_score_adj_min = parent->oom_score_adj_min;
	} else {
		signals_init_process(process);
		limits_init(process->limits);
	}
	return process;
}

/* Open files that others use may be charged to it: the last one frees it then. */
void process_free(struct process *process)
{
	kmem_uncharge(&process->account, sizeof(*process));
}

/* The number of a process is inside it, so the last user of the number frees the process. */
static void put_process_number(struct number *number)
{
	if (number_put(number))
		process_free(container_of(number, struct process, first_task.own_number));
}

/* The first task of a process is inside it. */
static struct task *alloc_task(struct process *process)
{
	if (!process->first_task.process)
		return &process->first_task;
	return kmem_cache_alloc(task_cache, GFP_KERNEL);
}

static void free_task(struct task *task)
{
	if (task != &task->process->first_task)
		kmem_cache_free(task_cache, task);
}

/* The thread's function finds its task in the thread. */
struct task *task_create(struct process *process, const struct task *parent, int (*fn)(void *arg),
			 void *arg, u32 limit, int *error)
{
	struct task *task;

	*error = -EAGAIN;
	if (!tasks_reserve(limit))
		return NULL;
	*error = -ENOMEM;
	task = alloc_task(process);
	if (!task)
		goto no_task;
	__builtin_memset(task, 0, offsetof(struct task, signals.blocked));
	task->process = process;
	task->thread = thread_create(fn, arg ?: task, NULL);
	if (!task->thread)
		goto no_thread;
	__builtin_memcpy(task->thread->name, process->name, sizeof(process->name));
	task->number = &task->own_number;
	task->context.pagetable = &kernel_pagetable;
	task->context.esp0 = thread_stack_top(task->thread);
	signals_init_task(task, parent);
	if (parent) {
		cred_inherit(task->thread);
		__builtin_memcpy(task->context.tls, parent->context.tls, sizeof(task->context.tls));
		user_context_save_fpu(&task->context);
	} else {
		memset(task->context.tls, 0, sizeof(task->context.tls));
		user_context_init(&task->context);
	}
	task->thread->task = task;
	task->thread->account = &process->account;
	task->thread->user = &task->context;
	return task;

no_thread:
	free_task(task);
no_task:
	tasks_unreserve();
	return NULL;
}

void task_destroy(struct task *task)
{
	cred_drop(task->thread);
	thread_drop(task->thread);
	free_task(task);
	tasks_unreserve();
}

static void join_group(struct process *process, struct number *group, struct number *session)
{
	number_get(group);
	number_get(session);
	process->group_number = group;
	process->session_number = session;
	process->group = group->value;
	process->session = session->value;
}

/* The new process is in the group and the session of its creator, or in those of its own. */
static void add_process(struct process *process, struct process *creator, bool sibling)
{
	struct process *parent = creator && sibling ? creator->parent : creator;
	struct number *number = process->number;

	number->process = process;
	number_get(number);
	join_group(process, creator ? creator->group_number : number,
		   creator ? creator->session_number : number);
	list_add_tail(&process->all, &all_processes);
	process->parent = parent;
	process->parent_id = parent ? parent->id : 0;
	if (parent)
		list_add_tail(&process->sibling, &parent->children);
	if (process->id == 1)
		first_process = process;
}

void task_start(struct task *task, struct process *creator, bool sibling, u32 number)
{
	unsigned long flags = spin_lock_irqsave(&process_lock);
	struct process *process = task->process;

	number_insert(task->number, number);
	task->id = task->number->value;
	task->number->task = task;
	number_get(task->number);
	if (!process->id) {
		process->id = task->id;
		process->number = task->number;
		add_process(process, creator, sibling);
	}
	list_add_tail(&task->link, &process->tasks);
	process->nr_tasks++;
	process->nr_live++;
	if (task_must_end(task) || process->signals.stopped)
		__atomic_fetch_or(&task->thread->work, THREAD_WORK_SIGNAL, __ATOMIC_SEQ_CST);
	spin_unlock_irqrestore(&process_lock, flags);
}

/* --- the end ---------------------------------------------------------------------------------- */

void task_interrupt(struct task *task)
{
	__atomic_fetch_or(&task->thread->work, THREAD_WORK_SIGNAL, __ATOMIC_SEQ_CST);
	sched_interrupt(task->thread);
}

void task_forget(struct task *task)
{
	struct process *process = task->process;

	list_del(&task->link);
	task->number->task = NULL;
	number_put(task->number);
	process->dead_user_ns += task->thread->user_ns;
	process->dead_kernel_ns += task->thread->kernel_ns;
	process->nr_tasks--;
	signals_drop_task(task);
	/* The parent may free the process, and the task in it, once the lock is free. Ticks and the
	 * scheduler look at them until then. */
	WRITE_ONCE(current->task, NULL);
	WRITE_ONCE(current->user, NULL);
	current->account = NULL;
	tasks_unreserve();
	free_task(task);
}

static void leave_group(struct number *group, struct number *session)
{
	put_process_number(group);
	put_process_number(session);
}

void process_release(struct process *process)
{
	list_del(&process->all);
	if (process->parent)
		list_del(&process->sibling);
	process->number->process = NULL;
	signals_drop_process(process);
	leave_group(process->group_number, process->session_number);
	put_process_number(process->number);
}

void process_set_group(struct process *process, u32 group, u32 session)
{
	struct number *old_group = process->group_number, *old_session = process->session_number;

	/* The new ones first: they may be the old ones. */
	join_group(process, number_of(group), number_of(session));
	leave_group(old_group, old_session);
}

void process_times(const struct process *process, u64 *user_ns, u64 *kernel_ns)
{
	const struct task *task;

	*user_ns = process->dead_user_ns;
	*kernel_ns = process->dead_kernel_ns;
	list_for_each_entry(task, &process->tasks, link) {
		*user_ns += task->thread->user_ns;
		*kernel_ns += task->thread->kernel_ns;
	}
}
