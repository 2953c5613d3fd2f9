/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>
#include <process/process.h>

/* struct rusage of Linux for i386; the counts after the times are 0, except maxrss. */
struct rusage {
	u32 user_s, user_us, kernel_s, kernel_us;
	u32 maxrss, other[13];
};

/**
 * rusage_fill() - make a struct rusage
 * @usage: set
 * @user_ns, @kernel_ns: CPU time
 *
 * Context: any.
 */
void rusage_fill(struct rusage *usage, u64 user_ns, u64 kernel_ns);
