/* SPDX-License-Identifier: MIT */
#pragma once

#include <fs/ext2/ext2.h>
#include <fs/inode.h>
#include <fs/super.h>

/* How fs/ext2 meets the inodes of the kernel: fs/ext2/mount.c, inode.c, change.c. */

/**
 * struct ext2_mount - super->private
 * @lock: guards @fs and the nodes of all its inodes. Taken after tree_lock, the lock of a
 *	directory and disk_lock of files; before locks of objects
 * @inode_ops: functions of its inodes
 * @fs: the file system
 */
struct ext2_mount {
	struct mutex lock;
	const struct inode_ops *inode_ops;
	struct ext2 fs;
};

/**
 * ext2_node_of() - the node of an inode
 * @inode: of ext2
 *
 * Context: any.
 * Return: the node.
 */
static inline struct ext2_node *ext2_node_of(const struct inode *inode)
{
	return inode->private;
}

/**
 * ext2_begin(), ext2_end() - acquire and release the lock of a file system
 * @super: the file system
 *
 * ext2_end() tells the super if an error has made it read-only.
 * Context: may sleep.
 * Return: the state of the file system.
 */
struct ext2 *ext2_begin(struct super *super);
void ext2_end(struct super *super);

/**
 * ext2_begin_change() - ext2_begin() for a change
 * @super: the file system
 * @fs: set to its state
 *
 * Context: may sleep.
 * Return: 0; -EROFS, and the lock is not held.
 */
int ext2_begin_change(struct super *super, struct ext2 **fs);

/**
 * ext2_get_inode() - find or load an inode
 * @super: the file system
 * @number: of the inode
 * @found: set to it, with a reference
 *
 * Context: may sleep; the lock is not held.
 * Return: 0 or a negative errno.
 */
int ext2_get_inode(struct super *super, u32 number, struct inode **found);

/**
 * ext2_fill_inode() - complete an inode from its node
 * @inode: new; its node is set
 * @target: text of a symbolic link, of which a copy is made; or NULL
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int ext2_fill_inode(struct inode *inode, const char *target);

/**
 * ext2_create(), ext2_link(), ext2_unlink(), ext2_move() - functions of ext2_inode_ops
 * @dir, @name, @length, @mode, @rdev, @target, @made, @inode: as struct inode_ops has them
 * @from_dir, @from_name, @from_length, @to_dir, @to_name, @to_length, @replaced: likewise
 *
 * Context: tree_lock held, may sleep.
 * Return: 0 or a negative errno.
 */
int ext2_create(struct inode *dir, const char *name, size_t length, u32 mode, u32 rdev,
		const char *target, struct inode **made);
int ext2_link(struct inode *dir, const char *name, size_t length, struct inode *inode);
int ext2_unlink(struct inode *dir, const char *name, size_t length, struct inode *inode);
int ext2_move(struct inode *from_dir, const char *from_name, size_t from_length,
	      struct inode *inode, struct inode *to_dir, const char *to_name, size_t to_length,
	      struct inode *replaced);

/**
 * ext2_lookup(), ext2_readdir(), ext2_change_size() - further ones
 * @dir, @name, @length, @found, @cookie, @fill, @arg: as struct inode_ops has them
 * @inode, @size: likewise
 *
 * Context: may sleep.
 * Return: 0 or a negative errno.
 */
int ext2_lookup(struct inode *dir, const char *name, size_t length, struct inode **found);
int ext2_readdir(struct inode *dir, u64 *cookie, filldir_fn *fill, void *arg);
int ext2_change_size(struct inode *inode, u64 size);

/**
 * ext2_dir_size() - further one
 * @dir, @blocks: as struct inode_ops has them
 *
 * Context: may sleep.
 * Return: bytes.
 */
u64 ext2_dir_size(struct inode *dir, u64 *blocks);

/**
 * ext2_write_inode(), ext2_evict(), ext2_sync_inode() - further ones
 * @inode, @data_only: as struct inode_ops has them
 *
 * Context: may sleep.
 * Return: 0 or a negative errno.
 */
int ext2_write_inode(struct inode *inode);
void ext2_evict(struct inode *inode);
int ext2_sync_inode(struct inode *inode, bool data_only);
