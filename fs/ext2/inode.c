/* SPDX-License-Identifier: MIT */
#include <fs/ext2/vfs.h>
#include <lib/string.h>
#include <mm/kmalloc.h>

/*
 * Inodes of the kernel and nodes of ext2. An inode has what the kernel needs, the node behind it
 * (inode->private) what the disk has. Mode, owner and times are the inode's while it is in
 * memory; the pointers, the number of links on the disk and the size there are the node's.
 *
 * The bytes of a file are pages of its object, whose question "where are you?" ext2_map() answers.
 */

/* --- the pages of a file ---------------------------------------------------------------------- */

static int object_map(struct vm_object *object, u64 pos, u32 bytes, bool make, struct disk_run *run)
{
	struct inode *inode = object->private;
	struct ext2 *fs = ext2_begin(inode->super);
	u32 within = (u32)pos & (fs->block_size - 1);
	struct ext2_run blocks = { 0, 1 };
	int error = 0;

	if (pos >= ext2_max_size(fs))
		error = make ? -EFBIG : 0;
	else if (make && fs->read_only)
		error = -EROFS;
	else
		error = ext2_map(fs, ext2_node_of(inode), (u32)(pos >> fs->shift),
				 (within + bytes - 1) / fs->block_size + 1, make, &blocks);
	inode->blocks = ext2_node_of(inode)->sectors;
	run->hole = !blocks.start;
	run->sector = ((u64)blocks.start << (fs->shift - 9)) + (within >> 9);
	run->bytes = (u32)min((u64)bytes, ((u64)blocks.count << fs->shift) - within);
	ext2_end(inode->super);
	return error;
}

static int object_dirtied(struct vm_object *object)
{
	struct inode *inode = object->private;

	inode->mtime = inode->ctime = inode_now();
	inode_mark_dirty(inode);
	return 0;
}

/* While a program maps a file, its node has to stay. */
static void object_hold(struct vm_object *object)
{
	inode_get(object->private);
}

static void object_release(struct vm_object *object)
{
	inode_put(object->private);
}

static void object_trim(struct vm_object *object)
{
	struct inode *inode = object->private;
	struct ext2 *fs;

	if (ext2_begin_change(inode->super, &fs))
		return;
	ext2_truncate(fs, ext2_node_of(inode), ext2_blocks_of(fs, inode_size(inode)));
	inode->blocks = ext2_node_of(inode)->sectors;
	ext2_end(inode->super);
}

static const struct object_ops file_object_ops = {
	.map = object_map,
	.dirtied = object_dirtied,
	.hold = object_hold,
	.release = object_release,
	.trim = object_trim,
};

/* --- loading ---------------------------------------------------------------------------------- */

int ext2_fill_inode(struct inode *inode, const char *target)
{
	const struct ext2_node *node = ext2_node_of(inode);

	inode->mode = node->mode;
	inode->uid = node->uid;
	inode->gid = node->gid;
	inode->nr_links = node->links;
	inode->device = node->device;
	inode->atime = node->atime;
	inode->mtime = node->mtime;
	inode->ctime = node->ctime;
	inode->blocks = node->sectors;
	inode->fs_ops = ((struct ext2_mount *)inode->super->private)->inode_ops;
	if (inode_is_file(inode)) {
		inode->object =
			vm_object_create_disk(node->size, &file_object_ops, inode->super->device);
		if (!inode->object)
			return -ENOMEM;
		inode->object->private = inode->object->inode = inode;
	}
	if (target) {
		inode->target = kstrdup(target, GFP_KERNEL);
		if (!inode->target)
			return -ENOMEM;
	}
	return 0;
}

static int load(struct inode *inode)
{
	struct ext2_node *node = ext2_node_of(inode);
	struct ext2 *fs = ext2_begin(inode->super);
	int error = ext2_read_node(fs, inode->number, node);
	char *target = NULL;

	if (!error && EXT2_TYPE(node->mode) == EXT2_LINK) {
		target = kmalloc((size_t)node->size + 1, GFP_KERNEL);
		error = target ? ext2_read_link(fs, node, target) : -ENOMEM;
	}
	ext2_end(inode->super);
	if (!error)
		error = ext2_fill_inode(inode, target);
	kfree(target);
	return error;
}

int ext2_get_inode(struct super *super, u32 number, struct inode **found)
{
	bool fresh;
	struct inode *inode = inode_find(super, number, &fresh);
	int error = 0;

	if (!inode)
		return -ENOMEM;
	if (fresh) {
		error = load(inode);
		inode_loaded(inode, error);
	}
	*found = error ? NULL : inode;
	return error;
}

/* --- directories ------------------------------------------------------------------------------ */

int ext2_lookup(struct inode *dir, const char *name, size_t length, struct inode **found)
{
	struct ext2 *fs = ext2_begin(dir->super);
	u32 number, block;
	int error = ext2_find_name(fs, ext2_node_of(dir), name, (u32)length, &number, &block);

	ext2_end(dir->super);
	*found = NULL;
	return error || !number ? error : ext2_get_inode(dir->super, number, found);
}

struct listing {
	filldir_fn *fill;
	void *arg;
};

static bool list_name(void *arg, const char *name, u32 length, u32 inode, u32 type, u64 next)
{
	const struct listing *list = arg;

	if (name[0] == '.' && (length == 1 || (length == 2 && name[1] == '.')))
		return true;
	return list->fill(list->arg, name, length, inode, type, next);
}

int ext2_readdir(struct inode *dir, u64 *cookie, filldir_fn *fill, void *arg)
{
	struct listing list = { fill, arg };
	u64 pos = *cookie <= 2 ? 0 : *cookie;
	struct ext2 *fs = ext2_begin(dir->super);
	int error = ext2_read_dir(fs, ext2_node_of(dir), &pos, list_name, &list);

	ext2_end(dir->super);
	*cookie = max(pos, *cookie);
	return error;
}

/* --- attributes ------------------------------------------------------------------------------- */

int ext2_write_inode(struct inode *inode)
{
	struct ext2_node *node = ext2_node_of(inode);
	struct ext2 *fs;
	int error = ext2_begin_change(inode->super, &fs);

	if (error)
		return error;
	node->mode = inode->mode;
	node->uid = inode->uid;
	node->gid = inode->gid;
	node->atime = inode->atime;
	node->mtime = inode->mtime;
	node->ctime = inode->ctime;
	if (inode->object)
		node->size = inode_size(inode);
	error = ext2_write_node(fs, node);
	ext2_end(inode->super);
	return error;
}

int ext2_change_size(struct inode *inode, u64 size)
{
	struct ext2_node *node = ext2_node_of(inode);
	struct ext2 *fs;
	int error = ext2_begin_change(inode->super, &fs);

	if (error)
		return error;
	if (size > ext2_max_size(fs)) {
		error = -EFBIG;
	} else {
		/* The old size of the node tells nothing: the file may have blocks above it. */
		node->size = size;
		error = ext2_truncate(fs, node, ext2_blocks_of(fs, size));
	}
	inode->blocks = node->sectors;
	ext2_end(inode->super);
	return error;
}

u64 ext2_dir_size(struct inode *dir, u64 *blocks)
{
	const struct ext2_node *node = ext2_node_of(dir);
	u64 size;

	ext2_begin(dir->super);
	size = node->size;
	*blocks = node->sectors;
	ext2_end(dir->super);
	return size;
}

void ext2_evict(struct inode *inode)
{
	struct ext2_node *node = ext2_node_of(inode);
	struct ext2 *fs;

	if (node->links || ext2_begin_change(inode->super, &fs))
		return;
	ext2_delete_node(fs, node, (u32)(inode_now() / 1000000000));
	ext2_end(inode->super);
}

int ext2_sync_inode(struct inode *inode, bool data_only)
{
	struct ext2 *fs = ext2_begin(inode->super);
	int error = fs->failed ? -EIO : fs->read_only ? 0 : ext2_write_out(fs);

	ext2_end(inode->super);
	return error;
}
