/* SPDX-License-Identifier: MIT */
#include <fs/permission.h>
#include <lib/errno.h>

/*
 * Permissions. The mode of a file has three times three bits, and exactly one of the groups counts:
 * that of the owner for its owner, even if the others allow more; otherwise that of the group for
 * its members; otherwise the last one. The user and the group are those of files (fsuid, fsgid).
 *
 * Root may do everything but two things: execute a file without any x bit, and change a file system
 * that is mounted for reading only.
 */

/* Devices and pipes are not written to the file system. */
static bool is_on_read_only(const struct inode *inode)
{
	return inode_is_read_only(inode) &&
	       (inode_is_file(inode) || inode_is_dir(inode) || inode_is_link(inode));
}

int inode_may(const struct inode *inode, u32 mask)
{
	u32 mode = inode->mode;

	if (unlikely((mask & MAY_WRITE) && is_on_read_only(inode)))
		return -EROFS;
	if (cred_overrides()) {
		bool executable = inode_is_dir(inode) || (mode & 0111);

		return (mask & MAY_EXEC) && !executable ? -EACCES : 0;
	}
	if (inode->uid == current_cred()->fsuid)
		mode >>= 6;
	else if (cred_in_group(inode->gid))
		mode >>= 3;
	return mask & ~mode & 7 ? -EACCES : 0;
}

bool inode_owned(const struct inode *inode)
{
	return inode->uid == current_cred()->fsuid || cred_capable();
}

int inode_may_remove(const struct inode *dir, const struct inode *inode)
{
	int error = inode_may(dir, MAY_WRITE | MAY_EXEC);

	if (error || likely(!(dir->mode & S_ISVTX)))
		return error;
	return inode_owned(inode) || inode_owned(dir) ? 0 : -EPERM;
}
