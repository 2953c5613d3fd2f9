/* SPDX-License-Identifier: MIT */
#pragma once

#include <fs/file.h>
#include <kernel/spinlock.h>

/* The table of open files of a process, for the files of fs/. fs/file.h has the rest. */

/* Most open files of a process: RLIMIT_NOFILE of Linux. */
#define MOST_FILES 1024u

#define FIRST_SLOTS 32u

/**
 * struct files - open files by number, and what else clone(2) shares with CLONE_FS
 * @users: processes
 * @lock: guards all that follows. No other lock is taken under it
 * @slots: pointer to struct file, plus SLOT_CLOEXEC; 0 if free. It is @first_slots at first
 * @nr_slots: size of @slots; grows up to MOST_FILES
 * @end: one more than the largest number in use; slots from here on are free, and undefined
 * @limit: RLIMIT_NOFILE: a new number is below it
 * @cwd: current directory, with a reference
 * @umask: rights that new files do not get
 * @first_slots: enough for most programs
 */
struct files {
	u32 users;
	spinlock_t lock;
	unsigned long *slots;
	u32 nr_slots, end;
	u32 limit;
	struct inode *cwd;
	u32 umask;
	unsigned long first_slots[FIRST_SLOTS];
};

#define SLOT_CLOEXEC 1ul

/**
 * files_cwd() - the current directory
 *
 * Context: any.
 * Return: the inode with a reference; the root for a kernel thread.
 */
struct inode *files_cwd(void);

/**
 * files_set_cwd() - change the current directory
 * @dir: the directory; its reference is used up
 *
 * Context: thread that runs a program; may sleep.
 */
void files_set_cwd(struct inode *dir);

/**
 * files_mode() - rights of a new file, after umask
 * @mode: rights that the program wants
 *
 * Context: any.
 * Return: the rights.
 */
u32 files_mode(u32 mode);

/**
 * files_install() - give an open file the lowest free number
 * @file: its reference is used up, also on failure
 * @from: lowest number
 * @cloexec: close it on exec
 *
 * Context: thread that runs a program; may sleep.
 * Return: the number; -EMFILE, -EINVAL or -ENOMEM.
 */
long files_install(struct file *file, u32 from, bool cloexec);

/**
 * files_install_pair() - give two open files numbers, for pipe(2) and socketpair(2)
 * @pair: their references are used up, also on failure
 * @cloexec: close them on exec
 * @user: where the program gets the two numbers
 *
 * Context: thread that runs a program; may sleep.
 * Return: 0; -EMFILE, -ENOMEM or -EFAULT, and neither has a number.
 */
long files_install_pair(struct file *const pair[2], bool cloexec, unsigned long user);

/**
 * files_put_at() - give an open file a certain number
 * @files: any
 * @fd: the number; closed before if it is in use
 * @file: its reference is used up, also on failure
 * @cloexec: close it on exec
 *
 * Context: may sleep.
 * Return: 0; -EBADF if the number is too large; -ENOMEM.
 */
int files_put_at(struct files *files, u32 fd, struct file *file, bool cloexec);

/**
 * files_close() - free a number
 * @fd: the number
 *
 * Context: thread that runs a program; may sleep.
 * Return: 0 or -EBADF.
 */
long files_close(u32 fd);
