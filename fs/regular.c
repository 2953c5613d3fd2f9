/* SPDX-License-Identifier: MIT */
#include <fs/permission.h>
#include <fs/regular.h>
#include <fs/sync.h>
#include <vm/page_room.h>

/*
 * Regular files: reading, writing and changing the size. The bytes are pages of the inode's object,
 * whether they come from a disk or not (vm/object.h). One write at a time changes a file, so the
 * end that O_APPEND has found is still the end when the bytes are written.
 *
 * Other work for a file system is rare, and is out of the way of the short paths: times are
 * written later (inode_mark_dirty()), and the bits S_ISUID and S_ISGID disappear when a user other
 * than root writes.
 */

/* As with relatime of Linux: the time tells whether the file was read since it was changed. */
static noinline void set_atime(struct inode *inode, u32 flags)
{
	if (inode->super && (inode->super->flags & (MS_RDONLY | MS_NOATIME)))
		return;
	if (flags & O_NOATIME)
		return;
	inode->atime = inode_now();
	inode_mark_dirty(inode);
}

static long regular_read(struct file *file, void __user *data, size_t size, u64 pos)
{
	struct inode *inode = file->inode;

	if (unlikely(inode->atime <= inode->mtime || inode->atime <= inode->ctime))
		set_atime(inode, file->flags);
	return vm_object_read_user(file->object, pos, data, size);
}

/* A file that other users may run as its owner loses that right when it is written. */
static noinline void drop_privileges(struct inode *inode)
{
	u32 drop = inode->mode & S_ISUID;

	if ((inode->mode & (S_ISGID | 0010)) == (S_ISGID | 0010))
		drop |= S_ISGID;
	if (inode_is_file(inode) && !cred_capable())
		inode->mode &= ~drop;
}

static __always_inline void was_written(struct inode *inode)
{
	inode->mtime = inode->ctime = inode_now();
	if (unlikely(inode->mode & (S_ISUID | S_ISGID)))
		drop_privileges(inode);
	inode_mark_dirty(inode);
}

/* With O_SYNC a write ends when the disk has it. */
static noinline long write_through(struct file *file, u64 pos, long written)
{
	int error;

	if (written <= 0)
		return written;
	error = file_sync(file, pos, pos + (u32)written, (file->flags & O_SYNC) != O_SYNC);
	return error ? error : written;
}

/* A tmpfs that is full is no lack of memory. */
static noinline long without_room(const struct vm_object *object, long error)
{
	bool full = object->room && page_room_is_full(object->room);

	return error == -ENOMEM && full ? -ENOSPC : error;
}

static __always_inline long write_at(struct file *file, const void __user *data, size_t size,
				     u64 pos)
{
	struct inode *inode = file->inode;
	long written = vm_object_write_user(file->object, pos, data, size);

	if (likely(written > 0))
		was_written(inode);
	else
		written = without_room(file->object, written);
	return written;
}

/* With O_APPEND or O_SYNC. */
static noinline long write_specially(struct file *file, const void __user *data, size_t size,
				     u64 pos)
{
	struct inode *inode = file->inode;
	long written;

	mutex_lock(&inode->write_lock);
	if (file->flags & O_APPEND)
		pos = inode_size(inode);
	written = write_at(file, data, size, pos);
	mutex_unlock(&inode->write_lock);
	return file->flags & O_DSYNC ? write_through(file, pos, written) : written;
}

static long regular_write(struct file *file, const void __user *data, size_t size, u64 pos)
{
	struct inode *inode = file->inode;
	long written;

	if (unlikely(file->flags & (O_APPEND | O_DSYNC)))
		return write_specially(file, data, size, pos);
	mutex_lock(&inode->write_lock);
	written = write_at(file, data, size, pos);
	mutex_unlock(&inode->write_lock);
	return written;
}

long file_write_kernel(struct file *file, const void *data, size_t size, u64 pos)
{
	struct inode *inode = file->inode;
	long written;

	mutex_lock(&inode->write_lock);
	written = vm_object_write(file->object, pos, data, size);
	if (written > 0)
		was_written(inode);
	mutex_unlock(&inode->write_lock);
	return written;
}

/* Of a disk: no page finds its block until the blocks above the end are free. */
static int truncate_object(struct inode *inode, u64 size)
{
	struct vm_object *object = inode->object;
	int error;
	u64 old;

	if (likely(!object->ops))
		return vm_object_truncate(object, size);
	mutex_lock(&object->disk_lock);
	old = inode_size(inode);
	error = vm_object_truncate(object, size);
	if (!error && inode->fs_ops && inode->fs_ops->truncate) {
		error = inode->fs_ops->truncate(inode, size);
		/* The file has not become longer. */
		if (error && size > old)
			vm_object_truncate(object, old);
	}
	mutex_unlock(&object->disk_lock);
	return error;
}

int file_truncate(struct inode *inode, u64 size)
{
	int error = file_add_writer(inode->object);

	if (error)
		return error;
	mutex_lock(&inode->write_lock);
	error = truncate_object(inode, size);
	if (!error)
		was_written(inode);
	mutex_unlock(&inode->write_lock);
	file_remove_writer(inode->object);
	return error;
}

const struct file_ops regular_ops = {
	.has_position = true,
	.read = regular_read,
	.write = regular_write,
};
