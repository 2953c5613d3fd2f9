/* SPDX-License-Identifier: MIT */
#pragma once

#include <fs/path.h>

/*
 * Changes of names, on a disk or in memory. Each function checks the rights of the running thread,
 * changes the file system, and then the tree. All are called between path_lock() and path_unlock().
 */

/**
 * struct new_file - what is made
 * @mode: type, and rights after umask
 * @device: number of a device, or 0
 * @target: text of a symbolic link, or NULL
 */
struct new_file {
	u32 mode, device;
	const char *target;
};

/**
 * change_create() - make a file and its name
 * @at: a name that does not exist
 * @file: the file to make
 * @made: set to the inode, with a reference; or NULL
 *
 * Context: tree_lock held, may sleep.
 * Return: 0; -ENOENT if the directory was removed; -EROFS, -EACCES, -EPERM, -ENOSPC, -ENOMEM, -EIO.
 */
int change_create(const struct lookup *at, const struct new_file *file, struct inode **made);

/**
 * change_link() - give a file another name
 * @at: a name that does not exist
 * @inode: no directory
 *
 * Context: tree_lock held, may sleep.
 * Return: that of change_create(); -EXDEV, -EMLINK.
 */
int change_link(const struct lookup *at, struct inode *inode);

/**
 * change_unlink() - remove a name
 * @at: a name that exists
 *
 * A directory has to be empty. The caller has a reference to the inode, and drops it after
 * path_unlock(): what is freed then may be much.
 * Context: tree_lock held, may sleep.
 * Return: 0; -EROFS, -EACCES, -EPERM, -ENOTEMPTY, -EIO.
 */
int change_unlink(const struct lookup *at);

/**
 * change_rename() - move a name
 * @from: a name that exists
 * @to: a name; what it means is replaced
 *
 * As for change_unlink(), the caller has references to both inodes.
 * Context: tree_lock held, may sleep.
 * Return: 0; -EXDEV, -ENOTEMPTY, or as change_create().
 */
int change_rename(const struct lookup *from, const struct lookup *to);
