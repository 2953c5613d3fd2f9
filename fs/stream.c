/* SPDX-License-Identifier: MIT */
#include <fs/inode.h>
#include <fs/poll.h>
#include <fs/stream.h>
#include <kernel/command.h>
#include <lib/string.h>
#include <mm/kmap_local.h>
#include <mm/page_alloc.h>

/*
 * One direction of a connection: a ring of 208 KiB, whose pages exist only while they hold bytes.
 *
 *	             start                 start + used
 *	                ▼                        ▼
 *	│        │   ▒▒▒▒ page 1 │▒▒▒ page 2 ▒▒▒│▒▒▒ page 3 │        │ ... │
 *	 no page                                             no page
 *
 * A page is allocated when its first byte is written, and freed when its last byte was read. So an
 * idle connection holds one page at most in each direction, and a full one holds 53 of them. That
 * is much memory of the kernel which a program gets without asking for memory: 1024 open files are
 * enough for 208 MiB. So the question of this kernel is from which zone the pages come:
 *
 *	unixbuf=high	high memory. The bytes are reached by kmap_local_page(), as those of a pipe
 *	unixbuf=low	low memory, as on Linux, whose buffers come from kmalloc(). A few programs
 *			can then use up low memory, while high memory is free: docs/lowmem.md
 *
 * The price of high memory is a mapping for each page that is copied, some 70 instructions.
 */

#define RING (STREAM_PAGES * (u32)PAGE_SIZE)

static bool in_lowmem;

static int set_unixbuf(const char *text)
{
	in_lowmem = strcmp(text, "low") == 0;
	return in_lowmem || strcmp(text, "high") == 0 ? 0 : -EINVAL;
}

BOOT_PARAM("unixbuf", "unixbuf=low|high", "where the bytes of sockets are: high memory, or low",
	   set_unixbuf);

bool stream_set_low(bool low)
{
	return __atomic_exchange_n(&in_lowmem, low, __ATOMIC_RELAXED);
}

/* Allocates the page of a place in the ring, unless it is there. */
static struct page *get_page_at(struct stream *stream, u32 place, gfp_t more)
{
	struct page **page = &stream->pages[place];

	if (!*page) {
		*page = alloc_page((in_lowmem ? GFP_KERNEL : GFP_HIGHUSER) | more);
		if (*page)
			kmem_charge_page(stream->account, *page);
	}
	return *page;
}

static void free_page_at(struct stream *stream, u32 place)
{
	struct page *page = stream->pages[place];

	if (!page)
		return;
	stream->pages[place] = NULL;
	kmem_uncharge_page(stream->account, page);
	__free_page(page);
}

static u32 stream_used(const struct stream *stream)
{
	return READ_ONCE(stream->used);
}

/* Copies one piece within one page. Returns false if the program's memory cannot be reached. */
static bool copy_piece(struct page *page, u32 offset, char __user *at, u32 size, bool write)
{
	char *bytes = kmap_local_page(page);
	size_t failed = write ? copy_from_user(bytes + offset, at, size)
			      : copy_to_user(at, bytes + offset, size);

	kunmap_local(bytes);
	return !failed;
}

/* Copies bytes from or to a place of the ring. Returns their number, or a negative errno if 0. */
static long copy_bytes(struct stream *stream, u32 from, char __user *at, u32 size, bool write)
{
	u32 done = 0;
	long error = -EFAULT;

	while (done < size) {
		u32 place = (from + done) % RING;
		u32 piece = min(size - done, (u32)PAGE_SIZE - place % (u32)PAGE_SIZE);
		struct page *page = get_page_at(stream, place / PAGE_SIZE, 0);

		if (!page)
			error = -ENOMEM;
		if (!page || !copy_piece(page, place % (u32)PAGE_SIZE, at + done, piece, write))
			break;
		done += piece;
	}
	return done ? (long)done : error;
}

/* Bytes were read: frees the pages that have none any more. The page of @start stays. */
static void consume(struct stream *stream, u32 size)
{
	u32 first = stream->start / PAGE_SIZE;
	u32 end = (stream->start + size) / PAGE_SIZE;

	for (; first < end; first++)
		free_page_at(stream, first % STREAM_PAGES);
	stream->start = (stream->start + size) % RING;
	WRITE_ONCE(stream->used, stream->used - size);
}

/* The lock that was just released is a full barrier: fs/pipe.c has the argument. */
static void wake_waiters(struct wait_queue *queue)
{
	if (READ_ONCE(queue->first))
		wake_up_all_lazily(queue);
	poll_wake();
}

/* Result of a read that finds no bytes: 1 after a wait. The lock is released meanwhile. */
static long wait_for_bytes(struct stream *stream, u32 flags)
{
	u32 error = stream->error;
	long result;

	stream->error = 0;
	if (error || stream->shut)
		return -(long)error;
	if (flags & MSG_DONTWAIT)
		return -EAGAIN;
	mutex_unlock(&stream->lock);
	/* With MSG_WAITALL, what was read before has made room. */
	wake_waiters(&stream->writers);
	result = wait_event_interruptible(&stream->readers,
					  stream_used(stream) || READ_ONCE(stream->shut));
	mutex_lock(&stream->lock);
	return result ?: 1;
}

long stream_read(struct stream *stream, void __user *at, u32 size, u32 flags)
{
	u32 done = 0;
	long result = 0;

	mutex_lock(&stream->lock);
	while (done < size && (!done || (flags & MSG_WAITALL))) {
		u32 piece = min(size - done, stream->used);

		if (!piece) {
			result = wait_for_bytes(stream, flags);
			if (result <= 0)
				break;
			continue;
		}
		result = copy_bytes(stream, stream->start, (char __user *)at + done, piece, false);
		if (result < 0)
			break;
		done += (u32)result;
		consume(stream, (u32)result);
	}
	mutex_unlock(&stream->lock);
	wake_waiters(&stream->writers);
	return done ? (long)done : result;
}

long stream_peek(struct stream *stream, void __user *at, u32 size, u32 flags, u32 skip)
{
	long result = size != 0;

	mutex_lock(&stream->lock);
	while (result > 0 && !skip && !stream->used)
		result = wait_for_bytes(stream, flags);
	if (result > 0)
		result = stream->used > skip ? copy_bytes(stream, stream->start + skip, at,
							  min(size, stream->used - skip), false)
					     : 0;
	mutex_unlock(&stream->lock);
	return result;
}

/* Result of a write that finds no room: 0 after a wait. */
static long wait_for_room(struct stream *stream, u32 flags)
{
	long result;

	if (flags & MSG_DONTWAIT)
		return -EAGAIN;
	mutex_unlock(&stream->lock);
	wake_waiters(&stream->readers);
	result = wait_event_interruptible(&stream->writers, stream_used(stream) < STREAM_SIZE ||
								    READ_ONCE(stream->shut));
	mutex_lock(&stream->lock);
	return result;
}

long stream_write(struct stream *stream, const void __user *at, u32 size, u32 flags)
{
	char __user *bytes = (char __user *)at;
	u32 done = 0;
	long result = 0;

	mutex_lock(&stream->lock);
	do {
		u32 piece = min(size - done, STREAM_SIZE - stream->used);

		if (stream->shut) {
			result = -EPIPE;
		} else if (piece) {
			result = copy_bytes(stream, stream->start + stream->used, bytes + done,
					    piece, true);
			if (result > 0) {
				done += (u32)result;
				WRITE_ONCE(stream->used, stream->used + (u32)result);
			}
		} else if (size) {
			result = wait_for_room(stream, flags);
		}
	} while (result >= 0 && done < size);
	mutex_unlock(&stream->lock);
	wake_waiters(&stream->readers);
	if (result == -EPIPE && !done && !(flags & MSG_NOSIGNAL))
		signal_current(SIGPIPE);
	return done ? (long)done : result;
}

void stream_shut(struct stream *stream)
{
	mutex_lock(&stream->lock);
	WRITE_ONCE(stream->shut, true);
	mutex_unlock(&stream->lock);
	wake_up_all(&stream->readers);
	wake_up_all(&stream->writers);
	poll_wake();
}

bool stream_fill(struct stream *stream)
{
	u32 nr = 0;

	mutex_lock(&stream->lock);
	while (nr < STREAM_SIZE / PAGE_SIZE && get_page_at(stream, nr, __GFP_ZERO | __GFP_NOWARN))
		nr++;
	stream->start = 0;
	WRITE_ONCE(stream->used, nr * (u32)PAGE_SIZE);
	mutex_unlock(&stream->lock);
	return nr == STREAM_SIZE / PAGE_SIZE;
}

void stream_free_pages(struct stream *stream)
{
	for (u32 i = 0; i < STREAM_PAGES; i++)
		free_page_at(stream, i);
}
