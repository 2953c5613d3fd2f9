/* SPDX-License-Identifier: MIT */
#include <fs/files.h>
#include <fs/inode.h>
#include <fs/path.h>
#include <fs/permission.h>
#include <fs/poll.h>
#include <kernel/syscall.h>
#include <lib/limits.h>
#include <mm/kmalloc.h>

/*
 * Reading and writing. A file with pages, or a directory, has a position. file->lock makes a call
 * move it in one step, so two processes that share an open file never get the same bytes twice. A
 * pipe and a terminal have no position, and their calls may wait for long: they are called without
 * the lock.
 *
 * A call with several buffers is a loop over them, which ends at the first one that was not filled.
 */

#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2

#define MOST_VECTORS 1024u
/* Linux moves at most this much in one call. */
#define MOST_BYTES   0x7ffff000u

struct vector {
	u32 base, size;
};

/* One buffer. Returns the number of bytes, or a negative errno. */
static __always_inline long transfer(struct file *file, struct vector vector, u64 pos, bool write)
{
	void __user *data = (void __user *)vector.base;
	u32 size = vector.size;

	if (unlikely(size > MOST_BYTES)) {
		/* A size that leads beyond all addresses makes the pointer bad. */
		if (size > INT_MAX)
			return vector.base + size < vector.base ? -EFAULT : -EINVAL;
		size = MOST_BYTES;
	}
	if (!access_ok(data, size))
		return -EFAULT;
	if (write)
		return file->ops->write ? file->ops->write(file, data, size, pos) : -EINVAL;
	return file->ops->read ? file->ops->read(file, data, size, pos) : -EINVAL;
}

/* After its first bytes a call does not wait for more. */
static bool would_wait(struct file *file)
{
	return file->ops->poll && !(file->ops->poll(file) & POLLIN);
}

static noinline long transfer_all(struct file *file, const struct vector *vectors, u32 nr, u64 pos,
				  bool write)
{
	long total = 0;

	for (u32 i = 0; i < nr; i++) {
		long n;

		if (vectors[i].size == 0 && nr > 1)
			continue;
		n = transfer(file, vectors[i], pos + (u64)total, write);
		if (n < 0)
			return total ? total : n;
		total += n;
		if ((u32)n < vectors[i].size || (!write && i + 1 < nr && would_wait(file)))
			break;
	}
	return total;
}

/* The file of a number, if it may be read or written. Otherwise NULL, for EBADF. */
static __always_inline struct file *file_for(u32 fd, bool write)
{
	struct file *file = file_of(fd);
	u32 flags;

	if (!file)
		return NULL;
	flags = file->flags & (O_ACCMODE | O_PATH);
	if (flags == O_RDWR || flags == (write ? O_WRONLY : O_RDONLY))
		return file;
	file_put(file);
	return NULL;
}

/* A disk as a file has its size in its pages, as a regular file. */
static u64 end_of(struct file *file)
{
	u64 size;

	if (!file->object)
		return inode_size(file->inode);
	vm_object_lock(file->object);
	size = file->object->size;
	vm_object_unlock(file->object);
	return size;
}

/* A call has moved @n bytes, or failed. file->lock is held. */
static __always_inline void move_position(struct file *file, long n, bool write)
{
	if (n <= 0)
		return;
	file->pos += (u32)n;
	if (write && unlikely(file->flags & O_APPEND))
		file->pos = end_of(file);
}

static __always_inline long transfer_any(struct file *file, const struct vector *vectors, u32 nr,
					 u64 pos, bool write)
{
	return nr == 1 ? transfer(file, vectors[0], pos, write)
		       : transfer_all(file, vectors, nr, pos, write);
}

static __always_inline long at_position(u32 fd, const struct vector *vectors, u32 nr, bool write)
{
	struct file *file = file_for(fd, write);
	long n;

	if (!file)
		return -EBADF;
	if (file->ops->has_position) {
		mutex_lock(&file->lock);
		n = transfer_any(file, vectors, nr, file->pos, write);
		move_position(file, n, write);
		mutex_unlock(&file->lock);
	} else {
		n = transfer_any(file, vectors, nr, 0, write);
	}
	file_put(file);
	return n;
}

SYSCALL(3, read)
{
	const struct vector vector = { ARG2(regs), ARG3(regs) };

	return at_position(ARG1(regs), &vector, 1, false);
}

SYSCALL(4, write)
{
	const struct vector vector = { ARG2(regs), ARG3(regs) };

	return at_position(ARG1(regs), &vector, 1, true);
}

static long with_vectors(struct trap_frame *regs, bool write)
{
	struct vector few[8], *vectors = few;
	u32 nr = ARG3(regs), total = 0;
	long result = -EFAULT;

	if (nr > MOST_VECTORS)
		return -EINVAL;
	if (nr > ARRAY_SIZE(few))
		vectors = kmalloc(nr * sizeof(*vectors), GFP_KERNEL);
	if (!vectors)
		return -ENOMEM;
	if (copy_from_user(vectors, (void __user *)ARG2(regs), nr * sizeof(*vectors)) == 0) {
		result = 0;
		for (u32 i = 0; i < nr; i++) {
			if (vectors[i].size > INT_MAX)
				result = -EINVAL;
			vectors[i].size = min(vectors[i].size, MOST_BYTES - total);
			total += vectors[i].size;
		}
		if (!result)
			result = at_position(ARG1(regs), vectors, nr, write);
	}
	if (vectors != few)
		kfree(vectors);
	return result;
}

SYSCALL(145, readv)
{
	return with_vectors(regs, false);
}

SYSCALL(146, writev)
{
	return with_vectors(regs, true);
}

/* Is one end of the bytes negative? The upper word of the offset mostly says no. */
static __always_inline bool beyond_all_files(u64 pos, u32 size)
{
	return unlikely((u32)(pos >> 32) >= INT_MAX) &&
	       (s64)(pos | (pos + min(size, MOST_BYTES))) < 0;
}

static __always_inline long at_offset(struct trap_frame *regs, bool write)
{
	u64 pos = ((u64)ARG5(regs) << 32) | ARG4(regs);
	struct vector vector = { ARG2(regs), ARG3(regs) };
	struct file *file = file_for(ARG1(regs), write);
	long n;

	if (!file)
		return -EBADF;
	if (beyond_all_files(pos, vector.size))
		n = -EINVAL;
	else if (unlikely(!file->ops->has_position))
		n = -ESPIPE;
	else
		n = transfer(file, vector, pos, write);
	file_put(file);
	return n;
}

SYSCALL(180, pread64)
{
	return at_offset(regs, false);
}

SYSCALL(181, pwrite64)
{
	return at_offset(regs, true);
}

/* Moves the position. Returns 0 and the new one, or a negative errno. */
static long seek(u32 fd, s64 offset, u32 whence, u64 *pos)
{
	struct file *file = file_of(fd);
	u64 base = 0;
	long error = 0;

	if (!file)
		return -EBADF;
	if (file->flags & O_PATH)
		error = -EBADF;
	else if (file->ops->has_position)
		error = whence > SEEK_END ? -EINVAL : 0;
	else if ((file->inode->mode & S_IFMT) == S_IFCHR && !file->ops->ioctl)
		offset = 0; /* /dev/null and relatives: a seek succeeds */
	else
		error = -ESPIPE;
	if (error)
		goto out;
	mutex_lock(&file->lock);
	if (whence == SEEK_CUR)
		base = file->pos;
	else if (whence == SEEK_END)
		base = end_of(file);
	/* Both are less than 2^63, so the sum is a negative number if it is too large. */
	*pos = base + (u64)offset;
	if ((s64)*pos < 0)
		error = -EINVAL;
	else
		file->pos = *pos;
	mutex_unlock(&file->lock);
out:
	file_put(file);
	return error;
}

SYSCALL(19, lseek)
{
	u64 pos;
	long error = seek(ARG1(regs), (s32)ARG2(regs), ARG3(regs), &pos);

	if (error)
		return error;
	return pos > INT_MAX ? -EOVERFLOW : (long)pos;
}

SYSCALL(140, _llseek)
{
	u64 pos;
	long error =
		seek(ARG1(regs), (s64)(((u64)ARG2(regs) << 32) | ARG3(regs)), ARG5(regs), &pos);

	if (error)
		return error;
	return copy_to_user((void __user *)ARG4(regs), &pos, sizeof(pos)) ? -EFAULT : 0;
}

static long truncate_inode(struct inode *inode, u64 size)
{
	if (inode_is_dir(inode))
		return -EISDIR;
	if ((s64)size < 0 || !inode->object)
		return -EINVAL;
	return file_truncate(inode, size);
}

static long truncate_path(unsigned long path, u64 size)
{
	int error;
	struct inode *inode = path_find_user(AT_FDCWD, path, 0, &error);

	if (!inode)
		return error;
	error = inode_is_dir(inode) ? -EISDIR : inode_may(inode, MAY_WRITE);
	if (!error)
		error = truncate_inode(inode, size);
	inode_put(inode);
	return error;
}

static long check_fd(u32 fd)
{
	struct file *file = file_of(fd);

	if (!file)
		return -EBADF;
	file_put(file);
	return 0;
}

static long truncate_file(u32 fd, u64 size)
{
	struct file *file = file_for(fd, true);
	long error;

	if (!file) {
		error = check_fd(fd);
		return error ? error : -EINVAL;
	}
	error = truncate_inode(file->inode, size);
	file_put(file);
	return error;
}

SYSCALL(92, truncate)
{
	return truncate_path(ARG1(regs), (u64)(s32)ARG2(regs));
}

SYSCALL(93, ftruncate)
{
	return truncate_file(ARG1(regs), (u64)(s32)ARG2(regs));
}

SYSCALL(193, truncate64)
{
	return truncate_path(ARG1(regs), ((u64)ARG3(regs) << 32) | ARG2(regs));
}

SYSCALL(194, ftruncate64)
{
	return truncate_file(ARG1(regs), ((u64)ARG3(regs) << 32) | ARG2(regs));
}

SYSCALL(54, ioctl)
{
	struct file *file = file_of(ARG1(regs));
	long result = -ENOTTY;

	if (!file)
		return -EBADF;
	if (file->ops->ioctl)
		result = file->ops->ioctl(file, ARG2(regs), ARG3(regs));
	file_put(file);
	return result;
}

SYSCALL(143, flock)
{
	return check_fd(ARG1(regs));
}
