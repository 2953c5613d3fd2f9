/* SPDX-License-Identifier: MIT */
#include <fs/cred.h>
#include <fs/files.h>
#include <fs/path.h>
#include <fs/proc/tree.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>

/*
 * Symbolic links of /proc. Some are a text that depends on the reader (self), the others lead to an
 * inode that a process uses. The path of such an inode is for readlink(2) only.
 */

static struct file *file_in(struct files *files, u32 fd)
{
	struct file *file = NULL;

	spin_lock(&files->lock);
	if (fd < files->end)
		file = (struct file *)(files->slots[fd] & ~SLOT_CLOEXEC);
	if (file)
		file_get(file);
	spin_unlock(&files->lock);
	return file;
}

struct file *proc_file_of(const struct proc_task *task, u32 fd)
{
	struct files *files = proc_processes->files(task);
	struct file *file;

	if (!files)
		return NULL;
	file = file_in(files, fd);
	files_put(files);
	return file;
}

/* --- texts ------------------------------------------------------------------------------------ */

int proc_self_link(const struct proc_inode *link, char *text, size_t size, struct inode **jump)
{
	struct proc_task task = { 0 };

	if (proc_processes)
		proc_processes->self(&task);
	snprintf(text, size, "%u", task.process);
	return task.process ? 0 : -ENOENT;
}

int proc_thread_self_link(const struct proc_inode *link, char *text, size_t size,
			  struct inode **jump)
{
	struct proc_task task = { 0 };

	if (proc_processes)
		proc_processes->self(&task);
	snprintf(text, size, "%u/task/%u", task.process, task.task);
	return task.process ? 0 : -ENOENT;
}

int proc_mounts_link(const struct proc_inode *link, char *text, size_t size, struct inode **jump)
{
	snprintf(text, size, "self/mounts");
	return 0;
}

/* --- inodes ----------------------------------------------------------------------------------- */

/* Writes what readlink(2) shows. tree_lock is held. */
static int write_path(const struct inode *inode, char *text, size_t size)
{
	char *path;
	int error;

	if (!inode->super) {
		snprintf(text, size, "%s:[%u]",
			 (inode->mode & S_IFMT) == S_IFIFO ? "pipe" : "socket", inode->number);
		return 0;
	}
	path = inode_path(inode, text, size, &error);
	if (path)
		memmove(text, path, strlen(path) + 1);
	else if (error == -ENOENT)
		strscpy(text, "(deleted)", size);
	return error == -ENOENT || path ? 0 : error;
}

/* Uses up the reference. */
static int lead_to(struct inode *inode, char *text, size_t size, struct inode **jump)
{
	int error = 0;

	if (jump) {
		*jump = inode;
	} else {
		error = write_path(inode, text, size);
		inode_put(inode);
	}
	return error;
}

static int lead_to_file(struct file *file, char *text, size_t size, struct inode **jump)
{
	struct inode *inode;

	if (!file)
		return -ENOENT;
	inode = file->inode;
	inode_get(inode);
	file_put(file);
	return lead_to(inode, text, size, jump);
}

/* Only the owner may see what a process uses. */
static bool may_look(const struct proc_task *task)
{
	u32 uid, gid;

	proc_processes->owner(task, &uid, &gid);
	return cred_capable() || current_cred()->euid == uid;
}

int proc_exe_link(const struct proc_inode *link, char *text, size_t size, struct inode **jump)
{
	if (!may_look(&link->task))
		return -EACCES;
	return lead_to_file(proc_processes->exe(&link->task), text, size, jump);
}

int proc_fd_link(const struct proc_inode *link, char *text, size_t size, struct inode **jump)
{
	if (!may_look(&link->task))
		return -EACCES;
	return lead_to_file(proc_file_of(&link->task, link->fd), text, size, jump);
}

int proc_cwd_link(const struct proc_inode *link, char *text, size_t size, struct inode **jump)
{
	struct files *files;
	struct inode *cwd;

	if (!may_look(&link->task))
		return -EACCES;
	files = proc_processes->files(&link->task);
	if (!files)
		return -ENOENT;
	spin_lock(&files->lock);
	cwd = files->cwd;
	inode_get(cwd);
	spin_unlock(&files->lock);
	files_put(files);
	return lead_to(cwd, text, size, jump);
}

int proc_root_link(const struct proc_inode *link, char *text, size_t size, struct inode **jump)
{
	if (!may_look(&link->task))
		return -EACCES;
	inode_get(&root_inode);
	return lead_to(&root_inode, text, size, jump);
}

static int follow(struct inode *inode, char *text, size_t size, struct inode **jump)
{
	const struct proc_inode *link = proc_inode(inode);

	return link->link(link, text, size, jump);
}

const struct inode_ops proc_link_ops = { .follow = follow };
