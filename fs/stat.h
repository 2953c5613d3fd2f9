/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/* Shared by stat(2) and statfs(2): the way from an argument to the inode that it means. */

struct inode;

/* Fills in a structure of the program. Returns 0 or a negative errno. */
typedef long stat_fn(struct inode *inode, unsigned long user);

/**
 * stat_path(), stat_fd() - call a function for the inode of a path, or of an open file
 * @fd: number of an open file; for stat_path() where a relative path begins, or AT_FDCWD
 * @path: address of the path in the running program
 * @flags: AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH
 * @user: passed to @fill
 * @fill: called with a reference to the inode held
 *
 * Context: thread that runs a program; may sleep.
 * Return: the result of @fill, or the error of the path or number.
 */
long stat_path(int fd, unsigned long path, u32 flags, unsigned long user, stat_fn *fill);
long stat_fd(u32 fd, unsigned long user, stat_fn *fill);
