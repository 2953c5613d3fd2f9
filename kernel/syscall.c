/* SPDX-License-Identifier: MIT */
#include <kernel/syscall.h>

/* Here, and not in process/, because the entry code is a lower layer than the calls. */
long (*syscall_table[NR_SYSCALLS + 1])(struct trap_frame *regs);
