/* SPDX-License-Identifier: MIT */
#include <fs/files.h>
#include <fs/inode.h>
#include <fs/path.h>
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
 * it: a fault of the program must not make other processes wait for their paths.
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
	bool wide;
};

/* Appends a record. Returns false if it does not fit. */
static bool dirent_add(struct dirents *to, const struct inode *inode, u32 next, const char *name,
		       u32 length)
{
	u32 head = to->wide ? offsetof(struct dirent64, name) : offsetof(struct dirent, name);
	/* The old record has its type in the last byte. */
	u32 size = to->wide ? ALIGN_UP(head + length + 1, 8u) : ALIGN_UP(head + length + 2, 4u);
	u8 type = (u8)(inode->mode >> 12);
	char *record = to->buffer + to->used;

	if (size > to->size - to->used)
		return false;
	memset(record, 0, size);
	memcpy(record + head, name, length);
	if (to->wide) {
		struct dirent64 *dirent = (struct dirent64 *)record;

		dirent->number = inode->number;
		dirent->next = next;
		dirent->size = (u16)size;
		dirent->type = type;
	} else {
		struct dirent *dirent = (struct dirent *)record;

		dirent->number = inode->number;
		dirent->next = next;
		dirent->size = (u16)size;
		record[size - 1] = (char)type;
	}
	to->used += size;
	return true;
}

/* Fills the buffer from a position on. Returns the next position. */
static u32 dirents_fill(struct dirents *to, struct inode *dir, u32 pos)
{
	struct entry *entry;

	if (pos == 0 && dirent_add(to, dir, 1, ".", 1))
		pos = 1;
	if (pos == 1 && dirent_add(to, dir->parent, 2, "..", 2))
		pos = 2;
	if (pos < 2)
		return pos;
	list_for_each_entry(entry, &dir->entries, link) {
		if (entry->cookie < pos)
			continue;
		if (!dirent_add(to, entry->inode, entry->cookie + 1, entry->name, entry->length))
			break;
		pos = entry->cookie + 1;
	}
	return pos;
}

/* Are there no entries from this position on? */
static bool is_end(const struct inode *dir, u32 pos)
{
	if (list_empty(&dir->entries))
		return pos >= 2;
	return list_entry(dir->entries.prev, struct entry, link)->cookie < pos;
}

static long getdents(struct trap_frame *regs, bool wide)
{
	struct dirents to = { .size = min(ARG3(regs), (u32)PAGE_SIZE), .wide = wide };
	struct file *file = file_of(ARG1(regs));
	long result = -ENOTDIR;
	u32 pos, next;

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
	pos = (u32)min(file->pos, (u64)UINT32_MAX);
	mutex_lock(&tree_lock);
	next = dirents_fill(&to, file->inode, pos);
	result = (long)to.used;
	if (next == pos && !is_end(file->inode, pos))
		result = -EINVAL; /* no room for one record */
	if (!file->inode->nr_links)
		result = -ENOENT;
	mutex_unlock(&tree_lock);
	if (result >= 0 && copy_to_user((void __user *)ARG2(regs), to.buffer, to.used))
		result = -EFAULT;
	if (result >= 0) {
		file->pos = next;
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
	if (inode->target) {
		size = min(size, (u32)strlen(inode->target));
		result = copy_to_user((void __user *)buffer, inode->target, size) ? -EFAULT
										  : (long)size;
	}
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
	if (!inode_is_dir(dir)) {
		inode_put(dir);
		return -ENOTDIR;
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
