/* SPDX-License-Identifier: MIT */
#include <fs/ext2/ext2.h>
#include <lib/string.h>

/*
 * Allocating and freeing inodes. A file gets an inode in the group of its directory, so that `ls
 * -l` and the first blocks of its files are near each other. A directory below the root begins
 * in the group with the most free blocks, so that the trees of the root spread over the disk.
 *
 * A number can be used again at once. A name on the disk that still means the old inode then means
 * the new one: e2fsck counts its links again.
 */

/* Returns the group with the most free blocks among those with a free inode. */
static int roomiest_group(struct ext2 *fs, u32 *best)
{
	struct ext2_disk_group desc;
	u32 most = 0;

	for (u32 group = 0; group < fs->nr_groups; group++) {
		int error = ext2_read_group(fs, group, &desc);

		if (error)
			return error;
		if (desc.free_inodes && desc.free_blocks > most) {
			most = desc.free_blocks;
			*best = group;
		}
	}
	return 0;
}

/* Sets or clears the bit of an inode in fs->bitmap, and counts. */
static int change_bit(struct ext2 *fs, u32 group, struct ext2_disk_group *desc, u32 bit, bool dir,
		      bool set)
{
	int error;

	fs->bitmap[bit >> 3] ^= (u8)(1u << (bit & 7));
	desc->free_inodes = (u16)(set ? desc->free_inodes - 1 : desc->free_inodes + 1);
	if (dir && (set || desc->directories))
		desc->directories = (u16)(set ? desc->directories + 1 : desc->directories - 1);
	fs->super.free_inodes = set ? fs->super.free_inodes - min(1u, fs->super.free_inodes)
				    : fs->super.free_inodes + 1;
	error = meta_write(fs->meta, desc->inode_bitmap, bit >> 3, &fs->bitmap[bit >> 3], 1);
	if (!error)
		error = ext2_write_group(fs, group, desc);
	return error ? error : ext2_write_super(fs);
}

/* Returns -ENOSPC if the group has no free inode. */
static int alloc_in_group(struct ext2 *fs, u32 group, bool dir, u32 *number)
{
	u32 first = group ? 0 : fs->super.first_inode - 1, bit = first;
	struct ext2_disk_group desc;
	int error = ext2_read_group(fs, group, &desc);

	if (error)
		return error;
	if (!desc.free_inodes || first >= fs->super.inodes_per_group)
		return -ENOSPC;
	error = meta_read(fs->meta, desc.inode_bitmap, 0, fs->bitmap, fs->block_size);
	if (error)
		return error;
	while (bit < fs->super.inodes_per_group && fs->bitmap[bit >> 3] >> (bit & 7) & 1)
		bit++;
	if (bit == fs->super.inodes_per_group)
		return ext2_error(fs, "group %u: %u free inodes are expected, the bitmap has none",
				  group, desc.free_inodes);
	*number = group * fs->super.inodes_per_group + bit + 1;
	return change_bit(fs, group, &desc, bit, dir, true);
}

/* The place of the inode may hold anything. An inode in use would be a wrong bitmap. */
static int clear_place(struct ext2 *fs, const struct ext2_node *node)
{
	u32 index = (node->number - 1) % fs->super.inodes_per_group;
	u32 per_block = fs->block_size / fs->super.inode_size;
	u32 size = min((u32)sizeof(struct ext2_disk_inode), (u32)fs->super.inode_size);
	u32 offset = index % per_block * fs->super.inode_size;
	struct ext2_disk_inode disk;
	struct ext2_disk_group desc;
	u32 block;
	int error = ext2_read_group(fs, (node->number - 1) / fs->super.inodes_per_group, &desc);

	if (error)
		return error;
	block = desc.inode_table + index / per_block;
	error = meta_read(fs->meta, block, offset, &disk, size);
	if (error)
		return error;
	if (disk.links)
		return ext2_error(fs, "inode %u has %u links, but is free in the bitmap",
				  node->number, disk.links);
	memset(&disk, 0, sizeof(disk));
	disk.extra = EXT2_EXTRA;
	/* Further words are for programs that find @extra larger. */
	return meta_write(fs->meta, block, offset, &disk, size);
}

int ext2_new_node(struct ext2 *fs, const struct ext2_node *parent, u32 mode, struct ext2_node *node)
{
	u32 group = (parent->number - 1) / fs->super.inodes_per_group, number;
	bool dir = EXT2_TYPE(mode) == EXT2_DIR;
	int error = dir && parent->number == EXT2_ROOT ? roomiest_group(fs, &group) : 0;

	if (error)
		return error;
	error = -ENOSPC;
	for (u32 i = 0; i < fs->nr_groups && error == -ENOSPC; i++) {
		error = alloc_in_group(fs, group, dir, &number);
		if (error == -ENOSPC)
			group = group + 1 < fs->nr_groups ? group + 1 : 0;
	}
	if (error)
		return error;
	*node = (struct ext2_node){
		.number = number,
		.mode = mode,
		.flags = 0,
		.goal = ext2_group_start(fs, group),
	};
	return clear_place(fs, node);
}

static int free_number(struct ext2 *fs, const struct ext2_node *node)
{
	u32 group = (node->number - 1) / fs->super.inodes_per_group;
	u32 bit = (node->number - 1) % fs->super.inodes_per_group;
	struct ext2_disk_group desc;
	int error = ext2_read_group(fs, group, &desc);

	if (!error)
		error = meta_read(fs->meta, desc.inode_bitmap, 0, fs->bitmap, fs->block_size);
	if (error)
		return error;
	if (!(fs->bitmap[bit >> 3] >> (bit & 7) & 1))
		return ext2_error(fs, "inode %u is deleted, but is free in the bitmap already",
				  node->number);
	return change_bit(fs, group, &desc, bit, EXT2_TYPE(node->mode) == EXT2_DIR, false);
}

/* A block of extended attributes can belong to several inodes. */
static int free_attributes(struct ext2 *fs, struct ext2_node *node)
{
	struct {
		u32 magic, users;
	} head;
	u32 block = node->attributes;
	int error = ext2_may_own(fs, block, 1);

	if (error < 0)
		return error;
	if (error)
		error = meta_read(fs->meta, block, 0, &head, sizeof(head));
	else
		head.magic = 0;
	if (error)
		return error < 0 ? error : 0;
	if (head.magic != 0xEA020000u || !head.users)
		return ext2_error(fs, "inode %u: block %u has no extended attributes", node->number,
				  block);
	node->attributes = 0;
	node->sectors -= min(node->sectors, fs->block_size >> 9);
	error = ext2_write_node(fs, node);
	if (error)
		return error;
	if (head.users > 1) {
		head.users--;
		return meta_write(fs->meta, block, 0, &head, sizeof(head));
	}
	meta_forget(fs->meta, block);
	return ext2_free_blocks(fs, block, 1);
}

int ext2_delete_node(struct ext2 *fs, struct ext2_node *node, u32 now)
{
	u32 type = EXT2_TYPE(node->mode);
	int error = 0;

	/* A number that could be that of an inode would be a list of orphans for e2fsck. */
	node->deleted = max(now, fs->super.inodes);
	if (type == EXT2_FILE || type == EXT2_DIR ||
	    (type == EXT2_LINK && !ext2_is_short_link(fs, node))) {
		node->size = 0;
		error = ext2_truncate(fs, node, 0);
	} else {
		error = ext2_write_node(fs, node);
	}
	if (!error && node->attributes)
		error = free_attributes(fs, node);
	return error ? error : free_number(fs, node);
}
