/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/linker_set.h>
#include <lib/list.h>
#include <lib/types.h>
#include <sched/mutex.h>

/*
 * File systems that are mounted, and their types. A type makes a struct super from a device and
 * options; fs/mount.c puts it over a directory. docs/files.md is the chapter.
 */

struct block_device;
struct inode;
struct page_room;
struct super;

/* Flags of mount(2), with the values of Linux. A super keeps the first four, and the last. */
#define MS_RDONLY      1u
#define MS_NOSUID      2u
#define MS_NODEV       4u
#define MS_NOEXEC      8u
#define MS_SYNCHRONOUS 16u
#define MS_REMOUNT     32u
#define MS_DIRSYNC     128u
#define MS_NOATIME     1024u
#define MS_NODIRATIME  2048u
#define MS_BIND        4096u
#define MS_MOVE        8192u
#define MS_REC         16384u
#define MS_SILENT      32768u
#define MS_RELATIME    (1u << 21)

/**
 * struct fs_counts - what statfs(2) reports
 * @magic: number of the type
 * @block_size: bytes of a block
 * @blocks, @free, @available: blocks: all, free, free for users other than root
 * @files, @free_files: inodes
 */
struct fs_counts {
	u32 magic, block_size;
	u64 blocks, free, available, files, free_files;
};

/**
 * struct super_ops - what a file system can do; a missing function does nothing, and succeeds
 * @statfs: fill in the counts, which are all zero
 * @sync: bring all metadata of the file system to the device. All inodes and pages of files were
 *	written before, and a FLUSH of the device follows
 * @put: the file system is not mounted any more, and its inodes are gone. Everything was synced.
 *	Frees @private; not the super
 * @remount: change the flags (MS_RDONLY) and the options; a negative errno leaves all as it was.
 *	Everything was synced before; super->flags change after it
 * @show_options: write the options as /proc/mounts shows them, each after a comma, and return their
 *	length
 *
 * Context: threads; all may sleep, and are called without tree_lock, except @show_options.
 */
struct super_ops {
	int (*statfs)(struct super *super, struct fs_counts *counts);
	int (*sync)(struct super *super);
	void (*put)(struct super *super);
	int (*remount)(struct super *super, u32 flags, const char *options);
	u32 (*show_options)(struct super *super, char *to, size_t size);
};

/**
 * struct super - a file system that is mounted
 * @type: name of its type
 * @device: the disk below; NULL if there is none
 * @root: its uppermost directory, with a reference; its parent is itself
 * @flags: MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC. The file system itself may set MS_RDONLY at
 *	any time, after an error
 * @dev: st_dev; 0: mount(2) chooses it
 * @inode_extra: bytes behind each inode, for the file system: inode->private
 * @room: of tmpfs: limit for the pages of its files, or NULL
 * @ops: its functions, not NULL
 * @private: for @ops
 *
 * The type's mount function sets the members above. The rest belongs to fs/super.c.
 *
 * @id: number of the mount, for reports; that of the root in memory is 0
 * @covered: the directory under it, with a reference; NULL for the root and after a detach
 * @source: the device's name as mount(2) got it
 * @link: in the list of mounts
 * @inodes: all its inodes in memory, by inode->super_link; guarded by inode_list_lock
 * @nr_inodes: number of @inodes, guarded likewise
 * @max_inodes: their limit, of tmpfs; 0: none
 * @nr_refs: references among the inodes of this tree: of entries, and of directories to parents
 */
struct super {
	const char *type;
	struct block_device *device;
	struct inode *root;
	u32 flags;
	u32 dev;
	u32 inode_extra;
	struct page_room *room;
	const struct super_ops *ops;
	void *private;

	u32 id;
	struct inode *covered;
	char *source;
	struct list_head link;
	struct list_head inodes;
	u32 nr_inodes, max_inodes;
	u32 nr_refs;
};

/* The first root: memory, without a limit. */
extern struct super root_super;

/**
 * super_count_ref() - count a reference of a tree to one of its own inodes
 * @super: of the inode
 * @change: 1 or -1
 *
 * Context: any.
 */
static inline void super_count_ref(struct super *super, int change)
{
	__atomic_fetch_add(&super->nr_refs, (u32)change, __ATOMIC_RELAXED);
}

/* Length of a message of a mount function, with its zero. */
#define MOUNT_MESSAGE 96u

/**
 * struct fs_type - a type of file systems
 * @name: as mount(2) wants it
 * @needs_device: the source is the path of a block device
 * @mount: make a super: super_create(), its root, and what is read from the device. On an error
 *	nothing of it is left. @options is never NULL. @message has MOUNT_MESSAGE bytes, and may be
 *	filled with what is wrong; it is printed with the type and the device before it
 */
struct fs_type {
	const char *name;
	bool needs_device;
	int (*mount)(struct block_device *device, u32 flags, const char *options,
		     struct super **made, char *message);
};

/* FS_TYPE("ext2", true, ext2_mount); */
#define FS_TYPE(name_, needs_device_, mount_)                                       \
	static const struct fs_type fs_type_##mount_ LINKER_SET(fs_types) = {       \
		.name = (name_), .needs_device = (needs_device_), .mount = (mount_) \
	}

/**
 * super_create() - make a super without a root
 * @type, @device, @flags, @ops: its members
 *
 * Context: may sleep.
 * Return: the super; NULL if there is no memory.
 */
struct super *super_create(const char *type, struct block_device *device, u32 flags,
			   const struct super_ops *ops);

/**
 * super_destroy() - free a super that was not mounted, with its root and all entries below it
 * @super: of super_create(); super->ops->put is not called
 *
 * Context: may sleep; without tree_lock.
 */
void super_destroy(struct super *super);

/**
 * super_sync() - write everything of a file system, and FLUSH the device
 * @super: cannot be unmounted meanwhile
 *
 * Context: may sleep; without tree_lock.
 * Return: 0 or the first error.
 */
int super_sync(struct super *super);

/**
 * super_sync_all() - write everything of all file systems and devices
 *
 * Before the machine is switched off, and for sync(2).
 * Context: thread, may sleep.
 */
void super_sync_all(void);

/**
 * super_busy() - does anything use a file system but its own tree?
 * @super: mounted
 *
 * Context: tree_lock held.
 * Return: true if a file is open, a directory is a current one, or something is mounted there.
 */
bool super_busy(const struct super *super);

/**
 * super_attach(), super_detach() - put a file system over a directory, or remove it
 * @super: with a root
 * @dir: gets a reference
 *
 * Context: tree_lock held.
 */
void super_attach(struct super *super, struct inode *dir);
void super_detach(struct super *super);

/**
 * super_drop_unattached() - enter a super that could not be mounted, for super_end()
 * @super: in no list
 *
 * Context: mount_lock and tree_lock held.
 */
void super_drop_unattached(struct super *super);

/**
 * super_has_device() - is a device, or a part of it, used by a file system?
 * @device: a disk or a partition
 *
 * Context: mount_lock held.
 * Return: true if so, also if it is a part of such a device, or the file system was detached.
 */
bool super_has_device(const struct block_device *device);

/**
 * super_is_detached() - is a device used by a file system that was detached, and is still busy?
 * @device: any
 *
 * Context: mount_lock held.
 * Return: true if it is.
 */
bool super_is_detached(const struct block_device *device);

/**
 * super_has_writers() - is a file open for writing?
 * @super: mounted
 *
 * Context: mount_lock held, may sleep.
 * Return: true if one is.
 */
bool super_has_writers(struct super *super);

/**
 * super_tick_start() - start the thread that writes inodes, and ends what was detached
 *
 * Context: mount_lock held, may sleep.
 * Return: true if it runs.
 */
bool super_tick_start(void);

/* Held while file systems are mounted, unmounted or synced. Taken before all locks of fs/. */
extern struct mutex mount_lock;

/**
 * super_end() - end the use of a file system that was detached: sync, put, free
 * @super: its pointer is not valid afterwards, unless the result is false
 *
 * Context: mount_lock held, may sleep; without tree_lock.
 * Return: false if it is busy.
 */
bool super_end(struct super *super);

/**
 * fs_type_find() - find a type by its name
 * @name: any text
 *
 * Context: any.
 * Return: the type; NULL if there is none.
 */
const struct fs_type *fs_type_find(const char *name);

/**
 * fs_mount() - mount a file system
 * @source: path of a device, or any text
 * @dir: the directory
 * @type: name of a type
 * @flags: MS_*
 * @options: text; "" if there are none
 *
 * Context: thread, may sleep; the caller has checked the rights.
 * Return: 0 or a negative errno, as mount(2).
 */
int fs_mount(const char *source, struct inode *dir, const char *type, u32 flags,
	     const char *options);

/**
 * for_each_mount() - call a function for each mounted file system, the root first
 * @fn: gets the super and the path where it is mounted; false ends the walk
 * @arg: for @fn
 *
 * Context: may sleep; takes tree_lock, so @fn must not.
 */
void for_each_mount(bool (*fn)(struct super *super, const char *path, void *arg), void *arg);

/**
 * mount_line(), mountinfo_line() - a line of /proc/mounts, or of /proc/PID/mountinfo
 * @super: mounted
 * @path: where
 * @to: receives the line, with "\n" and a zero at its end
 * @size: of @to; 256 and the path are enough
 *
 * Context: as in for_each_mount().
 * Return: its length.
 */
u32 mount_line(struct super *super, const char *path, char *to, size_t size);
u32 mountinfo_line(struct super *super, const char *path, char *to, size_t size);

/**
 * for_each_fs_type() - the types, for /proc/filesystems
 */
#define for_each_fs_type(type) for_each_in_set(type, fs_types)
