/* SPDX-License-Identifier: MIT */
#include <fs/cred.h>
#include <fs/ext2/vfs.h>

/*
 * The lock of a mounted file system. One lock for everything is simple, and the disk behind it does
 * one thing at a time anyway. The price: a thread that reads metadata from a slow disk lets others
 * wait that would find theirs in memory.
 */

struct ext2 *ext2_begin(struct super *super)
{
	struct ext2_mount *mount = super->private;

	mutex_lock(&mount->lock);
	mount->fs.privileged = cred_capable();
	return &mount->fs;
}

void ext2_end(struct super *super)
{
	struct ext2_mount *mount = super->private;

	if (unlikely(mount->fs.failed))
		super->flags |= MS_RDONLY;
	mutex_unlock(&mount->lock);
}

int ext2_begin_change(struct super *super, struct ext2 **fs)
{
	*fs = ext2_begin(super);
	if (!(*fs)->read_only)
		return 0;
	ext2_end(super);
	return -EROFS;
}
