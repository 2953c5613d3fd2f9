/* SPDX-License-Identifier: MIT */
#include <fs/inode.h>
#include <fs/path.h>
#include <fs/stat.h>
#include <fs/super.h>
#include <kernel/syscall.h>
#include <lib/errno.h>
#include <lib/limits.h>

/*
 * statfs(2): how full a file system is. The file system counts in its blocks. The old layout has
 * 32 bits for a number, and a larger one gives EOVERFLOW, as on Linux.
 */

struct statfs {
	u32 type, block_size, blocks, free, available, files, free_files;
	u32 id[2], name_length, fragment, flags, spare[4];
};
_Static_assert(sizeof(struct statfs) == 64, "Linux's struct statfs");

struct statfs64 {
	u32 type, block_size;
	u64 blocks, free, available, files, free_files;
	u32 id[2], name_length, fragment, flags, spare[4];
} __packed;
_Static_assert(sizeof(struct statfs64) == 84, "Linux's struct statfs64");

#define ST_VALID    0x0020u
#define ST_RELATIME 0x1000u

#define PIPEFS_MAGIC 0x50495045u

/* The flags of mount(2) that have the same values: read-only, nosuid, nodev, noexec, noatime. */
#define SAME_FLAGS (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME)

static u32 flags_of(const struct super *super)
{
	u32 flags = super ? super->flags & SAME_FLAGS : 0;

	return ST_VALID | flags | (flags & MS_NOATIME ? 0 : ST_RELATIME);
}

static int count(struct super *super, struct fs_counts *counts)
{
	*counts = (struct fs_counts){ .magic = PIPEFS_MAGIC, .block_size = PAGE_SIZE };
	return super && super->ops->statfs ? super->ops->statfs(super, counts) : 0;
}

static long copy_out(unsigned long user, const void *from, size_t size)
{
	return copy_to_user((void __user *)user, from, size) ? -EFAULT : 0;
}

static long statfs_wide(struct inode *inode, unsigned long user)
{
	struct super *super = inode->super;
	struct fs_counts counts;
	int error = count(super, &counts);
	struct statfs64 stat;

	if (error)
		return error;
	stat = (struct statfs64){
		.type = counts.magic,
		.block_size = counts.block_size,
		.blocks = counts.blocks,
		.free = counts.free,
		.available = counts.available,
		.files = counts.files,
		.free_files = counts.free_files,
		.id = { super ? super->dev : 0 },
		.name_length = NAME_MAX,
		.fragment = counts.block_size,
		.flags = flags_of(super),
	};
	return copy_out(user, &stat, sizeof(stat));
}

static long statfs_old(struct inode *inode, unsigned long user)
{
	struct super *super = inode->super;
	struct fs_counts counts;
	int error = count(super, &counts);
	struct statfs stat;

	if (error)
		return error;
	stat = (struct statfs){
		.type = counts.magic,
		.block_size = counts.block_size,
		.blocks = (u32)counts.blocks,
		.free = (u32)counts.free,
		.available = (u32)counts.available,
		.files = (u32)counts.files,
		.free_files = (u32)counts.free_files,
		.id = { super ? super->dev : 0 },
		.name_length = NAME_MAX,
		.fragment = counts.block_size,
		.flags = flags_of(super),
	};
	if ((counts.blocks | counts.free | counts.available | counts.files | counts.free_files) >>
	    32)
		return -EOVERFLOW;
	return copy_out(user, &stat, sizeof(stat));
}

SYSCALL(99, statfs)
{
	return stat_path(AT_FDCWD, ARG1(regs), 0, ARG2(regs), statfs_old);
}

SYSCALL(100, fstatfs)
{
	return stat_fd(ARG1(regs), ARG2(regs), statfs_old);
}

/* The C library says how large its structure is: with or without a hole at its end. */
static bool is_right_size(u32 size)
{
	return size == sizeof(struct statfs64) || size == sizeof(struct statfs64) + 4;
}

SYSCALL(268, statfs64)
{
	return is_right_size(ARG2(regs))
		       ? stat_path(AT_FDCWD, ARG1(regs), 0, ARG3(regs), statfs_wide)
		       : -EINVAL;
}

SYSCALL(269, fstatfs64)
{
	return is_right_size(ARG2(regs)) ? stat_fd(ARG1(regs), ARG3(regs), statfs_wide) : -EINVAL;
}
