/* SPDX-License-Identifier: MIT */
#include <kernel/syscall.h>
#include <lib/errno.h>

/*
 * Calls about files that have nothing to do here, and answers with which programs continue. No file
 * has extended attributes. Advice about reading is accepted, because all files are in memory.
 */

static long not_supported(struct trap_frame *regs)
{
	return -EOPNOTSUPP;
}
SYSCALL_SAME(226, setxattr, not_supported);
SYSCALL_SAME(227, lsetxattr, not_supported);
SYSCALL_SAME(228, fsetxattr, not_supported);
SYSCALL_SAME(229, getxattr, not_supported);
SYSCALL_SAME(230, lgetxattr, not_supported);
SYSCALL_SAME(231, fgetxattr, not_supported);
SYSCALL_SAME(232, listxattr, not_supported);
SYSCALL_SAME(233, llistxattr, not_supported);
SYSCALL_SAME(234, flistxattr, not_supported);

static long nothing(struct trap_frame *regs)
{
	return 0;
}
SYSCALL_SAME(225, readahead, nothing);
SYSCALL_SAME(250, fadvise64, nothing);
SYSCALL_SAME(272, fadvise64_64, nothing);
