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
struct inode;
struct super;

#define S_IFMT   0170000u
#define S_IFSOCK 0140000u
#define S_IFLNK  0120000u
#define S_IFREG  0100000u
#define S_IFBLK  0060000u
#define S_IFDIR  0040000u
#define S_IFCHR  0020000u
#define S_IFIFO  0010000u
#define S_ISUID  0004000u
#define S_ISGID  0002000u
#define S_ISVTX  0001000u

/* End of a range of bytes that has no end. */
#define WHOLE_FILE (~(u64)0)

#define NAME_MAX 255u
#define PATH_MAX 4096u

/**
 * filldir_fn - receives one name of a directory
 * @arg: of readdir()
 * @name, @length: the name, not ended by a zero
 * @number: st_ino
 * @type: S_IF* >> 12; 0: not known
 * @next: cookie behind this name
 *
 * Return: false if the name was not taken: there is no room, readdir() ends.
 */
typedef bool filldir_fn(void *arg, const char *name, size_t length, u32 number, u32 type, u64 next);

/**
 * struct inode_ops - what the file system of an inode can do
 * @lookup: find a name that is not in memory; *found NULL: there is none. Called with dir->dir_lock
 *	and without tree_lock. The result has a reference, from inode_find()
 * @is_current: optional. Is what is in memory still true? @inode is what a name of @dir meant, or
 *	NULL for a name that did not exist. If it is false, @lookup is called again. tree_lock held,
 *	must not sleep. Missing: names change only by the functions below
 * @create: make a file, a directory, a symbolic link (@target), or a node (@rdev). @mode has the
 *	type. Owner: inode_init_owner(). Counts: inode_linked(). Result with a reference
 * @link: another name for @inode; inode_linked()
 * @unlink: remove a name of @inode: a file, or a directory, which has to be empty (-ENOTEMPTY);
 *	inode_unlinked()
 * @rename: move a name. @replaced is NULL, or what @to_name means, which loses it; -ENOTEMPTY if it
 *	is a directory with names. inode_linked(), inode_unlinked()
 * @readdir: call @fill for each name from *cookie on, and set *cookie behind the last one that was
 *	taken. "." and ".." have the cookies 0 and 1, and belong to the caller: others begin at 2.
 *	Called without tree_lock, with dir->dir_lock
 * @follow: of a symbolic link without inode->target: write its text, or set *jump to an inode with
 *	a reference, where the path continues. For readlink(2) @jump is NULL. tree_lock held; @size
 *	is at least 32. Returns 0 or a negative errno
 * @write_inode: write mode, owner, times, size and links into the metadata (which may be in the
 *	cache). Called some time after inode_mark_dirty(), without tree_lock
 * @truncate: the size changed, and the pages above it are gone: free the blocks above it
 * @evict: the last reference is gone: free blocks and the number if nr_links is 0. Afterwards the
 *	inode is freed. Called with or without tree_lock, so it must not take it
 * @dir_size: optional. st_size and st_blocks of a directory. Called without tree_lock
 * @sync: fsync(2): metadata of this file to the device, and FLUSH. Pages and write_inode() were
 *	written before. Missing: super->ops->sync and FLUSH
 *
 * @create, @link, @unlink and @rename are called with tree_lock held, after all checks. They change
 * the directory on the device; the entries in memory are the caller's. A file system guards its
 * blocks by locks of its own, which are taken after tree_lock and dir_lock, since @lookup and
 * @readdir run at the same time as they do.
 */
struct inode_ops {
	int (*lookup)(struct inode *dir, const char *name, size_t length, struct inode **found);
	bool (*is_current)(struct inode *dir, const struct inode *inode);
	int (*create)(struct inode *dir, const char *name, size_t length, u32 mode, u32 rdev,
		      const char *target, struct inode **made);
	int (*link)(struct inode *dir, const char *name, size_t length, struct inode *inode);
	int (*unlink)(struct inode *dir, const char *name, size_t length, struct inode *inode);
	int (*rename)(struct inode *from_dir, const char *from_name, size_t from_length,
		      struct inode *inode, struct inode *to_dir, const char *to_name,
		      size_t to_length, struct inode *replaced);
	int (*readdir)(struct inode *dir, u64 *cookie, filldir_fn *fill, void *arg);
	int (*follow)(struct inode *link, char *text, size_t size, struct inode **jump);
	int (*write_inode)(struct inode *inode);
	int (*truncate)(struct inode *inode, u64 size);
	void (*evict)(struct inode *inode);
	u64 (*dir_size)(struct inode *dir, u64 *blocks);
	int (*sync)(struct inode *inode, bool data_only);
};

/**
 * struct inode - a file, a directory, or another thing that a name can mean
 * @refcount: entries, open files and other users
 * @mode: type and rights, S_IF* | 0777
 * @number: st_ino
 * @uid, @gid: owner
 * @nr_links: number of entries; 0: the last reference frees the inode
 * @device: st_rdev of a device
 * @write_lock: one write at a time, so that O_APPEND finds the end; guards @pipe. Taken before
 *	object->lock
 * @object: bytes of a regular file
 * @target: text of a symbolic link
 * @ops: of files that are opened from it; NULL if it cannot be opened
 * @pipe: of a pipe, while it is open; guarded by @write_lock
 * @entry: the name that it got last, or NULL if that name is gone
 * @parent: of a directory: the directory above, with a reference; the root is its own
 * @entries: of a directory: list of struct entry, in the order in which they were made. With
 *	fs_ops->lookup it has only the names that were looked up
 * @next_cookie: of a directory: cookie of the next entry
 * @atime, @mtime, @ctime: times in nanoseconds since 1970
 * @super: its file system; NULL for pipes
 * @fs_ops: functions of its file system; NULL: all is in memory (tmpfs)
 * @blocks: st_blocks, of @fs_ops
 * @private: super->inode_extra bytes behind the inode, for @fs_ops; zeroes at first
 * @mounted: file system that covers this directory, or NULL
 * @dir_lock: of a directory with fs_ops->lookup; taken before tree_lock
 * @state: INODE_*, by atomic operations
 * @super_link: in super->inodes
 * @hash_next: of an inode that inode_find() finds
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
	struct pipe *pipe;
	struct entry *entry;
	struct inode *parent;
	struct list_head entries;
	u32 next_cookie;
	u64 atime, mtime, ctime;
	struct super *super;
	const struct inode_ops *fs_ops;
	u64 blocks;
	void *private;
	struct super *mounted;
	struct mutex dir_lock;
	u32 state;
	struct list_head super_link;
	struct inode *hash_next;
};

#define INODE_DIRTY  1u /* fs_ops->write_inode() has to be called */
#define INODE_NEW    2u /* inode_find() gave it out, and inode_loaded() is still to come */
#define INODE_HASHED 4u

/**
 * struct entry - a name in a directory
 * @link: in @entries of the directory
 * @inode: the inode of the name, with a reference; NULL: the name is known not to exist
 * @dir: the directory
 * @cookie: place in the directory for getdents(2); grows along the list, and is at least 2
 * @loaded: of a disk: path_loads when it was looked up
 * @used: a path led over it since it was passed over last
 * @length: of @name
 * @lru: of a disk: in the list of entries that may be given up
 * @name: ends with a zero
 */
struct entry {
	struct list_head link;
	struct inode *inode, *dir;
	u32 cookie;
	u16 length;
	bool used;
	u32 loaded;
	struct list_head lru;
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
 * inode_create_in() - make an inode of a file system, without a name
 * @super: the file system
 * @mode: type and rights
 * @number: st_ino; inode_find() finds it from now on. 0: the next number of all file systems in
 *	memory, and inode_find() does not find it
 *
 * It has no object and no functions.
 * Context: may sleep.
 * Return: the inode with one reference and @nr_links 0; NULL if there is no memory.
 */
struct inode *inode_create_in(struct super *super, u32 mode, u32 number);

/**
 * inode_init_owner() - set owner and rights of an inode that a program makes
 * @inode: new; its mode has the rights that the program wants
 * @dir: where its first name will be
 *
 * Context: thread.
 */
void inode_init_owner(struct inode *inode, const struct inode *dir);

/**
 * inode_find() - find an inode by its number, or begin to load it
 * @super: the file system
 * @number: st_ino, not 0
 * @fresh: set to true if the inode is new: the caller fills it and calls inode_loaded(); others who
 *	want it wait until then
 *
 * Waits while an inode of this number is evicted: the caller must not hold a lock that
 * fs_ops->evict takes.
 * Context: may sleep.
 * Return: the inode with a reference; NULL if there is no memory.
 */
struct inode *inode_find(struct super *super, u32 number, bool *fresh);

/**
 * inode_loaded() - a new inode is complete
 * @inode: of inode_find()
 * @error: 0; or a negative errno: the inode is freed without fs_ops->evict
 *
 * Context: may sleep.
 */
void inode_loaded(struct inode *inode, int error);

/**
 * inode_mark_dirty() - have fs_ops->write_inode() called soon
 * @inode: any; nothing happens if there is no such function
 *
 * Context: any but interrupts.
 */
static inline void inode_mark_dirty(struct inode *inode)
{
	if (unlikely(inode->fs_ops) && !(READ_ONCE(inode->state) & INODE_DIRTY))
		__atomic_fetch_or(&inode->state, INODE_DIRTY, __ATOMIC_SEQ_CST);
}

/**
 * inode_write() - write a dirty inode's attributes into the metadata
 * @inode: any
 *
 * Context: may sleep; without tree_lock.
 * Return: 0 or a negative errno.
 */
int inode_write(struct inode *inode);

/**
 * inode_linked(), inode_unlinked() - count a name that was made or removed
 * @dir: the directory
 * @inode: the inode of the name
 *
 * They change nr_links of both (a directory counts in the one above) and the times, for all file
 * systems, and mark both dirty.
 * Context: tree_lock held.
 */
void inode_linked(struct inode *dir, struct inode *inode);
void inode_unlinked(struct inode *dir, struct inode *inode);

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
 * Return: bytes of a file, of the text of a symbolic link or of a directory on a disk; else 0.
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
 * inode_root() - the directory that "/" means
 *
 * Context: may sleep; takes tree_lock.
 * Return: the inode, with a reference.
 */
struct inode *inode_root(void);

/**
 * inode_get_live() - take a reference, unless the last one is gone
 * @inode: is not freed meanwhile
 *
 * Context: any.
 * Return: true if a reference was taken.
 */
bool inode_get_live(struct inode *inode);

/**
 * inode_join() - make an inode a part of a file system in memory
 * @inode: new, and of none
 * @super: the file system
 *
 * Context: any but interrupts.
 * Return: 0; -ENOSPC if it has as many inodes as it may have.
 */
int inode_join(struct inode *inode, struct super *super);

/**
 * inode_next() - walk all inodes of a file system
 * @super: the file system
 * @before: the inode before, whose reference is dropped; NULL to begin
 *
 * Context: may sleep; without locks that fs_ops->evict takes.
 * Return: the next inode, with a reference; NULL at the end.
 */
struct inode *inode_next(struct super *super, struct inode *before);

/**
 * inode_list_busy() - does anything outside of its tree use an inode of a file system?
 * @super: the file system
 *
 * Context: tree_lock held.
 * Return: true if there are more references than those of entries and parents.
 */
bool inode_list_busy(const struct super *super);

/**
 * inode_is_cached() - are the names of a directory only a copy?
 * @dir: a directory
 *
 * Context: any.
 * Return: true if a name that has no entry may exist.
 */
static inline bool inode_is_cached(const struct inode *dir)
{
	return dir->fs_ops && dir->fs_ops->lookup;
}

/**
 * entry_find() - find a name
 * @dir: a directory
 * @name: need not end with a zero
 * @length: of @name
 *
 * Context: tree_lock held.
 * Return: the entry; NULL if there is none. For a name that does not exist its inode is NULL.
 */
struct entry *entry_find(struct inode *dir, const char *name, size_t length);

/**
 * entry_alloc() - make an entry that is in no directory
 * @name, @length: its name
 *
 * Context: may sleep.
 * Return: the entry, for entry_attach() or kfree(); NULL if there is no memory.
 */
struct entry *entry_alloc(const char *name, size_t length);

/**
 * entry_attach(), entry_set(), entry_detach() - change the tree in memory, and nothing else
 * @dir: the directory
 * @entry: of entry_alloc(); entry_detach() frees it
 * @inode: the inode of the name, or NULL; the entry takes a reference. A directory gets @dir as its
 *	parent
 *
 * Counts and times do not change, and they cannot fail.
 * Context: tree_lock held, may sleep.
 */
void entry_attach(struct inode *dir, struct entry *entry, struct inode *inode);
void entry_set(struct entry *entry, struct inode *inode);
void entry_detach(struct entry *entry);

/**
 * entries_trim() - give up entries of disks that were not used for long, if there are many
 *
 * Context: tree_lock held, may sleep.
 */
void entries_trim(void);

/**
 * entries_forget() - detach all entries below a directory
 * @dir: of a disk; or of a tree in memory that nothing needs any more
 *
 * Context: tree_lock held, may sleep.
 */
void entries_forget(struct inode *dir);

/**
 * entry_add() - give an inode a name
 * @dir: a directory in memory that does not have the name
 * @name: need not end with a zero
 * @length: at most NAME_MAX
 * @inode: gets one more reference and link. A directory without a parent gets @dir as its parent
 *
 * Context: tree_lock held, may sleep.
 * Return: 0; -ENOMEM; -ENOENT if @dir itself was removed; -ENOSPC.
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
