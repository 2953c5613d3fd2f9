/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/uaccess.h>
#include <mm/kmem_account.h>
#include <sched/mutex.h>
#include <sched/wait.h>

/* One direction of a connection between two sockets. */

/* Bytes that a stream holds: Linux's default size of a socket's buffer, in whole pages. */
#define STREAM_SIZE  (52u * (u32)PAGE_SIZE)
/* Places for pages: one more, so that the last byte is never in the page of the first one. */
#define STREAM_PAGES 53u

/* Flags of a read or a write, with the values of recv(2) and send(2). */
#define MSG_PEEK     0x2u
#define MSG_DONTWAIT 0x40u
#define MSG_WAITALL  0x100u
#define MSG_NOSIGNAL 0x4000u

/**
 * struct stream - bytes on their way from one socket to another
 * @lock: guards all that follows; held while bytes are copied
 * @start: place of the first byte in @pages
 * @used: number of bytes, at most STREAM_SIZE
 * @shut: nothing is written any more
 * @error: errno that the next read returns once, when there are no bytes; 0 if none
 * @readers, @writers: threads that wait for bytes, and for room
 * @account: charged with the pages
 * @pages: the ring
 */
struct stream {
	struct mutex lock;
	u32 start, used;
	bool shut;
	u32 error;
	struct wait_queue readers, writers;
	struct kmem_account *account;
	struct page *pages[STREAM_PAGES];
};

/**
 * stream_read() - move bytes to the running program
 * @stream: any
 * @at: its memory, checked by access_ok()
 * @size: most bytes
 * @flags: MSG_DONTWAIT, MSG_WAITALL
 *
 * Context: thread, may sleep.
 * Return: number of bytes; 0 if no more will come; -EAGAIN, -EFAULT, -ECONNRESET, -ERESTARTSYS.
 */
long stream_read(struct stream *stream, void __user *at, u32 size, u32 flags);

/**
 * stream_peek() - copy bytes to the running program, and let them stay
 * @stream: any
 * @at: its memory, checked by access_ok()
 * @size: most bytes
 * @flags: MSG_DONTWAIT: do not wait for the first byte
 * @skip: bytes that it has already got; behind them it never waits
 *
 * Context: thread, may sleep.
 * Return: as stream_read().
 */
long stream_peek(struct stream *stream, void __user *at, u32 size, u32 flags, u32 skip);

/**
 * stream_write() - move bytes from the running program
 * @stream: any
 * @at: its memory, checked by access_ok()
 * @size: number of bytes
 * @flags: MSG_DONTWAIT, MSG_NOSIGNAL
 *
 * Sends SIGPIPE if nothing can be written any more.
 * Context: thread, may sleep.
 * Return: number of bytes; -EPIPE, -EAGAIN, -EFAULT, -ENOMEM, -ERESTARTSYS.
 */
long stream_write(struct stream *stream, const void __user *at, u32 size, u32 flags);

/**
 * stream_shut() - let nothing be written any more
 * @stream: any; its bytes can still be read
 *
 * Context: thread, may sleep.
 */
void stream_shut(struct stream *stream);

/**
 * stream_fill() - fill an empty stream with zeroes
 * @stream: any
 *
 * Context: thread, may sleep.
 * Return: false if there is no memory; some pages may have been allocated.
 */
bool stream_fill(struct stream *stream);

/**
 * stream_set_low() - choose the zone of pages that are allocated from now on
 * @low: low memory, as with unixbuf=low
 *
 * Context: any.
 * Return: what was chosen before.
 */
bool stream_set_low(bool low);

/**
 * stream_free_pages() - give back the memory of a stream
 * @stream: nothing uses it any more
 *
 * Context: any.
 */
void stream_free_pages(struct stream *stream);
