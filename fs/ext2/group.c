/* SPDX-License-Identifier: MIT */
#include <fs/ext2/ext2.h>

/*
 * Group descriptors, and the blocks that no file may have: superblocks, descriptors, bitmaps and
 * tables of inodes. A descriptor is checked each time that it is read, because the cache does not
 * belong to this code alone: the device can be written as a file. A pointer of an inode is checked
 * against them, so that a wrong one does not let a file overwrite a bitmap.
 */

u32 ext2_group_size(const struct ext2 *fs, u32 group)
{
	return min(fs->super.blocks - ext2_group_start(fs, group), fs->super.blocks_per_group);
}

static bool is_power(u32 number, u32 base)
{
	while (number > 1 && number % base == 0)
		number /= base;
	return number == 1;
}

/* Blocks at the start of a group that hold a copy of the superblock and of the descriptors. */
static u32 head_blocks(const struct ext2 *fs, u32 group)
{
	bool sparse = fs->super.ro_compat & EXT2_RO_SPARSE_SUPER;

	if (group > 1 && sparse && !is_power(group, 3) && !is_power(group, 5) &&
	    !is_power(group, 7))
		return 0;
	if (group && fs->super.compat & EXT2_COMPAT_SPARSE_SUPER2)
		return 0;
	return 1 + fs->group_blocks + fs->super.reserved_group_blocks;
}

u32 ext2_overhead(const struct ext2 *fs)
{
	u32 blocks = fs->super.first_data_block + fs->nr_groups * (2 + fs->table_blocks);

	for (u32 group = 0; group < fs->nr_groups; group++)
		blocks += head_blocks(fs, group);
	return blocks;
}

static u32 place(const struct ext2 *fs, u32 group, u32 *offset)
{
	*offset = (group << 5) & (fs->block_size - 1);
	return fs->super.first_data_block + 1 + (group >> (fs->shift - 5));
}

int ext2_read_group(struct ext2 *fs, u32 group, struct ext2_disk_group *desc)
{
	u32 start = ext2_group_start(fs, group), size = ext2_group_size(fs, group);
	u32 head = head_blocks(fs, group), offset, block = place(fs, group, &offset);
	u32 blocks, inodes, table;
	int error = meta_read(fs->meta, block, offset, desc, sizeof(*desc));

	if (error)
		return error;
	/* From the start of the group on. A block before it becomes a large number. */
	blocks = desc->block_bitmap - start;
	inodes = desc->inode_bitmap - start;
	table = desc->inode_table - start;
	if (blocks < head || blocks >= size || inodes < head || inodes >= size || table < head ||
	    table >= size || fs->table_blocks > size - table || blocks == inodes ||
	    blocks - table < fs->table_blocks || inodes - table < fs->table_blocks)
		return ext2_error(fs,
				  "group %u: bitmaps %u and %u and the inodes at %u (%u blocks) "
				  "should be apart, within %u to %u",
				  group, desc->block_bitmap, desc->inode_bitmap, desc->inode_table,
				  fs->table_blocks, start + head, start + size - 1);
	if (desc->free_blocks > size || desc->free_inodes > fs->super.inodes_per_group ||
	    desc->directories > fs->super.inodes_per_group)
		return ext2_error(fs, "group %u: %u free blocks of %u, %u free inodes of %u", group,
				  desc->free_blocks, size, desc->free_inodes,
				  fs->super.inodes_per_group);
	return 0;
}

int ext2_write_group(struct ext2 *fs, u32 group, const struct ext2_disk_group *desc)
{
	u32 offset, block = place(fs, group, &offset);

	return meta_write(fs->meta, block, offset, desc, sizeof(*desc));
}

static bool overlap(u32 a, u32 count, u32 b, u32 other)
{
	return a < b + other && b < a + count;
}

int ext2_may_own(struct ext2 *fs, u32 start, u32 count)
{
	struct ext2_disk_group desc;

	if (start <= fs->super.first_data_block || start >= fs->super.blocks ||
	    count > fs->super.blocks - start)
		return 0;
	for (u32 group = ext2_group_of(fs, start); group <= ext2_group_of(fs, start + count - 1);
	     group++) {
		int error = ext2_read_group(fs, group, &desc);

		if (error)
			return error;
		if (overlap(start, count, ext2_group_start(fs, group), head_blocks(fs, group)) ||
		    overlap(start, count, desc.block_bitmap, 1) ||
		    overlap(start, count, desc.inode_bitmap, 1) ||
		    overlap(start, count, desc.inode_table, fs->table_blocks))
			return 0;
	}
	return 1;
}
