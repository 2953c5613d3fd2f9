/* SPDX-License-Identifier: MIT */
#include <fs/change.h>
#include <fs/permission.h>
#include <lib/string.h>
#include <mm/kmalloc.h>

/*
 * Changes of names have four steps, in an order that cannot fail half-way:
 *
 *	1. check the rights
 *	2. allocate the entry, if there is none
 *	3. let the file system change the directory on its disk
 *	4. change the entries, which cannot fail
 *
 * Of a disk the entry exists already, since the walk needed it: without an inode for a name that is
 * made, and a removed name leaves it behind without an inode. In memory there is nothing but the
 * entry, and step 3 counts the links.
 */

#define MOST_LINKS_TO_ONE 65000u

/* --- what a change means in memory ------------------------------------------------------------ */

/* An inode of tmpfs. Returns NULL and sets *error if there is no memory or no room. */
static struct inode *new_in_memory(const struct inode *dir, const struct new_file *file, int *error)
{
	struct inode *inode = inode_create(file->mode);

	*error = -ENOMEM;
	if (!inode)
		return NULL;
	inode->device = file->device;
	if (file->target) {
		size_t size = strlen(file->target) + 1;

		inode->target = kmalloc(size, GFP_KERNEL);
		if (!inode->target)
			goto fail;
		memcpy(inode->target, file->target, size);
	}
	*error = inode_join(inode, dir->super);
	if (!*error)
		return inode;
fail:
	inode_put(inode);
	return NULL;
}

static int create_in_memory(const struct lookup *at, const struct new_file *file,
			    struct inode **made)
{
	int error;
	struct inode *inode = new_in_memory(at->dir, file, &error);

	if (!inode)
		return error;
	inode_init_owner(inode, at->dir);
	error = entry_add(at->dir, at->name, at->length, inode);
	if (error)
		inode_put(inode);
	else
		*made = inode;
	return error;
}

/* --- changes ---------------------------------------------------------------------------------- */

static int may_add(const struct inode *dir)
{
	int error = inode_may(dir, MAY_WRITE | MAY_EXEC);

	/* A directory that was removed has no new names, for root neither. */
	return error == -EROFS || dir->nr_links ? error : -ENOENT;
}

static int create_on_disk(const struct lookup *at, const struct new_file *file, struct inode **made)
{
	struct entry *entry = entry_find(at->dir, at->name, at->length);
	int error;

	if (!at->dir->fs_ops->create)
		return inode_is_dir(at->dir) && (file->mode & S_IFMT) == S_IFREG ? -EACCES : -EPERM;
	error = at->dir->fs_ops->create(at->dir, at->name, at->length, file->mode, file->device,
					file->target, made);
	if (!error)
		entry_set(entry, *made);
	return error;
}

int change_create(const struct lookup *at, const struct new_file *file, struct inode **made)
{
	struct inode *inode = NULL;
	int error = may_add(at->dir);

	if (error)
		return error;
	if (inode_is_cached(at->dir))
		error = create_on_disk(at, file, &inode);
	else
		error = create_in_memory(at, file, &inode);
	if (made && !error)
		*made = inode;
	else
		inode_put(inode);
	return error;
}

/*
 * A link keeps a file alive, and its bits S_ISUID. So users other than the owner get one only of a
 * file that they could copy and change (Linux's protected_hardlinks).
 */
static int may_link(const struct inode *inode)
{
	bool runs_as_group = (inode->mode & (S_ISGID | 0010)) == (S_ISGID | 0010);

	if (inode_owned(inode))
		return 0;
	if (!inode_is_file(inode) || (inode->mode & S_ISUID) || runs_as_group)
		return -EPERM;
	return inode_may(inode, MAY_READ | MAY_WRITE) ? -EPERM : 0;
}

int change_link(const struct lookup *at, struct inode *inode)
{
	struct inode *dir = at->dir;
	int error;

	if (inode->super != dir->super)
		return -EXDEV;
	error = may_link(inode);
	if (!error)
		error = may_add(dir);
	if (error)
		return error;
	if (inode->nr_links >= MOST_LINKS_TO_ONE)
		return -EMLINK;
	if (!inode_is_cached(dir))
		return entry_add(dir, at->name, at->length, inode);
	if (!dir->fs_ops->link)
		return -EPERM;
	error = dir->fs_ops->link(dir, at->name, at->length, inode);
	if (!error)
		entry_set(entry_find(dir, at->name, at->length), inode);
	return error;
}

/* Is this the root of a mounted file system, or below one? */
static bool is_mount_point(const struct inode *inode)
{
	return inode->mounted || (inode->super && inode->super->root == inode);
}

int change_unlink(const struct lookup *at)
{
	struct inode *dir = at->dir, *inode = at->inode;
	struct entry *entry = entry_find(dir, at->name, at->length);
	int error = inode_may_remove(dir, entry->inode);

	if (error)
		return error;
	if (is_mount_point(inode))
		return -EBUSY;
	if (!inode_is_cached(dir)) {
		if (!list_empty(&inode->entries))
			return -ENOTEMPTY;
		entry_remove(dir, entry);
		return 0;
	}
	if (!dir->fs_ops->unlink)
		return -EPERM;
	error = dir->fs_ops->unlink(dir, at->name, at->length, inode);
	if (error)
		return error;
	entries_forget(inode);
	entry_set(entry, NULL);
	return 0;
}

/* The new name is made first, since only this step can fail. */
static int rename_in_memory(const struct lookup *from, const struct lookup *to)
{
	struct entry *old = entry_find(from->dir, from->name, from->length);
	struct entry *replaced = entry_find(to->dir, to->name, to->length);
	int error;

	if (replaced && !list_empty(&replaced->inode->entries))
		return -ENOTEMPTY;
	error = entry_add(to->dir, to->name, to->length, from->inode);
	if (error)
		return error;
	if (replaced)
		entry_remove(to->dir, replaced);
	entry_remove(from->dir, old);
	return 0;
}

static int rename_on_disk(const struct lookup *from, const struct lookup *to)
{
	struct entry *replaced = entry_find(to->dir, to->name, to->length);
	int error;

	if (!from->dir->fs_ops->rename)
		return -EPERM;
	error = from->dir->fs_ops->rename(from->dir, from->name, from->length, from->inode, to->dir,
					  to->name, to->length, replaced->inode);
	if (error)
		return error;
	if (replaced->inode)
		entries_forget(replaced->inode);
	entry_set(replaced, from->inode);
	entry_set(entry_find(from->dir, from->name, from->length), NULL);
	return 0;
}

int change_rename(const struct lookup *from, const struct lookup *to)
{
	int error = inode_may_remove(from->dir, from->inode);

	if (!error)
		error = to->inode ? inode_may_remove(to->dir, to->inode) : may_add(to->dir);
	/* A directory that moves gets another "..". */
	if (!error && inode_is_dir(from->inode) && from->dir != to->dir)
		error = inode_may(from->inode, MAY_WRITE);
	if (error)
		return error;
	if (is_mount_point(from->inode) || (to->inode && is_mount_point(to->inode)))
		return -EBUSY;
	return inode_is_cached(to->dir) ? rename_on_disk(from, to) : rename_in_memory(from, to);
}
