/* SPDX-License-Identifier: MIT */
#pragma once

#include <fs/inode.h>
#include <fs/proc/proc.h>
#include <kernel/proc_file.h>

/* Inodes of /proc, for the files of fs/proc/. */

struct proc_inode;

/* Writes the text of a symbolic link, or finds where it leads (struct inode_ops, follow). */
typedef int proc_link_fn(const struct proc_inode *link, char *text, size_t size,
			 struct inode **jump);

/**
 * struct proc_inode - what an inode of /proc shows; inode->private
 * @file: of a file; of a directory any file below it, since its path begins with the directory's
 * @prefix: of a directory: length of its path in file->name, with a slash at its end; 0 for /proc
 * @task: process or task
 * @task_file: of a file of a task
 * @link: of a symbolic link
 * @fd, @open: of PID/fd/N: the number, and the file, which may have been closed by now
 */
struct proc_inode {
	const struct proc_file *file;
	size_t prefix;
	struct proc_task task;
	const struct proc_task_file *task_file;
	proc_link_fn *link;
	u32 fd;
	const struct file *open;
};

/**
 * proc_inode() - what an inode shows
 * @inode: an inode of /proc
 *
 * Context: any.
 * Return: inode->private.
 */
static inline struct proc_inode *proc_inode(const struct inode *inode)
{
	return inode->private;
}

/* Numbers of inodes: those of the machine are below; a task has a block of NUMBERS_OF_TASK. */
#define NUMBER_OF_DIRS  0x100u
#define NUMBERS_OF_TASK 0x1000u
#define NUMBER_OF_FDS   0x400u

/**
 * proc_make() - make an inode
 * @dir: its directory
 * @mode: type and rights
 * @number: st_ino
 * @what: copied to inode->private
 *
 * The owner of a file of a task is the task's.
 * Context: may sleep.
 * Return: the inode with one reference; NULL if there is no memory.
 */
struct inode *proc_make(struct inode *dir, u32 mode, u32 number, const struct proc_inode *what);

/* Functions that know processes; NULL before proc_use_processes(). */
extern const struct proc_processes *proc_processes;

/**
 * proc_create() - refuse to make a name, as inode_ops.create
 * @dir, @name, @length, @mode, @rdev, @target, @made: not used
 *
 * Context: any.
 * Return: -ENOENT, as on Linux.
 */
int proc_create(struct inode *dir, const char *name, size_t length, u32 mode, u32 rdev,
		const char *target, struct inode **made);

/* Of the directory of a task. */
extern const struct inode_ops proc_task_ops;

/* Of symbolic links. */
extern const struct inode_ops proc_link_ops;

/* Of open files. */
extern const struct file_ops proc_file_ops;

/**
 * proc_task_number() - the number of a task's directory
 * @task: any
 *
 * Context: any.
 * Return: st_ino.
 */
static inline u32 proc_task_number(const struct proc_task *task)
{
	return (task->task ? (1u << 31) + task->task * NUMBERS_OF_TASK
			   : task->process * NUMBERS_OF_TASK);
}

/**
 * proc_parse_number() - read the name of a process, a task or an open file
 * @name, @length: the name
 * @number: set
 *
 * Context: any.
 * Return: false if it is no number, or begins with a zero.
 */
bool proc_parse_number(const char *name, size_t length, u32 *number);

/**
 * proc_fill_number() - give a number as a name to readdir()
 * @fill, @arg: of readdir()
 * @number: the name
 * @ino: st_ino
 * @type: S_IF*
 * @next: cookie behind it
 *
 * Context: that of readdir().
 * Return: that of @fill.
 */
bool proc_fill_number(filldir_fn *fill, void *arg, u32 number, u32 ino, u32 type, u64 next);

/* Links of /proc itself. */
proc_link_fn proc_self_link, proc_thread_self_link, proc_mounts_link;

/* Links of a task. */
proc_link_fn proc_exe_link, proc_cwd_link, proc_root_link, proc_fd_link;

/**
 * proc_file_of() - find an open file of a task
 * @task: any
 * @fd: its number
 *
 * Context: may sleep; tree_lock may be held.
 * Return: the file with a reference; NULL if there is none.
 */
struct file *proc_file_of(const struct proc_task *task, u32 fd);
