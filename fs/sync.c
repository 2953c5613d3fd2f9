/* SPDX-License-Identifier: MIT */
#include <block/block.h>
#include <fs/inode.h>
#include <fs/super.h>
#include <fs/sync.h>
#include <kernel/syscall.h>
#include <lib/errno.h>

/*
 * sync(2) and its relatives. When fsync(2) returns, the disk has the file, not only its own cache:
 *
 *	pages of the file ─▶ its inode ─▶ metadata that both need ─▶ FLUSH
 *
 * The first step allocates blocks, so the inode is written after it. The file system knows which
 * metadata belongs to the file; one that does not say gets all of it written. fs/mounts.c does
 * the same for a whole file system.
 */

/* The disk as a file has its pages only. */
static int sync_device_file(struct vm_object *object, u64 from, u64 to)
{
	int error = vm_object_sync(object, from, to);
	int failed = block_flush(object->device);

	return error ?: failed;
}

static int sync_inode(struct inode *inode, bool data_only)
{
	struct super *super = inode->super;
	int error = inode_write(inode), failed = 0;

	if (inode->fs_ops->sync)
		failed = inode->fs_ops->sync(inode, data_only);
	else if (super->device)
		failed = super_sync(super);
	return error ?: failed;
}

int file_sync(struct file *file, u64 from, u64 to, bool data_only)
{
	struct vm_object *object = file->object;
	struct inode *inode = file->inode;
	int error = 0, failed;

	if (object && object->ops && inode->object != object)
		return sync_device_file(object, from, to);
	if (!inode->fs_ops)
		return 0;
	if (object && object->ops)
		error = vm_object_sync(object, from, to);
	failed = sync_inode(inode, data_only);
	return error ?: failed;
}

/* Pipes and terminals have nothing that could be written. */
static bool file_can_sync(const struct file *file)
{
	return file->object || inode_is_dir(file->inode);
}

static long sync_fd(u32 fd, bool data_only)
{
	struct file *file = file_of(fd);
	long error = -EBADF;

	if (!file)
		return error;
	if (!(file->flags & O_PATH))
		error = file_can_sync(file) ? file_sync(file, 0, WHOLE_FILE, data_only) : -EINVAL;
	file_put(file);
	return error;
}

SYSCALL(118, fsync)
{
	return sync_fd(ARG1(regs), false);
}

SYSCALL(148, fdatasync)
{
	return sync_fd(ARG1(regs), true);
}

SYSCALL(344, syncfs)
{
	struct file *file = file_of(ARG1(regs));
	long error = -EBADF;

	if (!file)
		return error;
	if (!(file->flags & O_PATH))
		error = file->inode->super ? super_sync(file->inode->super) : 0;
	file_put(file);
	return error;
}

SYSCALL(36, sync)
{
	super_sync_all();
	return 0;
}

#define SYNC_FILE_RANGE_FLAGS 7u

/* The pages only; like Linux it promises nothing for a power cut. */
SYSCALL(314, sync_file_range)
{
	u64 from = ((u64)ARG3(regs) << 32) | ARG2(regs),
	    size = ((u64)ARG5(regs) << 32) | ARG4(regs);
	struct file *file;
	long error = 0;

	if ((ARG6(regs) & ~SYNC_FILE_RANGE_FLAGS) || (s64)from < 0 || (s64)(from + size) < 0)
		return -EINVAL;
	file = file_of(ARG1(regs));
	if (!file)
		return -EBADF;
	if (file->object && file->object->ops)
		error = vm_object_sync(file->object, from, size ? from + size : WHOLE_FILE);
	file_put(file);
	return error;
}
