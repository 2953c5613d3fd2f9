/* SPDX-License-Identifier: MIT */
#include <fs/files.h>
#include <fs/inode.h>
#include <fs/path.h>
#include <fs/stat.h>
#include <fs/super.h>
#include <kernel/syscall.h>
#include <lib/string.h>

/*
 * The attributes of an inode: stat(2) in all its forms. The layouts are Linux's for i386, where a
 * u64 has the alignment of a u32.
 */

/* The device of pipes, which are in no file system. */
#define NO_DEVICE 0x0du

struct stat64 {
	u64 device;
	u32 pad0, number_low, mode, nr_links, uid, gid;
	u64 special;
	u32 pad1;
	u64 size;
	u32 block_size;
	u64 blocks;
	u32 times[3][2];
	u64 number;
} __packed;
_Static_assert(sizeof(struct stat64) == 96, "Linux's struct stat64");

struct stat {
	u32 device, number;
	u16 mode, nr_links, uid, gid;
	u32 special, size, block_size, blocks;
	u32 times[3][2];
	u32 unused[2];
};
_Static_assert(sizeof(struct stat) == 64, "Linux's struct stat");

struct statx_time {
	u64 seconds;
	u32 ns, pad;
} __packed;

struct statx {
	u32 mask, block_size;
	u64 attributes;
	u32 nr_links, uid, gid;
	u16 mode, pad;
	u64 number, size, blocks, attributes_mask;
	struct statx_time atime, btime, ctime, mtime;
	u32 special_major, special_minor, device_major, device_minor;
	u64 mount;
	u32 unused[26];
} __packed;
_Static_assert(sizeof(struct statx) == 256, "Linux's struct statx");

#define STATX_BASIC_STATS 0x7ffu

static u32 device_of(const struct inode *inode)
{
	return inode->super ? inode->super->dev : NO_DEVICE;
}

/* A file system on a disk knows its blocks; otherwise they are the pages in memory. */
static u64 blocks_of(struct inode *inode)
{
	if (inode->fs_ops)
		return inode->blocks;
	return inode->object ? inode->object->nr_pages * (PAGE_SIZE / 512) : 0;
}

/* A time as seconds and nanoseconds. */
static void split_time(u64 ns, u32 *time)
{
	time[0] = (u32)(ns / 1000000000u);
	time[1] = (u32)(ns % 1000000000u);
}

static void split_times(const struct inode *inode, u32 times[3][2])
{
	split_time(inode->atime, times[0]);
	split_time(inode->mtime, times[1]);
	split_time(inode->ctime, times[2]);
}

static long copy_out(unsigned long user, const void *from, size_t size)
{
	return copy_to_user((void __user *)user, from, size) ? -EFAULT : 0;
}

static long stat_new(struct inode *inode, unsigned long user)
{
	u64 size = inode_size(inode);
	struct stat64 stat = {
		.device = device_of(inode),
		.number_low = inode->number,
		.mode = inode->mode,
		.nr_links = inode->nr_links,
		.uid = inode->uid,
		.gid = inode->gid,
		.special = inode->device,
		.size = size,
		.block_size = PAGE_SIZE,
		.blocks = blocks_of(inode),
		.number = inode->number,
	};
	u32 times[3][2];

	split_times(inode, times);
	memcpy(stat.times, times, sizeof(times));
	return copy_out(user, &stat, sizeof(stat));
}

static long stat_old(struct inode *inode, unsigned long user)
{
	u64 size = inode_size(inode);
	struct stat stat = {
		.device = device_of(inode),
		.number = inode->number,
		.mode = (u16)inode->mode,
		.nr_links = (u16)inode->nr_links,
		.uid = (u16)inode->uid,
		.gid = (u16)inode->gid,
		.special = inode->device,
		.size = (u32)size,
		.block_size = PAGE_SIZE,
		.blocks = (u32)blocks_of(inode),
	};

	if (size > 0x7fffffff)
		return -EOVERFLOW;
	split_times(inode, stat.times);
	return copy_out(user, &stat, sizeof(stat));
}

static void statx_time(u64 ns, struct statx_time *time)
{
	time->seconds = ns / 1000000000u;
	time->ns = (u32)(ns % 1000000000u);
}

static long stat_x(struct inode *inode, unsigned long user)
{
	u64 size = inode_size(inode);
	struct statx stat = {
		.mask = STATX_BASIC_STATS,
		.block_size = PAGE_SIZE,
		.nr_links = inode->nr_links,
		.uid = inode->uid,
		.gid = inode->gid,
		.mode = (u16)inode->mode,
		.number = inode->number,
		.size = size,
		.blocks = blocks_of(inode),
		.special_major = inode->device >> 8,
		.special_minor = inode->device & 0xff,
		.device_major = device_of(inode) >> 8,
		.device_minor = device_of(inode) & 0xff,
	};

	statx_time(inode->atime, &stat.atime);
	statx_time(inode->mtime, &stat.mtime);
	statx_time(inode->ctime, &stat.ctime);
	return copy_out(user, &stat, sizeof(stat));
}

long stat_path(int fd, unsigned long path, u32 flags, unsigned long user, stat_fn *fill)
{
	int error;
	struct inode *inode = path_find_user(fd, path, flags, &error);
	long result;

	if (!inode)
		return error;
	result = fill(inode, user);
	inode_put(inode);
	return result;
}

long stat_fd(u32 fd, unsigned long user, stat_fn *fill)
{
	struct file *file = file_of(fd);
	long result;

	if (!file)
		return -EBADF;
	result = fill(file->inode, user);
	file_put(file);
	return result;
}

SYSCALL(106, stat)
{
	return stat_path(AT_FDCWD, ARG1(regs), 0, ARG2(regs), stat_old);
}

SYSCALL(107, lstat)
{
	return stat_path(AT_FDCWD, ARG1(regs), AT_SYMLINK_NOFOLLOW, ARG2(regs), stat_old);
}

SYSCALL(108, fstat)
{
	return stat_fd(ARG1(regs), ARG2(regs), stat_old);
}

SYSCALL(195, stat64)
{
	return stat_path(AT_FDCWD, ARG1(regs), 0, ARG2(regs), stat_new);
}

SYSCALL(196, lstat64)
{
	return stat_path(AT_FDCWD, ARG1(regs), AT_SYMLINK_NOFOLLOW, ARG2(regs), stat_new);
}

SYSCALL(197, fstat64)
{
	return stat_fd(ARG1(regs), ARG2(regs), stat_new);
}

#define AT_NO_AUTOMOUNT    0x800u
#define AT_STATX_SYNC_TYPE 0x6000u
#define STATX_RESERVED     0x80000000u

static bool stat_flags_ok(u32 flags)
{
	return !(flags &
		 ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_STATX_SYNC_TYPE));
}

SYSCALL(300, fstatat64)
{
	if (!stat_flags_ok(ARG4(regs)))
		return -EINVAL;
	return stat_path((int)ARG1(regs), ARG2(regs), ARG4(regs), ARG3(regs), stat_new);
}

SYSCALL(383, statx)
{
	if (!stat_flags_ok(ARG3(regs)) || (ARG4(regs) & STATX_RESERVED))
		return -EINVAL;
	return stat_path((int)ARG1(regs), ARG2(regs), ARG3(regs), ARG5(regs), stat_x);
}
