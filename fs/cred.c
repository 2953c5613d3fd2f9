/* SPDX-License-Identifier: MIT */
#include <fs/cred.h>
#include <kernel/spinlock.h>
#include <lib/string.h>
#include <mm/kmalloc.h>

/*
 * Credentials are shared by the threads that a fork makes, and never change. setuid(2) copies them,
 * changes the copy, and the thread uses the copy. So a thread reads its own without a lock, and
 * nothing can see a half of a change.
 *
 * Another thread's credentials may be replaced and freed while they are read. cred_of() takes a
 * reference under a lock, which cred_use() takes, too.
 */

const struct cred root_cred;

static spinlock_t cred_lock;

static void put(struct cred *cred)
{
	if (cred && __atomic_sub_fetch(&cred->refcount, 1, __ATOMIC_ACQ_REL) == 0)
		kfree(cred);
}

void cred_put(const struct cred *cred)
{
	/* The object is not const, unless it is root_cred, whose count must not change. */
	if (cred != &root_cred)
		put((struct cred *)(unsigned long)cred);
}

const struct cred *cred_of(struct thread *thread)
{
	unsigned long flags = spin_lock_irqsave(&cred_lock);
	struct cred *cred = thread->cred;

	if (cred)
		__atomic_add_fetch(&cred->refcount, 1, __ATOMIC_RELAXED);
	spin_unlock_irqrestore(&cred_lock, flags);
	return cred ?: &root_cred;
}

struct cred *cred_copy(u32 nr_groups)
{
	const struct cred *old = current_cred();
	struct cred *cred = kmalloc(sizeof(*cred) + nr_groups * sizeof(u32), GFP_KERNEL);

	if (!cred)
		return NULL;
	*cred = *old;
	cred->refcount = 1;
	cred->nr_groups = nr_groups;
	memcpy(cred->groups, old->groups, min(nr_groups, old->nr_groups) * sizeof(u32));
	return cred;
}

static void replace(struct thread *thread, struct cred *cred)
{
	unsigned long flags = spin_lock_irqsave(&cred_lock);
	struct cred *old = thread->cred;

	thread->cred = cred;
	spin_unlock_irqrestore(&cred_lock, flags);
	put(old);
}

void cred_use(struct cred *cred)
{
	replace(current, cred);
}

void cred_restore(const struct cred *cred)
{
	replace(current, cred == &root_cred ? NULL : (struct cred *)(unsigned long)cred);
}

void cred_drop(struct thread *thread)
{
	if (unlikely(thread->cred))
		replace(thread, NULL);
}

bool cred_in_group(u32 gid)
{
	const struct cred *cred = current_cred();
	u32 low = 0, high = cred->nr_groups;

	if (gid == cred->fsgid)
		return true;
	while (low < high) {
		u32 middle = (low + high) / 2;

		if (cred->groups[middle] == gid)
			return true;
		if (cred->groups[middle] < gid)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}
