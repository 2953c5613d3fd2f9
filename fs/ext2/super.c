/* SPDX-License-Identifier: MIT */
#include <fs/ext2/ext2.h>
#include <lib/string.h>
#include <mm/kmalloc.h>

/*
 * Mounting and unmounting, and the state that the superblock keeps:
 *
 *	clean ── mount for writing ─▶ not clean ── unmount, remount read-only ─▶ clean
 *	                                  │
 *	                                  └─ an impossible value is found ─▶ not clean, with errors
 *
 * A disk that was not clean stays so until e2fsck has checked it. It is mounted all the same, with
 * a warning: nothing that this code does depends on the counters that may be wrong.
 */

/* The disk says from now on that it is in use. */
static int begin_writing(struct ext2 *fs, u32 now)
{
	int error;

	fs->clean = (fs->super.state & (EXT2_CLEAN | EXT2_ERRORS)) == EXT2_CLEAN;
	if (!fs->clean)
		pr_warn("ext2: %s: %s: e2fsck should check it\n", fs->name,
			fs->super.state & EXT2_ERRORS ? "has errors" : "was not unmounted");
	fs->super.state &= (u16)~EXT2_CLEAN;
	fs->super.mounts++;
	fs->super.mounted = fs->super.written = now;
	error = ext2_write_super(fs);
	return error ? error : ext2_write_out(fs);
}

static int end_writing(struct ext2 *fs, u32 now)
{
	int error = ext2_sync(fs);

	if (error)
		return error;
	if (fs->clean && !fs->failed)
		fs->super.state |= EXT2_CLEAN;
	fs->super.written = now;
	error = ext2_write_super(fs);
	return error ? error : ext2_write_out(fs);
}

int ext2_sync(struct ext2 *fs)
{
	int error;

	if (fs->read_only) {
		/* After a failure: what was written before it. */
		return fs->failed ? ext2_write_out(fs) : 0;
	}
	error = ext2_drop_pool(fs);
	if (!error)
		error = ext2_commit(fs);
	/* The bits that the commit has cleared. */
	return error ? error : ext2_write_out(fs);
}

int ext2_remount(struct ext2 *fs, bool read_only, u32 now)
{
	bool was = fs->read_only;
	int error;

	if (read_only == was)
		return 0;
	if (read_only) {
		error = end_writing(fs, now);
		fs->read_only = true;
		return error;
	}
	if (fs->failed || fs->super.ro_compat & ~(EXT2_RO_SPARSE_SUPER | EXT2_RO_LARGE_FILE))
		return -EROFS;
	fs->read_only = false;
	error = begin_writing(fs, now);
	if (error)
		fs->read_only = true;
	return error;
}

static void free_all(struct ext2 *fs)
{
	if (fs->meta)
		meta_close(fs->meta);
	kfree(fs->bitmap);
	kfree(fs->names);
	kfree(fs->freed);
}

/* The superblock says how large blocks are, so it is read with the smallest ones. */
static int read_super(struct ext2 *fs)
{
	struct meta *meta;
	int error;

	if (fs->nr_sectors < 2 * EXT2_SUPER_BYTE / 512)
		return -EINVAL;
	meta = meta_open(fs->device, 10);
	if (!meta)
		return -ENOMEM;
	error = meta_read(meta, EXT2_SUPER_BYTE >> 10, 0, &fs->super, sizeof(fs->super));
	meta_close(meta);
	return error ? error : ext2_check_super(fs);
}

int ext2_open(struct ext2 *fs, u32 now)
{
	int error = read_super(fs);

	if (error)
		return error;
	fs->meta = meta_open(fs->device, fs->shift);
	fs->bitmap = kmalloc(fs->block_size, GFP_KERNEL);
	fs->names = kmalloc(fs->block_size, GFP_KERNEL);
	fs->freed = kmalloc(EXT2_FREED * sizeof(*fs->freed), GFP_KERNEL);
	error = -ENOMEM;
	if (fs->meta && fs->bitmap && fs->names && fs->freed)
		error = ext2_check_groups(fs);
	if (!error && !fs->read_only)
		error = begin_writing(fs, now);
	if (error)
		free_all(fs);
	return error;
}

int ext2_close(struct ext2 *fs, u32 now)
{
	int error = fs->read_only ? ext2_sync(fs) : end_writing(fs, now);

	free_all(fs);
	return error;
}
