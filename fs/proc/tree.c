/* SPDX-License-Identifier: MIT */
#include <fs/proc/tree.h>
#include <kernel/hook.h>
#include <lib/errno.h>
#include <lib/vsnprintf.h>

/*
 * Parts that all directories of /proc share: making inodes, and names that are numbers. The chapter
 * is fs/proc/root.c.
 */

const struct proc_processes *proc_processes;

void proc_use_processes(const struct proc_processes *processes)
{
	hook_set(proc_processes, processes);
}

struct inode *proc_make(struct inode *dir, u32 mode, u32 number, const struct proc_inode *what)
{
	struct inode *inode = inode_create_in(dir->super, mode, 0);

	if (!inode)
		return NULL;
	*proc_inode(inode) = *what;
	inode->number = number;
	inode->nr_links = inode_is_dir(inode) ? 2 : 1;
	if (what->task.process && proc_processes)
		proc_processes->owner(&what->task, &inode->uid, &inode->gid);
	return inode;
}

int proc_create(struct inode *dir, const char *name, size_t length, u32 mode, u32 rdev,
		const char *target, struct inode **made)
{
	return -ENOENT;
}

bool proc_parse_number(const char *name, size_t length, u32 *number)
{
	*number = 0;
	if (length > 9 || (length > 1 && *name == '0'))
		return false;
	for (size_t i = 0; i < length; i++) {
		if (name[i] < '0' || name[i] > '9')
			return false;
		*number = *number * 10 + (u32)(name[i] - '0');
	}
	return length;
}

bool proc_fill_number(filldir_fn *fill, void *arg, u32 number, u32 ino, u32 type, u64 next)
{
	char name[12];
	int length = snprintf(name, sizeof(name), "%u", number);

	return fill(arg, name, (size_t)length, ino, type >> 12, next);
}
