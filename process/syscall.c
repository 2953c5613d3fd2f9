/* SPDX-License-Identifier: MIT */
#include <asm/time.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/spinlock.h>
#include <kernel/syscall.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <process/process.h>
#include <process/syscall.h>
#include <process/time.h>

/*
 * The table of system calls. The files that own them define records in a linker set. At boot their
 * functions are put into a table, so that the entry code finds a call by one load. All other
 * numbers lead to missing().
 *
 * A call that a program needs and that is not there is hard to find from outside. So the log names
 * the number and the program, once each. The list of what was named is short: later ones replace
 * earlier ones. A program that tries all numbers could fill the log, so the list is used up once a
 * second at most.
 */

#define REMEMBERED 16u

/* Guards the list. Interrupts are off; no other lock is acquired while it is held. */
static spinlock_t missing_lock;

static struct {
	u32 nr;
	char name[THREAD_NAME];
} named[REMEMBERED];

static bool name_once(u32 nr, const char *name)
{
	static u32 next;
	static u64 began_ns;
	unsigned long flags = spin_lock_irqsave(&missing_lock);
	u64 now = time_ns();
	bool first = next < REMEMBERED || now - began_ns > NS_PER_SECOND;

	for (u32 i = 0; i < REMEMBERED; i++)
		if (named[i].nr == nr && strcmp(named[i].name, name) == 0)
			first = false;
	if (first) {
		if (next == REMEMBERED)
			next = 0;
		if (!next)
			began_ns = now;
		named[next].nr = nr;
		strscpy(named[next].name, name, THREAD_NAME);
		next++;
	}
	spin_unlock_irqrestore(&missing_lock, flags);
	return first;
}

static long missing(struct trap_frame *regs)
{
	u32 nr = regs->error_code;

	if (name_once(nr, current->name))
		pr_info("%s: system call %u is missing: ENOSYS\n", current->name, nr);
	return -ENOSYS;
}

void syscalls_init(void)
{
	const struct syscall *call, *other;

	for (u32 nr = 0; nr <= NR_SYSCALLS; nr++)
		syscall_table[nr] = missing;
	for_each_in_set(call, syscalls) {
		if (call->nr >= NR_SYSCALLS)
			panic("system call %s has number %u", call->name, call->nr);
		if (syscall_table[call->nr] != missing)
			for_each_in_set(other, syscalls)
				if (other != call && other->nr == call->nr)
					panic("system calls %s and %s both have number %u",
					      other->name, call->name, call->nr);
		syscall_table[call->nr] = call->call;
	}
}
