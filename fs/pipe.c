/* SPDX-License-Identifier: MIT */
#include <fs/files.h>
#include <fs/inode.h>
#include <fs/pipe.h>
#include <fs/poll.h>
#include <kernel/syscall.h>
#include <lib/string.h>
#include <mm/kmalloc.h>
#include <mm/kmap_local.h>
#include <mm/kmem_account.h>
#include <mm/page_alloc.h>
#include <sched/wait.h>

/*
 * A pipe is a ring of 64 KiB. Its 16 pages are allocated one at a time when they are first written,
 * and stay until the pipe ends; so a pipe that carries short lines costs one or two pages. They
 * come from highmem, except for page 0. A pipe whose bytes are read at once never leaves that page,
 * so a short message needs no mapping.
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
 *
 * A named pipe (FIFO) is an inode that finds the ring while somebody has it open. An open for one
 * direction waits until the other direction is open, too.
 */

#define PIPE_PAGES 16u
#define PIPE_SIZE  (PIPE_PAGES * (u32)PAGE_SIZE)
#define PIPE_BUF   4096u
#define PIPE_BYTES (sizeof(struct pipe) + sizeof(struct inode))
#define FIONREAD   0x541bu

/**
 * struct pipe - the ring
 * @lock: guards all that follows; held while bytes are copied. Taken after the write_lock of the
 *	inode, which guards inode->pipe
 * @start: place of the first byte, below PIPE_SIZE
 * @used: number of bytes
 * @nr_readers, @nr_writers: open files of each end; the last one that is closed frees the pipe
 * @reader_opens, @writer_opens: how often each end was opened
 * @readers, @writers: threads that wait for bytes, and for room
 * @account: charged with the pipe, its inode and its pages
 */
struct pipe {
	struct mutex lock;
	u32 start, used;
	u32 nr_readers, nr_writers;
	u32 reader_opens, writer_opens;
	struct wait_queue readers, writers;
	struct kmem_account *account;
	struct page *pages[PIPE_PAGES];
};

/* One side of a copy: the memory of the running program, or that of the kernel. */
struct side {
	char __user *at;
	bool in_kernel;
};

static u32 pipe_used(const struct pipe *pipe)
{
	return READ_ONCE(pipe->used);
}

static u32 pipe_room(const struct pipe *pipe)
{
	return PIPE_SIZE - pipe_used(pipe);
}

/*
 * Copies size bytes within one page of the ring, which is there. Returns their number. If they
 * cannot be copied whole, the ring stays as it was, and the result is -EFAULT.
 */
static __always_inline long copy_piece(struct pipe *pipe, u32 at, struct side side, u32 size,
				       bool write)
{
	char *page = kmap_local_page(pipe->pages[at / PAGE_SIZE]);
	char *bytes = page + at % PAGE_SIZE;
	u32 failed = 0;

	if (side.in_kernel)
		memcpy(write ? bytes : (char *)side.at, write ? (char *)side.at : bytes, size);
	else if (write)
		failed = copy_from_user(bytes, side.at, size);
	else
		failed = copy_to_user(side.at, bytes, size);
	kunmap_local(page);
	if (unlikely(failed))
		return -EFAULT;
	if (!write)
		pipe->start = (at + size) % PIPE_SIZE;
	WRITE_ONCE(pipe->used, write ? pipe->used + size : pipe->used - size);
	return (long)size;
}

/* Place in the ring where the next byte is written, or read. */
static u32 place(const struct pipe *pipe, bool write)
{
	return (pipe->start + (write ? pipe->used : 0)) % PIPE_SIZE;
}

/* Are the next bytes within one page, and is that page there? */
static bool in_one_page(const struct pipe *pipe, u32 at, u32 size)
{
	return at % PAGE_SIZE + size <= PAGE_SIZE && pipe->pages[at / PAGE_SIZE];
}

static struct page *add_page(struct pipe *pipe, gfp_t gfp)
{
	struct page *page = alloc_page(gfp);

	if (page)
		kmem_charge_page(pipe->account, page);
	return page;
}

/*
 * Copies up to size bytes, which the ring has, or has room for. Returns their number, or a negative
 * errno if there are none.
 */
static noinline long copy_pieces(struct pipe *pipe, struct side side, u32 size, bool write)
{
	u32 done = 0;

	while (done < size) {
		u32 at = place(pipe, write);
		u32 piece = min(size - done, (u32)PAGE_SIZE - at % (u32)PAGE_SIZE);
		struct page **page = &pipe->pages[at / PAGE_SIZE];
		long copied = -ENOMEM;

		if (!*page)
			*page = add_page(pipe, at < PAGE_SIZE ? GFP_KERNEL : GFP_HIGHUSER);
		if (*page)
			copied = copy_piece(pipe, at, side, piece, write);
		if (copied < 0)
			return done ? (long)done : copied;
		done += piece;
		side.at += piece;
	}
	return (long)done;
}

/* As copy_pieces(). Most copies are short, and end in the page in which they begin. */
static __always_inline long copy_ring(struct pipe *pipe, struct side side, u32 size, bool write)
{
	u32 at = place(pipe, write);

	if (likely(in_one_page(pipe, at, size)))
		return copy_piece(pipe, at, side, size, write);
	return copy_pieces(pipe, side, size, write);
}

/*
 * A thread joins its queue before it looks at the pipe, and the lock that was just released is a
 * full barrier. So a queue that is empty here has no thread that missed the change.
 */
static void wake_waiters(struct wait_queue *queue)
{
	if (READ_ONCE(queue->first))
		wake_up_all_lazily(queue);
	poll_wake();
}

/*
 * Waits for bytes; the lock of the pipe is released meanwhile. Returns 1 if there may be some, 0 if
 * no more will come, or a negative errno.
 */
static long wait_for_bytes(struct file *file) noinline;
static long wait_for_bytes(struct file *file)
{
	struct pipe *pipe = file->private;
	long error;

	if (!pipe->nr_writers)
		return 0;
	if (file->flags & O_NONBLOCK)
		return -EAGAIN;
	mutex_unlock(&pipe->lock);
	error = wait_event_interruptible(&pipe->readers,
					 pipe_used(pipe) || !READ_ONCE(pipe->nr_writers));
	mutex_lock(&pipe->lock);
	return error ? error : 1;
}

/* Likewise for room. Returns 0 if there may be some. */
static long wait_for_room(struct file *file, u32 least) noinline;
static long wait_for_room(struct file *file, u32 least)
{
	struct pipe *pipe = file->private;
	long error;

	if (file->flags & O_NONBLOCK)
		return -EAGAIN;
	mutex_unlock(&pipe->lock);
	wake_waiters(&pipe->readers);
	error = wait_event_interruptible(&pipe->writers,
					 pipe_room(pipe) >= least || !READ_ONCE(pipe->nr_readers));
	mutex_lock(&pipe->lock);
	return error;
}

static __always_inline long read_ring(struct file *file, struct side side, u32 size)
{
	struct pipe *pipe = file->private;
	long result = 1;

	if (size == 0)
		return 0;
	mutex_lock(&pipe->lock);
	while (unlikely(!pipe->used) && result > 0)
		result = wait_for_bytes(file);
	if (likely(result > 0))
		result = copy_ring(pipe, side, min(size, pipe->used), false);
	if (!pipe->used)
		pipe->start = 0;
	mutex_unlock(&pipe->lock);
	wake_waiters(&pipe->writers);
	return result;
}

/* Writes what does not fit at once. The lock of the pipe is held. */
static noinline long write_pieces(struct file *file, struct side side, u32 size)
{
	struct pipe *pipe = file->private;
	u32 least = size <= PIPE_BUF ? size : 1, done = 0;

	while (done < size) {
		u32 room = pipe_room(pipe);
		long result = -EPIPE;

		if (pipe->nr_readers && room >= least)
			result = copy_pieces(pipe, side, min(size - done, room), true);
		else if (pipe->nr_readers)
			result = wait_for_room(file, least);
		if (result < 0)
			return done ? (long)done : result;
		done += (u32)result;
		side.at += result;
	}
	return (long)done;
}

static __always_inline long write_ring(struct file *file, struct side side, u32 size)
{
	struct pipe *pipe = file->private;
	long result;

	mutex_lock(&pipe->lock);
	if (likely(pipe->nr_readers && size <= pipe_room(pipe)))
		result = copy_ring(pipe, side, size, true);
	else
		result = write_pieces(file, side, size);
	mutex_unlock(&pipe->lock);
	wake_waiters(&pipe->readers);
	if (unlikely(result == -EPIPE) && current->task)
		signal_current(SIGPIPE);
	return result;
}

static long read_user(struct file *file, void __user *data, size_t size, u64 pos)
{
	return read_ring(file, (struct side){ .at = data }, size);
}

static long write_user(struct file *file, const void __user *data, size_t size, u64 pos)
{
	return write_ring(file, (struct side){ .at = (char __user *)data }, size);
}

long pipe_read(struct file *file, void *data, size_t size)
{
	return read_ring(file, (struct side){ data, .in_kernel = true }, size);
}

long pipe_write(struct file *file, const void *data, size_t size)
{
	return write_ring(file, (struct side){ (char *)data, .in_kernel = true }, size);
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

	/* A named pipe that was never open for writing has not ended yet. */
	bool ended = !READ_ONCE(pipe->nr_writers) && READ_ONCE(pipe->writer_opens);

	return (pipe_used(pipe) ? POLLIN : 0) | (ended ? POLLHUP : 0);
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
		if (!pipe->pages[i])
			continue;
		kmem_uncharge_page(pipe->account, pipe->pages[i]);
		__free_page(pipe->pages[i]);
	}
	kmem_uncharge(pipe->account, PIPE_BYTES);
	kfree(pipe);
}

/*
 * Takes a file out of the counts. The last one frees the pipe, and its inode leads to none any
 * more. Otherwise the threads at the other end wake.
 */
static void leave(struct inode *inode, struct pipe *pipe, u32 flags)
{
	bool last;

	mutex_lock(&inode->write_lock);
	mutex_lock(&pipe->lock);
	pipe->nr_readers -= file_reads(flags);
	pipe->nr_writers -= file_writes(flags);
	last = !pipe->nr_readers && !pipe->nr_writers;
	wake_up_all(&pipe->readers);
	wake_up_all(&pipe->writers);
	mutex_unlock(&pipe->lock);
	if (last)
		inode->pipe = NULL;
	mutex_unlock(&inode->write_lock);
	if (last)
		pipe_free(pipe);
	else
		poll_wake();
}

static void pipe_release(struct file *file)
{
	leave(file->inode, file->private, file->flags);
}

/* An equal part for each open file. */
static void pipe_charges(const struct file *file, struct charge_look *look)
{
	const struct pipe *pipe = file->private;
	u32 files = READ_ONCE(pipe->nr_readers) + READ_ONCE(pipe->nr_writers);

	look->add(look, pipe->account, (PIPE_BYTES + pipe_used(pipe)) / max(files, 1u));
}

static const struct file_ops read_end_ops = {
	.read = read_user,
	.ioctl = pipe_ioctl,
	.poll = poll_read_end,
	.release = pipe_release,
	.charges = pipe_charges,
};

static const struct file_ops write_end_ops = {
	.write = write_user,
	.ioctl = pipe_ioctl,
	.poll = poll_write_end,
	.release = pipe_release,
	.charges = pipe_charges,
};

/* Of a named pipe that is opened for reading and writing. */
static u32 poll_both_ends(struct file *file)
{
	return poll_read_end(file) | poll_write_end(file);
}

static const struct file_ops both_ends_ops = {
	.read = read_user,
	.write = write_user,
	.ioctl = pipe_ioctl,
	.poll = poll_both_ends,
	.release = pipe_release,
	.charges = pipe_charges,
};

bool pipe_can_write(const struct file *file)
{
	return file->ops == &write_end_ops || file->ops == &both_ends_ops;
}

/* --- named pipes ------------------------------------------------------------------------------ */

/* Counts a new file. The lock of the pipe is held. */
static void count(struct pipe *pipe, u32 flags)
{
	if (file_reads(flags)) {
		pipe->nr_readers++;
		pipe->reader_opens++;
		wake_up_all(&pipe->writers);
	}
	if (file_writes(flags)) {
		pipe->nr_writers++;
		pipe->writer_opens++;
		wake_up_all(&pipe->readers);
	}
}

/*
 * Waits until the other end is open, or was open meanwhile: a writer may come and go. The lock of
 * the pipe is held, and released while the thread waits. The count of its file keeps the pipe.
 */
static int wait_for_other_end(struct pipe *pipe, u32 flags)
{
	bool reads = file_reads(flags);
	const u32 *opens = reads ? &pipe->writer_opens : &pipe->reader_opens, before = *opens;
	int error;

	if ((flags & O_NONBLOCK) || (reads && file_writes(flags)) ||
	    (reads ? pipe->nr_writers : pipe->nr_readers))
		return 0;
	mutex_unlock(&pipe->lock);
	error = wait_event_interruptible(reads ? &pipe->readers : &pipe->writers,
					 READ_ONCE(*opens) != before);
	mutex_lock(&pipe->lock);
	return error;
}

/* Finds the pipe of an inode, or makes it, and counts the file. Its lock is held afterwards. */
static struct pipe *join(struct inode *inode, u32 flags, int *error)
{
	struct pipe *pipe;

	mutex_lock(&inode->write_lock);
	pipe = inode->pipe;
	if ((flags & O_NONBLOCK) && !file_reads(flags) && !(pipe && pipe->nr_readers)) {
		*error = -ENXIO;
		pipe = NULL;
	} else if (!pipe) {
		*error = -ENOMEM;
		pipe = inode->pipe = kzalloc(sizeof(*pipe), GFP_KERNEL);
		if (pipe)
			pipe->account = kmem_charge(PIPE_BYTES);
	}
	if (pipe) {
		mutex_lock(&pipe->lock);
		count(pipe, flags);
	}
	mutex_unlock(&inode->write_lock);
	return pipe;
}

static int fifo_open(struct file *file)
{
	u32 flags = file->flags;
	int error;
	struct pipe *pipe = join(file->inode, flags, &error);

	if (!pipe)
		return error;
	error = wait_for_other_end(pipe, flags);
	mutex_unlock(&pipe->lock);
	if (error) {
		leave(file->inode, pipe, flags);
		return error;
	}
	file->private = pipe;
	file->ops = !file_writes(flags)  ? &read_end_ops
		    : !file_reads(flags) ? &write_end_ops
					 : &both_ends_ops;
	return 0;
}

const struct file_ops fifo_ops = { .open = fifo_open };

/* --- pipes without a name --------------------------------------------------------------------- */

int pipe_create(struct file *ends[2], u32 flags)
{
	struct pipe *pipe = kzalloc(sizeof(*pipe), GFP_KERNEL);
	struct inode *inode = inode_create(S_IFIFO | 0600);

	if (!pipe || !inode)
		goto fail;
	pipe->account = kmem_charge(PIPE_BYTES);
	ends[0] = file_create(inode, &read_end_ops, O_RDONLY | (flags & O_NONBLOCK));
	if (!ends[0])
		goto fail;
	ends[0]->private = inode->pipe = pipe;
	pipe->nr_readers = pipe->reader_opens = 1;
	inode_get(inode);
	ends[1] = file_create(inode, &write_end_ops, O_WRONLY | (flags & O_NONBLOCK));
	if (!ends[1]) {
		inode_put(inode);
		file_put(ends[0]);
		return -ENOMEM;
	}
	ends[1]->private = pipe;
	pipe->nr_writers = pipe->writer_opens = 1;
	return 0;
fail:
	inode_put(inode);
	if (pipe)
		kmem_uncharge(pipe->account, PIPE_BYTES);
	kfree(pipe);
	return -ENOMEM;
}

static long do_pipe(unsigned long user, u32 flags)
{
	struct file *ends[2];
	int error;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	error = pipe_create(ends, flags);
	if (error)
		return error;
	return files_install_pair(ends, flags & O_CLOEXEC, user);
}

SYSCALL(42, pipe)
{
	return do_pipe(ARG1(regs), 0);
}

SYSCALL(331, pipe2)
{
	return do_pipe(ARG1(regs), ARG2(regs));
}
