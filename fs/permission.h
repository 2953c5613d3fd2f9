/* SPDX-License-Identifier: MIT */
#pragma once

#include <fs/cred.h>
#include <fs/inode.h>
#include <fs/super.h>

/* Rights of the running thread on an inode. */

/* Rights for inode_may(), with the values of access(2). */
#define MAY_EXEC  1u
#define MAY_WRITE 2u
#define MAY_READ  4u

/**
 * inode_may() - may the running thread do this with an inode?
 * @inode: any
 * @mask: MAY_*
 *
 * Context: thread.
 * Return: 0; -EROFS; -EACCES.
 */
int inode_may(const struct inode *inode, u32 mask);

/**
 * inode_owned() - may the running thread change mode and times of an inode?
 * @inode: any
 *
 * Context: thread.
 * Return: true for its owner and for root.
 */
bool inode_owned(const struct inode *inode);

/**
 * inode_may_remove() - may the running thread remove a name?
 * @dir: its directory
 * @inode: the inode of the name
 *
 * In a directory with S_ISVTX only the owner of the file or of the directory may remove it.
 * Context: thread.
 * Return: 0, -EROFS, -EACCES or -EPERM.
 */
int inode_may_remove(const struct inode *dir, const struct inode *inode);

/**
 * inode_is_read_only() - is the file system of an inode mounted for reading only?
 * @inode: any
 *
 * Context: any.
 * Return: true if it is.
 */
static inline bool inode_is_read_only(const struct inode *inode)
{
	return inode->super && (READ_ONCE(inode->super->flags) & MS_RDONLY);
}
