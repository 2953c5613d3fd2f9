/* SPDX-License-Identifier: MIT */
#include <fs/ext2/ext2.h>
#include <lib/string.h>

/*
 * Inodes on the disk. Inode N is in group (N - 1) / inodes_per_group. An inode has 128 bytes, or
 * more: then nanoseconds follow, and the two bits that carry times beyond 2038.
 *
 * A change is copied to the cache of metadata at once, so there are no changed inodes in memory
 * that a sync would have to look for.
 */

#define NS_PER_S 1000000000ull

/* Finds the block and the offset of an inode. */
static int place(struct ext2 *fs, u32 number, u32 *block, u32 *offset)
{
	u32 index = (number - 1) % fs->super.inodes_per_group;
	u32 per_block = fs->block_size / fs->super.inode_size;
	struct ext2_disk_group desc;
	int error = ext2_read_group(fs, (number - 1) / fs->super.inodes_per_group, &desc);

	*block = desc.inode_table + index / per_block;
	*offset = index % per_block * fs->super.inode_size;
	return error;
}

static u64 time_from_disk(u32 seconds, u32 extra)
{
	s64 all = (s64)(s32)seconds + ((s64)(extra & 3) << 32);

	return all < 0 ? 0 : (u64)all * NS_PER_S + min(extra >> 2, (u32)NS_PER_S - 1);
}

static u32 time_to_disk(u64 ns, u32 *extra)
{
	u64 seconds = ns / NS_PER_S;

	/* The low word counts as a signed number. */
	*extra = (u32)(ns - seconds * NS_PER_S) << 2 |
		 ((u32)((seconds - (u64)(s64)(s32)seconds) >> 32) & 3);
	return (u32)seconds;
}

/* The disk has two forms of device numbers: 8:8 bits, and 12:20 bits in the second word. */
static u32 device_from_disk(const u32 *block)
{
	u32 wide = block[1];

	if (block[0])
		return block[0] & 0xffff;
	return wide;
}

bool ext2_is_short_link(const struct ext2 *fs, const struct ext2_node *node)
{
	u32 others = node->attributes ? fs->block_size >> 9 : 0;

	return EXT2_TYPE(node->mode) == EXT2_LINK && node->sectors == others;
}

/* Is a size possible for a type? */
static bool size_is_right(const struct ext2 *fs, const struct ext2_node *node)
{
	switch (EXT2_TYPE(node->mode)) {
	case EXT2_FILE:
		return node->size <= ext2_max_size(fs);
	case EXT2_DIR:
		/* A directory has no holes. */
		return node->size && !(node->size & (fs->block_size - 1)) &&
		       node->size >> fs->shift < fs->super.blocks;
	case EXT2_LINK:
		if (ext2_is_short_link(fs, node))
			return node->size < sizeof(node->block);
		return node->size < fs->block_size;
	case EXT2_CHAR:
	case EXT2_BLOCK:
	case EXT2_FIFO:
	case EXT2_SOCKET:
		return true;
	}
	return false;
}

int ext2_read_node(struct ext2 *fs, u32 number, struct ext2_node *node)
{
	u32 block, offset, extra_bytes = 0;
	struct ext2_disk_inode disk = { 0 };
	int error;

	if (number != EXT2_ROOT && (number < fs->super.first_inode || number > fs->super.inodes))
		return ext2_error(fs, "inode %u: expected %u to %u", number, fs->super.first_inode,
				  fs->super.inodes);
	error = place(fs, number, &block, &offset);
	if (error)
		return error;
	error = meta_read(fs->meta, block, offset, &disk,
			  min((u32)sizeof(disk), (u32)fs->super.inode_size));
	if (error)
		return error;
	if (fs->super.inode_size > EXT2_SMALL_INODE)
		extra_bytes = disk.extra;
	if (extra_bytes < EXT2_EXTRA)
		disk.ctime_extra = disk.mtime_extra = disk.atime_extra = 0;
	*node = (struct ext2_node){
		.number = number,
		.mode = disk.mode,
		.uid = disk.uid | (u32)disk.uid_high << 16,
		.gid = disk.gid | (u32)disk.gid_high << 16,
		.links = disk.links,
		.flags = disk.flags,
		.size = disk.size,
		.atime = time_from_disk(disk.atime, disk.atime_extra),
		.mtime = time_from_disk(disk.mtime, disk.mtime_extra),
		.ctime = time_from_disk(disk.ctime, disk.ctime_extra),
		.deleted = disk.deleted,
		.sectors = disk.sectors,
		.attributes = disk.attributes,
		.generation = disk.generation,
	};
	memcpy(node->block, disk.block, sizeof(node->block));
	switch (EXT2_TYPE(node->mode)) {
	case EXT2_FILE:
		node->size |= (u64)disk.size_high << 32;
		break;
	case EXT2_CHAR:
	case EXT2_BLOCK:
		node->device = device_from_disk(node->block);
		break;
	}
	if (!node->links)
		return ext2_error(fs, "inode %u has a name, but no links", number);
	if (node->flags & EXT2_FOREIGN || !size_is_right(fs, node))
		return ext2_error(fs, "inode %u: mode %#o, flags %#x and size %llu do not fit",
				  number, node->mode, node->flags, node->size);
	return 0;
}

int ext2_write_node(struct ext2 *fs, const struct ext2_node *node)
{
	struct ext2_disk_inode disk = { 0 };
	u32 block, offset, size, seconds;
	int error = place(fs, node->number, &block, &offset);

	if (error)
		return error;
	size = min((u32)sizeof(disk), (u32)fs->super.inode_size);
	error = meta_read(fs->meta, block, offset, &disk, size);
	if (error)
		return error;
	disk.mode = (u16)node->mode;
	disk.uid = (u16)node->uid;
	disk.uid_high = (u16)(node->uid >> 16);
	disk.gid = (u16)node->gid;
	disk.gid_high = (u16)(node->gid >> 16);
	disk.links = (u16)node->links;
	disk.flags = node->flags;
	disk.size = (u32)node->size;
	if (EXT2_TYPE(node->mode) == EXT2_FILE)
		disk.size_high = (u32)(node->size >> 32);
	seconds = time_to_disk(node->atime, &disk.atime_extra);
	disk.atime = seconds;
	seconds = time_to_disk(node->mtime, &disk.mtime_extra);
	disk.mtime = seconds;
	seconds = time_to_disk(node->ctime, &disk.ctime_extra);
	disk.ctime = seconds;
	disk.deleted = node->deleted;
	disk.sectors = node->sectors;
	disk.attributes = node->attributes;
	disk.generation = node->generation;
	memcpy(disk.block, node->block, sizeof(disk.block));
	/* An inode without room for the extra words keeps what it has there. */
	if (disk.extra < EXT2_EXTRA)
		size = EXT2_SMALL_INODE;
	error = meta_write(fs->meta, block, offset, &disk, size);
	/* The first file above 2 GiB: old drivers must not write to this disk any more. */
	if (!error && disk.size_high | (disk.size & 1u << 31) &&
	    EXT2_TYPE(node->mode) == EXT2_FILE && !(fs->super.ro_compat & EXT2_RO_LARGE_FILE)) {
		fs->super.ro_compat |= EXT2_RO_LARGE_FILE;
		error = ext2_write_super(fs);
	}
	return error;
}

int ext2_read_link(struct ext2 *fs, const struct ext2_node *node, char *to)
{
	u32 size = (u32)node->size;
	int error = 0;

	if (ext2_is_short_link(fs, node)) {
		memcpy(to, node->block, size);
	} else {
		error = ext2_may_own(fs, node->block[0], 1);
		if (error < 0)
			return error;
		if (!error)
			return ext2_error(fs, "inode %u: the link has its text in block %u",
					  node->number, node->block[0]);
		error = meta_read(fs->meta, node->block[0], 0, to, size);
	}
	to[size] = '\0';
	if (!error && (!size || strlen(to) != size))
		return ext2_error(fs, "inode %u: the link has no text of %u bytes", node->number,
				  size);
	return error;
}
