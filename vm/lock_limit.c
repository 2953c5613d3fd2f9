/* SPDX-License-Identifier: MIT */
#include <kernel/hook.h>
#include <vm/lock_limit.h>

/*
 * RLIMIT_MEMLOCK. A locked page is lost for all other programs, so an address space may have few of
 * them: 8 MiB, unless the limit was changed. That is asked by whatever makes more locked pages:
 *
 *	mlock(2), mlockall(2)        beyond the limit: ENOMEM
 *	mmap(2) with MAP_LOCKED      EAGAIN
 *	after mlockall(MCL_FUTURE)   mmap(2), mremap(2): EAGAIN; brk(2) and the stack do not grow
 *
 * If the limit is 0, the calls that lock give EPERM. The superuser has no limit. This layer knows
 * no users, so a hook is asked, but only for a program that is beyond its limit.
 */

static bool (*capable_hook)(void);

void vm_use_capable(bool (*capable)(void))
{
	hook_set(capable_hook, capable);
}

bool vm_lock_limit(const struct mm *mm, unsigned long pages)
{
	return pages <= mm->limit_locked >> PAGE_SHIFT || !capable_hook || capable_hook();
}
