/* SPDX-License-Identifier: MIT */
#include <fs/files.h>
#include <fs/inode.h>
#include <fs/pipe.h>
#include <fs/poll.h>
#include <kernel/syscall.h>
#include <lib/string.h>
#include <mm/kmalloc.h>
#include <mm/kmap_local.h>
#include <mm/page_alloc.h>
#include <sched/wait.h>

/*
 * A pipe is a ring of 64 KiB. Its 16 pages come from highmem, one at a time when they are first
 * written, and stay until the pipe ends; so a pipe that carries short lines costs one or two pages.
 *
 *	       start         start + used
 *	          ▼                  ▼
 *	│ page 0 │▒▒▒ page 1 ▒▒▒│▒▒▒ page 2 │ ... │ page 15 │
 *
 * A pipe that becomes empty begins again at page 0. Threads that wait look at the number of bytes
 * without the lock, so it is one word.
 *
 * The pages are mapped by kmap_local_page() while bytes are copied. The copy from or to a program
 * may fault and sleep; the mapping allows that, and the thread keeps its CPU meanwhile.
 *
 * A write of at most PIPE_BUF bytes is not mixed with others: it waits until all of it fits. A
 * longer one is written in pieces, as room becomes free.
 */

#define PIPE_PAGES 16u
#define PIPE_SIZE  (PIPE_PAGES * (u32)PAGE_SIZE)
#define PIPE_BUF   4096u
#define FIONREAD   0x541bu

/**
 * struct pipe - the ring
 * @lock: guards all that follows; held while bytes are copied
 * @start: place of the first byte, below PIPE_SIZE
 * @used: number of bytes
 * @nr_readers, @nr_writers: open files of each end: 0 or 1, since they are shared by reference
 * @readers, @writers: threads that wait for bytes, and for room
 */
struct pipe {
	struct mutex lock;
	u32 start, used;
	u32 nr_readers, nr_writers;
	struct wait_queue readers, writers;
	struct page *pages[PIPE_PAGES];
};

/* One side of a copy: the memory of the program, or that of the kernel. */
struct side {
	char *kernel;
	char __user *user;
};

static u32 pipe_used(const struct pipe *pipe)
{
	return READ_ONCE(pipe->used);
}

static u32 pipe_room(const struct pipe *pipe)
{
	return PIPE_SIZE - pipe_used(pipe);
}

/* Copies within one page of the ring. Returns the number of bytes that were copied. */
static u32 copy_piece(struct pipe *pipe, u32 at, const struct side *side, u32 done, u32 size,
		      bool write)
{
	char *page = kmap_local_page(pipe->pages[at / PAGE_SIZE]);
	char *in_page = page + at % PAGE_SIZE;
	u32 failed = 0;

	if (side->kernel && write)
		memcpy(in_page, side->kernel + done, size);
	else if (side->kernel)
		memcpy(side->kernel + done, in_page, size);
	else if (write)
		failed = copy_from_user(in_page, side->user + done, size);
	else
		failed = copy_to_user(side->user + done, in_page, size);
	kunmap_local(page);
	return size - failed;
}

/*
 * Copies up to size bytes, which the ring has, or has room for. A piece that cannot be copied whole
 * stays where it is.
 */
static long copy_ring(struct pipe *pipe, const struct side *side, u32 size, bool write)
{
	u32 done = 0;

	while (done < size) {
		u32 at = (pipe->start + (write ? pipe->used : 0)) % PIPE_SIZE;
		u32 piece = min(size - done, (u32)PAGE_SIZE - at % (u32)PAGE_SIZE), copied;
		struct page **page = &pipe->pages[at / PAGE_SIZE];

		if (!*page)
			*page = alloc_page(GFP_HIGHUSER);
		if (!*page)
			return done ? (long)done : -ENOMEM;
		copied = copy_piece(pipe, at, side, done, piece, write);
		if (copied < piece)
			return done ? (long)done : -EFAULT;
		done += copied;
		if (!write)
			pipe->start = (at + copied) % PIPE_SIZE;
		WRITE_ONCE(pipe->used, write ? pipe->used + copied : pipe->used - copied);
	}
	return (long)done;
}

/*
 * A thread joins its queue before it looks at the pipe, and the lock that was just released is a
 * full barrier. So a queue that is empty here has no thread that missed the change.
 */
static void wake_waiters(struct wait_queue *queue)
{
	if (READ_ONCE(queue->first))
		wake_up_all(queue);
	poll_wake();
}

static long read_ring(struct file *file, const struct side *side, size_t size)
{
	struct pipe *pipe = file->private;
	long result;

	if (size == 0)
		return 0;
	mutex_lock(&pipe->lock);
	while (pipe_used(pipe) == 0 && pipe->nr_writers) {
		mutex_unlock(&pipe->lock);
		if (file->flags & O_NONBLOCK)
			return -EAGAIN;
		result = wait_event_interruptible(&pipe->readers,
						  pipe_used(pipe) || !READ_ONCE(pipe->nr_writers));
		if (result)
			return result;
		mutex_lock(&pipe->lock);
	}
	result = copy_ring(pipe, side, min((u32)size, pipe_used(pipe)), false);
	if (pipe_used(pipe) == 0)
		pipe->start = 0;
	mutex_unlock(&pipe->lock);
	wake_waiters(&pipe->writers);
	return result;
}

static long write_ring(struct file *file, const struct side *side, size_t size)
{
	struct pipe *pipe = file->private;
	u32 least = size <= PIPE_BUF ? size : 1;
	long done = 0, result = 0;

	mutex_lock(&pipe->lock);
	while ((size_t)done < size) {
		struct side rest = { side->kernel ? side->kernel + done : NULL, side->user + done };

		if (!pipe->nr_readers) {
			result = -EPIPE;
			break;
		}
		if (pipe_room(pipe) >= least) {
			result = copy_ring(pipe, &rest,
					   min((u32)(size - (u32)done), pipe_room(pipe)), true);
			if (result < 0)
				break;
			done += result;
			mutex_unlock(&pipe->lock);
			wake_waiters(&pipe->readers);
			if ((size_t)done == size)
				return done;
			mutex_lock(&pipe->lock);
			continue;
		}
		if (file->flags & O_NONBLOCK) {
			result = -EAGAIN;
			break;
		}
		mutex_unlock(&pipe->lock);
		result = wait_event_interruptible(
			&pipe->writers, pipe_room(pipe) >= least || !READ_ONCE(pipe->nr_readers));
		mutex_lock(&pipe->lock);
		if (result)
			break;
	}
	mutex_unlock(&pipe->lock);
	if (done)
		return done;
	if (result == -EPIPE && current->task)
		signal_current(SIGPIPE);
	return result;
}

static long read_user(struct file *file, void __user *data, size_t size, u64 pos)
{
	return read_ring(file, &(struct side){ .user = data }, size);
}

static long write_user(struct file *file, const void __user *data, size_t size, u64 pos)
{
	return write_ring(file, &(struct side){ .user = (char __user *)data }, size);
}

long pipe_read(struct file *file, void *data, size_t size)
{
	return read_ring(file, &(struct side){ .kernel = data }, size);
}

long pipe_write(struct file *file, const void *data, size_t size)
{
	return write_ring(file, &(struct side){ .kernel = (char *)data }, size);
}

static long pipe_ioctl(struct file *file, u32 request, unsigned long arg)
{
	if (request != FIONREAD)
		return -ENOTTY;
	return put_user_u32(pipe_used(file->private), (void __user *)arg);
}

static u32 poll_read_end(struct file *file)
{
	struct pipe *pipe = file->private;

	return (pipe_used(pipe) ? POLLIN : 0) | (READ_ONCE(pipe->nr_writers) ? 0 : POLLHUP);
}

static u32 poll_write_end(struct file *file)
{
	struct pipe *pipe = file->private;

	return (pipe_room(pipe) >= PIPE_BUF ? POLLOUT : 0) |
	       (READ_ONCE(pipe->nr_readers) ? 0 : POLLERR);
}

static void pipe_free(struct pipe *pipe)
{
	for (u32 i = 0; i < PIPE_PAGES; i++) {
		if (pipe->pages[i])
			__free_page(pipe->pages[i]);
	}
	kfree(pipe);
}

/* The end that is closed last frees the pipe; the other one wakes the threads at the other end. */
static void pipe_release(struct file *file)
{
	struct pipe *pipe = file->private;
	bool last;

	mutex_lock(&pipe->lock);
	if ((file->flags & O_ACCMODE) == O_RDONLY)
		pipe->nr_readers--;
	else
		pipe->nr_writers--;
	last = !pipe->nr_readers && !pipe->nr_writers;
	/* Within the lock: after it the other end may free the pipe. */
	wake_up_all(&pipe->readers);
	wake_up_all(&pipe->writers);
	mutex_unlock(&pipe->lock);
	if (last)
		pipe_free(pipe);
	else
		poll_wake();
}

static const struct file_ops read_end_ops = {
	.read = read_user,
	.ioctl = pipe_ioctl,
	.poll = poll_read_end,
	.release = pipe_release,
};

static const struct file_ops write_end_ops = {
	.write = write_user,
	.ioctl = pipe_ioctl,
	.poll = poll_write_end,
	.release = pipe_release,
};

int pipe_create(struct file *ends[2], u32 flags)
{
	struct pipe *pipe = kzalloc(sizeof(*pipe), GFP_KERNEL);
	struct inode *inode = inode_create(S_IFIFO | 0600);

	if (!pipe || !inode)
		goto fail;
	ends[0] = file_create(inode, &read_end_ops, O_RDONLY | (flags & O_NONBLOCK));
	if (!ends[0])
		goto fail;
	ends[0]->private = pipe;
	pipe->nr_readers = 1;
	ends[1] = file_create(inode, &write_end_ops, O_WRONLY | (flags & O_NONBLOCK));
	inode_put(inode);
	if (!ends[1]) {
		file_put(ends[0]);
		return -ENOMEM;
	}
	ends[1]->private = pipe;
	pipe->nr_writers = 1;
	return 0;
fail:
	inode_put(inode);
	kfree(pipe);
	return -ENOMEM;
}

static long do_pipe(unsigned long user, u32 flags)
{
	struct file *ends[2];
	long fds[2];
	int error;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	error = pipe_create(ends, flags);
	if (error)
		return error;
	fds[0] = files_install(ends[0], 0, flags & O_CLOEXEC);
	if (fds[0] < 0) {
		file_put(ends[1]);
		return fds[0];
	}
	fds[1] = files_install(ends[1], 0, flags & O_CLOEXEC);
	if (fds[1] >= 0 && copy_to_user((void __user *)user, fds, sizeof(fds)) == 0)
		return 0;
	files_close((u32)fds[0]);
	if (fds[1] < 0)
		return fds[1];
	files_close((u32)fds[1]);
	return -EFAULT;
}

SYSCALL(42, pipe)
{
	return do_pipe(ARG1(regs), 0);
}

SYSCALL(331, pipe2)
{
	return do_pipe(ARG1(regs), ARG2(regs));
}
