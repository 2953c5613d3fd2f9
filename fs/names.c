/* SPDX-License-Identifier: MIT */
#include <fs/change.h>
#include <fs/files.h>
#include <fs/inode.h>
#include <fs/path.h>
#include <fs/permission.h>
#include <kernel/syscall.h>
#include <lib/errno.h>

/*
 * System calls that change names: mkdir, rmdir, unlink, link, symlink, rename, mknod. Each is a
 * walk to a directory and a change of it, in one critical section of tree_lock. fs/change.c makes
 * the change.
 *
 * A call has one or two paths of the program. struct place is such a path: copied, with the
 * directory where it begins, and later with the result of the walk.
 */

struct place {
	struct user_path path;
	struct inode *base;
	struct lookup at;
};

/* After a failure nothing has to be closed. */
static int place_open(struct place *place, int fd, unsigned long user)
{
	int error = path_from_user(&place->path, user);

	if (error)
		return error;
	place->base = path_base(fd, place->path.text, &error);
	if (!place->base)
		path_drop(&place->path);
	return error;
}

static void place_close(struct place *place)
{
	inode_put(place->base);
	path_drop(&place->path);
}

/* The walk for a name that is made. A file must not have a slash at its end. */
static int lock_new(struct place *place, bool directory)
{
	int error = path_lock(place->base, place->path.text, false, &place->at);

	if (error)
		return error;
	if (place->at.inode)
		return -EEXIST;
	return place->at.slash && !directory ? -ENOENT : 0;
}

static long make_at(int fd, unsigned long path, const struct new_file *file)
{
	struct place place;
	int error = place_open(&place, fd, path);

	if (error)
		return error;
	error = lock_new(&place, (file->mode & S_IFMT) == S_IFDIR);
	if (!error)
		error = change_create(&place.at, file, NULL);
	path_unlock(&place.at);
	place_close(&place);
	return error;
}

static long mkdir_at(int fd, unsigned long path, u32 mode)
{
	return make_at(fd, path, &(struct new_file){ .mode = S_IFDIR | files_mode(mode & 01777) });
}

SYSCALL(39, mkdir)
{
	return mkdir_at(AT_FDCWD, ARG1(regs), ARG2(regs));
}

SYSCALL(296, mkdirat)
{
	return mkdir_at((int)ARG1(regs), ARG2(regs), ARG3(regs));
}

static long mknod_at(int fd, unsigned long path, u32 mode, u32 device)
{
	struct new_file file = { .mode = (mode & S_IFMT) | files_mode(mode) };

	switch (mode & S_IFMT) {
	case 0:
		file.mode |= S_IFREG;
		break;
	case S_IFREG:
	case S_IFIFO:
	case S_IFSOCK:
		break;
	case S_IFCHR:
	case S_IFBLK:
		if (!cred_capable())
			return -EPERM;
		file.device = device;
		break;
	default:
		return (mode & S_IFMT) == S_IFDIR ? -EPERM : -EINVAL;
	}
	return make_at(fd, path, &file);
}

SYSCALL(14, mknod)
{
	return mknod_at(AT_FDCWD, ARG1(regs), ARG2(regs), ARG3(regs));
}

SYSCALL(297, mknodat)
{
	return mknod_at((int)ARG1(regs), ARG2(regs), ARG3(regs), ARG4(regs));
}

static long symlink_at(unsigned long target, int fd, unsigned long path)
{
	struct new_file file = { .mode = S_IFLNK | 0777 };
	struct user_path text;
	int error = path_from_user(&text, target);

	if (error)
		return error;
	file.target = text.text;
	error = *text.text ? (int)make_at(fd, path, &file) : -ENOENT;
	path_drop(&text);
	return error;
}

SYSCALL(83, symlink)
{
	return symlink_at(ARG1(regs), AT_FDCWD, ARG2(regs));
}

SYSCALL(304, symlinkat)
{
	return symlink_at(ARG1(regs), (int)ARG2(regs), ARG3(regs));
}

static long link_at(int old_fd, unsigned long old_path, int fd, unsigned long path, u32 flags)
{
	struct inode *inode;
	struct place place;
	int error;

	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	inode = path_find_user(old_fd, old_path,
			       flags & AT_SYMLINK_FOLLOW ? flags : flags | AT_SYMLINK_NOFOLLOW,
			       &error);
	if (!inode)
		return error;
	error = place_open(&place, fd, path);
	if (!error) {
		error = lock_new(&place, false);
		if (!error && inode_is_dir(inode))
			error = -EPERM;
		if (!error && inode->nr_links == 0)
			error = -ENOENT;
		if (!error)
			error = change_link(&place.at, inode);
		path_unlock(&place.at);
		place_close(&place);
	}
	inode_put(inode);
	return error;
}

SYSCALL(9, link)
{
	return link_at(AT_FDCWD, ARG1(regs), AT_FDCWD, ARG2(regs), 0);
}

SYSCALL(303, linkat)
{
	return link_at((int)ARG1(regs), ARG2(regs), (int)ARG3(regs), ARG4(regs), ARG5(regs));
}

/* May the name be removed by unlink(2), or by rmdir(2) if directory is true? */
static int may_remove(const struct lookup *at, bool directory)
{
	if (!at->name && !directory)
		return -EISDIR;
	if (at->dots)
		return at->dots == 1 ? -EINVAL : -ENOTEMPTY;
	if (!at->name)
		return -EBUSY;
	if (inode_is_read_only(at->dir))
		return -EROFS;
	if (!at->inode)
		return -ENOENT;
	if (!directory)
		return inode_is_dir(at->inode) ? -EISDIR : 0;
	return inode_is_dir(at->inode) ? 0 : -ENOTDIR;
}

static long remove_at(int fd, unsigned long path, bool directory)
{
	struct place place;
	struct lookup *at = &place.at;
	struct inode *inode = NULL;
	int error = place_open(&place, fd, path);

	if (error)
		return error;
	error = path_lock(place.base, place.path.text, false, at);
	if (!error)
		error = may_remove(at, directory);
	if (!error) {
		inode = at->inode;
		inode_get(inode);
		error = change_unlink(at);
	}
	path_unlock(at);
	inode_put(inode);
	place_close(&place);
	return error;
}

SYSCALL(10, unlink)
{
	return remove_at(AT_FDCWD, ARG1(regs), false);
}

SYSCALL(40, rmdir)
{
	return remove_at(AT_FDCWD, ARG1(regs), true);
}

SYSCALL(301, unlinkat)
{
	if (ARG3(regs) & ~AT_REMOVEDIR)
		return -EINVAL;
	return remove_at((int)ARG1(regs), ARG2(regs), ARG3(regs) & AT_REMOVEDIR);
}

#define RENAME_NOREPLACE 1u

/* May the name at from become the name at to? 0, a negative errno, or 1 if nothing changes. */
static int may_rename(const struct lookup *from, const struct lookup *to, u32 flags)
{
	struct inode *dir, *above;

	if (from->dir->super != to->dir->super)
		return -EXDEV;
	if (!from->name || !to->name)
		return -EBUSY;
	if (inode_is_read_only(from->dir))
		return -EROFS;
	if (!from->inode)
		return -ENOENT;
	if (to->slash && !inode_is_dir(from->inode))
		return -ENOTDIR;
	for (dir = to->dir;; dir = above) {
		if (dir == from->inode)
			return -EINVAL; /* into itself */
		above = inode_above(dir);
		if (above == dir)
			break;
	}
	if (!to->inode)
		return 0;
	if (flags & RENAME_NOREPLACE)
		return -EEXIST;
	if (to->inode == from->inode)
		return 1;
	if (!inode_is_dir(to->inode))
		return inode_is_dir(from->inode) ? -ENOTDIR : 0;
	return inode_is_dir(from->inode) ? 0 : -EISDIR;
}

/*
 * Two walks in one critical section. If one of them has to load a name, both begin again. The
 * first walk's result is valid until then, as nothing changes.
 */
static int lock_both(struct place *from, struct place *to)
{
	int error;

	from->at.jump = to->at.jump = NULL;
	mutex_lock(&tree_lock);
	from->at.since = to->at.since = path_loads;
	do {
		struct place *missing = from;

		error = path_walk(from->base, from->path.text, false, &from->at);
		if (!error) {
			missing = to;
			error = path_walk(to->base, to->path.text, false, &to->at);
		}
		if (error != PATH_LOAD)
			break;
		/* A link of /proc may have led to an inode: path_load() drops only one of them. */
		if (missing == to) {
			inode_put(from->at.jump);
			from->at.jump = NULL;
		}
		error = path_load(&missing->at);
	} while (!error);
	return error;
}

/* In the critical section. The inodes get references, which the caller drops after it. */
static int rename_place(struct place *from, struct place *to, u32 flags, struct inode *held[2])
{
	int error = may_rename(&from->at, &to->at, flags);

	if (error)
		return min(error, 0);
	held[0] = from->at.inode;
	inode_get(held[0]);
	held[1] = to->at.inode;
	if (held[1])
		inode_get(held[1]);
	return change_rename(&from->at, &to->at);
}

static long rename_at(int old_fd, unsigned long old_path, int fd, unsigned long path, u32 flags)
{
	struct inode *held[2] = { NULL, NULL };
	struct place from, to;
	int error;

	if (flags & ~RENAME_NOREPLACE)
		return -EINVAL;
	error = place_open(&from, old_fd, old_path);
	if (error)
		return error;
	error = place_open(&to, fd, path);
	if (!error) {
		error = lock_both(&from, &to);
		if (!error)
			error = rename_place(&from, &to, flags, held);
		path_unlock(&to.at);
		inode_put(from.at.jump);
		inode_put(held[0]);
		inode_put(held[1]);
		place_close(&to);
	}
	place_close(&from);
	return error;
}

SYSCALL(38, rename)
{
	return rename_at(AT_FDCWD, ARG1(regs), AT_FDCWD, ARG2(regs), 0);
}

SYSCALL(302, renameat)
{
	return rename_at((int)ARG1(regs), ARG2(regs), (int)ARG3(regs), ARG4(regs), 0);
}

SYSCALL(353, renameat2)
{
	return rename_at((int)ARG1(regs), ARG2(regs), (int)ARG3(regs), ARG4(regs), ARG5(regs));
}
