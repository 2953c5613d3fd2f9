/* SPDX-License-Identifier: MIT */
#include <asm/time.h>
#include <kernel/command.h>
#include <kernel/console.h>
#include <kernel/report_section.h>
#include <lib/errno.h>
#include <lib/parse.h>
#include <lib/string.h>
#include <process/numbers.h>
#include <process/proc.h>
#include <process/task.h>
#include <thread/thread.h>

/*
 * Reports about processes, and what each costs.
 *
 * A process is copied into a struct entry with process_lock held, and printed without it. The next
 * one is then found by its number. So the list is no snapshot, but a long list never keeps the
 * lock.
 */

struct entry {
	u32 id, parent, group, session, nr_tasks;
	char state;
	unsigned long vsz, rss, tables; /* pages */
	unsigned long top;              /* physical address of the page tables */
	u32 lowmem;                     /* bytes */
	u64 ns;
	char name[THREAD_NAME];
};

static char state_of(const struct process *process)
{
	const struct task *task;

	if (process->zombie)
		return 'Z';
	if (process->signals.stopped)
		return 'T';
	list_for_each_entry(task, &process->tasks, link)
		if (task->thread->state == THREAD_RUNNABLE)
			return 'R';
	return 'S';
}

static void describe(const struct process *process, struct entry *entry)
{
	const struct mm *mm = process_mm(process);
	u64 kernel_ns;

	*entry = (struct entry){
		.id = process->id,
		.parent = process->parent_id,
		.group = process->group,
		.session = process->session,
		.nr_tasks = process->nr_tasks,
		.state = state_of(process),
		.lowmem = READ_ONCE(process->account.low) +
			  process->nr_tasks * (u32)THREAD_STACK_SIZE,
	};
	strscpy(entry->name, process->name, sizeof(entry->name));
	process_times(process, &entry->ns, &kernel_ns);
	entry->ns += kernel_ns;
	if (!mm)
		return;
	entry->vsz = mm->nr_pages;
	entry->rss = mm->anon_pages + mm->file_pages + mm->shmem_pages;
	entry->tables = mm->pagetable.nr_tables;
	entry->top = mm->pagetable.cr3;
	entry->lowmem += sizeof(*mm);
}

/* Finds the process with the smallest number from @id on. */
static bool next_process(u32 id, struct entry *entry)
{
	unsigned long flags = spin_lock_irqsave(&process_lock);
	const struct process *process, *best = NULL;

	for_each_process(process)
		if (process->id >= id && (!best || process->id < best->id))
			best = process;
	if (best)
		describe(best, entry);
	spin_unlock_irqrestore(&process_lock, flags);
	return best;
}

#define KIB(pages) ((pages) * (PAGE_SIZE / SZ_1K))

static int procs(int argc, char **argv)
{
	struct entry e = { 0 };

	console_printf("  PID  PPID S  THR   VSZ KiB   RSS KiB  TABLES  LOWMEM     TIME NAME\n");
	while (next_process(e.id + 1, &e)) {
		u32 ms = (u32)(e.ns / 1000000);

		console_printf("%5u %5u %c %4u %9lu %9lu %7lu %7lu %4u.%03u %s\n", e.id, e.parent,
			       e.state, e.nr_tasks, KIB(e.vsz), KIB(e.rss), KIB(e.tables),
			       e.lowmem / SZ_1K, ms / 1000, ms % 1000, e.name);
	}
	return 0;
}
PROMPT_COMMAND("procs", "", "processes, and the memory that each costs, in KiB", procs);

static void processes_section(struct json *json)
{
	struct entry e = { 0 };

	json_number(json, "limit", tasks_limit());
	json_array(json, "processes");
	while (next_process(e.id + 1, &e)) {
		const char state[2] = { e.state };

		json_object(json, NULL);
		json_number(json, "id", e.id);
		json_number(json, "parent", e.parent);
		json_number(json, "group", e.group);
		json_number(json, "session", e.session);
		json_string(json, "state", state);
		json_string(json, "name", e.name);
		json_number(json, "tasks", e.nr_tasks);
		json_number(json, "mapped", e.vsz);
		json_number(json, "resident", e.rss);
		json_number(json, "tables", e.tables);
		json_number(json, "page_table", e.top);
		json_number(json, "lowmem_bytes", e.lowmem);
		json_number(json, "cpu_ns", e.ns);
		json_object_end(json);
	}
	json_array_end(json);
}
REPORT_SECTION(605, "processes", processes_section);

/* --- one process ------------------------------------------------------------------------------ */

static bool parse_id(const char *command, const char *text, u32 *id)
{
	if (parse_u32(text, NUMBER_MAX, id) == 0 && *id)
		return true;
	console_printf("%s: '%s', expected the number of a process; `procs` lists them\n", command,
		       text);
	return false;
}

static int no_process(const char *command, u32 id)
{
	console_printf("%s: there is no process %u; `procs` lists them\n", command, id);
	return -ESRCH;
}

static int maps(int argc, char **argv)
{
	const struct process *process;
	struct mm *mm = NULL;
	unsigned long flags;
	u32 id;

	if (!parse_id("maps", argv[1], &id))
		return -EINVAL;
	flags = spin_lock_irqsave(&process_lock);
	process = process_find(id);
	if (process)
		mm = process_mm(process);
	if (mm)
		mm_get(mm);
	spin_unlock_irqrestore(&process_lock, flags);
	if (!mm)
		return no_process("maps", id);
	vm_show_maps(mm, console_printf);
	mm_put(mm);
	return 0;
}
PROMPT_COMMAND("maps", "PID", "the areas of the memory of a process", maps, .example = "maps 1");

static int kill(int argc, char **argv)
{
	struct signal_info info = { .signal = SIGTERM, .code = SI_KERNEL };
	struct process *process;
	unsigned long flags;
	u32 id, signal = SIGTERM;

	if (!parse_id("kill", argv[1], &id))
		return -EINVAL;
	if (argc > 2 && (parse_u32(argv[2], NSIG, &signal) || !signal)) {
		console_printf("kill: '%s', expected the number of a signal, 1 to %d\n", argv[2],
			       NSIG);
		return -EINVAL;
	}
	info.signal = (int)signal;
	flags = spin_lock_irqsave(&process_lock);
	process = process_find(id);
	if (process && !process->zombie)
		signal_send_process(process, &info);
	spin_unlock_irqrestore(&process_lock, flags);
	return process ? 0 : no_process("kill", id);
}
PROMPT_COMMAND("kill", "PID [SIGNAL]", "send a signal to a process", kill, .example = "kill 7 9");
