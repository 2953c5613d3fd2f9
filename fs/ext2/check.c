/* SPDX-License-Identifier: MIT */
#include <fs/ext2/ext2.h>
#include <lib/string.h>

/*
 * Is this an ext2 that the kernel can use? Each number of the superblock is compared with the
 * others and with the size of the disk, before anything is computed from it. So the rest of the
 * code can divide by blocks_per_group, and can shift by fs->shift.
 *
 * A feature is a bit in one of three words. The word says what a driver must do that does not
 * know it: nothing (compat), write nothing (ro_compat), or not mount (incompat). Such a feature
 * is named, since the user has to choose other options of mke2fs.
 */

/* By bit, from bit 0 on. */
static const char incompat_names[] = "compression filetype needs_recovery journal_dev meta_bg bit5 "
				     "extents 64bit mmp flex_bg ea_inode bit11 dirdata csum_seed "
				     "large_dir inline_data encrypt casefold";
static const char ro_compat_names[] =
	"sparse_super large_file btree_dir huge_file uninit_bg "
	"dir_nlink extra_isize has_snapshot quota bigalloc "
	"metadata_csum replica read-only project shared_blocks verity "
	"orphan_file";

/* Logs the features that this code does not know. */
static void name_features(struct ext2 *fs, u32 bits, const char *names, const char *result)
{
	for (u32 bit = 0; bit < 32; bit++) {
		u32 length = (u32)strcspn(names, " ");

		if (bits & 1u << bit)
			pr_warn("ext2: %s: feature %.*s (bit %u) is not supported: %s\n", fs->name,
				length ? (int)length : 1, length ? names : "?", bit, result);
		names += length + (names[length] == ' ');
	}
}

/* Logs the first rule that the numbers break. Returns false if there is one. */
static bool holds(struct ext2 *fs, bool rule, const char *text, u32 value)
{
	if (!rule)
		pr_err("ext2: %s: superblock: %s %u is impossible\n", fs->name, text, value);
	return rule;
}

static bool check_sizes(struct ext2 *fs)
{
	const struct ext2_disk_super *s = &fs->super;

	return holds(fs, s->revision <= 1, "revision", s->revision) &&
	       holds(fs, s->log_block_size <= 2, "block size 1024 <<", s->log_block_size) &&
	       holds(fs, s->first_data_block == (s->log_block_size == 0), "first data block",
		     s->first_data_block) &&
	       holds(fs,
		     s->inode_size >= EXT2_SMALL_INODE && s->inode_size <= fs->block_size &&
			     (s->inode_size & (s->inode_size - 1)) == 0,
		     "inode size", s->inode_size) &&
	       holds(fs,
		     s->blocks_per_group >= 8 && s->blocks_per_group <= 8 * fs->block_size &&
			     s->blocks_per_group % 8 == 0,
		     "blocks per group", s->blocks_per_group) &&
	       holds(fs,
		     s->inodes_per_group && s->inodes_per_group <= 8 * fs->block_size &&
			     s->inodes_per_group % 8 == 0 &&
			     s->inodes_per_group % (fs->block_size / s->inode_size) == 0,
		     "inodes per group", s->inodes_per_group) &&
	       holds(fs, s->blocks > s->first_data_block + 1, "number of blocks", s->blocks) &&
	       holds(fs, (u64)s->blocks << (fs->shift - 9) <= fs->nr_sectors,
		     "more than the device has: number of blocks", s->blocks) &&
	       holds(fs, s->free_blocks <= s->blocks, "free blocks", s->free_blocks) &&
	       holds(fs, s->reserved_blocks <= s->blocks, "reserved blocks", s->reserved_blocks);
}

static bool check_counts(struct ext2 *fs)
{
	const struct ext2_disk_super *s = &fs->super;

	return holds(fs, (u64)fs->nr_groups * s->inodes_per_group == s->inodes, "number of inodes",
		     s->inodes) &&
	       holds(fs, s->free_inodes < s->inodes, "free inodes", s->free_inodes) &&
	       holds(fs, s->first_inode > EXT2_ROOT && s->first_inode <= s->inodes, "first inode",
		     s->first_inode) &&
	       holds(fs, s->reserved_group_blocks < s->blocks_per_group, "blocks for more groups",
		     s->reserved_group_blocks);
}

int ext2_check_super(struct ext2 *fs)
{
	struct ext2_disk_super *s = &fs->super;
	u32 foreign;

	if (s->magic != EXT2_MAGIC)
		return -EINVAL;
	if (s->revision == 0) {
		s->first_inode = 11;
		s->inode_size = EXT2_SMALL_INODE;
		s->compat = s->incompat = s->ro_compat = 0;
		s->reserved_group_blocks = 0;
	}
	foreign = s->incompat & ~EXT2_INCOMPAT_FILETYPE;
	if (foreign) {
		name_features(fs, foreign, incompat_names, "not mounted");
		return -EINVAL;
	}
	fs->shift = 10 + min(s->log_block_size, 2u);
	fs->block_size = 1u << fs->shift;
	if (!check_sizes(fs))
		return -EINVAL;
	fs->nr_groups = (s->blocks - s->first_data_block - 1) / s->blocks_per_group + 1;
	fs->table_blocks = s->inodes_per_group / (fs->block_size / s->inode_size);
	fs->group_blocks = ((fs->nr_groups - 1) >> (fs->shift - 5)) + 1;
	if (!check_counts(fs))
		return -EINVAL;
	foreign = s->ro_compat & ~(EXT2_RO_SPARSE_SUPER | EXT2_RO_LARGE_FILE);
	if (foreign) {
		name_features(fs, foreign, ro_compat_names, "read-only");
		fs->read_only = true;
	}
	return 0;
}

int ext2_check_groups(struct ext2 *fs)
{
	struct ext2_disk_group desc;
	int error = 0;

	for (u32 group = 0; group < fs->nr_groups && !error; group++)
		error = ext2_read_group(fs, group, &desc);
	return error;
}
