/* SPDX-License-Identifier: MIT */
#include <drivers/input.h>
#include <fs/terminal.h>
#include <kernel/command.h>
#include <kernel/console.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <process/exec.h>
#include <process/exit.h>
#include <process/start.h>
#include <process/task.h>
#include <thread/thread.h>

/*
 * Programs that the kernel starts: `exec` at the prompt, and the first one, init=.
 *
 * A process is made as fork(2) would make it, but without a parent, and its thread begins with an
 * execve(2) whose strings are the kernel's. The caller waits until this has succeeded or failed.
 * Then it waits for the end of the process, as a parent would.
 *
 * The terminal belongs to the program meanwhile, and so do Ctrl-C and all other keys.
 */

/* Arguments of the new thread, on the stack of the thread that starts it. */
struct start {
	struct exec_args args;
	struct completion done;
	int error;
};

static const char *const environment[] = { "PATH=/bin:/usr/bin:/sbin:/usr/sbin", "HOME=/",
					   "TERM=vt100", NULL };

static int begin(void *arg)
{
	struct start *start = arg;
	struct task *task = current_task();
	struct trap_frame *frame = user_frame(&task->context);
	int error = start->error ?: exec_program(&start->args, frame);

	if (error)
		task->process->kernel_waits = false;
	start->error = error;
	complete_all(&start->done); /* *start is gone afterwards */
	if (error)
		process_exit_all(0);
	user_enter(frame);
}

static struct files *open_console(void)
{
	struct files *files = files_create();
	int err = 0;

	if (!files)
		return NULL;
	for (u32 fd = 0; fd < 3 && !err; fd++)
		err = files_open_at(files, fd, "/dev/console", O_RDWR);
	if (!err)
		return files;
	files_put(files);
	return NULL;
}

/* Returns the number of the process, whose thread has not begun yet. */
static int create(struct start *start, bool first, struct thread **thread)
{
	struct process *process = process_create(NULL);
	struct task *task;
	int err;

	if (!process)
		return -ENOMEM;
	task = task_create(process, NULL, begin, start, UINT_MAX, &err);
	if (!task) {
		process_free(process);
		return err;
	}
	task->thread->files = open_console();
	if (!task->thread->files) {
		task_destroy(task);
		process_free(process);
		return -ENOMEM;
	}
	process->kernel_waits = true;
	task_start(task, NULL, false, first ? 1 : 0);
	*thread = task->thread;
	return (int)process->id;
}

int process_start(const char *path, const char *const *argv, const char *const *envp, bool first)
{
	struct start start = { .error = 0 };
	struct thread *thread = NULL;
	int id;

	exec_args_begin(&start.args, SZ_8M);
	id = exec_args_from_kernel(&start.args, path, argv, envp);
	if (!id)
		id = create(&start, first, &thread);
	if (id > 0) {
		start.error = terminal_activate((u32)id, (u32)id);
		wake_up_process(thread);
		wait_for_completion(&start.done);
		if (start.error) {
			terminal_deactivate();
			id = start.error;
		}
	}
	exec_args_free(&start.args);
	return id;
}

/* Takes the status of a process that has ended. Returns false while it runs. */
static bool take_status(u32 id, u32 *status, int *error)
{
	unsigned long flags = spin_lock_irqsave(&process_lock);
	struct process *process = process_find(id);
	bool done = true;

	if (!process || !process->kernel_waits) {
		*error = -ECHILD;
	} else if (process->zombie) {
		*error = 0;
		*status = process->exit_status;
		process_release(process);
	} else {
		done = false;
	}
	spin_unlock_irqrestore(&process_lock, flags);
	return done;
}

int process_join(u32 id, u32 *status)
{
	int error = -ECHILD;

	wait_event(&process_joiners, take_status(id, status, &error));
	thread_reap();
	terminal_deactivate();
	/* A Ctrl-C of the program is none of the prompt. */
	console_clear_interrupted();
	return error;
}

/* --- at the prompt ---------------------------------------------------------------------------- */

int process_run(const char *path, const char *const *argv, bool first)
{
	int id = process_start(path, argv, environment, first), err;
	u32 status = 0;

	if (id < 0) {
		console_printf("%s: cannot be executed: errno %d\n", path, -id);
		return id;
	}
	err = process_join((u32)id, &status);
	if (status & 0x7f)
		console_printf("%s: ended by signal %u\n", path, status & 0x7f);
	else if (status)
		console_printf("%s: status %u\n", path, status >> 8);
	return status ? -EIO : err;
}

static int exec_command(int argc, char **argv)
{
	return process_run(argv[1], (const char *const *)argv + 1, false);
}
PROMPT_COMMAND("exec", "PATH [ARG]...", "run a program, and wait for its end", exec_command,
	       .example = "exec /bin/sh", .streams = true);
