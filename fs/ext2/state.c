/* SPDX-License-Identifier: MIT */
#include <fs/ext2/ext2.h>

/*
 * The state of a mounted file system that all parts of ext2 share: the superblock, its counts, and
 * the end of all writing after an error.
 */

bool ext2_fail(struct ext2 *fs)
{
	fs->failed = true;
	if (!fs->read_only) {
		fs->super.state |= EXT2_ERRORS;
		ext2_write_super(fs);
		fs->read_only = true;
	}
	return fs->nr_messages++ < 10;
}

int ext2_write_super(struct ext2 *fs)
{
	return meta_write(fs->meta, EXT2_SUPER_BYTE >> fs->shift,
			  EXT2_SUPER_BYTE & (fs->block_size - 1), &fs->super, sizeof(fs->super));
}

u32 ext2_free_count(const struct ext2 *fs)
{
	return fs->super.free_blocks + fs->freed_blocks + fs->nr_pool;
}

u64 ext2_max_size(const struct ext2 *fs)
{
	u64 pointers = fs->block_size / 4;
	u64 blocks =
		EXT2_NR_DIRECT + pointers + pointers * pointers + pointers * pointers * pointers;

	return blocks << fs->shift;
}

int ext2_write_out(struct ext2 *fs)
{
	int error = meta_sync(fs->meta, 0, UINT32_MAX);

	error = error ? error : meta_flush(fs->meta);
	/* A block that could not be written is lost: no order of writes holds after that. */
	if (error && !fs->failed && ext2_fail(fs))
		pr_err("ext2: %s: metadata could not be written (error %d); now read-only\n",
		       fs->name, -error);
	return error;
}
