/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/list.h>
#include <sched/mutex.h>
#include <vm/object.h>

/*
 * Inodes and names: the tree of files in memory. A directory is a list of entries, and an entry is
 * a name and an inode. The bytes of a file are a vm_object.
 */

struct file_ops;

#define S_IFMT   0170000u
#define S_IFSOCK 0140000u
#define S_IFLNK  0120000u
#define S_IFREG  0100000u
#define S_IFBLK  0060000u
#define S_IFDIR  0040000u
#define S_IFCHR  0020000u
#define S_IFIFO  0010000u

#define NAME_MAX 255u
#define PATH_MAX 4096u

/**
 * struct inode - a file, a directory, or another thing that a name can mean
 * @refcount: entries, open files and other users
 * @mode: type and rights, S_IF* | 0777
 * @number: st_ino
 * @uid, @gid: owner; nothing but stat(2) looks at them
 * @nr_links: number of entries; 0: the last reference frees the inode
 * @device: st_rdev of a device
 * @write_lock: one write at a time, so that O_APPEND finds the end. Taken before object->lock
 * @object: bytes of a regular file
 * @target: text of a symbolic link
 * @ops: of files that are opened from it; NULL if it cannot be opened
 * @entry: the name that it got last, or NULL if that name is gone
 * @parent: of a directory: the directory above, with a reference; the root is its own
 * @entries: of a directory: list of struct entry, in the order in which they were made
 * @next_cookie: of a directory: cookie of the next entry
 * @atime, @mtime, @ctime: times in nanoseconds since 1970
 *
 * @nr_links, @entry, @parent and @entries are guarded by tree_lock.
 */
struct inode {
	u32 refcount;
	u32 mode;
	u32 number;
	u32 uid, gid;
	u32 nr_links;
	u32 device;
	struct mutex write_lock;
	struct vm_object *object;
	char *target;
	const struct file_ops *ops;
	struct entry *entry;
	struct inode *parent;
	struct list_head entries;
	u32 next_cookie;
	u64 atime, mtime, ctime;
};

/**
 * struct entry - a name in a directory
 * @link: in @entries of the directory
 * @inode: the inode of the name, with a reference
 * @dir: the directory
 * @cookie: place in the directory for getdents(2); grows along the list, and is at least 2
 * @length: of @name
 * @name: ends with a zero
 */
struct entry {
	struct list_head link;
	struct inode *inode, *dir;
	u32 cookie;
	u32 length;
	char name[];
};

/* Guards all names. Taken before write_lock and object->lock. Under it no user memory is used. */
extern struct mutex tree_lock;

extern struct inode root_inode;

/**
 * inode_create() - make an inode without a name
 * @mode: type and rights
 *
 * A regular file gets an empty object.
 * Context: may sleep.
 * Return: the inode with one reference and @nr_links 0; NULL if there is no memory.
 */
struct inode *inode_create(u32 mode);

/**
 * inode_get(), inode_put() - take or drop a reference
 * @inode: any
 *
 * Context: inode_put() may sleep.
 */
static inline void inode_get(struct inode *inode)
{
	__atomic_add_fetch(&inode->refcount, 1, __ATOMIC_RELAXED);
}

void inode_put(struct inode *inode);

/**
 * inode_of_object() - find the inode of a file's pages
 * @object: any
 *
 * Context: may sleep.
 * Return: the inode with a reference; NULL if the object is no file, or if the file is gone.
 */
struct inode *inode_of_object(struct vm_object *object);

/**
 * inode_size() - st_size
 * @inode: any
 *
 * Context: may sleep.
 * Return: bytes of a file or of the text of a symbolic link, else 0.
 */
u64 inode_size(struct inode *inode);

/**
 * inode_now() - the time for @atime, @mtime and @ctime
 *
 * It is the time of the latest tick, up to 10 ms ago, as on Linux. Without ticks it is exact.
 * Context: any but an NMI.
 * Return: nanoseconds since 1970, or since boot if the kernel does not know the date.
 */
u64 inode_now(void);

/**
 * inode_tick() - read the clock for inode_now()
 *
 * Context: each timer interrupt of the boot CPU.
 */
void inode_tick(void);

/**
 * inode_use_clock() - set the function that knows the time
 * @now: returns nanoseconds since 1970, in any context but an NMI
 *
 * Context: boot, once.
 */
void inode_use_clock(u64 (*now)(void));

/**
 * entry_find() - find a name
 * @dir: a directory
 * @name: need not end with a zero
 * @length: of @name
 *
 * Context: tree_lock held.
 * Return: the entry; NULL if there is none.
 */
struct entry *entry_find(struct inode *dir, const char *name, size_t length);

/**
 * entry_add() - give an inode a name
 * @dir: a directory that does not have the name
 * @name: need not end with a zero
 * @length: at most NAME_MAX
 * @inode: gets one more reference and link. A directory without a parent gets @dir as its parent
 *
 * Context: tree_lock held, may sleep.
 * Return: 0; -ENOMEM; -ENOENT if @dir itself was removed.
 */
int entry_add(struct inode *dir, const char *name, size_t length, struct inode *inode);

/**
 * entry_remove() - remove a name
 * @dir: its directory
 * @entry: freed; its inode loses a link and a reference
 *
 * Context: tree_lock held, may sleep.
 */
void entry_remove(struct inode *dir, struct entry *entry);

/**
 * inode_make() - make an inode and give it a name
 * @dir, @name, @length: as for entry_add()
 * @mode: type and rights
 * @made: set to the inode, with a reference for the caller, or NULL if the caller wants none
 *
 * Context: tree_lock held, may sleep.
 * Return: 0, -ENOMEM or -ENOENT.
 */
int inode_make(struct inode *dir, const char *name, size_t length, u32 mode, struct inode **made);

/**
 * inode_is_dir(), inode_is_link(), inode_is_file() - the type of an inode
 * @inode: any
 *
 * Context: any; the type of an inode never changes.
 * Return: true if it is a directory, a symbolic link, a regular file.
 */
static inline bool inode_is_dir(const struct inode *inode)
{
	return (inode->mode & S_IFMT) == S_IFDIR;
}

static inline bool inode_is_link(const struct inode *inode)
{
	return (inode->mode & S_IFMT) == S_IFLNK;
}

static inline bool inode_is_file(const struct inode *inode)
{
	return (inode->mode & S_IFMT) == S_IFREG;
}
