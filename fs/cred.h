/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>
#include <sched/sched.h>

/*
 * Credentials: which users and groups a thread acts for. Their values never change: a change makes
 * new ones. Threads of root have none (NULL), as the threads of the kernel, so a fork of root costs
 * nothing. docs/files.md is the chapter.
 */

#define MOST_GROUPS 65536u

/**
 * struct cred - users and groups of a thread
 * @refcount: threads and readers
 * @uid, @euid, @suid, @fsuid: real, effective, saved user, and the one of files
 * @gid, @egid, @sgid, @fsgid: likewise, groups
 * @nr_groups: number of @groups
 * @groups: supplementary groups, sorted
 */
struct cred {
	u32 refcount;
	u32 uid, euid, suid, fsuid;
	u32 gid, egid, sgid, fsgid;
	u32 nr_groups;
	u32 groups[];
};

/* Of root: all zero. */
extern const struct cred root_cred;

/**
 * current_cred() - the credentials of the running thread
 *
 * Context: any.
 * Return: they are valid until the thread changes them; never NULL.
 */
static inline const struct cred *current_cred(void)
{
	return unlikely(current->cred) ? current->cred : &root_cred;
}

/**
 * cred_of() - the credentials of another thread
 * @thread: cannot end meanwhile
 *
 * Context: any, also with interrupts off.
 * Return: with a reference for cred_put(); never NULL.
 */
const struct cred *cred_of(struct thread *thread);

/**
 * cred_put() - drop a reference
 * @cred: of cred_of(), or NULL
 *
 * Context: any.
 */
void cred_put(const struct cred *cred);

/**
 * cred_inherit() - give a new thread the credentials of the running one
 * @thread: does not run yet
 *
 * Context: any.
 */
static inline void cred_inherit(struct thread *thread)
{
	struct cred *cred = current->cred;

	if (unlikely(cred))
		__atomic_add_fetch(&cred->refcount, 1, __ATOMIC_RELAXED);
	thread->cred = cred;
}

/**
 * cred_copy() - make new credentials from those of the running thread
 * @nr_groups: room for groups; the first ones are copied
 *
 * Context: may sleep.
 * Return: the copy, for cred_use() or cred_put(); NULL if there is no memory.
 */
struct cred *cred_copy(u32 nr_groups);

/**
 * cred_use() - let the running thread have new credentials
 * @cred: its reference is used up
 *
 * Context: thread.
 */
void cred_use(struct cred *cred);

/**
 * cred_restore() - let the running thread have credentials again that it had before
 * @cred: of cred_of(); the reference is used up
 *
 * Context: thread.
 */
void cred_restore(const struct cred *cred);

/**
 * cred_drop() - a thread that ran a program has ended
 * @thread: does not run any more
 *
 * Context: any.
 */
void cred_drop(struct thread *thread);

/**
 * cred_in_group() - is a group the effective one (fsgid) or a supplementary one?
 * @gid: the group
 *
 * Context: thread.
 * Return: true if it is.
 */
bool cred_in_group(u32 gid);

/**
 * cred_capable() - may the thread do what only root may?
 *
 * Context: thread.
 * Return: true if the effective user is 0.
 */
static inline bool cred_capable(void)
{
	return likely(!current->cred) || current->cred->euid == 0;
}

/**
 * cred_overrides() - do the rights of files not matter to the thread?
 *
 * Linux takes these capabilities from a thread whose fsuid is not 0, and only these.
 * Context: thread.
 * Return: true for root.
 */
static inline bool cred_overrides(void)
{
	return likely(!current->cred) || (current->cred->euid == 0 && current->cred->fsuid == 0);
}
