/* SPDX-License-Identifier: MIT */
#include <asm/cpus.h>
#include <asm/irqflags.h>
#include <kernel/command.h>
#include <kernel/console.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>
#include <mm/kmap_local.h>
#include <play/blocks.h>
#include <sched/wait.h>
#include <thread/thread.h>

/*
 * `kmaplocal` shows the other kind of mapping. A kmap_local mapping belongs to one thread, and the
 * prompt's thread cannot keep one between two commands: its own commands use the slots, too. So a
 * thread of its own, the keeper, makes the mappings, and the prompt sends it requests:
 *
 *	prompt                          keeper
 *	request = map page ── wakes ──▶ kmap_local_page(page)
 *	waits         ◀── wakes ─────── request = none
 *	                                sleeps, with the mappings
 *
 * While the keeper sleeps, another thread has its CPU, so its slots are empty and the pages are
 * saved in its struct thread: `kmapinfo slots` shows both. `kmaplocal run` lets the keeper spin:
 * then the slots of its CPU map the pages. The keeper is bound to the last CPU, which handles no
 * device interrupts if there are several.
 *
 * The mappings are a stack. So `release` ends them in reverse order only (handles.c), and the
 * deepest one has the largest `depth`. The last KEPT_FREE slots stay free for interrupt handlers,
 * which map their pages above those of the thread that they interrupt.
 */

#define KEPT_FREE  4
#define MOST_DEPTH (KMAP_LOCAL_DEPTH - KEPT_FREE)

static struct thread *keeper;
static bool keeper_runs;
static unsigned int depth; /* number of mappings */

/* One request at a time: the prompt sets it, and the keeper sets it back to NOTHING. */
static struct {
	enum { NOTHING, MAP, UNMAP } what;
	const struct page *page;
	char *addr;
} request;
static struct wait_queue work, done;

static bool request_waits(void)
{
	return __atomic_load_n(&request.what, __ATOMIC_ACQUIRE) != NOTHING;
}

/* --- the keeper ------------------------------------------------------------------------------- */

static void serve(void)
{
	if (!request_waits())
		return;
	if (request.what == MAP)
		request.addr = kmap_local_page(request.page);
	else
		kunmap_local(request.addr);
	__atomic_store_n(&request.what, NOTHING, __ATOMIC_RELEASE);
	wake_up(&done);
}

static int keep_mappings(void *unused)
{
	while (!kthread_should_stop()) {
		serve();
		if (READ_ONCE(keeper_runs))
			cpu_relax();
		else
			wait_event(&work, request_waits() || kthread_should_stop() ||
						  READ_ONCE(keeper_runs));
	}
	return 0;
}

static u32 last_cpu(void)
{
	u32 cpu, last = 0;

	for_each_online_cpu(cpu)
		last = cpu;
	return last;
}

static bool start_keeper(void)
{
	if (keeper)
		return true;
	WRITE_ONCE(keeper_runs, false);
	keeper = kthread_create(keep_mappings, NULL, "kmaplocal");
	if (!keeper)
		return false;
	kthread_bind(keeper, last_cpu());
	wake_up_process(keeper);
	return true;
}

static void stop_keeper(void)
{
	kthread_stop(keeper);
	keeper = NULL;
}

/* --- requests --------------------------------------------------------------------------------- */

/* The reports of the next command show the keeper in its slots, or with saved mappings. */
static void wait_until_it(bool runs)
{
	while (READ_ONCE(keeper->on_cpu) != runs && num_online_cpus() > 1)
		msleep(1);
}

static void send(int what)
{
	__atomic_store_n(&request.what, what, __ATOMIC_RELEASE);
	wake_up(&work);
	wait_event(&done, !request_waits());
	wait_until_it(keeper_runs);
}

static char *map(const struct page *page)
{
	request.page = page;
	send(MAP);
	depth++;
	return request.addr;
}

static void unmap(struct handle *handle)
{
	request.addr = handle->addr;
	send(UNMAP);
	if (--depth == 0)
		stop_keeper();
}

static void describe(const struct handle *handle, char *text)
{
	if (is_direct_map(handle->addr))
		snprintf(text, HANDLE_TEXT, "%p, lowmem, needs no slot", handle->addr);
	else
		snprintf(text, HANDLE_TEXT, "%p on CPU %u, thread's mapping %u", handle->addr,
			 keeper->cpu, handle->depth);
}

static const struct handle_ops local_ops = { .release = unmap, .describe = describe };

/* --- the command ------------------------------------------------------------------------------ */

static int run_or_sleep(const char *word)
{
	if (!keeper) {
		console_printf("kmaplocal %s: there is no mapping, expected `kmaplocal N` first\n",
			       word);
		return -ENOENT;
	}
	WRITE_ONCE(keeper_runs, strcmp(word, "run") == 0);
	wake_up(&work);
	wait_until_it(keeper_runs);
	console_printf("the thread 'kmaplocal' %s on CPU %u, its mappings are %s\n",
		       keeper_runs ? "runs" : "sleeps", keeper->cpu,
		       keeper_runs ? "in the slots of that CPU" : "saved");
	return 0;
}

static int map_locally(char **argv, const struct handle *from, const struct page *page)
{
	struct handle *handle;

	if (depth == MOST_DEPTH) {
		console_printf("kmaplocal: the thread has %u mappings, expected fewer: the last %u "
			       "of %u slots\nare for interrupts; `release` a mapping first\n",
			       depth, KEPT_FREE, KMAP_LOCAL_DEPTH);
		return -EBUSY;
	}
	handle = handle_new(&local_ops, argv);
	if (!handle)
		return -ENOSPC;
	if (!start_keeper()) {
		handle_drop(handle);
		console_printf("kmaplocal: no memory for a thread; `meminfo` shows what is free\n");
		return -ENOMEM;
	}
	handle->addr = map(page);
	handle->size = PAGE_SIZE;
	handle->depth = depth;
	handle_set_add(&handle->maps, from);
	handle_made(handle);
	return 0;
}

static int kmaplocal(int argc, char **argv)
{
	const struct handle *from;
	const struct page *page;

	if (argc == 2 && (strcmp(argv[1], "run") == 0 || strcmp(argv[1], "sleep") == 0))
		return run_or_sleep(argv[1]);
	from = handle_pages("kmaplocal", argv[1]);
	page = from ? handle_page("kmaplocal", from, argv[2]) : NULL;
	return page ? map_locally(argv, from, page) : -EINVAL;
}

static void list_words(const char *prefix, word_offer_fn *offer, void *arg)
{
	offer(arg, "run");
	offer(arg, "sleep");
	handle_list(prefix, offer, arg);
}
PROMPT_COMMAND("kmaplocal", "N|run|sleep [PAGE]", "let a thread map a page; or let it run, sleep",
	       kmaplocal, .words = list_words,
	       .example = "alloc 0; kmaplocal 1; kmapinfo slots; kmaplocal run");
