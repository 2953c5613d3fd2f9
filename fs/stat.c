/* SPDX-License-Identifier: MIT */
#include <fs/files.h>
#include <fs/inode.h>
#include <fs/path.h>
#include <kernel/syscall.h>
#include <lib/string.h>
#include <mm/kmalloc.h>
#include <mm/mmzone.h>

/*
 * The attributes of an inode, and changes of them: stat(2) in all its forms, access, chmod,
 * chown, utimensat. The layouts are Linux's for i386, where a u64 has the alignment of a u32.
 *
 * There is one user, root, who may do everything. As on Linux only one right matters to root:
 * execute needs one of the three x bits.
 */

#define X_OK 1u

/* The number of the device on which all files are: stat(2) shows one. */
#define DEVICE 0x11u

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

static u64 blocks_of(struct inode *inode)
{
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
	struct stat64 stat = {
		.device = DEVICE,
		.number_low = inode->number,
		.mode = inode->mode,
		.nr_links = inode->nr_links,
		.uid = inode->uid,
		.gid = inode->gid,
		.special = inode->device,
		.size = inode_size(inode),
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
		.device = DEVICE,
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
	struct statx stat = {
		.mask = STATX_BASIC_STATS,
		.block_size = PAGE_SIZE,
		.nr_links = inode->nr_links,
		.uid = inode->uid,
		.gid = inode->gid,
		.mode = (u16)inode->mode,
		.number = inode->number,
		.size = inode_size(inode),
		.blocks = blocks_of(inode),
		.special_major = inode->device >> 8,
		.special_minor = inode->device & 0xff,
		.device_minor = DEVICE,
	};

	statx_time(inode->atime, &stat.atime);
	statx_time(inode->mtime, &stat.mtime);
	statx_time(inode->ctime, &stat.ctime);
	return copy_out(user, &stat, sizeof(stat));
}

typedef long stat_fn(struct inode *inode, unsigned long user);

static long stat_path(int fd, unsigned long path, u32 flags, unsigned long user, stat_fn *fill)
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

static long stat_fd(u32 fd, unsigned long user, stat_fn *fill)
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

static long access_inode(struct inode *inode, u32 mode)
{
	long error = 0;

	if (mode & ~7u)
		error = -EINVAL;
	else if ((mode & X_OK) && !inode_is_dir(inode) && !(inode->mode & 0111))
		error = -EACCES;
	inode_put(inode);
	return error;
}

static long access_at(int fd, unsigned long path, u32 mode, u32 flags)
{
	int error;
	struct inode *inode = path_find_user(fd, path, flags, &error);

	return inode ? access_inode(inode, mode) : error;
}

SYSCALL(33, access)
{
	return access_at(AT_FDCWD, ARG1(regs), ARG2(regs), 0);
}

SYSCALL(307, faccessat)
{
	return access_at((int)ARG1(regs), ARG2(regs), ARG3(regs), 0);
}

SYSCALL(439, faccessat2)
{
	return access_at((int)ARG1(regs), ARG2(regs), ARG3(regs), ARG4(regs));
}

/* An inode by its path, or by the number of an open file if there is no path. */
static struct inode *inode_at(int fd, unsigned long path, u32 flags, int *error)
{
	struct inode *inode;
	struct file *file;

	if (path)
		return path_find_user(fd, path, flags, error);
	file = file_of((u32)fd);
	*error = -EBADF;
	if (!file)
		return NULL;
	inode = file->flags & O_PATH ? NULL : file->inode;
	if (inode)
		inode_get(inode);
	file_put(file);
	return inode;
}

static long change_mode(struct inode *inode, int error, u32 mode)
{
	if (!inode)
		return error;
	mutex_lock(&tree_lock);
	inode->mode = (inode->mode & S_IFMT) | (mode & 07777);
	inode->ctime = inode_now();
	mutex_unlock(&tree_lock);
	inode_put(inode);
	return 0;
}

SYSCALL(15, chmod)
{
	int error;
	struct inode *inode = path_find_user(AT_FDCWD, ARG1(regs), 0, &error);

	return change_mode(inode, error, ARG2(regs));
}

SYSCALL(94, fchmod)
{
	int error;
	struct inode *inode = inode_at((int)ARG1(regs), 0, 0, &error);

	return change_mode(inode, error, ARG2(regs));
}

SYSCALL(306, fchmodat)
{
	int error;
	struct inode *inode = path_find_user((int)ARG1(regs), ARG2(regs), 0, &error);

	return change_mode(inode, error, ARG3(regs));
}

static long change_owner(struct inode *inode, int error, u32 uid, u32 gid)
{
	if (!inode)
		return error;
	mutex_lock(&tree_lock);
	if (uid != UINT32_MAX)
		inode->uid = uid;
	if (gid != UINT32_MAX)
		inode->gid = gid;
	inode->ctime = inode_now();
	mutex_unlock(&tree_lock);
	inode_put(inode);
	return 0;
}

SYSCALL(198, lchown32)
{
	int error;
	struct inode *inode = path_find_user(AT_FDCWD, ARG1(regs), AT_SYMLINK_NOFOLLOW, &error);

	return change_owner(inode, error, ARG2(regs), ARG3(regs));
}

SYSCALL(212, chown32)
{
	int error;
	struct inode *inode = path_find_user(AT_FDCWD, ARG1(regs), 0, &error);

	return change_owner(inode, error, ARG2(regs), ARG3(regs));
}

SYSCALL(207, fchown32)
{
	int error;
	struct inode *inode = inode_at((int)ARG1(regs), 0, 0, &error);

	return change_owner(inode, error, ARG2(regs), ARG3(regs));
}

SYSCALL(298, fchownat)
{
	int error;
	struct inode *inode = path_find_user((int)ARG1(regs), ARG2(regs), ARG5(regs), &error);

	return change_owner(inode, error, ARG3(regs), ARG4(regs));
}

#define UTIME_NOW  0x3fffffffu
#define UTIME_OMIT 0x3ffffffeu

static bool is_valid(u32 ns)
{
	return ns < 1000000000u || ns == UTIME_NOW || ns == UTIME_OMIT;
}

/* One time of utimensat(2): seconds and nanoseconds. */
static void set_time(u64 *time, u64 seconds, u32 ns)
{
	if (ns != UTIME_OMIT)
		*time = ns == UTIME_NOW ? inode_now() : seconds * 1000000000u + ns;
}

/* times: seconds and nanoseconds of both times, as words of 32 bits or, if wide, of 64. */
static long set_times(struct trap_frame *regs, bool wide)
{
	u32 times[8] = { 0, UTIME_NOW, 0, 0, 0, UTIME_NOW, 0, 0 };
	struct inode *inode;
	int error = 0;

	if (ARG3(regs)) {
		if (copy_from_user(times, (void __user *)ARG3(regs), wide ? 32 : 16))
			return -EFAULT;
		if (wide) {
			times[1] = times[2];
			times[5] = times[6];
		} else {
			times[4] = times[2];
			times[5] = times[3];
		}
	}
	inode = inode_at((int)ARG1(regs), ARG2(regs), ARG4(regs), &error);
	if (!inode)
		return error;
	if (!is_valid(times[1]) || !is_valid(times[5])) {
		inode_put(inode);
		return -EINVAL;
	}
	mutex_lock(&tree_lock);
	set_time(&inode->atime, times[0], times[1]);
	set_time(&inode->mtime, times[4], times[5]);
	inode->ctime = inode_now();
	mutex_unlock(&tree_lock);
	inode_put(inode);
	return 0;
}

SYSCALL(320, utimensat)
{
	return set_times(regs, false);
}

SYSCALL(412, utimensat_time64)
{
	return set_times(regs, true);
}

struct statfs64 {
	u32 type, block_size;
	u64 blocks, free, available, files, free_files;
	u32 id[2], name_length, fragment, flags, spare[4];
} __packed;
_Static_assert(sizeof(struct statfs64) == 84, "Linux's struct statfs64");

#define TMPFS_MAGIC 0x01021994u

static long statfs_out(u32 size, unsigned long user)
{
	struct statfs64 stat = {
		.type = TMPFS_MAGIC,
		.block_size = PAGE_SIZE,
		.blocks = nr_managed_pages(),
		.free = nr_free_pages(),
		.available = nr_free_pages(),
		.name_length = NAME_MAX,
		.fragment = PAGE_SIZE,
	};

	if (size != sizeof(stat) && size != sizeof(stat) + 4)
		return -EINVAL;
	return copy_out(user, &stat, sizeof(stat));
}

SYSCALL(268, statfs64)
{
	int error;
	struct inode *inode = path_find_user(AT_FDCWD, ARG1(regs), 0, &error);

	if (!inode)
		return error;
	inode_put(inode);
	return statfs_out(ARG2(regs), ARG3(regs));
}

SYSCALL(269, fstatfs64)
{
	struct file *file = file_of(ARG1(regs));

	if (!file)
		return -EBADF;
	file_put(file);
	return statfs_out(ARG2(regs), ARG3(regs));
}
