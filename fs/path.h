/* SPDX-License-Identifier: MIT */
#pragma once

#include <fs/inode.h>
#include <fs/super.h>

/* From a path to an inode. */

#define AT_FDCWD            (-100)
#define AT_SYMLINK_NOFOLLOW 0x100u
#define AT_REMOVEDIR        0x200u
#define AT_SYMLINK_FOLLOW   0x400u
#define AT_EMPTY_PATH       0x1000u

/**
 * struct lookup - where a path leads
 * @dir: the directory of the last name; after PATH_LOAD that of the name that is not known
 * @name: the last name, not ended by a zero; NULL if the path ends with "/", "." or ".."
 * @length: of @name
 * @inode: the inode of the path; NULL if the last name does not exist
 * @slash: a slash follows the last name, so it has to be a directory
 * @dots: number of dots of the last name, if it is "." or ".."
 * @since: path_loads at the first walk of the call, set by the caller
 * @jump: reference to where a link of /proc led, or NULL; path_unlock() drops it
 * @text: text of such a link
 *
 * Valid while tree_lock is held.
 */
struct lookup {
	struct inode *dir;
	const char *name;
	size_t length;
	struct inode *inode;
	bool slash;
	u32 dots;
	u32 since;
	struct inode *jump;
	char text[32];
};

/* Number of names that were loaded since boot; guarded by tree_lock. */
extern u32 path_loads;

/* Result of path_walk(): a name has to be looked up on a disk first, by path_load(). */
#define PATH_LOAD 1

/**
 * path_walk() - follow a path in the tree in memory
 * @base: directory where a relative path begins
 * @path: the path
 * @follow: if the last name is a symbolic link, follow it
 * @found: set to where the path leads
 *
 * Checks that the running thread may search each directory. found->jump has to be dropped, as
 * path_unlock() does; it is NULL if the tree has no /proc.
 * Context: tree_lock held; does not sleep.
 * Return: 0, also if only the last name is missing; -ENOENT, -ENOTDIR, -ELOOP, -ENAMETOOLONG,
 * -EACCES; PATH_LOAD.
 */
int path_walk(struct inode *base, const char *path, bool follow, struct lookup *found);

/**
 * path_load() - look up the name that path_walk() does not know
 * @found: result of a walk with PATH_LOAD; its references are dropped
 *
 * Context: tree_lock held; it is released meanwhile, so the caller walks again.
 * Return: 0 or a negative errno.
 */
int path_load(struct lookup *found);

/**
 * path_load_all() - load what a path needs
 * @base, @path, @follow: as for path_walk()
 * @found: result of a walk with PATH_LOAD, and then of the last one
 *
 * Context: tree_lock held; it is released meanwhile.
 * Return: that of path_walk() without PATH_LOAD; also -EIO and other errors of a disk.
 */
int path_load_all(struct inode *base, const char *path, bool follow, struct lookup *found);

/**
 * path_lock() - follow a path, and load what is missing
 * @base, @path, @follow, @found: as for path_walk()
 *
 * Context: may sleep. Takes tree_lock, and holds it at the end, also after an error; path_unlock()
 * follows.
 * Return: that of path_load_all().
 */
static __always_inline int path_lock(struct inode *base, const char *path, bool follow,
				     struct lookup *found)
{
	int error;

	mutex_lock(&tree_lock);
	found->since = path_loads;
	error = path_walk(base, path, follow, found);
	if (unlikely(error == PATH_LOAD))
		error = path_load_all(base, path, follow, found);
	return error;
}

/**
 * path_unlock() - end the use of a lookup, and release tree_lock
 * @found: of path_lock()
 *
 * Context: may sleep.
 */
static __always_inline void path_unlock(struct lookup *found)
{
	mutex_unlock(&tree_lock);
	if (unlikely(found->jump))
		inode_put(found->jump);
}

/**
 * path_find() - find what a path means
 * @base, @path, @follow: as for path_walk()
 * @found: set to the inode, with a reference
 *
 * Context: may sleep; takes tree_lock.
 * Return: 0 or a negative errno.
 */
int path_find(struct inode *base, const char *path, bool follow, struct inode **found);

/**
 * inode_above() - follow ".."
 * @dir: a directory
 *
 * Context: tree_lock held.
 * Return: the directory above, also if @dir is the root of a file system that is mounted.
 */
struct inode *inode_above(struct inode *dir);

/* Most paths are shorter, and need no memory. */
#define SHORT_PATH 64u

/**
 * struct user_path - a path that was copied from the running program
 * @text: the path, in @few or in memory of its own
 * @few: place for a short one
 */
struct user_path {
	char *text;
	char few[SHORT_PATH];
};

/**
 * path_from_user() - copy a path of the running program
 * @path: set to the path; the caller calls path_drop(), unless this function failed
 * @user: its address in the program
 *
 * Context: may sleep.
 * Return: 0; -EFAULT, -ENAMETOOLONG or -ENOMEM.
 */
int path_from_user(struct user_path *path, unsigned long user);

/**
 * path_drop() - give back the memory of a path
 * @path: result of path_from_user()
 *
 * Context: any.
 */
void path_drop(struct user_path *path);

/**
 * path_base() - directory for the *at() calls
 * @fd: number of an open directory, or AT_FDCWD
 * @path: an absolute path needs no directory
 * @error: set to -EBADF on failure; path_walk() reports what is no directory
 *
 * Context: may sleep.
 * Return: the inode with a reference; NULL on failure.
 */
struct inode *path_base(int fd, const char *path, int *error);

/**
 * path_find_user() - path_from_user(), path_base() and path_find()
 * @fd: as for path_base()
 * @user: the path
 * @flags: AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH
 * @error: set to a negative errno on failure
 *
 * Context: may sleep.
 * Return: the inode with a reference; NULL on failure.
 */
struct inode *path_find_user(int fd, unsigned long user, u32 flags, int *error);

/**
 * inode_path() - write the path of an inode
 * @inode: any
 * @buffer: receives the path, at its end
 * @size: of @buffer
 * @error: set to -ENOENT if the inode has no name, or to -ENAMETOOLONG
 *
 * Context: tree_lock held; does not sleep.
 * Return: start of the path, within @buffer; NULL on failure.
 */
char *inode_path(const struct inode *inode, char *buffer, size_t size, int *error);

/**
 * inode_path_init() - let reports of address spaces show the names of files
 *
 * Context: boot, once.
 */
void inode_path_init(void);
