/* SPDX-License-Identifier: MIT */
#include <fs/files.h>
#include <fs/path.h>
#include <fs/permission.h>
#include <kernel/syscall.h>
#include <lib/errno.h>

/*
 * Changes of the attributes of an inode: chmod, chown, utimensat; and access(2), which asks what
 * they allow. tree_lock guards the attributes, so a call checks and changes them in one step. A
 * file system on a disk writes them later (inode_mark_dirty()).
 */

#define AT_EACCESS 0x200u

/*
 * access(2) asks for the real user, so that a program with S_ISUID learns what its caller may do.
 * The thread gets credentials for the time of the question.
 */
static int begin_access(u32 flags, const struct cred **before)
{
	const struct cred *now = current_cred();
	struct cred *real;

	*before = NULL;
	if ((flags & AT_EACCESS) || likely(!current->cred))
		return 0;
	if (now->uid == now->fsuid && now->gid == now->fsgid && now->uid == now->euid)
		return 0;
	real = cred_copy(now->nr_groups);
	if (!real)
		return -ENOMEM;
	*before = cred_of(current);
	real->fsuid = real->euid = real->uid;
	real->fsgid = real->gid;
	cred_use(real);
	return 0;
}

static int access_inode(const struct inode *inode, u32 mode)
{
	bool executes = (mode & MAY_EXEC) && inode_is_file(inode);

	if (executes && inode->super && (inode->super->flags & MS_NOEXEC))
		return -EACCES;
	return inode_may(inode, mode);
}

static long access_at(int fd, unsigned long path, u32 mode, u32 flags)
{
	const struct cred *before;
	struct inode *inode;
	int error;

	if ((mode & ~7u) || (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)))
		return -EINVAL;
	error = begin_access(flags, &before);
	if (error)
		return error;
	inode = path_find_user(fd, path, flags, &error);
	if (inode) {
		error = access_inode(inode, mode);
		inode_put(inode);
	}
	if (before)
		cred_restore(before);
	return error;
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

/* May attributes of an inode change at all? tree_lock is held, and guards them. */
static int begin_change(struct inode *inode)
{
	mutex_lock(&tree_lock);
	return inode_is_read_only(inode) ? -EROFS : 0;
}

static long end_change(struct inode *inode, int error)
{
	if (!error) {
		inode->ctime = inode_now();
		inode_mark_dirty(inode);
	}
	mutex_unlock(&tree_lock);
	inode_put(inode);
	return error;
}

static long change_mode(struct inode *inode, int error, u32 mode)
{
	if (!inode)
		return error;
	error = begin_change(inode);
	if (!error && !inode_owned(inode))
		error = -EPERM;
	if (!error) {
		/* Nobody gives away the rights of a group without being in it. */
		if (!cred_capable() && !cred_in_group(inode->gid))
			mode &= ~S_ISGID;
		inode->mode = (inode->mode & S_IFMT) | (mode & 07777);
	}
	return end_change(inode, error);
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

/* Only root gives files away. An owner may choose among the own groups. */
static bool may_change_owner(const struct inode *inode, u32 uid, u32 gid)
{
	bool owner = current_cred()->fsuid == inode->uid;

	if (cred_capable())
		return true;
	if (uid != UINT_MAX && !(owner && uid == inode->uid))
		return false;
	return gid == UINT_MAX || (owner && (gid == inode->gid || cred_in_group(gid)));
}

static long change_owner(struct inode *inode, int error, u32 uid, u32 gid)
{
	if (!inode)
		return error;
	error = begin_change(inode);
	if (!error && !may_change_owner(inode, uid, gid))
		error = -EPERM;
	if (!error) {
		if (uid != UINT_MAX)
			inode->uid = uid;
		if (gid != UINT_MAX)
			inode->gid = gid;
		/* A program must not run for another owner by this, nor for another group. */
		if (!inode_is_dir(inode)) {
			inode->mode &= ~S_ISUID;
			if (inode->mode & 0010)
				inode->mode &= ~S_ISGID;
		}
	}
	return end_change(inode, error);
}

/* The oldest calls have ids of 16 bits. */
static u32 wide_id(u32 id)
{
	return (u16)id == 0xffff ? UINT_MAX : (u16)id;
}

SYSCALL(16, lchown)
{
	int error;
	struct inode *inode = path_find_user(AT_FDCWD, ARG1(regs), AT_SYMLINK_NOFOLLOW, &error);

	return change_owner(inode, error, wide_id(ARG2(regs)), wide_id(ARG3(regs)));
}

SYSCALL(182, chown)
{
	int error;
	struct inode *inode = path_find_user(AT_FDCWD, ARG1(regs), 0, &error);

	return change_owner(inode, error, wide_id(ARG2(regs)), wide_id(ARG3(regs)));
}

SYSCALL(95, fchown)
{
	int error;
	struct inode *inode = inode_at((int)ARG1(regs), 0, 0, &error);

	return change_owner(inode, error, wide_id(ARG2(regs)), wide_id(ARG3(regs)));
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
	bool now;

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
	now = times[1] == UTIME_NOW && times[5] == UTIME_NOW;
	error = begin_change(inode);
	if (!error && !inode_owned(inode))
		error = !now ? -EPERM : inode_may(inode, MAY_WRITE);
	if (!error) {
		set_time(&inode->atime, times[0], times[1]);
		set_time(&inode->mtime, times[4], times[5]);
	}
	return end_change(inode, error);
}

SYSCALL(320, utimensat)
{
	return set_times(regs, false);
}

SYSCALL(412, utimensat_time64)
{
	return set_times(regs, true);
}
