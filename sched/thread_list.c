/* SPDX-License-Identifier: MIT */
#include <asm/page.h>
#include <asm/trap_report.h>
#include <kernel/command.h>
#include <kernel/console.h>
#include <kernel/panic.h>
#include <kernel/report_section.h>
#include <kernel/spinlock.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>
#include <sched/thread_list.h>

/*
 * The list of all threads, including the idle thread of each CPU. The scheduler does not need it.
 * It serves reports such as `ps`, and answers whether any thread is left that can still make
 * progress.
 */

/* Guards the list and the thread numbers. The scheduler's lock may be acquired while it is held. */
static spinlock_t threads_lock;
static LIST_HEAD(threads); /* in order of their numbers */
static u32 next_id;

static struct thread idle_threads[NR_CPUS];

#define for_each_thread(thread) list_for_each_entry(thread, &threads, all)

void thread_list_add(struct thread *thread)
{
	unsigned long flags = spin_lock_irqsave(&threads_lock);

	thread->id = next_id++;
	list_add_tail(&thread->all, &threads);
	spin_unlock_irqrestore(&threads_lock, flags);
}

void thread_list_remove(struct thread *thread)
{
	unsigned long flags = spin_lock_irqsave(&threads_lock);

	list_del(&thread->all);
	spin_unlock_irqrestore(&threads_lock, flags);
}

const char *thread_name(const struct thread *thread, char name[THREAD_NAME])
{
	unsigned long flags = spin_lock_irqsave(&threads_lock);
	const struct thread *known;

	strscpy(name, "ended", THREAD_NAME);
	for_each_thread(known)
		if (known == thread)
			strscpy(name, known->name, THREAD_NAME);
	spin_unlock_irqrestore(&threads_lock, flags);
	return name;
}

u32 threads_count(void)
{
	unsigned long flags = spin_lock_irqsave(&threads_lock);
	const struct thread *thread;
	u32 count = 0;

	for_each_thread(thread)
		count++;
	spin_unlock_irqrestore(&threads_lock, flags);
	return count;
}

/* --- does any thread make progress? ----------------------------------------------------------- */

static bool is_idle_thread(const struct thread *thread)
{
	return thread >= idle_threads && thread < idle_threads + NR_CPUS;
}

/* The caller holds threads_lock. */
static bool joins_another(const struct thread *thread)
{
	const struct thread *other;

	for_each_thread(other)
		if (READ_ONCE(other->joiner) == thread && !READ_ONCE(other->finished))
			return true;
	return false;
}

/* Once a thread has ended, the thread that joins it will run again. */
static bool keeps_waiting(const struct thread *thread, bool (*waits)(const struct thread *thread))
{
	if (is_idle_thread(thread) || READ_ONCE(thread->service))
		return true;
	if (READ_ONCE(thread->finished))
		return thread->detached || !READ_ONCE(thread->joiner);
	return waits(thread) || joins_another(thread);
}

bool threads_all_wait(bool (*waits)(const struct thread *thread))
{
	unsigned long flags = spin_lock_irqsave(&threads_lock);
	const struct thread *thread;
	bool all = true;

	for_each_thread(thread)
		all = all && keeps_waiting(thread, waits);
	spin_unlock_irqrestore(&threads_lock, flags);
	return all;
}

static void show_current(printf_fn *out)
{
	if (this_cpu(current_thread))
		out("CPU %u, thread '%s'\n", smp_processor_id(), current->name);
}
PANIC_CONTEXT(show_current);

/* Takes no lock, because the code that faulted may hold it. */
static const char *name_by_guard(unsigned long vaddr)
{
	const struct thread *thread;

	for_each_thread(thread)
		if (vaddr < (unsigned long)thread->stack &&
		    vaddr >= (unsigned long)thread->stack - PAGE_SIZE)
			return thread->name;
	return NULL;
}

void thread_adopt(char *stack, char *stack_end)
{
	u32 cpu = smp_processor_id();
	struct thread *idle = &idle_threads[cpu];

	snprintf(idle->name, sizeof(idle->name), "idle/%u", cpu);
	idle->stack = stack;
	idle->stack_end = stack_end;
	sched_init_cpu(idle);
	thread_list_add(idle);
	trap_use_stack_names(name_by_guard);
}

/* --- the report ------------------------------------------------------------------------------- */

static const char *state_name(const struct thread *thread)
{
	if (thread->on_cpu)
		return "running";
	if (thread->state == THREAD_DEAD)
		return "dead";
	return thread->state == THREAD_SLEEPING && !thread->queued ? "sleeping" : "ready";
}

struct line {
	u32 id, cpu, kmaps;
	const char *state;
	char name[16];
};

/* Finds the thread with the smallest number that is at least `id`; false if there is none. */
static bool next_line(u32 id, struct line *line)
{
	unsigned long flags = spin_lock_irqsave(&threads_lock);
	const struct thread *best = NULL, *thread;

	for_each_thread(thread)
		if (thread->id >= id && (!best || thread->id < best->id))
			best = thread;
	if (best) {
		*line = (struct line){ .id = best->id,
				       .cpu = best->cpu,
				       .kmaps = best->kmaps.nr,
				       .state = state_name(best) };
		strscpy(line->name, best->name, sizeof(line->name));
	}
	spin_unlock_irqrestore(&threads_lock, flags);
	return best != NULL;
}

/* A thread that begins to run meanwhile has no saved mappings any more, and is left out. */
bool thread_list_next_kmaps(u32 id, struct saved_kmaps *saved)
{
	unsigned long flags = spin_lock_irqsave(&threads_lock);
	const struct thread *best = NULL, *thread;

	for_each_thread(thread)
		if (thread->id >= id && READ_ONCE(thread->kmaps.nr) &&
		    (!best || thread->id < best->id))
			best = thread;
	if (best) {
		*saved = (struct saved_kmaps){ .id = best->id,
					       .cpu = best->cpu,
					       .kmaps = best->kmaps };
		strscpy(saved->name, best->name, THREAD_NAME);
	}
	spin_unlock_irqrestore(&threads_lock, flags);
	return best != NULL;
}

static int ps(int argc, char **argv)
{
	struct line line;

	console_printf("  PID CPU STATE    NAME\n");
	for (u32 id = 0; next_line(id, &line); id = line.id + 1)
		console_printf("%5u %3u %-8s %s\n", line.id, line.cpu, line.state, line.name);
	return 0;
}
PROMPT_COMMAND("ps", "", "the threads", ps, .example = "alloc 0; kmaplocal 1; ps");

static void threads_section(struct json *json)
{
	struct line line;

	json_array(json, "threads");
	for (u32 id = 0; next_line(id, &line); id = line.id + 1) {
		json_object(json, NULL);
		json_number(json, "id", line.id);
		json_number(json, "cpu", line.cpu);
		json_string(json, "state", line.state);
		json_string(json, "name", line.name);
		json_number(json, "kmap_local_saved", line.kmaps);
		json_object_end(json);
	}
	json_array_end(json);
}
REPORT_SECTION(600, "threads", threads_section);
