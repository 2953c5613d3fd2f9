/* SPDX-License-Identifier: MIT */
#include <fs/change.h>
#include <fs/devices.h>
#include <fs/files.h>
#include <fs/inode.h>
#include <fs/path.h>
#include <fs/permission.h>
#include <fs/pipe.h>
#include <fs/regular.h>
#include <kernel/syscall.h>
#include <mm/kmalloc.h>

/*
 * Opening files. The name is looked up, and made if necessary, in one critical section of
 * tree_lock, so of two programs that create a name with O_EXCL only one succeeds.
 */

static long directory_read(struct file *file, void __user *data, size_t size, u64 pos)
{
	return -EISDIR;
}

/* getdents(2) in fs/directory.c looks at the inode. */
static const struct file_ops directory_ops = {
	.has_position = true,
	.read = directory_read,
};

/* Of files with O_PATH: a name, but no access. */
static const struct file_ops path_ops;

/* What is wrong with opening an inode that exists? */
static int check_kind(const struct inode *inode, u32 flags)
{
	if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		return -EEXIST;
	if (!inode_is_dir(inode) && (flags & O_DIRECTORY))
		return -ENOTDIR;
	if (inode_is_link(inode) && !(flags & O_PATH))
		return -ELOOP;
	if (inode_is_dir(inode) && (file_writes(flags) || (flags & O_CREAT)))
		return -EISDIR;
	return 0;
}

static noinline int check_rights(const struct inode *inode, u32 flags)
{
	u32 type = inode->mode & S_IFMT, mode = flags & O_ACCMODE;
	u32 mask = mode == O_RDONLY   ? MAY_READ
		   : mode == O_WRONLY ? MAY_WRITE
				      : MAY_READ | MAY_WRITE;
	u32 not_here = inode->super ? inode->super->flags : 0;
	int error;

	if ((type == S_IFCHR || type == S_IFBLK) && (not_here & MS_NODEV))
		return -EACCES;
	if (flags & O_TRUNC)
		mask |= MAY_WRITE;
	error = inode_may(inode, mask);
	if (!error && (flags & O_NOATIME) && !inode_owned(inode))
		error = -EPERM;
	return error;
}

/* Root may open everything, unless the file system has flags. */
static __always_inline int may_open(const struct inode *inode, u32 flags)
{
	if (unlikely(flags & O_PATH))
		return 0;
	if (likely(!current->cred && inode->super && !inode->super->flags))
		return 0;
	return check_rights(inode, flags);
}

/* Finds the inode of a file that is opened, and makes it if O_CREAT wants that. */
static int open_inode(struct inode *base, const char *path, u32 flags, u32 mode,
		      struct inode **found)
{
	bool exclusive = (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);
	struct lookup at;
	int error = path_lock(base, path, !(flags & O_NOFOLLOW) && !exclusive, &at);

	if (error == -ENOTDIR && at.slash && (flags & O_CREAT))
		error = -EISDIR;
	if (error)
		goto out;
	if (at.inode) {
		error = check_kind(at.inode, flags);
		if (!error)
			error = may_open(at.inode, flags);
		if (!error) {
			inode_get(at.inode);
			*found = at.inode;
		}
	} else if (!(flags & O_CREAT)) {
		error = -ENOENT;
	} else if (at.slash) {
		error = -EISDIR;
	} else {
		struct new_file file = { .mode = S_IFREG | files_mode(mode) };

		error = change_create(&at, &file, found);
	}
out:
	path_unlock(&at);
	return error;
}

static const struct file_ops *ops_of(const struct inode *inode, u32 flags)
{
	if (flags & O_PATH)
		return &path_ops;
	if (unlikely(inode->ops))
		return inode->ops;
	if (inode_is_file(inode))
		return inode->object ? &regular_ops : NULL;
	if ((inode->mode & S_IFMT) == S_IFIFO)
		return &fifo_ops;
	return inode_is_dir(inode) ? &directory_ops : device_ops(inode);
}

/* Opens an inode. Its reference is the file's from now on; without a file it is dropped. */
static struct file *open_file(struct inode *inode, u32 flags, int *error)
{
	const struct file_ops *ops = ops_of(inode, flags);
	struct file *file = ops ? file_create(inode, ops, flags) : NULL;

	if (!file) {
		*error = ops ? -ENOMEM : -ENXIO;
		inode_put(inode);
		return NULL;
	}
	*error = 0;
	if (inode->object && !(flags & O_PATH)) {
		if (file_writes(flags))
			*error = file_add_writer(inode->object);
		if (!*error)
			file->object = inode->object;
		/* It writes, also if the file is opened for reading only. */
		if (!*error && (flags & O_TRUNC))
			*error = file_truncate(inode, 0);
	} else if (ops->open) {
		*error = ops->open(file);
		/* A file that was not opened must not be released. */
		if (*error)
			file->ops = &path_ops;
	}
	if (!*error)
		return file;
	file_put(file);
	return NULL;
}

static struct file *open_at(struct inode *base, const char *path, u32 flags, u32 mode, int *error)
{
	struct inode *inode = NULL;

	if (flags & O_PATH)
		flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	if ((flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY)) {
		*error = -EINVAL;
		return NULL;
	}
	*error = open_inode(base, path, flags, mode, &inode);
	return *error ? NULL : open_file(inode, flags, error);
}

struct file *file_open(const char *path, u32 flags, u32 mode, int *error)
{
	struct inode *base = files_cwd();
	struct file *file = open_at(base, path, flags, mode, error);

	inode_put(base);
	return file;
}

int files_open_at(struct files *files, u32 fd, const char *path, u32 flags)
{
	int error;
	struct file *file = file_open(path, flags, 0, &error);

	return file ? files_put_at(files, fd, file, false) : error;
}

static long do_open(int fd, unsigned long user, u32 flags, u32 mode)
{
	struct file *file = NULL;
	struct user_path path;
	struct inode *base;
	int error = path_from_user(&path, user);

	if (error)
		return error;
	base = path_base(fd, path.text, &error);
	if (base) {
		file = open_at(base, path.text, flags, mode, &error);
		inode_put(base);
	}
	path_drop(&path);
	return file ? files_install(file, 0, flags & O_CLOEXEC) : error;
}

SYSCALL(5, open)
{
	return do_open(AT_FDCWD, ARG1(regs), ARG2(regs), ARG3(regs));
}

SYSCALL(8, creat)
{
	return do_open(AT_FDCWD, ARG1(regs), O_CREAT | O_WRONLY | O_TRUNC, ARG2(regs));
}

SYSCALL(295, openat)
{
	return do_open((int)ARG1(regs), ARG2(regs), ARG3(regs), ARG4(regs));
}
