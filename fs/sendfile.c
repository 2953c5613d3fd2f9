/* SPDX-License-Identifier: MIT */
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/pipe.h>
#include <kernel/syscall.h>
#include <lib/limits.h>
#include <mm/kmalloc.h>

/*
 * sendfile(2) copies from a regular file to a file or a pipe, and the bytes never reach the
 * program. They go through one page of the kernel: a page of the source is copied there, and from
 * there to the target. The price is a second copy of each byte. In return the two files are never
 * locked at the same time, so two calls that copy in opposite directions cannot wait for each
 * other.
 *
 * As on Linux, two calls that move the position of one source at the same time may copy the same
 * bytes.
 */

#define MOST_BYTES 0x7ffff000u /* as for read(2) */
#define PIECE      PAGE_SIZE

/* Was a file opened in this mode, O_RDONLY or O_WRONLY, or in both? */
static bool opened_for(const struct file *file, u32 mode)
{
	u32 access = file->flags & (O_ACCMODE | O_PATH);

	return access == O_RDWR || access == mode;
}

/* Writes to the target. Returns the number of bytes, or a negative errno. */
static long put_bytes(struct file *out, const void *bytes, size_t size)
{
	long written;

	if (!out->object)
		return pipe_write(out, bytes, size);
	mutex_lock(&out->lock);
	written = file_write_kernel(out, bytes, size, out->pos);
	if (written > 0)
		out->pos += (u32)written;
	mutex_unlock(&out->lock);
	return written;
}

static long copy_bytes(struct file *out, struct file *in, u64 pos, u32 size)
{
	void *bytes = kmalloc(PIECE, GFP_KERNEL);
	long result = bytes ? 0 : -ENOMEM;
	u32 done = 0;

	while (result >= 0 && done < size) {
		long piece =
			vm_object_read(in->object, pos + done, bytes, min(size - done, (u32)PIECE));

		result = piece > 0 ? put_bytes(out, bytes, (size_t)piece) : piece;
		if (result <= 0)
			break;
		done += (u32)result;
		if (result < piece || signal_pending())
			break;
	}
	kfree(bytes);
	return done ? (long)done : result;
}

static long check_files(const struct file *out, const struct file *in, bool has_offset)
{
	if (!in || !opened_for(in, O_RDONLY))
		return -EBADF;
	if (has_offset && !in->ops->has_position)
		return -ESPIPE;
	if (!out || !opened_for(out, O_WRONLY))
		return -EBADF;
	if (!in->object || !(out->object || pipe_can_write(out)))
		return -EINVAL;
	return out->flags & O_APPEND ? -EINVAL : 0;
}

/*
 * Without an offset, the position of the source is used and moved; otherwise *offset is. @most is
 * the largest offset that the call can return.
 */
static long send(u32 out_fd, u32 in_fd, u64 *offset, u32 size, u64 most)
{
	struct file *in = file_of(in_fd), *out = file_of(out_fd);
	long result = check_files(out, in, offset);
	u64 pos = 0;

	if (!result && !offset) {
		mutex_lock(&in->lock);
		pos = in->pos;
		mutex_unlock(&in->lock);
	} else if (!result) {
		pos = *offset;
	}
	if (!result && ((s64)pos < 0 || size > INT_MAX))
		result = -EINVAL;
	if (!result && size && pos >= most)
		result = -EOVERFLOW;
	if (!result && size > most - pos)
		size = (u32)(most - pos);
	if (!result)
		result = copy_bytes(out, in, pos, min(size, MOST_BYTES));
	if (result > 0 && offset) {
		*offset = pos + (u32)result;
	} else if (result > 0) {
		mutex_lock(&in->lock);
		in->pos = pos + (u32)result;
		mutex_unlock(&in->lock);
	}
	if (in)
		file_put(in);
	if (out)
		file_put(out);
	return result;
}

static long with_offset(struct trap_frame *regs, size_t width, u64 most)
{
	void __user *address = (void __user *)ARG3(regs);
	u64 offset = 0;
	long result;

	if (!address)
		return send(ARG1(regs), ARG2(regs), NULL, ARG4(regs), VM_OBJECT_MAX);
	if (copy_from_user(&offset, address, width))
		return -EFAULT;
	if (width == sizeof(s32))
		offset = (u64)(s32)offset;
	result = send(ARG1(regs), ARG2(regs), &offset, ARG4(regs), most);
	return copy_to_user(address, &offset, width) ? -EFAULT : result;
}

SYSCALL(187, sendfile)
{
	return with_offset(regs, sizeof(s32), INT_MAX);
}

SYSCALL(239, sendfile64)
{
	return with_offset(regs, sizeof(u64), VM_OBJECT_MAX);
}
