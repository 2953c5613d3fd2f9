/* SPDX-License-Identifier: MIT */
#include <fs/files.h>
#include <fs/path.h>
#include <fs/pipe.h>
#include <fs/proc/tree.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>

/*
 * The directory of a process, or of one of its tasks:
 *
 *	/proc/7 ─ "stat", "maps" ...     records of the set proc_task_files
 *	        ─ "exe", "cwd", "root"   links that lead to an inode, not to a path
 *	        ─ "fd" ─ "0", "1" ...    likewise, one for each open file
 *	        ─ "task" ─ "7", "9" ...  directories of the same kind, for each task
 *
 * A link to an inode works without a path: of a file that was removed, of a pipe. readlink(2) shows
 * the path that the file got last. Only the owner of the process and root may follow or read them.
 */

static const struct inode_ops fd_ops, list_ops;

static const struct {
	const char *name;
	u32 mode;
	const struct inode_ops *ops;
	proc_link_fn *link;
} names[] = {
	{ "exe", S_IFLNK | 0777, &proc_link_ops, proc_exe_link },
	{ "cwd", S_IFLNK | 0777, &proc_link_ops, proc_cwd_link },
	{ "root", S_IFLNK | 0777, &proc_link_ops, proc_root_link },
	{ "fd", S_IFDIR | 0500, &fd_ops, NULL },
	{ "task", S_IFDIR | 0555, &list_ops, NULL },
};

static int make(struct inode *dir, u32 mode, u32 number, const struct inode_ops *ops,
		const struct proc_inode *what, struct inode **found)
{
	*found = proc_make(dir, mode, number, what);
	if (!*found)
		return -ENOMEM;
	(*found)->fs_ops = ops;
	return 0;
}

/* Numbers of inodes within a task: 1 and up for names, then for the records of the set. */
static int task_lookup(struct inode *dir, const char *name, size_t length, struct inode **found)
{
	struct proc_inode what = { .task = proc_inode(dir)->task };
	u32 number = dir->number + 1;
	const struct proc_task_file *file;

	*found = NULL;
	if (!proc_processes->lives(&what.task))
		return -ESRCH;
	for (u32 i = 0; i < ARRAY_SIZE(names); i++, number++) {
		if (strlen(names[i].name) != length || memcmp(names[i].name, name, length) != 0 ||
		    (names[i].ops == &list_ops && what.task.task))
			continue;
		what.link = names[i].link;
		return make(dir, names[i].mode, number, names[i].ops, &what, found);
	}
	for_each_in_set(file, proc_task_files) {
		if (strlen(file->name) == length && memcmp(file->name, name, length) == 0) {
			what.task_file = file;
			if (make(dir, S_IFREG | file->mode, number, NULL, &what, found) != 0)
				return -ENOMEM;
			(*found)->ops = &proc_file_ops;
			return 0;
		}
		number++;
	}
	return 0;
}

/* A program may have the directory open when the task ends. */
static bool task_is_current(struct inode *dir, const struct inode *inode)
{
	return proc_processes->lives(&proc_inode(dir)->task);
}

static int task_readdir(struct inode *dir, u64 *cookie, filldir_fn *fill, void *arg)
{
	const struct proc_task *task = &proc_inode(dir)->task;
	const struct proc_task_file *file;
	u64 at = 2;

	if (!proc_processes->lives(task))
		return -ENOENT;
	for (u32 i = 0; i < ARRAY_SIZE(names); i++) {
		if (at++ < *cookie || (names[i].ops == &list_ops && task->task))
			continue;
		if (!fill(arg, names[i].name, strlen(names[i].name), dir->number + (u32)at - 2,
			  names[i].mode >> 12, at))
			return 0;
		*cookie = at;
	}
	for_each_in_set(file, proc_task_files) {
		if (at++ < *cookie)
			continue;
		if (!fill(arg, file->name, strlen(file->name), dir->number + (u32)at - 2,
			  S_IFREG >> 12, at))
			return 0;
		*cookie = at;
	}
	return 0;
}

const struct inode_ops proc_task_ops = {
	.lookup = task_lookup,
	.is_current = task_is_current,
	.create = proc_create,
	.readdir = task_readdir,
};

/* --- PID/task --------------------------------------------------------------------------------- */

static int list_lookup(struct inode *dir, const char *name, size_t length, struct inode **found)
{
	struct proc_inode what = { 0 };
	u32 number;

	*found = NULL;
	if (!proc_parse_number(name, length, &number) || !number ||
	    !proc_processes->find(proc_inode(dir)->task.process, number, &what.task))
		return 0;
	return make(dir, S_IFDIR | 0555, proc_task_number(&what.task), &proc_task_ops, &what,
		    found);
}

static bool list_is_current(struct inode *dir, const struct inode *inode)
{
	return inode && proc_processes->lives(&proc_inode(inode)->task);
}

static int list_readdir(struct inode *dir, u64 *cookie, filldir_fn *fill, void *arg)
{
	struct proc_task task = proc_inode(dir)->task;

	while ((task.task = proc_processes->next(task.process, (u32)*cookie - 2))) {
		if (!proc_fill_number(fill, arg, task.task, proc_task_number(&task), S_IFDIR,
				      task.task + 3))
			break;
		*cookie = task.task + 3;
	}
	return 0;
}

static const struct inode_ops list_ops = {
	.lookup = list_lookup,
	.create = proc_create,
	.is_current = list_is_current,
	.readdir = list_readdir,
};

/* --- PID/fd ----------------------------------------------------------------------------------- */

/* The rights of a link show how the file was opened. */
static u32 link_mode(const struct file *file)
{
	u32 access = file->flags & (O_ACCMODE | O_PATH);

	if (access & O_PATH)
		return S_IFLNK;
	return S_IFLNK | (access != O_WRONLY ? 0500u : 0) | (access != O_RDONLY ? 0300u : 0);
}

static int fd_lookup(struct inode *dir, const char *name, size_t length, struct inode **found)
{
	struct proc_inode what = { .task = proc_inode(dir)->task, .link = proc_fd_link };
	struct file *file;
	int error;

	*found = NULL;
	if (!proc_parse_number(name, length, &what.fd))
		return 0;
	file = proc_file_of(&what.task, what.fd);
	if (!file)
		return 0;
	what.open = file;
	error = make(dir, link_mode(file), dir->number - 3 + NUMBER_OF_FDS + what.fd,
		     &proc_link_ops, &what, found);
	file_put(file);
	return error;
}

static bool fd_is_current(struct inode *dir, const struct inode *inode)
{
	struct file *file =
		inode ? proc_file_of(&proc_inode(inode)->task, proc_inode(inode)->fd) : NULL;
	bool same = file && file == proc_inode(inode)->open;

	if (file)
		file_put(file);
	return same;
}

static int fd_readdir(struct inode *dir, u64 *cookie, filldir_fn *fill, void *arg)
{
	const struct proc_task *task = &proc_inode(dir)->task;

	for (u32 fd = (u32)*cookie - 2; fd < MOST_FILES; fd++) {
		struct file *file = proc_file_of(task, fd);

		if (file)
			file_put(file);
		if (file && !proc_fill_number(fill, arg, fd, dir->number - 3 + NUMBER_OF_FDS + fd,
					      S_IFLNK, fd + 3))
			break;
		*cookie = fd + 3;
	}
	return 0;
}

static const struct inode_ops fd_ops = {
	.lookup = fd_lookup,
	.create = proc_create,
	.is_current = fd_is_current,
	.readdir = fd_readdir,
};
