/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/uaccess.h>
#include <lib/list.h>
#include <sched/mutex.h>
#include <vm/object.h>

/*
 * Open files, and the table of a process that names them by number. An open file is an inode with a
 * position, or the end of a pipe, or a terminal. docs/files.md is the chapter.
 */

struct inode;
struct kmem_account;
struct poll_waiters;

/**
 * struct charge_look - a look at the charged memory that open files lead to
 * @add: called for each object and its account, or NULL, with the part of its bytes that counts for
 *	one file. That part is to be divided by @sharers
 * @sharers: users of the file
 * @queues: unix_hold_queues() has succeeded, so connections that wait are looked at, too
 */
struct charge_look {
	void (*add)(struct charge_look *look, const struct kmem_account *account, u32 bytes);
	u32 sharers;
	bool queues;
};

/* Flags of open(2), with the values of Linux for i386. */
#define O_ACCMODE   000000003
#define O_RDONLY    000000000
#define O_WRONLY    000000001
#define O_RDWR      000000002
#define O_CREAT     000000100
#define O_EXCL      000000200
#define O_NOCTTY    000000400
#define O_TRUNC     000001000
#define O_APPEND    000002000
#define O_NONBLOCK  000004000
#define O_DSYNC     000010000
#define O_DIRECTORY 000200000
#define O_NOFOLLOW  000400000
#define O_NOATIME   001000000
#define O_CLOEXEC   002000000
#define O_SYNC      004010000
#define O_PATH      010000000

/**
 * struct file_ops - what an open file can do; a missing function gives the errno in brackets
 * @has_position: read(2) and write(2) continue where the last one ended; false: there is no place
 *	to seek to, and the calls may wait for long
 * @read: [EINVAL] read up to @size bytes at @pos into the program's memory
 * @write: [EINVAL] likewise
 * @ioctl: [ENOTTY]
 * @poll: [always ready] POLLIN | POLLOUT | ... that are true now
 * @open: [nothing] called for a new file of this inode: 0 or a negative errno
 * @release: the last reference is gone
 * @charges: [nothing] tell what else is charged, with the lock of a table of files held
 */
struct file;
struct file_ops {
	bool has_position;
	int (*open)(struct file *file);
	long (*read)(struct file *file, void __user *data, size_t size, u64 pos);
	long (*write)(struct file *file, const void __user *data, size_t size, u64 pos);
	long (*ioctl)(struct file *file, u32 request, unsigned long arg);
	u32 (*poll)(struct file *file);
	void (*release)(struct file *file);
	void (*charges)(const struct file *file, struct charge_look *look);
};

/**
 * struct file - an open file
 * @refcount: file numbers that name it, and users in the kernel
 * @flags: O_*
 * @pos: where read(2) and write(2) continue
 * @lock: guards @pos
 * @ops: functions of its kind: read, write, seek and so on
 * @inode: its inode; each file has one
 * @object: its pages; NULL if it has none, and cannot be mapped
 * @private: for @ops
 * @account: charged with it
 */
struct file {
	u32 refcount;
	u32 flags;
	u64 pos;
	struct mutex lock;
	const struct file_ops *ops;
	struct inode *inode;
	struct vm_object *object;
	void *private;
	struct kmem_account *account;
};

/**
 * file_open() - open a file by its name
 * @path: absolute, or relative to the current directory of the process
 * @flags: O_*
 * @mode: rights of a new file
 * @error: set to a negative errno on failure
 *
 * Context: thread, may sleep.
 * Return: the file with one reference; NULL on failure.
 */
struct file *file_open(const char *path, u32 flags, u32 mode, int *error);

/**
 * file_write_kernel() - write bytes of the kernel into a regular file
 * @file: opened for writing, without O_APPEND
 * @data: the bytes
 * @size: their number
 * @pos: where the first byte is written
 *
 * Context: thread, may sleep.
 * Return: number of bytes; -ENOMEM; -EFBIG.
 */
long file_write_kernel(struct file *file, const void *data, size_t size, u64 pos);

/**
 * file_truncate() - change the size of a regular file
 * @inode: its inode
 * @size: bytes
 *
 * Waits for a write that has begun: with O_APPEND it goes to the end that it has found.
 * Context: thread, may sleep.
 * Return: 0; -ETXTBSY if a program runs from it; -EFBIG.
 */
int file_truncate(struct inode *inode, u64 size);

/**
 * file_create() - make an open file
 * @inode: its reference is the file's from now on, unless there is no memory
 * @ops: functions of its kind
 * @flags: O_*
 *
 * Context: may sleep.
 * Return: the file with one reference; NULL if there is no memory.
 */
struct file *file_create(struct inode *inode, const struct file_ops *ops, u32 flags);

/**
 * file_writes() - was a file opened for writing?
 * @flags: flags of open(2), O_*
 *
 * Context: any.
 * Return: true for O_WRONLY and O_RDWR.
 */
static inline bool file_writes(u32 flags)
{
	return (flags & O_ACCMODE) != O_RDONLY;
}

/**
 * file_reads() - was a file opened for reading?
 * @flags: flags of open(2), O_*
 *
 * Context: any.
 * Return: true for O_RDONLY and O_RDWR.
 */
static inline bool file_reads(u32 flags)
{
	return (flags & O_ACCMODE) != O_WRONLY;
}

/**
 * file_add_writer(), file_remove_writer() - count a file that is open for writing
 * @object: its pages
 *
 * Context: any.
 * Return: 0; -ETXTBSY if a program runs from it.
 */
int file_add_writer(struct vm_object *object);
void file_remove_writer(struct vm_object *object);

/**
 * file_get(), file_put() - take or drop a reference
 * @file: the last reference closes it
 *
 * Context: file_put() may sleep.
 */
static inline void file_get(struct file *file)
{
	__atomic_add_fetch(&file->refcount, 1, __ATOMIC_RELAXED);
}

void file_put(struct file *file);

/**
 * file_may_execute() - may a program be started from this file?
 * @file: opened for reading
 *
 * Context: any.
 * Return: 0; -EACCES if it is no regular file or has no execute bit.
 */
int file_may_execute(const struct file *file);

/**
 * files_create() - make a table of open files
 *
 * The current directory is the root, and no file is open.
 * Context: may sleep.
 * Return: the table with one user; NULL if there is no memory.
 */
struct files *files_create(void);

/**
 * files_copy() - copy a table, for fork(2)
 * @files: any
 *
 * Context: may sleep.
 * Return: the copy with one user; NULL if there is no memory.
 */
struct files *files_copy(struct files *files);

/**
 * files_get(), files_put() - take or drop a user of a table
 * @files: the last user closes all files
 *
 * Context: files_put() may sleep.
 */
void files_get(struct files *files);
void files_put(struct files *files);

/**
 * files_unshare() - make a table that only the caller uses
 * @files: a table
 *
 * Context: may sleep.
 * Return: @files itself if it has no other user; or a copy with one user, and @files keeps its
 * users; NULL if there is no memory.
 */
struct files *files_unshare(struct files *files);

/**
 * files_set_limit() - set RLIMIT_NOFILE
 * @files: of the process
 * @limit: new numbers are below it; a value above 1024 means 1024
 *
 * Context: any.
 */
void files_set_limit(struct files *files, u32 limit);

/**
 * files_close_on_exec() - close the files with FD_CLOEXEC
 * @files: of the running thread
 *
 * Context: may sleep.
 */
void files_close_on_exec(struct files *files);

/**
 * files_charges() - look at the charged memory that open files lead to
 * @files: any
 * @look: gets it; nothing if another thread changes the table at this moment
 *
 * Context: any but interrupts; waits for no lock.
 */
void files_charges(struct files *files, struct charge_look *look);

/**
 * files_open_at() - open a file under a given number
 * @files: any
 * @fd: the number; closed before if it is in use
 * @path: absolute path
 * @flags: O_*
 *
 * For the first program: its standard input, output and error.
 * Context: may sleep.
 * Return: 0, or a negative errno.
 */
int files_open_at(struct files *files, u32 fd, const char *path, u32 flags);

/**
 * file_of() - find an open file of the running program
 * @fd: its number
 *
 * Context: thread that runs a program.
 * Return: the file with a reference, which the caller drops; NULL if there is none (EBADF).
 */
struct file *file_of(u32 fd);
