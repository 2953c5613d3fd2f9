/* SPDX-License-Identifier: MIT */
#include <block/block.h>
#include <fs/ext2/vfs.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>
#include <mm/kmalloc.h>
#include <vm/cache.h>

/*
 * Mounting ext2, for fs/mount.c. The table of functions is here, because files that make inodes
 * must not depend on those that the functions are in: struct ext2_mount leads to it.
 */

static u32 now(void)
{
	return (u32)(inode_now() / 1000000000);
}

static int ext2_statfs(struct super *super, struct fs_counts *counts)
{
	const struct ext2 *fs = ext2_begin(super);
	u32 reserved = fs->super.reserved_blocks;

	counts->magic = EXT2_MAGIC;
	counts->block_size = fs->block_size;
	counts->blocks = fs->super.blocks - ext2_overhead(fs);
	counts->free = ext2_free_count(fs);
	counts->available = counts->free > reserved ? counts->free - reserved : 0;
	counts->files = fs->super.inodes;
	counts->free_files = fs->super.free_inodes;
	ext2_end(super);
	return 0;
}

static int ext2_sync_super(struct super *super)
{
	int error = ext2_sync(ext2_begin(super));

	ext2_end(super);
	return error;
}

static int check_options(const char *options)
{
	return *options && strcmp(options, "errors=remount-ro") != 0 ? -EINVAL : 0;
}

static int ext2_remount_super(struct super *super, u32 flags, const char *options)
{
	int error = check_options(options);

	if (error)
		return error;
	error = ext2_remount(ext2_begin(super), flags & MS_RDONLY, now());
	ext2_end(super);
	return error;
}

/* The device as a file had no part in the changes. */
static void forget_device_pages(const struct block_device *device)
{
	if (device->cache_object)
		vm_object_drop_clean(device->cache_object);
}

static void ext2_put(struct super *super)
{
	struct ext2_mount *mount = super->private;

	if (ext2_close(&mount->fs, now()))
		pr_err("ext2: %s: not all could be written\n", super->device->name);
	kfree(mount);
	forget_device_pages(super->device);
}

static const struct super_ops ext2_super_ops = {
	.statfs = ext2_statfs,
	.sync = ext2_sync_super,
	.put = ext2_put,
	.remount = ext2_remount_super,
};

static const struct inode_ops ext2_inode_ops = {
	.lookup = ext2_lookup,
	.create = ext2_create,
	.link = ext2_link,
	.unlink = ext2_unlink,
	.rename = ext2_move,
	.readdir = ext2_readdir,
	.write_inode = ext2_write_inode,
	.truncate = ext2_change_size,
	.evict = ext2_evict,
	.dir_size = ext2_dir_size,
	.sync = ext2_sync_inode,
};

static int make_super(struct ext2_mount *mount, u32 flags, struct super **made)
{
	struct block_device *device = mount->fs.device;
	struct super *super;
	int error;

	super = super_create("ext2", device, mount->fs.read_only ? flags | MS_RDONLY : flags,
			     &ext2_super_ops);
	if (!super)
		return -ENOMEM;
	super->private = mount;
	super->inode_extra = sizeof(struct ext2_node);
	error = ext2_get_inode(super, EXT2_ROOT, &super->root);
	if (!error && !inode_is_dir(super->root)) {
		inode_put(super->root);
		super->root = NULL;
		error = -EUCLEAN;
	}
	if (error) {
		super_destroy(super);
		return error;
	}
	super->root->parent = super->root;
	*made = super;
	return 0;
}

static int ext2_mount(struct block_device *device, u32 flags, const char *options,
		      struct super **made, char *message)
{
	struct ext2_mount *mount;
	int error = check_options(options);

	if (error) {
		snprintf(message, MOUNT_MESSAGE, "option '%.40s' is not known", options);
		return error;
	}
	mount = kzalloc(sizeof(*mount), GFP_KERNEL);
	if (!mount)
		return -ENOMEM;
	/* Writes to the device as a file come first. */
	cache_sync_device(device);
	mount->inode_ops = &ext2_inode_ops;
	mount->fs.device = device;
	mount->fs.name = device->name;
	mount->fs.nr_sectors = device->nr_sectors;
	mount->fs.read_only = (flags & MS_RDONLY) || device->read_only;
	error = ext2_open(&mount->fs, now());
	if (error) {
		snprintf(message, MOUNT_MESSAGE, "the device has no ext2 that can be mounted");
		kfree(mount);
		return error;
	}
	error = make_super(mount, flags, made);
	if (error) {
		ext2_close(&mount->fs, now());
		kfree(mount);
	}
	return error;
}

FS_TYPE("ext2", true, ext2_mount);
