/* SPDX-License-Identifier: MIT */
#pragma once

#include <fs/ext2/disk.h>
#include <fs/ext2/meta.h>
#include <kernel/printk.h>
#include <lib/errno.h>

/*
 * The parts of ext2 that know nothing of the kernel's files: superblock, allocation, inodes, maps
 * of blocks, directories. docs/ext2.md is the chapter.
 *
 * One lock guards a mounted file system: struct ext2, its nodes, and all of its metadata. All
 * functions here expect it held, may sleep, and return 0 or a negative errno: -EIO if the disk
 * fails, -ENOMEM, and -EUCLEAN if the disk has a value that is impossible. The last one is reported
 * with its place, and nothing is written after it: fs->read_only is set.
 */

struct ext2_run {
	u32 start, count;
};

/* Freed runs that are kept, and blocks that are ready to become metadata. */
#define EXT2_FREED 512u
#define EXT2_POOL  16u

/**
 * struct ext2 - a mounted file system
 * @device: for meta_open()
 * @name: of the device, for messages
 * @nr_sectors: size of the device, in 512 bytes
 * @read_only: nothing may be changed: mounted so, or a failure
 * @failed: an error was found
 * @clean: the superblock said so when it was mounted for writing
 * @privileged: the blocks that are reserved for root may be used now
 * @meta: blocks of metadata
 * @super: copy of the superblock; written by ext2_write_super()
 * @shift, @block_size: 10 to 12, and 1024 to 4096
 * @nr_groups: number of groups
 * @table_blocks, @group_blocks: blocks of an inode table, and of all group descriptors
 * @nr_messages: errors that were reported; after some, nothing more is said
 * @bitmap, @names: memory for one block each: a bitmap, and a block of a directory
 * @pool, @nr_pool: blocks that are allocated, and zero on the disk (fs/ext2/blocks.c)
 * @freed, @nr_freed, @freed_blocks: runs that the next commit makes free, and their blocks
 * @nr_dropped: blocks that the running ext2_truncate() has freed
 */
struct ext2 {
	struct block_device *device;
	const char *name;
	u64 nr_sectors;
	bool read_only, failed, clean, privileged;
	struct meta *meta;
	struct ext2_disk_super super;
	u32 shift, block_size;
	u32 nr_groups, table_blocks, group_blocks;
	u32 nr_messages;
	u8 *bitmap, *names;
	u32 nr_pool, nr_freed, freed_blocks, nr_dropped;
	u32 pool[EXT2_POOL];
	struct ext2_run *freed;
};

/**
 * struct ext2_node - an inode in memory
 * @number: of the inode
 * @mode, @uid, @gid, @links, @flags, @size: as in the inode
 * @device: of a device file, as in st_rdev
 * @atime, @mtime, @ctime: nanoseconds since 1970
 * @deleted: when it was deleted, in seconds
 * @sectors: 512 bytes each
 * @attributes: block of extended attributes
 * @generation: changes with each use of the number
 * @goal: where the next block should be allocated
 * @block: pointers, or the text of a short symbolic link
 */
struct ext2_node {
	u32 number;
	u32 mode, uid, gid, links, flags;
	u32 device;
	u64 size;
	u64 atime, mtime, ctime;
	u32 deleted, sectors, attributes, generation;
	u32 goal;
	u32 block[EXT2_NR_POINTERS];
};

/* Types of modes. fs/inode.h has the same; ext2 uses the numbers of Unix. */
#define EXT2_TYPE(mode) ((mode)&0170000u)
#define EXT2_FIFO       0010000u
#define EXT2_CHAR       0020000u
#define EXT2_DIR        0040000u
#define EXT2_BLOCK      0060000u
#define EXT2_FILE       0100000u
#define EXT2_LINK       0120000u
#define EXT2_SOCKET     0140000u

/* --- errors and the superblock: super.c, check.c ---------------------------------------------- */

/**
 * ext2_error() - report an impossible value, and write nothing any more
 * @fs: the file system
 * @fmt: the place, the value, and the expected one; without a line end
 *
 * Context: the lock of the file system held, may sleep.
 * Return: -EUCLEAN.
 */
#define ext2_error(fs, fmt, ...)                                                               \
	({                                                                                     \
		if (ext2_fail(fs))                                                             \
			pr_err("ext2: %s: " fmt "; now read-only\n", (fs)->name, __VA_ARGS__); \
		-EUCLEAN;                                                                      \
	})

/**
 * ext2_fail() - make a file system read-only after an error
 * @fs: any
 *
 * Context: the lock of the file system held, may sleep.
 * Return: false if enough errors were reported.
 */
bool ext2_fail(struct ext2 *fs);

/**
 * ext2_check_super() - is the superblock possible, and can this code use it?
 * @fs: super, name and nr_sectors are set; sets shift, block_size, nr_groups and so on, and
 *	read_only if a feature demands it
 *
 * Says in the log what is wrong.
 * Context: the lock of the file system held, may sleep.
 * Return: 0 or -EINVAL.
 */
int ext2_check_super(struct ext2 *fs);

/**
 * ext2_check_groups() - are all group descriptors possible?
 * @fs: after ext2_check_super(), with meta
 *
 * Context: the lock of the file system held, may sleep.
 * Return: 0, -EUCLEAN, -EIO or -ENOMEM.
 */
int ext2_check_groups(struct ext2 *fs);

/**
 * ext2_open() - mount
 * @fs: zeroes, except device, name, nr_sectors and read_only
 * @now: seconds since 1970
 *
 * Marks the disk as in use, unless read_only.
 * Context: the lock of the file system held, may sleep.
 * Return: 0; -EINVAL if this is no ext2, or one that cannot be mounted; and so on.
 */
int ext2_open(struct ext2 *fs, u32 now);

/**
 * ext2_close() - unmount; all nodes are gone
 * @fs: was opened
 * @now: seconds since 1970
 *
 * Context: the lock of the file system held, may sleep.
 * Return: 0, or the error of the last writes. It is closed in each case.
 */
int ext2_close(struct ext2 *fs, u32 now);

/**
 * ext2_remount() - change between read-only and writable
 * @fs: was opened
 * @read_only: the wanted state
 * @now: seconds since 1970
 *
 * Context: the lock of the file system held, may sleep.
 * Return: 0; -EROFS if it cannot be written; -EIO.
 */
int ext2_remount(struct ext2 *fs, bool read_only, u32 now);

/**
 * ext2_sync() - bring the disk into the state of an unmounted one, except its mark
 * @fs: any
 *
 * ext2_write_out(), and freed blocks become free.
 * Context: the lock of the file system held, may sleep.
 * Return: 0, or an error.
 */
int ext2_sync(struct ext2 *fs);

/**
 * ext2_write_out() - write all metadata that is in the cache, and flush
 * @fs: any
 *
 * For fsync(2), and wherever the order of writes matters.
 * Context: the lock of the file system held, may sleep.
 * Return: 0 or -EIO.
 */
int ext2_write_out(struct ext2 *fs);

/**
 * ext2_write_super() - write the superblock into the cache
 * @fs: not read_only
 *
 * Context: the lock of the file system held, may sleep.
 * Return: 0, or an error.
 */
int ext2_write_super(struct ext2 *fs);

/**
 * ext2_free_count() - blocks that are free, or will be after the next commit
 * @fs: any
 *
 * Context: the lock of the file system held, may sleep.
 * Return: the number.
 */
u32 ext2_free_count(const struct ext2 *fs);

/**
 * ext2_max_size() - largest size of a file
 * @fs: any
 *
 * Context: the lock of the file system held, may sleep.
 * Return: bytes.
 */
u64 ext2_max_size(const struct ext2 *fs);

/**
 * ext2_blocks_of() - count the blocks of a file
 * @fs: any
 * @size: bytes, at most ext2_max_size()
 *
 * Context: the lock of the file system held, may sleep.
 * Return: the number of blocks, if it has no holes.
 */
static inline u32 ext2_blocks_of(const struct ext2 *fs, u64 size)
{
	return (u32)((size + fs->block_size - 1) >> fs->shift);
}

/* --- groups, and what is allocated: group.c, blocks.c ----------------------------------------- */

/**
 * ext2_group_of(), ext2_group_start() - the group of a block, and the first block of a group
 * @fs: any
 * @block: at least the first data block
 * @group: its number
 *
 * Context: the lock of the file system held, may sleep.
 * Return: the number.
 */
static inline u32 ext2_group_of(const struct ext2 *fs, u32 block)
{
	return (block - fs->super.first_data_block) / fs->super.blocks_per_group;
}

static inline u32 ext2_group_start(const struct ext2 *fs, u32 group)
{
	return fs->super.first_data_block + group * fs->super.blocks_per_group;
}

/**
 * ext2_group_size() - count the blocks of a group
 * @fs: any
 * @group: its number
 *
 * Context: the lock of the file system held, may sleep.
 * Return: the number; the last group may be shorter than the others.
 */
u32 ext2_group_size(const struct ext2 *fs, u32 group);

/**
 * ext2_read_group(), ext2_write_group() - a group descriptor
 * @fs: any
 * @group: its number
 * @desc: the descriptor; checked when it is read
 *
 * Context: the lock of the file system held, may sleep.
 * Return: 0, or an error.
 *
 * Context: the lock of the file system held, may sleep.
 */
int ext2_read_group(struct ext2 *fs, u32 group, struct ext2_disk_group *desc);
int ext2_write_group(struct ext2 *fs, u32 group, const struct ext2_disk_group *desc);

/**
 * ext2_overhead() - count the blocks that files can never have
 * @fs: any
 *
 * Context: the lock of the file system held, may sleep.
 * Return: the number.
 */
u32 ext2_overhead(const struct ext2 *fs);

/**
 * ext2_may_own() - may files have these blocks?
 * @fs: any
 * @start, @count: the blocks
 *
 * Context: the lock of the file system held, may sleep.
 * Return: 1 if so; 0 if some are outside of the disk, or metadata of a group; -EIO and so on.
 */
int ext2_may_own(struct ext2 *fs, u32 start, u32 count);

/**
 * ext2_alloc_blocks() - allocate adjacent blocks
 * @fs: not read_only
 * @goal: where they should be
 * @want: how many, at least 1
 * @run: set to the blocks: at least 1, at most @want
 *
 * Context: the lock of the file system held, may sleep.
 * Return: 0, -ENOSPC, or an error.
 */
int ext2_alloc_blocks(struct ext2 *fs, u32 goal, u32 want, struct ext2_run *run);

/**
 * ext2_alloc_meta() - allocate a block for pointers, names or a long symbolic link
 * @fs: not read_only
 * @goal: where it should be
 * @block: set to the block. It is zero, on the disk too
 *
 * Context: the lock of the file system held, may sleep.
 * Return: 0, -ENOSPC, or an error.
 */
int ext2_alloc_meta(struct ext2 *fs, u32 goal, u32 *block);

/**
 * ext2_free_blocks() - free adjacent blocks
 * @fs: not read_only
 * @start, @count: the blocks; nothing in the cache refers to them any more
 *
 * They can be allocated after the next commit.
 * Context: the lock of the file system held, may sleep.
 * Return: 0, or an error.
 */
int ext2_free_blocks(struct ext2 *fs, u32 start, u32 count);

/**
 * ext2_commit() - write all metadata, and make freed blocks free
 * @fs: not read_only
 *
 * Context: the lock of the file system held, may sleep.
 * Return: 0, or an error.
 */
int ext2_commit(struct ext2 *fs);

/**
 * ext2_drop_pool() - free the blocks of the pool
 * @fs: not read_only
 *
 * Context: the lock of the file system held, may sleep.
 * Return: 0, or an error.
 */
int ext2_drop_pool(struct ext2 *fs);

/**
 * ext2_find_bit() - find a bit that is 0
 * @bitmap: @size bits
 * @from: where the search begins; it continues at the start
 * @size: number of bits
 *
 * Context: the lock of the file system held, may sleep.
 * Return: the bit; @size if there is none.
 */
u32 ext2_find_bit(const u8 *bitmap, u32 from, u32 size);

/* --- inodes: node.c, new_node.c --------------------------------------------------------------- */

/**
 * ext2_read_node(), ext2_write_node() - an inode
 * @fs: any; not read_only for writing
 * @number: of the inode
 * @node: filled in, or written into the cache
 *
 * Context: the lock of the file system held, may sleep.
 * Return: 0; -EUCLEAN if it is deleted or impossible; or an error.
 */
int ext2_read_node(struct ext2 *fs, u32 number, struct ext2_node *node);
int ext2_write_node(struct ext2 *fs, const struct ext2_node *node);

/**
 * ext2_new_node() - allocate an inode
 * @fs: not read_only
 * @parent: directory that will have it
 * @mode: with the type
 * @node: filled in, with 0 links; not written. The caller sets owner and times
 *
 * Context: the lock of the file system held, may sleep.
 * Return: 0, -ENOSPC, or an error.
 */
int ext2_new_node(struct ext2 *fs, const struct ext2_node *parent, u32 mode,
		  struct ext2_node *node);

/**
 * ext2_delete_node() - free an inode and its blocks
 * @fs: not read_only
 * @node: has no links
 * @now: seconds since 1970
 *
 * Context: the lock of the file system held, may sleep.
 * Return: 0, or an error.
 */
int ext2_delete_node(struct ext2 *fs, struct ext2_node *node, u32 now);

/**
 * ext2_is_short_link() - is the text of a symbolic link in the inode itself?
 * @fs: any
 * @node: any
 *
 * Context: the lock of the file system held, may sleep.
 * Return: true if it is a symbolic link without a block.
 */
bool ext2_is_short_link(const struct ext2 *fs, const struct ext2_node *node);

/**
 * ext2_read_link() - read the text of a symbolic link
 * @fs: any
 * @node: a symbolic link
 * @to: node->size + 1 bytes
 *
 * Context: the lock of the file system held, may sleep.
 * Return: 0, or an error.
 */
int ext2_read_link(struct ext2 *fs, const struct ext2_node *node, char *to);

/* --- blocks of a file: map.c, truncate.c ------------------------------------------------------ */

/**
 * ext2_map() - find blocks of a file
 * @fs: any; not read_only with @make
 * @node: a file or a directory
 * @index: block of the file
 * @want: how many, at least 1
 * @make: allocate the first ones if they are a hole, and write the inode
 * @run: set to adjacent blocks; start 0: a hole of that length
 *
 * Context: the lock of the file system held, may sleep.
 * Return: 0; -EFBIG, -ENOSPC; or an error.
 */
int ext2_map(struct ext2 *fs, struct ext2_node *node, u32 index, u32 want, bool make,
	     struct ext2_run *run);

/**
 * ext2_truncate() - free the blocks from an index on, and write the inode
 * @fs: not read_only
 * @node: a file, a directory or a long symbolic link; its size is set already
 * @index: first block of the file that it loses
 *
 * Context: the lock of the file system held, may sleep.
 * Return: 0, or an error.
 */
int ext2_truncate(struct ext2 *fs, struct ext2_node *node, u32 index);

/**
 * ext2_levels() - find the way to a block of a file
 * @fs: any
 * @index: of the block
 * @path: set to the index in the inode, and in each block of pointers
 *
 * Context: the lock of the file system held, may sleep.
 * Return: number of blocks of pointers on the way, 0 to 3; -EFBIG if no file has such a block.
 */
int ext2_levels(const struct ext2 *fs, u32 index, u32 path[4]);

/* --- directories: dir.c, names.c -------------------------------------------------------------- */

/**
 * ext2_filldir - takes a name from ext2_read_dir()
 * @arg: of the caller
 * @name, @length: the name
 * @inode: its number
 * @type: type of the mode, shifted right by 12; 0 if unknown
 * @next: position of the next name
 *
 * Return: false if it does not want it; then the reading ends.
 */
typedef bool ext2_filldir(void *arg, const char *name, u32 length, u32 inode, u32 type, u64 next);

/**
 * ext2_read_dir() - read names
 * @fs: any
 * @dir: a directory
 * @pos: where to begin, and set to where the next call begins
 * @fill, @arg: gets the names, "." and ".." too. It is called with the lock of the file system
 *
 * Context: the lock of the file system held, may sleep.
 * Return: 0, or an error.
 */
int ext2_read_dir(struct ext2 *fs, struct ext2_node *dir, u64 *pos, ext2_filldir *fill, void *arg);

/**
 * ext2_find_name() - find a name
 * @fs: any
 * @dir: a directory
 * @name, @length: the name
 * @inode: set to its number, or 0
 * @block: set to the block of the disk that has the name
 *
 * Context: the lock of the file system held, may sleep.
 * Return: 0, or an error.
 */
int ext2_find_name(struct ext2 *fs, struct ext2_node *dir, const char *name, u32 length, u32 *inode,
		   u32 *block);

/**
 * ext2_add_name() - add a name that is not there
 * @fs: not read_only
 * @dir: a directory
 * @name, @length: the name
 * @inode, @mode: of its inode
 * @block: set to the block of the disk that has the name now
 *
 * Context: the lock of the file system held, may sleep.
 * Return: 0, -ENOSPC, or an error.
 */
int ext2_add_name(struct ext2 *fs, struct ext2_node *dir, const char *name, u32 length, u32 inode,
		  u32 mode, u32 *block);

/**
 * ext2_set_name() - let a name mean another inode, or remove it
 * @fs: not read_only
 * @dir: a directory
 * @name, @length: the name
 * @inode, @mode: of the new inode; 0: remove the name
 * @block: set to the block of the disk that has or had the name
 *
 * Context: the lock of the file system held, may sleep.
 * Return: 0; -ENOENT if it is not there; or an error.
 */
int ext2_set_name(struct ext2 *fs, struct ext2_node *dir, const char *name, u32 length, u32 inode,
		  u32 mode, u32 *block);

/**
 * ext2_init_dir() - write "." and ".." into a new directory
 * @fs: not read_only
 * @dir: has no blocks
 * @parent: number of the directory above
 *
 * Context: the lock of the file system held, may sleep.
 * Return: 0, -ENOSPC, or an error.
 */
int ext2_init_dir(struct ext2 *fs, struct ext2_node *dir, u32 parent);

/**
 * ext2_is_empty() - has a directory only "." and ".."?
 * @fs: any
 * @dir: a directory
 *
 * Context: the lock of the file system held, may sleep.
 * Return: 1 or 0, or an error.
 */
int ext2_is_empty(struct ext2 *fs, struct ext2_node *dir);

/**
 * struct ext2_name - a name in a directory, for the functions below
 * @dir: the directory
 * @text, @length: the name, at most 255 bytes
 */
struct ext2_name {
	struct ext2_node *dir;
	const char *text;
	u32 length;
};

/**
 * ext2_make() - make a file, a directory or anything else
 * @fs: not read_only
 * @name: a name that is not there
 * @node: mode, owner, times and device are set; gets the rest
 * @target: text of a symbolic link
 *
 * Context: the lock of the file system held, may sleep.
 * Return: 0; -EMLINK, -ENOSPC, -ENAMETOOLONG; or an error.
 */
int ext2_make(struct ext2 *fs, const struct ext2_name *name, struct ext2_node *node,
	      const char *target);

/**
 * ext2_add_link() - give a node one more name
 * @fs: not read_only
 * @name: a name that is not there
 * @node: no directory
 *
 * Context: the lock of the file system held, may sleep.
 * Return: 0; -EMLINK, -ENOSPC; or an error.
 */
int ext2_add_link(struct ext2 *fs, const struct ext2_name *name, struct ext2_node *node);

/**
 * ext2_remove() - remove a name
 * @fs: not read_only
 * @name: the name
 * @node: the node that it means; a directory must be empty
 *
 * A node that has no links then lives until ext2_delete_node().
 * Context: the lock of the file system held, may sleep.
 * Return: 0; -ENOTEMPTY; or an error.
 */
int ext2_remove(struct ext2 *fs, const struct ext2_name *name, struct ext2_node *node);

/**
 * ext2_rename() - give a node another name
 * @fs: not read_only
 * @from: its name
 * @node: the node
 * @to: the new name; its directory is @from->dir itself, or another node
 * @replaced: the node that @to means now, which loses a link; NULL if there is none
 *
 * Context: the lock of the file system held, may sleep.
 * Return: 0; -ENOTEMPTY if @replaced is a directory with names; -EMLINK, -ENOSPC; or an error.
 */
int ext2_rename(struct ext2 *fs, const struct ext2_name *from, struct ext2_node *node,
		const struct ext2_name *to, struct ext2_node *replaced);
