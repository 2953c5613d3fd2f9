/* SPDX-License-Identifier: MIT */
#include <fs/files.h>
#include <fs/inode.h>
#include <fs/path.h>
#include <kernel/syscall.h>
#include <lib/string.h>
#include <mm/kmalloc.h>

/*
 * System calls that change names: mkdir, rmdir, unlink, link, symlink, rename, mknod. Each is a
 * walk to a directory and a change of its list, in one critical section of tree_lock.
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
static int walk_to_new(struct place *place, bool directory)
{
	int error = path_walk(place->base, place->path.text, false, &place->at);

	if (error)
		return error;
	if (place->at.inode)
		return -EEXIST;
	return place->at.slash && !directory ? -ENOENT : 0;
}

static long make_at(int fd, unsigned long path, u32 mode)
{
	struct place place;
	int error = place_open(&place, fd, path);

	if (error)
		return error;
	mutex_lock(&tree_lock);
	error = walk_to_new(&place, (mode & S_IFMT) == S_IFDIR);
	if (!error)
		error = inode_make(place.at.dir, place.at.name, place.at.length, mode, NULL);
	mutex_unlock(&tree_lock);
	place_close(&place);
	return error;
}

SYSCALL(39, mkdir)
{
	return make_at(AT_FDCWD, ARG1(regs), S_IFDIR | files_mode(ARG2(regs) & 01777));
}

SYSCALL(296, mkdirat)
{
	return make_at((int)ARG1(regs), ARG2(regs), S_IFDIR | files_mode(ARG3(regs) & 01777));
}

/* Regular files only: there are no named pipes, and the devices have names from the start. */
static long mknod_at(int fd, unsigned long path, u32 mode)
{
	if ((mode & S_IFMT) != 0 && (mode & S_IFMT) != S_IFREG)
		return -EPERM;
	return make_at(fd, path, S_IFREG | files_mode(mode));
}

SYSCALL(14, mknod)
{
	return mknod_at(AT_FDCWD, ARG1(regs), ARG2(regs));
}

SYSCALL(297, mknodat)
{
	return mknod_at((int)ARG1(regs), ARG2(regs), ARG3(regs));
}

/* Makes a symbolic link without a name. */
static int make_link(unsigned long target, struct inode **made)
{
	struct user_path text;
	int error = path_from_user(&text, target);
	struct inode *inode;
	size_t size;

	if (error)
		return error;
	size = strlen(text.text) + 1;
	inode = size > 1 ? inode_create(S_IFLNK | 0777) : NULL;
	if (inode)
		inode->target = kmalloc(size, GFP_KERNEL);
	if (inode && inode->target) {
		memcpy(inode->target, text.text, size);
		*made = inode;
	} else {
		inode_put(inode);
		error = size > 1 ? -ENOMEM : -ENOENT;
	}
	path_drop(&text);
	return error;
}

static long symlink_at(unsigned long target, int fd, unsigned long path)
{
	struct inode *inode;
	struct place place;
	int error = make_link(target, &inode);

	if (error)
		return error;
	error = place_open(&place, fd, path);
	if (!error) {
		mutex_lock(&tree_lock);
		error = walk_to_new(&place, false);
		if (!error)
			error = entry_add(place.at.dir, place.at.name, place.at.length, inode);
		mutex_unlock(&tree_lock);
		place_close(&place);
	}
	inode_put(inode);
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
		mutex_lock(&tree_lock);
		error = walk_to_new(&place, false);
		if (!error && inode_is_dir(inode))
			error = -EPERM;
		if (!error && inode->nr_links == 0)
			error = -ENOENT;
		if (!error)
			error = entry_add(place.at.dir, place.at.name, place.at.length, inode);
		mutex_unlock(&tree_lock);
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
	if (!at->inode)
		return -ENOENT;
	if (!directory)
		return inode_is_dir(at->inode) ? -EISDIR : 0;
	if (at->dots)
		return at->dots == 1 ? -EINVAL : -ENOTEMPTY;
	if (!at->name)
		return -EBUSY;
	if (!inode_is_dir(at->inode))
		return -ENOTDIR;
	return list_empty(&at->inode->entries) ? 0 : -ENOTEMPTY;
}

static long remove_at(int fd, unsigned long path, bool directory)
{
	struct place place;
	struct lookup *at = &place.at;
	int error = place_open(&place, fd, path);

	if (error)
		return error;
	mutex_lock(&tree_lock);
	error = path_walk(place.base, place.path.text, false, at);
	if (!error)
		error = may_remove(at, directory);
	if (!error)
		entry_remove(at->dir, entry_find(at->dir, at->name, at->length));
	mutex_unlock(&tree_lock);
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
	struct inode *dir;

	if (!from->inode)
		return -ENOENT;
	if (!from->name || !to->name)
		return -EBUSY;
	if (to->slash && !inode_is_dir(from->inode))
		return -ENOTDIR;
	for (dir = to->dir; dir != &root_inode; dir = dir->parent) {
		if (dir == from->inode)
			return -EINVAL; /* into itself */
	}
	if (!to->inode)
		return 0;
	if (flags & RENAME_NOREPLACE)
		return -EEXIST;
	if (to->inode == from->inode)
		return 1;
	if (!inode_is_dir(to->inode))
		return inode_is_dir(from->inode) ? -ENOTDIR : 0;
	if (!inode_is_dir(from->inode))
		return -EISDIR;
	return list_empty(&to->inode->entries) ? 0 : -ENOTEMPTY;
}

/* The new name is made first, since only this step can fail. */
static int move_entry(const struct lookup *from, const struct lookup *to)
{
	struct entry *old = entry_find(from->dir, from->name, from->length);
	struct entry *replaced = entry_find(to->dir, to->name, to->length);
	struct inode *inode = from->inode;
	int error = entry_add(to->dir, to->name, to->length, inode);

	if (error)
		return error;
	if (replaced)
		entry_remove(to->dir, replaced);
	entry_remove(from->dir, old);
	/* entry_add() has put another parent in the place of this one. */
	if (inode_is_dir(inode))
		inode_put(from->dir);
	return 0;
}

static int rename_place(struct place *from, struct place *to, u32 flags)
{
	int error = path_walk(from->base, from->path.text, false, &from->at);

	if (!error)
		error = path_walk(to->base, to->path.text, false, &to->at);
	if (!error)
		error = may_rename(&from->at, &to->at, flags);
	return error ? min(error, 0) : move_entry(&from->at, &to->at);
}

static long rename_at(int old_fd, unsigned long old_path, int fd, unsigned long path, u32 flags)
{
	struct place from, to;
	int error;

	if (flags & ~RENAME_NOREPLACE)
		return -EINVAL;
	error = place_open(&from, old_fd, old_path);
	if (error)
		return error;
	error = place_open(&to, fd, path);
	if (!error) {
		mutex_lock(&tree_lock);
		error = rename_place(&from, &to, flags);
		mutex_unlock(&tree_lock);
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
