/* SPDX-License-Identifier: MIT */
#include <fs/files.h>
#include <fs/inode.h>
#include <fs/path.h>
#include <fs/permission.h>
#include <kernel/syscall.h>
#include <lib/string.h>
#include <mm/kmalloc.h>

/*
 * Reading directories and links, and the current directory.
 *
 * A directory is read in several calls, and names may be made and removed in between. The position
 * of the open file is therefore no index but a cookie: each entry has a number that grows along the
 * list, and a call continues behind the last one that the program got. Cookies 0 and 1 are "." and
 * "..".
 *
 * The records are built in a buffer of the kernel under tree_lock, and copied to the program after
 * it: a fault of the program must not make other processes wait for their paths. A directory of a
 * disk is read by its file system, which chooses the cookies, under the lock of this directory.
 */

/* Records of getdents64(2) and getdents(2) before the name, without holes. */
struct dirent64 {
	u64 number, next;
	u16 size;
	u8 type;
	char name[];
} __packed;

struct dirent {
	u32 number, next;
	u16 size;
	char name[];
} __packed;

struct dirents {
	char *buffer;
	u32 used, size;
	bool wide, full;
};

/* Appends a record: a filldir_fn. Returns false if it does not fit. */
static bool dirent_add(void *arg, const char *name, size_t length, u32 number, u32 type, u64 next)
{
	struct dirents *to = arg;
	u32 head = to->wide ? offsetof(struct dirent64, name) : offsetof(struct dirent, name);
	/* The old record has its type in the last byte. */
	u32 size = to->wide ? ALIGN_UP(head + (u32)length + 1, 8u)
			    : ALIGN_UP(head + (u32)length + 2, 4u);
	char *record = to->buffer + to->used;

	if (size > to->size - to->used) {
		to->full = true;
		return false;
	}
	memset(record, 0, size);
	memcpy(record + head, name, length);
	if (to->wide) {
		struct dirent64 *dirent = (struct dirent64 *)record;

		dirent->number = number;
		dirent->next = next;
		dirent->size = (u16)size;
		dirent->type = (u8)type;
	} else {
		struct dirent *dirent = (struct dirent *)record;

		dirent->number = number;
		dirent->next = (u32)next;
		dirent->size = (u16)size;
		record[size - 1] = (char)type;
	}
	to->used += size;
	return true;
}

static bool add_inode(struct dirents *to, const struct inode *inode, const char *name, u32 length,
		      u32 next)
{
	return dirent_add(to, name, length, inode->number, inode->mode >> 12, next);
}

/*
 * The names of a directory in memory, from a position on. Sets *pos to the next position. Returns
 * 0, or 1 at the end.
 */
static int fill_from_memory(struct dirents *to, struct inode *dir, u64 *pos)
{
	struct entry *entry;

	list_for_each_entry(entry, &dir->entries, link) {
		if (entry->cookie < *pos)
			continue;
		if (!add_inode(to, entry->inode, entry->name, entry->length, entry->cookie + 1))
			return 0;
		*pos = entry->cookie + 1;
	}
	return 1;
}

/* Likewise. The file system reads its disk, so nothing but this directory is locked meanwhile. */
static int fill_from_disk(struct dirents *to, struct inode *dir, u64 *pos)
{
	int error;

	mutex_lock(&dir->dir_lock);
	error = dir->fs_ops->readdir(dir, pos, dirent_add, to);
	mutex_unlock(&dir->dir_lock);
	return error;
}

/* "." and "..". tree_lock is held. */
static void fill_dots(struct dirents *to, struct inode *dir, u64 *pos)
{
	if (*pos == 0 && add_inode(to, dir, ".", 1, 1))
		*pos = 1;
	if (*pos == 1 && add_inode(to, inode_above(dir), "..", 2, 2))
		*pos = 2;
}

/* Returns the number of bytes, and sets *pos behind the last record. */
static long dirents_fill(struct dirents *to, struct inode *dir, u64 *pos)
{
	u64 start = *pos;
	int end = 0;

	mutex_lock(&tree_lock);
	if (!dir->nr_links) {
		mutex_unlock(&tree_lock);
		return -ENOENT;
	}
	fill_dots(to, dir, pos);
	if (*pos >= 2 && !inode_is_cached(dir))
		end = fill_from_memory(to, dir, pos);
	mutex_unlock(&tree_lock);
	if (*pos >= 2 && inode_is_cached(dir)) {
		end = dir->fs_ops->readdir ? fill_from_disk(to, dir, pos) : -ENOTDIR;
		if (end < 0 && !to->used)
			return end;
		/* It ended without a name, and not for lack of room. */
		end = !to->full;
	}
	if (*pos == start && !to->used && !end)
		return -EINVAL; /* no room for one record */
	return (long)to->used;
}

static long getdents(struct trap_frame *regs, bool wide)
{
	struct dirents to = { .size = min(ARG3(regs), (u32)PAGE_SIZE), .wide = wide };
	struct file *file = file_of(ARG1(regs));
	long result = -ENOTDIR;
	u64 next;

	if (!file)
		return -EBADF;
	if (file->flags & O_PATH)
		result = -EBADF;
	if (!inode_is_dir(file->inode) || (file->flags & O_PATH))
		goto out;
	result = -ENOMEM;
	to.buffer = kmalloc(PAGE_SIZE, GFP_KERNEL);
	if (!to.buffer)
		goto out;
	mutex_lock(&file->lock);
	next = file->pos;
	result = dirents_fill(&to, file->inode, &next);
	if (result >= 0 && copy_to_user((void __user *)ARG2(regs), to.buffer, to.used))
		result = -EFAULT;
	if (result >= 0) {
		file->pos = next;
		if (!inode_is_read_only(file->inode))
			file->inode->atime = inode_now();
	}
	mutex_unlock(&file->lock);
	kfree(to.buffer);
out:
	file_put(file);
	return result;
}

SYSCALL(141, getdents)
{
	return getdents(regs, false);
}

SYSCALL(220, getdents64)
{
	return getdents(regs, true);
}

static long copy_text(unsigned long buffer, const char *text, u32 size)
{
	size = min(size, (u32)strlen(text));
	return copy_to_user((void __user *)buffer, text, size) ? -EFAULT : (long)size;
}

/* A link of /proc: its text is made now. */
static long read_dynamic_link(struct inode *inode, unsigned long buffer, u32 size)
{
	char *text;
	long result;

	if (!inode->fs_ops || !inode->fs_ops->follow)
		return -EIO;
	text = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	mutex_lock(&tree_lock);
	result = inode->fs_ops->follow(inode, text, PATH_MAX, NULL);
	mutex_unlock(&tree_lock);
	if (!result)
		result = copy_text(buffer, text, size);
	kfree(text);
	return result;
}

static long readlink_at(int fd, unsigned long path, unsigned long buffer, u32 size)
{
	struct inode *inode;
	long result = -EINVAL;
	int error;

	if ((s32)size <= 0)
		return -EINVAL;
	inode = path_find_user(fd, path, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, &error);
	if (!inode)
		return error;
	if (inode->target)
		result = copy_text(buffer, inode->target, size);
	else if (inode_is_link(inode))
		result = read_dynamic_link(inode, buffer, size);
	inode_put(inode);
	return result;
}

SYSCALL(85, readlink)
{
	return readlink_at(AT_FDCWD, ARG1(regs), ARG2(regs), ARG3(regs));
}

SYSCALL(305, readlinkat)
{
	return readlink_at((int)ARG1(regs), ARG2(regs), ARG3(regs), ARG4(regs));
}

static long change_dir(struct inode *dir)
{
	int error = inode_is_dir(dir) ? inode_may(dir, MAY_EXEC) : -ENOTDIR;

	if (error) {
		inode_put(dir);
		return error;
	}
	files_set_cwd(dir);
	return 0;
}

SYSCALL(12, chdir)
{
	int error;
	struct inode *dir = path_find_user(AT_FDCWD, ARG1(regs), 0, &error);

	return dir ? change_dir(dir) : error;
}

SYSCALL(133, fchdir)
{
	struct file *file = file_of(ARG1(regs));
	struct inode *dir;

	if (!file)
		return -EBADF;
	dir = file->inode;
	inode_get(dir);
	file_put(file);
	return change_dir(dir);
}

SYSCALL(183, getcwd)
{
	char *buffer = kmalloc(PATH_MAX, GFP_KERNEL), *path;
	struct inode *dir;
	int error = 0;
	long length = 0;

	if (!buffer)
		return -ENOMEM;
	dir = files_cwd();
	mutex_lock(&tree_lock);
	path = inode_path(dir, buffer, PATH_MAX, &error);
	mutex_unlock(&tree_lock);
	inode_put(dir);
	if (path) {
		length = buffer + PATH_MAX - path;
		error = 0;
		if ((u32)length > ARG2(regs))
			error = -ERANGE;
		else if (copy_to_user((void __user *)ARG1(regs), path, (size_t)length))
			error = -EFAULT;
	}
	kfree(buffer);
	return error ? error : length;
}
