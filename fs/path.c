/* SPDX-License-Identifier: MIT */
#include <fs/files.h>
#include <fs/path.h>
#include <lib/string.h>
#include <mm/kmalloc.h>

/*
 * A path is a list of names with slashes in between. The walk looks up one name after the other.
 *
 * A symbolic link puts its text in front of the rest of the path. The walk does not copy the two
 * into one string: it keeps a stack of rests, and continues with the topmost one when a text is
 * used up.
 *
 *	/usr/bin/sh, where /usr/bin ─▶ "../bin":     text "../bin"     stack: "sh"
 *
 * The texts cannot change meanwhile, because the caller holds tree_lock. The stack has one place
 * for each link that a path may have, 40 as on Linux, so neither memory nor recursion is necessary.
 * A rest without a name is not put on the stack. So a name is the last one if nothing follows it in
 * its text, and the stack is empty.
 */

#define MOST_LINKS 40

static const char *skip_slashes(const char *path)
{
	while (*path == '/')
		path++;
	return path;
}

static const char *skip_name(const char *path)
{
	while (*path && *path != '/')
		path++;
	return path;
}

int path_walk(struct inode *base, const char *path, bool follow, struct lookup *found)
{
	const char *rests[MOST_LINKS];
	u32 nr_rests = 0, nr_links = 0;
	struct inode *at = base;

	found->dir = found->inode = NULL;
	found->name = NULL;
	found->length = found->dots = 0;
	found->slash = false;
	if (!*path)
		return -ENOENT;
	if (*path == '/')
		at = &root_inode;
	for (;;) {
		struct entry *entry;
		const char *name;
		size_t length;
		bool last, slash;

		path = skip_slashes(path);
		if (!*path) {
			if (nr_rests) {
				path = rests[--nr_rests];
				continue;
			}
			/* "/", or a link to it. */
			found->name = NULL;
			found->dir = found->inode = at;
			return 0;
		}
		if (!inode_is_dir(at))
			return -ENOTDIR;
		name = path;
		path = skip_name(name);
		length = (size_t)(path - name);
		slash = *path == '/';
		path = skip_slashes(path);
		last = !*path && nr_rests == 0;
		found->slash |= slash && last;
		if (length > NAME_MAX)
			return -ENAMETOOLONG;
		found->dir = at;
		if (*name == '.' && (length == 1 || (length == 2 && name[1] == '.'))) {
			if (length == 2)
				at = at->parent;
			if (!last)
				continue;
			found->name = NULL;
			found->dots = length;
			found->inode = at;
			return 0;
		}
		found->name = name;
		found->length = length;
		entry = entry_find(at, name, length);
		if (!entry)
			return last ? 0 : -ENOENT;
		if (inode_is_link(entry->inode) && (!last || follow || found->slash)) {
			if (++nr_links > MOST_LINKS)
				return -ELOOP;
			if (*path)
				rests[nr_rests++] = path;
			path = entry->inode->target;
			if (*path == '/')
				at = &root_inode;
			continue;
		}
		at = entry->inode;
		if (!last)
			continue;
		if (found->slash && !inode_is_dir(at))
			return -ENOTDIR;
		found->inode = at;
		return 0;
	}
}

int path_find(struct inode *base, const char *path, bool follow, struct inode **found)
{
	struct lookup lookup;
	int error;

	mutex_lock(&tree_lock);
	error = path_walk(base, path, follow, &lookup);
	if (!error && !lookup.inode)
		error = -ENOENT;
	if (!error) {
		inode_get(lookup.inode);
		*found = lookup.inode;
	}
	mutex_unlock(&tree_lock);
	return error;
}

/* Returns the length, or a negative errno. */
static long copy_path(char *to, unsigned long user, size_t size)
{
	return strncpy_from_user(to, (const char __user *)user, size);
}

int path_from_user(struct user_path *path, unsigned long user)
{
	long length = copy_path(path->few, user, SHORT_PATH);

	path->text = path->few;
	if (length < (long)SHORT_PATH)
		return (int)min(length, 0l);
	path->text = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!path->text)
		return -ENOMEM;
	length = copy_path(path->text, user, PATH_MAX);
	if (length >= 0 && length < (long)PATH_MAX)
		return 0;
	path_drop(path);
	return length < 0 ? (int)length : -ENAMETOOLONG;
}

void path_drop(struct user_path *path)
{
	if (path->text != path->few)
		kfree(path->text);
}

struct inode *path_base(int fd, const char *path, int *error)
{
	struct inode *inode;
	struct file *file;

	if (*path == '/') {
		inode_get(&root_inode);
		return &root_inode;
	}
	if (fd == AT_FDCWD)
		return files_cwd();
	file = file_of(fd);
	if (!file) {
		*error = -EBADF;
		return NULL;
	}
	inode = file->inode;
	inode_get(inode);
	file_put(file);
	return inode;
}

struct inode *path_find_user(int fd, unsigned long user, u32 flags, int *error)
{
	struct inode *base, *found = NULL;
	struct user_path path;

	*error = path_from_user(&path, user);
	if (*error)
		return NULL;
	base = path_base(fd, path.text, error);
	if (base) {
		if (!*path.text && (flags & AT_EMPTY_PATH)) {
			found = base;
			inode_get(found);
		} else {
			*error = path_find(base, path.text, !(flags & AT_SYMLINK_NOFOLLOW), &found);
		}
		inode_put(base);
	}
	path_drop(&path);
	return found;
}
