/* SPDX-License-Identifier: MIT */
#include <fs/files.h>
#include <fs/path.h>
#include <fs/permission.h>
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
 *
 * The walk knows only what is in memory, and never sleeps. If it comes to a name of a disk that has
 * no entry, it ends with PATH_LOAD. path_load() releases tree_lock, asks the file system under the
 * lock of this directory, and makes an entry, also if there is no such name. Then the walk starts
 * again at the first name: the tree may have changed meanwhile. So programs that wait for a disk
 * keep nothing else from being looked up. The price is a second walk, which costs a thousandth of
 * what a disk costs. Names of /proc may be out of date at any time (fs_ops->is_current), even
 * between two walks: what was loaded since the first one counts as true, so the call ends.
 *
 * A directory may be covered by the root of a file system that is mounted over it. The walk crosses
 * the border in both directions, so no path leads to a covered directory.
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

/* The uppermost of the directories that are mounted over this one. */
static __always_inline struct inode *uncover(struct inode *at)
{
	while (unlikely(at->mounted))
		at = at->mounted->root;
	return at;
}

struct inode *inode_above(struct inode *dir)
{
	while (dir->parent == dir && dir->super->covered)
		dir = dir->super->covered;
	return uncover(dir->parent);
}

u32 path_loads;

/* Is an entry, which may be NULL, all that has to be known of the name? */
static bool entry_is_known(struct inode *dir, struct entry *entry, u32 since)
{
	if (!entry)
		return false;
	/* The walk for which it was loaded is no second use. */
	if ((s32)(entry->loaded - since) > 0)
		return true;
	entry->used = true;
	if (likely(!dir->fs_ops->is_current))
		return true;
	return dir->fs_ops->is_current(dir, entry->inode);
}

/*
 * Finds the text of a link, or the inode where it leads and no text. Sets *jump to that inode, and
 * leaves it alone if there is a text. Returns 0 or an error.
 */
static noinline int follow_link(struct inode *link, struct lookup *found, struct inode **jump)
{
	struct inode *to = NULL;
	int error = link->fs_ops && link->fs_ops->follow
			    ? link->fs_ops->follow(link, found->text, sizeof(found->text), &to)
			    : -EIO;

	if (error || !to)
		return error;
	inode_put(found->jump);
	*jump = found->jump = to;
	found->text[0] = '\0';
	return 0;
}

int path_walk(struct inode *base, const char *path, bool follow, struct lookup *found)
{
	const char *rests[MOST_LINKS];
	u32 nr_rests = 0, nr_links = 0;
	struct inode *at = base;
	bool jumped = false;

	found->dir = found->inode = found->jump = NULL;
	found->name = NULL;
	found->length = found->dots = 0;
	found->slash = false;
	if (!*path)
		return -ENOENT;
	if (*path == '/')
		at = uncover(&root_inode);
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
			/* "/", or a link to it, or one that leads directly to an inode. */
			if (unlikely(jumped && found->slash && !inode_is_dir(at)))
				return -ENOTDIR;
			found->name = NULL;
			found->dir = found->inode = at;
			return 0;
		}
		if (!inode_is_dir(at))
			return -ENOTDIR;
		/* Everyone may search most directories. */
		if (unlikely((at->mode & 0111) != 0111)) {
			int error = inode_may(at, MAY_EXEC);

			if (error)
				return error;
		}
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
				at = inode_above(at);
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
		if (unlikely(inode_is_cached(at))) {
			if (!entry_is_known(at, entry, found->since))
				return PATH_LOAD;
			if (!entry->inode)
				entry = NULL;
		}
		if (!entry)
			return last ? 0 : -ENOENT;
		if (inode_is_link(entry->inode) && (!last || follow || found->slash)) {
			if (++nr_links > MOST_LINKS)
				return -ELOOP;
			if (*path)
				rests[nr_rests++] = path;
			path = entry->inode->target;
			if (unlikely(!path)) {
				struct inode *jump = at;
				int error = follow_link(entry->inode, found, &jump);

				if (error)
					return error;
				path = found->text;
				at = jump;
				jumped = true;
			}
			if (*path == '/')
				at = uncover(&root_inode);
			continue;
		}
		at = uncover(entry->inode);
		if (!last)
			continue;
		if (found->slash && !inode_is_dir(at))
			return -ENOTDIR;
		found->inode = at;
		return 0;
	}
}

/* --- names of a disk -------------------------------------------------------------------------- */

/*
 * Adds what a lookup has found; dir->dir_lock and tree_lock are held. A directory that was removed
 * meanwhile gets no entries, since nothing would detach them.
 */
static void add_loaded(struct inode *dir, struct entry *entry, struct inode *inode)
{
	if (!dir->nr_links || (!dir->entry && dir->parent != dir)) {
		kfree(entry);
		return;
	}
	entry->loaded = ++path_loads;
	entry_attach(dir, entry, inode);
	entries_trim();
}

/* dir->dir_lock and tree_lock are held, the latter is released meanwhile. */
static int load(struct inode *dir, struct entry *entry, u32 since)
{
	struct entry *old = entry_find(dir, entry->name, entry->length);
	struct inode *inode = NULL;
	int error;

	if (old && entry_is_known(dir, old, since)) {
		kfree(entry); /* another thread was faster */
		return 0;
	}
	if (old) {
		if (old->inode)
			entries_forget(old->inode);
		entry_detach(old);
	}
	error = dir->nr_links && (dir->entry || dir->parent == dir) ? 0 : -ENOENT;
	if (error) {
		kfree(entry);
		return error;
	}
	mutex_unlock(&tree_lock);
	error = dir->fs_ops->lookup(dir, entry->name, entry->length, &inode);
	mutex_lock(&tree_lock);
	if (error)
		kfree(entry);
	else
		add_loaded(dir, entry, inode);
	/* The entry holds it. If there is none, the next walk ends with an error. */
	inode_put(inode);
	return error;
}

int path_load(struct lookup *found)
{
	struct inode *dir = found->dir;
	struct entry *entry = entry_alloc(found->name, found->length);
	int error;

	inode_get(dir);
	inode_put(found->jump);
	found->jump = NULL;
	mutex_unlock(&tree_lock);
	/* In this order: a thread that has tree_lock never waits for a disk's lookup. */
	mutex_lock(&dir->dir_lock);
	mutex_lock(&tree_lock);
	error = entry ? load(dir, entry, found->since) : -ENOMEM;
	mutex_unlock(&dir->dir_lock);
	inode_put(dir);
	return error;
}

int path_load_all(struct inode *base, const char *path, bool follow, struct lookup *found)
{
	int error;

	do {
		error = path_load(found);
		if (!error)
			error = path_walk(base, path, follow, found);
	} while (error == PATH_LOAD);
	return error;
}

int path_find(struct inode *base, const char *path, bool follow, struct inode **found)
{
	struct lookup lookup;
	int error = path_lock(base, path, follow, &lookup);

	if (!error && !lookup.inode)
		error = -ENOENT;
	if (!error) {
		inode_get(lookup.inode);
		*found = lookup.inode;
	}
	path_unlock(&lookup);
	return error;
}

/* --- paths of programs ------------------------------------------------------------------------ */

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
