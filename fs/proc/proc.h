/* SPDX-License-Identifier: MIT */
#pragma once

#include <fs/file.h>
#include <lib/linker_set.h>
#include <lib/types.h>

/*
 * The part of /proc about processes. process/ is a layer above, so it passes its functions and its
 * files. docs/proc.md is the chapter.
 */

/**
 * struct proc_task - a process, or one of its tasks
 * @process: number of the process
 * @task: number of the task; 0: the process as a whole
 * @start_ns: when the process began: its number may be used again
 */
struct proc_task {
	u32 process, task;
	u64 start_ns;
};

/**
 * struct proc_task_file - a file in the directory of a process, in a linker set
 * @name: "status"
 * @mode: rights
 * @show: prints the text: 0, or -ESRCH if the task has ended
 * @write: takes a number that a program has written: 0 or a negative errno. NULL: nothing can be
 *	written
 */
struct proc_task_file {
	const char *name;
	u32 mode;
	int (*show)(const struct proc_task *task, printf_fn *out);
	int (*write)(const struct proc_task *task, s32 value);
};

#define PROC_TASK_FILE(name_, mode_, fn, ...)                                                  \
	static const struct proc_task_file proc_task_file_##fn LINKER_SET(proc_task_files) = { \
		.name = (name_), .mode = (mode_), .show = (fn), ##__VA_ARGS__                  \
	}

/**
 * struct proc_processes - questions to process/
 * @find: sets *@task for a process, or with a number of a task for a task; false: there is none
 * @next: smallest number of a process from @from on; of @process a task, unless it is 0. 0: none
 * @self: the running process and task; numbers 0 for a kernel thread
 * @lives: false if the task has ended
 * @owner: sets the effective user and group
 * @files: open files, with a user; NULL if the task has none any more
 * @exe: the file of the program, with a reference; or NULL
 */
struct proc_processes {
	bool (*find)(u32 process, u32 number, struct proc_task *task);
	u32 (*next)(u32 process, u32 from);
	void (*self)(struct proc_task *task);
	bool (*lives)(const struct proc_task *task);
	void (*owner)(const struct proc_task *task, u32 *uid, u32 *gid);
	struct files *(*files)(const struct proc_task *task);
	struct file *(*exe)(const struct proc_task *task);
};

/**
 * proc_use_processes() - set the functions that know processes
 * @processes: stays valid
 *
 * Context: boot, once.
 */
void proc_use_processes(const struct proc_processes *processes);
