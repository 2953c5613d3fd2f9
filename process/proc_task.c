/* SPDX-License-Identifier: MIT */
#include <asm/time.h>
#include <fs/cred.h>
#include <fs/proc/proc.h>
#include <fs/proc/text.h>
#include <fs/terminal.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <mm/kmap_local.h>
#include <process/limits.h>
#include <process/proc.h>
#include <process/task.h>
#include <vm/anon.h>
#include <vm/area.h>

/*
 * The files of /proc/PID, in Linux's formats. Each copies what it shows with process_lock held, and
 * prints without it. A value that nothing counts is 0 where a format has a place for it (stat), and
 * is left out where it would be a line of its own (status).
 *
 * An open file may outlive its process, and the number may be used again. So the process is found
 * by its number and the time at which it began.
 */

#define TICK_NS 10000000u /* of times(2): programs expect 100 a second */

#define KIB(pages) ((pages) * (PAGE_SIZE / SZ_1K))

/* process_lock is held. */
static struct process *locate(const struct proc_task *id, struct task **task)
{
	struct process *process = process_find(id->process);

	*task = NULL;
	if (!process || process->start_ns != id->start_ns)
		return NULL;
	if (!id->task) {
		if (!list_empty(&process->tasks))
			*task = list_entry(process->tasks.next, struct task, link);
		return process;
	}
	*task = task_find(id->task);
	return *task && (*task)->process == process ? process : NULL;
}

static struct mm *get_mm(const struct proc_task *id)
{
	unsigned long flags = spin_lock_irqsave(&process_lock);
	struct mm *mm = NULL;
	struct process *process;
	struct task *task;

	process = locate(id, &task);
	if (process)
		mm = process_mm(process);
	if (mm)
		mm_get(mm);
	spin_unlock_irqrestore(&process_lock, flags);
	return mm;
}

/* Never NULL: what has ended belongs to root. */
static const struct cred *get_cred(const struct proc_task *id)
{
	unsigned long flags = spin_lock_irqsave(&process_lock);
	const struct cred *cred = &root_cred;
	struct task *task;

	if (locate(id, &task) && task)
		cred = cred_of(task->thread);
	spin_unlock_irqrestore(&process_lock, flags);
	return cred;
}

/* --- stat, statm, status ---------------------------------------------------------------------- */

struct sizes {
	unsigned long mapped, resident, anon, file, shmem, locked, data, tables, text, stack,
		swapped;
	unsigned long start_brk, stack_top, arg_start, arg_end, env_start, env_end, limit;
};

struct facts {
	u32 id, process, parent, group, session, nr_tasks, cpu, exit_status, limit, nr_queued;
	int exit_signal;
	char state;
	char name[THREAD_NAME];
	u64 user_ns, kernel_ns, child_user_ns, child_kernel_ns, start_ns;
	sigset_t pending, shared, blocked, ignored, caught;
	struct kmem_account account;
	struct sizes sizes;
};

static char state_of(const struct process *process, const struct task *task, bool whole)
{
	if (process->zombie || !task)
		return 'Z';
	if (process->signals.stopped)
		return 'T';
	if (!whole)
		return task->thread->state == THREAD_RUNNABLE ? 'R' : 'S';
	list_for_each_entry(task, &process->tasks, link)
		if (task->thread->state == THREAD_RUNNABLE)
			return 'R';
	return 'S';
}

static void describe_signals(const struct process *process, const struct task *task,
			     struct facts *facts)
{
	facts->shared = process->signals.pending.set;
	facts->nr_queued = process->signals.nr_queued;
	if (task) {
		facts->pending = task->signals.pending.set;
		facts->blocked = task->signals.blocked;
	}
	for (int signal = 1; signal <= NSIG; signal++) {
		u32 handler = signals_action(&process->signals, signal)->handler;

		if (handler == SIG_IGN)
			sigset_add(&facts->ignored, signal);
		else if (handler != SIG_DFL)
			sigset_add(&facts->caught, signal);
	}
}

static void describe(const struct process *process, const struct task *task, bool whole,
		     struct facts *facts)
{
	*facts = (struct facts){
		.id = whole ? process->id : task->id,
		.process = process->id,
		.parent = process->parent_id,
		.group = process->group,
		.session = process->session,
		.nr_tasks = process->nr_tasks,
		.cpu = task ? task->thread->cpu : 0,
		.exit_status = process->zombie ? process->exit_status : 0,
		.exit_signal = process->exit_signal,
		.limit = process->limits[RLIMIT_SIGPENDING].soft,
		.state = state_of(process, task, whole),
		.child_user_ns = process->child_user_ns,
		.child_kernel_ns = process->child_kernel_ns,
		.start_ns = process->start_ns,
		.account = process->account,
	};
	strscpy(facts->name, whole ? process->name : task->thread->name, THREAD_NAME);
	if (whole) {
		process_times(process, &facts->user_ns, &facts->kernel_ns);
	} else {
		facts->user_ns = task->thread->user_ns;
		facts->kernel_ns = task->thread->kernel_ns;
	}
	describe_signals(process, task, facts);
}

static void measure(struct mm *mm, struct sizes *sizes)
{
	const struct area *area;

	down_read(&mm->lock);
	*sizes = (struct sizes){
		.mapped = mm->nr_pages,
		.resident = mm->anon_pages + mm->file_pages + mm->shmem_pages,
		.anon = mm->anon_pages,
		.file = mm->file_pages,
		.shmem = mm->shmem_pages,
		.swapped = mm->swap_pages,
		.locked = mm->locked_pages,
		.data = mm->data_pages,
		.tables = mm->pagetable.nr_tables,
		.start_brk = mm->start_brk,
		.stack_top = mm->stack_top,
		.arg_start = mm->arg_start,
		.arg_end = mm->arg_end,
		.env_start = mm->env_start,
		.env_end = mm->env_end,
	};
	for_each_area_from(area, mm, 0) {
		if (area->flags & AREA_GROWSDOWN)
			sizes->stack += area_pages(area);
		else if (area->flags & AREA_EXEC)
			sizes->text += area_pages(area);
	}
	up_read(&mm->lock);
}

/* Everything about a task. Returns 0 or -ESRCH. */
static int learn(const struct proc_task *id, struct facts *facts)
{
	unsigned long flags = spin_lock_irqsave(&process_lock);
	struct process *process;
	struct task *task;
	struct mm *mm;

	process = locate(id, &task);
	if (process)
		describe(process, task, !id->task, facts);
	spin_unlock_irqrestore(&process_lock, flags);
	if (!process)
		return -ESRCH;
	mm = get_mm(id);
	if (mm) {
		measure(mm, &facts->sizes);
		mm_put(mm);
	}
	return 0;
}

static u32 ticks(u64 ns)
{
	return (u32)(ns / TICK_NS);
}

/* The fields have the numbers of proc(5). */
static int stat_show(const struct proc_task *id, printf_fn *out)
{
	struct facts f;
	int error = learn(id, &f), terminal = 0, group = -1;
	const struct sizes *s = &f.sizes;

	if (error)
		return error;
	if (f.session && f.session == terminal_session()) {
		terminal = 0x501;
		group = (int)terminal_group();
	}
	/* 1 to 10 */
	out("%u (%s) %c %u %u %u %d %d 0 0 ", f.id, f.name, f.state, f.parent, f.group, f.session,
	    terminal, group);
	/* 11 to 21 */
	out("0 0 0 %u %u %u %u 20 0 %u 0 ", ticks(f.user_ns), ticks(f.kernel_ns),
	    ticks(f.child_user_ns), ticks(f.child_kernel_ns), f.nr_tasks);
	/* 22 to 30 */
	out("%llu %lu %lu 4294967295 0 0 %lu 0 0 ", f.start_ns / TICK_NS, s->mapped * PAGE_SIZE,
	    s->resident, s->stack_top);
	/* 31 to 38 */
	out("%u %u %u %u 0 0 0 %d ", (u32)f.pending, (u32)f.blocked, (u32)f.ignored, (u32)f.caught,
	    f.exit_signal);
	/* 39 to 52 */
	out("%u 0 0 0 0 0 0 0 %lu %lu %lu %lu %lu %u\n", f.cpu, s->start_brk, s->arg_start,
	    s->arg_end, s->env_start, s->env_end, f.exit_status);
	return 0;
}
PROC_TASK_FILE("stat", 0444, stat_show);

static int statm_show(const struct proc_task *id, printf_fn *out)
{
	struct facts f;
	int error = learn(id, &f);
	const struct sizes *s = &f.sizes;

	if (!error)
		out("%lu %lu %lu %lu 0 %lu 0\n", s->mapped, s->resident, s->file + s->shmem,
		    s->text, s->data + s->stack);
	return error;
}
PROC_TASK_FILE("statm", 0444, statm_show);

static const char *state_name(char state)
{
	switch (state) {
	case 'R':
		return "running";
	case 'T':
		return "stopped";
	case 'Z':
		return "zombie";
	default:
		return "sleeping";
	}
}

static void show_sizes(const struct sizes *s, printf_fn *out)
{
	const struct {
		const char *name;
		unsigned long pages;
	} lines[] = {
		{ "VmSize:", s->mapped }, { "VmLck:", s->locked },   { "VmRSS:", s->resident },
		{ "RssAnon:", s->anon },  { "RssFile:", s->file },   { "RssShmem:", s->shmem },
		{ "VmData:", s->data },   { "VmStk:", s->stack },    { "VmExe:", s->text },
		{ "VmPTE:", s->tables },  { "VmSwap:", s->swapped },
	};

	for (u32 i = 0; i < ARRAY_SIZE(lines); i++)
		out("%s\t%8lu kB\n", lines[i].name, KIB(lines[i].pages));
}

static void show_users(const struct proc_task *id, printf_fn *out)
{
	const struct cred *c = get_cred(id);

	out("Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\nGroups:\t", c->uid, c->euid, c->suid,
	    c->fsuid, c->gid, c->egid, c->sgid, c->fsgid);
	for (u32 i = 0; i < c->nr_groups; i++)
		out("%u ", c->groups[i]);
	out("\n");
	cred_put(c);
}

static int status_show(const struct proc_task *id, printf_fn *out)
{
	struct facts f;
	int error = learn(id, &f);

	if (error)
		return error;
	out("Name:\t%s\nState:\t%c (%s)\nTgid:\t%u\nNgid:\t0\nPid:\t%u\nPPid:\t%u\nTracerPid:\t0\n",
	    f.name, f.state, state_name(f.state), f.process, f.id, f.parent);
	show_users(id, out);
	if (f.sizes.mapped)
		show_sizes(&f.sizes, out);
	/* Not on Linux: memory of the kernel that the process has caused. */
	out("KernLow:\t%8u kB\nKernHigh:\t%8lu kB\n", f.account.low / 1024,
	    KIB((unsigned long)f.account.high));
	out("Threads:\t%u\nSigQ:\t%u/%u\n", f.nr_tasks, f.nr_queued, f.limit);
	out("SigPnd:\t%016llx\nShdPnd:\t%016llx\nSigBlk:\t%016llx\nSigIgn:\t%016llx\n"
	    "SigCgt:\t%016llx\n",
	    f.pending, f.shared, f.blocked, f.ignored, f.caught);
	return 0;
}
PROC_TASK_FILE("status", 0444, status_show);

static int comm_show(const struct proc_task *id, printf_fn *out)
{
	struct facts f;
	int error = learn(id, &f);

	if (!error)
		out("%s\n", f.name);
	return error;
}
PROC_TASK_FILE("comm", 0444, comm_show);

/* --- memory ----------------------------------------------------------------------------------- */

static int maps_show(const struct proc_task *id, printf_fn *out)
{
	struct mm *mm = get_mm(id);

	if (mm) {
		vm_show_maps(mm, out);
		mm_put(mm);
	}
	return 0;
}
PROC_TASK_FILE("maps", 0444, maps_show);

/* Copies bytes of a program. A page that it has unmapped ends the text. */
static void copy_memory(struct mm *mm, unsigned long from, unsigned long to)
{
	while (from < to) {
		size_t offset = from & ~PAGE_MASK, part = min(to - from, PAGE_SIZE - offset);
		struct page *page = vm_get_page(mm, from, AREA_READ);
		char *bytes;

		if (!page)
			return;
		bytes = kmap_local_page(page);
		text_bytes(bytes + offset, part);
		kunmap_local(bytes);
		vm_put_page(page);
		from += part;
	}
}

/* The place is that of execve(2); a program may have written something else there. */
static int show_memory(const struct proc_task *id, bool environment)
{
	struct mm *mm = get_mm(id);

	if (!mm)
		return 0;
	if (environment)
		copy_memory(mm, mm->env_start, mm->env_end);
	else
		copy_memory(mm, mm->arg_start, mm->arg_end);
	mm_put(mm);
	return 0;
}

static int cmdline_show(const struct proc_task *id, printf_fn *out)
{
	return show_memory(id, false);
}
PROC_TASK_FILE("cmdline", 0444, cmdline_show);

static int environ_show(const struct proc_task *id, printf_fn *out)
{
	return show_memory(id, true);
}
PROC_TASK_FILE("environ", 0400, environ_show);

/* --- limits ----------------------------------------------------------------------------------- */

static void show_limit(u32 limit, printf_fn *out)
{
	if (limit == RLIM_INFINITY)
		out("%-20s ", "unlimited");
	else
		out("%-20u ", limit);
}

static int limits_show(const struct proc_task *id, printf_fn *out)
{
	static const struct {
		const char *name, *unit;
	} lines[NR_RLIMITS] = {
		[RLIMIT_CPU] = { "cpu time", "seconds" },
		[RLIMIT_FSIZE] = { "file size", "bytes" },
		[RLIMIT_DATA] = { "data size", "bytes" },
		[RLIMIT_STACK] = { "stack size", "bytes" },
		[RLIMIT_CORE] = { "core file size", "bytes" },
		[RLIMIT_RSS] = { "resident set", "bytes" },
		[RLIMIT_NPROC] = { "processes", "processes" },
		[RLIMIT_NOFILE] = { "open files", "files" },
		[RLIMIT_MEMLOCK] = { "locked memory", "bytes" },
		[RLIMIT_AS] = { "address space", "bytes" },
		[RLIMIT_LOCKS] = { "file locks", "locks" },
		[RLIMIT_SIGPENDING] = { "pending signals", "signals" },
		[RLIMIT_MSGQUEUE] = { "msgqueue size", "bytes" },
		[RLIMIT_NICE] = { "nice priority", "" },
		[RLIMIT_RTPRIO] = { "realtime priority", "" },
		[RLIMIT_RTTIME] = { "realtime timeout", "us" },
	};
	struct rlimit limits[NR_RLIMITS];
	unsigned long flags = spin_lock_irqsave(&process_lock);
	struct process *process;
	struct task *task;

	process = locate(id, &task);
	if (process)
		memcpy(limits, process->limits, sizeof(limits));
	spin_unlock_irqrestore(&process_lock, flags);
	if (!process)
		return -ESRCH;
	out("%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
	for (u32 i = 0; i < NR_RLIMITS; i++) {
		out("Max %-21s ", lines[i].name);
		show_limit(limits[i].soft, out);
		show_limit(limits[i].hard, out);
		out(*lines[i].unit ? "%-10s\n" : "%s\n", lines[i].unit);
	}
	return 0;
}
PROC_TASK_FILE("limits", 0444, limits_show);

/* --- questions of fs/proc/ -------------------------------------------------------------------- */

static bool find(u32 number, u32 task_number, struct proc_task *id)
{
	unsigned long flags = spin_lock_irqsave(&process_lock);
	const struct process *process = process_find(number);
	const struct task *task = task_number ? task_find(task_number) : NULL;
	bool found = process && (!task_number || (task && task->process == process));

	if (found)
		*id = (struct proc_task){ number, task_number, process->start_ns };
	spin_unlock_irqrestore(&process_lock, flags);
	return found;
}

static u32 next(u32 number, u32 from)
{
	unsigned long flags = spin_lock_irqsave(&process_lock);
	const struct process *process = number ? process_find(number) : NULL;
	const struct task *task;
	u32 best = 0;

	if (!number) {
		for_each_process(process)
			if (process->id >= from && (!best || process->id < best))
				best = process->id;
	} else if (process) {
		list_for_each_entry(task, &process->tasks, link)
			if (task->id >= from && (!best || task->id < best))
				best = task->id;
	}
	spin_unlock_irqrestore(&process_lock, flags);
	return best;
}

static void self(struct proc_task *id)
{
	*id = (struct proc_task){ 0 };
	if (current->task)
		*id = (struct proc_task){ current_process()->id, current_task()->id,
					  current_process()->start_ns };
}

static bool lives(const struct proc_task *id)
{
	unsigned long flags = spin_lock_irqsave(&process_lock);
	struct task *task;
	bool found = locate(id, &task);

	spin_unlock_irqrestore(&process_lock, flags);
	return found;
}

static struct files *get_files(const struct proc_task *id)
{
	unsigned long flags = spin_lock_irqsave(&process_lock);
	struct files *files = NULL;
	struct task *task;

	if (locate(id, &task) && task)
		files = task->thread->files;
	if (files)
		files_get(files);
	spin_unlock_irqrestore(&process_lock, flags);
	return files;
}

static struct file *get_exe(const struct proc_task *id)
{
	unsigned long flags = spin_lock_irqsave(&process_lock);
	struct file *file = NULL;
	struct process *process;
	struct task *task;

	process = locate(id, &task);
	if (process)
		file = process->exe;
	if (file)
		file_get(file);
	spin_unlock_irqrestore(&process_lock, flags);
	return file;
}

static void owner(const struct proc_task *id, u32 *uid, u32 *gid)
{
	const struct cred *cred = get_cred(id);

	*uid = cred->euid;
	*gid = cred->egid;
	cred_put(cred);
}

void proc_tasks_init(void)
{
	static const struct proc_processes processes = {
		.find = find,
		.next = next,
		.self = self,
		.lives = lives,
		.owner = owner,
		.files = get_files,
		.exe = get_exe,
	};

	proc_use_processes(&processes);
}
