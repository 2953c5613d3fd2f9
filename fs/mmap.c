/* SPDX-License-Identifier: MIT */
#include <asm/uaccess.h>
#include <fs/file.h>
#include <kernel/syscall.h>
#include <lib/errno.h>
#include <sched/sched.h>
#include <vm/mm.h>
#include <vm/mman.h>
#include <vm/object.h>

/*
 * The system calls that map memory. They are in this layer since a file may be mapped: vm/ knows
 * the pages of files, but not the numbers of open files.
 */

static long map_open_file(const struct file *file, unsigned long addr, size_t size, u32 prot,
			  u32 flags, u32 pgoff)
{
	u32 mode = file->flags & O_ACCMODE;

	if (mode == O_WRONLY)
		return -EACCES;
	if (!file->object)
		return -ENODEV;
	return vm_mmap(current->mm, addr, size, prot, flags, file->object, pgoff, mode == O_RDWR);
}

static noinline long map_file(unsigned long addr, size_t size, u32 prot, u32 flags, u32 fd,
			      u32 pgoff)
{
	struct file *file = file_of(fd);
	long result;

	if (!file)
		return -EBADF;
	result = map_open_file(file, addr, size, prot, flags, pgoff);
	file_put(file);
	return result;
}

static __always_inline long map(unsigned long addr, size_t size, u32 prot, u32 flags, u32 fd,
				u32 pgoff)
{
	if (flags & MAP_ANONYMOUS)
		return vm_mmap(current->mm, addr, size, prot, flags, NULL, pgoff, true);
	return map_file(addr, size, prot, flags, fd, pgoff);
}

SYSCALL(192, mmap2)
{
	return map(ARG1(regs), ARG2(regs), ARG3(regs), ARG4(regs), ARG5(regs), ARG6(regs));
}

/* The oldest form has its six arguments in memory, and the offset in bytes. */
SYSCALL(90, mmap)
{
	u32 args[6];

	if (copy_from_user(args, (const void __user *)ARG1(regs), sizeof(args)) != 0)
		return -EFAULT;
	if (args[5] & ~PAGE_MASK)
		return -EINVAL;
	return map(args[0], args[1], args[2], args[3], args[4], args[5] >> PAGE_SHIFT);
}
