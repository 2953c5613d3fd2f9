/* SPDX-License-Identifier: MIT */
#include <asm/uaccess.h>
#include <fs/inode.h>
#include <fs/path.h>
#include <kernel/syscall.h>
#include <lib/errno.h>

/*
 * mount(2) and umount(2). There is one tree of files, and nothing can be mounted over a folder of
 * it. A program that mounts /proc at its start mostly continues without it, if it learns that the
 * kernel does not have this type of file system. So the arguments are checked in the order of
 * Linux, and then the type is unknown.
 */

#define UMOUNT_FLAGS 0xfu

/* A type or a device. NULL is a string that is missing. */
static int check_string(unsigned long user)
{
	struct user_path text;
	int error = user ? path_from_user(&text, user) : 0;

	if (user && !error)
		path_drop(&text);
	return error == -ENAMETOOLONG ? -EINVAL : error;
}

static int check_folder(unsigned long user)
{
	int error;
	struct inode *inode = path_find_user(AT_FDCWD, user, 0, &error);

	if (!inode)
		return error;
	inode_put(inode);
	return 0;
}

SYSCALL(21, mount)
{
	unsigned long type = ARG3(regs), options = ARG5(regs);
	int error = check_string(type);
	u8 byte;

	if (!error)
		error = check_string(ARG1(regs));
	if (!error && options && copy_from_user(&byte, (const void __user *)options, 1))
		error = -EFAULT;
	if (!error)
		error = check_folder(ARG2(regs));
	if (error)
		return error;
	return type ? -ENODEV : -EINVAL;
}

/* No folder has anything mounted over it. */
SYSCALL(52, umount2)
{
	int error;

	if (ARG2(regs) & ~UMOUNT_FLAGS)
		return -EINVAL;
	error = check_folder(ARG1(regs));
	return error ? error : -EINVAL;
}
