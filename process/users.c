/* SPDX-License-Identifier: MIT */
#include <fs/cred.h>
#include <kernel/syscall.h>
#include <lib/errno.h>
#include <lib/limits.h>
#include <lib/string.h>
#include <process/task.h>

/*
 * Users and groups of a program. A task has four users, and four groups in the same way:
 *
 *	uid	real: the user who started the program
 *	euid	effective: decides what the program may do
 *	suid	saved: the effective one that execve(2) found; the program may return to it
 *	fsuid	for files; it follows the effective one
 *
 * A program of another user may exchange the first three. Only root (euid 0) may choose any. A
 * program of root that sets its uid to another user loses all three, so it cannot come back.
 *
 * Each call exists twice: the old one has ids of 16 bits, where 65535 means -1.
 */

#define NO_ID UINT_MAX

/* --- reading ---------------------------------------------------------------------------------- */

/* An id that does not fit into 16 bits is shown as this one. */
#define OVERFLOW_ID 65534u

static long narrow(u32 id)
{
	return id > USHRT_MAX ? (long)OVERFLOW_ID : (long)id;
}

static u32 widen(u32 id)
{
	return (u16)id == USHRT_MAX ? NO_ID : (u16)id;
}

#define ID_CALLS(nr, nr16, name, member)               \
	SYSCALL(nr, name)                              \
	{                                              \
		return (long)current_cred()->member;   \
	}                                              \
	SYSCALL(nr16, name##16)                        \
	{                                              \
		return narrow(current_cred()->member); \
	}

ID_CALLS(199, 24, getuid, uid)
ID_CALLS(200, 47, getgid, gid)
ID_CALLS(201, 49, geteuid, euid)
ID_CALLS(202, 50, getegid, egid)

static long put_three(struct trap_frame *regs, const u32 ids[3], bool wide)
{
	const u32 user[3] = { ARG1(regs), ARG2(regs), ARG3(regs) };

	for (u32 i = 0; i < 3; i++) {
		u16 narrowed = (u16)narrow(ids[i]);
		size_t failed = wide ? copy_to_user((void __user *)user[i], &ids[i], 4)
				     : copy_to_user((void __user *)user[i], &narrowed, 2);

		if (failed)
			return -EFAULT;
	}
	return 0;
}

static long get_users(struct trap_frame *regs, bool wide)
{
	const struct cred *cred = current_cred();

	return put_three(regs, (u32[]){ cred->uid, cred->euid, cred->suid }, wide);
}

static long get_groups(struct trap_frame *regs, bool wide)
{
	const struct cred *cred = current_cred();

	return put_three(regs, (u32[]){ cred->gid, cred->egid, cred->sgid }, wide);
}

SYSCALL(209, getresuid)
{
	return get_users(regs, true);
}

SYSCALL(165, getresuid16)
{
	return get_users(regs, false);
}

SYSCALL(211, getresgid)
{
	return get_groups(regs, true);
}

SYSCALL(171, getresgid16)
{
	return get_groups(regs, false);
}

/* --- changing --------------------------------------------------------------------------------- */

/* The three ids that a call changes, of users or of groups; fs follows the second one. */
struct ids {
	u32 real, effective, saved;
};

static struct ids ids_of(const struct cred *cred, bool group)
{
	if (group)
		return (struct ids){ cred->gid, cred->egid, cred->sgid };
	return (struct ids){ cred->uid, cred->euid, cred->suid };
}

static long ids_use(const struct ids *ids, bool group)
{
	struct cred *cred = cred_copy(current_cred()->nr_groups);

	if (!cred)
		return -ENOMEM;
	if (group) {
		cred->gid = ids->real;
		cred->egid = cred->fsgid = ids->effective;
		cred->sgid = ids->saved;
	} else {
		cred->uid = ids->real;
		cred->euid = cred->fsuid = ids->effective;
		cred->suid = ids->saved;
	}
	cred_use(cred);
	return 0;
}

static bool is_one_of(u32 id, const struct ids *ids, bool with_saved)
{
	return id == NO_ID || id == ids->real || id == ids->effective ||
	       (with_saved && id == ids->saved);
}

/* setuid(2), setgid(2). Root changes all three. */
static long set_one(u32 id, bool group)
{
	struct ids ids = ids_of(current_cred(), group);

	if (id == NO_ID)
		return -EINVAL;
	if (cred_capable())
		ids.real = ids.saved = id;
	else if (id != ids.real && id != ids.saved)
		return -EPERM;
	ids.effective = id;
	return ids_use(&ids, group);
}

/* setreuid(2), setregid(2). The saved id follows if the program takes another identity. */
static long set_two(u32 real, u32 effective, bool group)
{
	struct ids ids = ids_of(current_cred(), group), old = ids;

	if (!cred_capable() && (!is_one_of(real, &old, false) || !is_one_of(effective, &old, true)))
		return -EPERM;
	if (real != NO_ID)
		ids.real = real;
	if (effective != NO_ID)
		ids.effective = effective;
	if (real != NO_ID || (effective != NO_ID && effective != old.real))
		ids.saved = ids.effective;
	return ids_use(&ids, group);
}

/* setresuid(2), setresgid(2). */
static long set_three(u32 real, u32 effective, u32 saved, bool group)
{
	struct ids ids = ids_of(current_cred(), group);

	if (!cred_capable() && (!is_one_of(real, &ids, true) || !is_one_of(effective, &ids, true) ||
				!is_one_of(saved, &ids, true)))
		return -EPERM;
	if (real != NO_ID)
		ids.real = real;
	if (effective != NO_ID)
		ids.effective = effective;
	if (saved != NO_ID)
		ids.saved = saved;
	return ids_use(&ids, group);
}

/* setfsuid(2), setfsgid(2) return the old id, and fail silently. */
static long set_fs(u32 id, bool group)
{
	const struct cred *now = current_cred();
	struct ids ids = ids_of(now, group);
	u32 old = group ? now->fsgid : now->fsuid;
	struct cred *cred;

	if (id == NO_ID || id == old || (!cred_capable() && !is_one_of(id, &ids, true)))
		return (long)old;
	cred = cred_copy(now->nr_groups);
	if (!cred)
		return (long)old;
	*(group ? &cred->fsgid : &cred->fsuid) = id;
	cred_use(cred);
	return (long)old;
}

#define CHANGE_CALLS(nr, nr16, name, wide, narrow_) \
	SYSCALL(nr, name)                           \
	{                                           \
		return wide;                        \
	}                                           \
	SYSCALL(nr16, name##16)                     \
	{                                           \
		return narrow_;                     \
	}

#define A(n) ARG##n(regs)
#define W(n) widen(ARG##n(regs))

CHANGE_CALLS(213, 23, setuid, set_one(A(1), false), set_one(W(1), false))
CHANGE_CALLS(214, 46, setgid, set_one(A(1), true), set_one(W(1), true))
CHANGE_CALLS(203, 70, setreuid, set_two(A(1), A(2), false), set_two(W(1), W(2), false))
CHANGE_CALLS(204, 71, setregid, set_two(A(1), A(2), true), set_two(W(1), W(2), true))
CHANGE_CALLS(208, 164, setresuid, set_three(A(1), A(2), A(3), false),
	     set_three(W(1), W(2), W(3), false))
CHANGE_CALLS(210, 170, setresgid, set_three(A(1), A(2), A(3), true),
	     set_three(W(1), W(2), W(3), true))
CHANGE_CALLS(215, 138, setfsuid, set_fs(A(1), false), narrow((u32)set_fs(W(1), false)))
CHANGE_CALLS(216, 139, setfsgid, set_fs(A(1), true), narrow((u32)set_fs(W(1), true)))

/* --- supplementary groups --------------------------------------------------------------------- */

static long get_supplementary(s32 size, unsigned long user, bool wide)
{
	const struct cred *cred = current_cred();
	u32 nr = cred->nr_groups;

	if (size < 0 || (size && (u32)size < nr))
		return -EINVAL;
	for (u32 i = 0; size && i < nr; i++) {
		u16 narrowed = (u16)narrow(cred->groups[i]);
		size_t failed =
			wide ? copy_to_user((void __user *)(user + i * 4), &cred->groups[i], 4)
			     : copy_to_user((void __user *)(user + i * 2), &narrowed, 2);

		if (failed)
			return -EFAULT;
	}
	return (long)nr;
}

/* Most programs have few groups, and the list is sorted once. */
static void sort(u32 *groups, u32 nr)
{
	for (u32 gap = nr / 2; gap; gap /= 2) {
		for (u32 i = gap; i < nr; i++) {
			u32 group = groups[i], at = i;

			for (; at >= gap && groups[at - gap] > group; at -= gap)
				groups[at] = groups[at - gap];
			groups[at] = group;
		}
	}
}

static long set_supplementary(u32 nr, unsigned long user, bool wide)
{
	struct cred *cred;

	if (!cred_capable())
		return -EPERM;
	if (nr > MOST_GROUPS)
		return -EINVAL;
	cred = cred_copy(nr);
	if (!cred)
		return -ENOMEM;
	for (u32 i = 0; i < nr; i++) {
		u16 narrowed = 0;
		size_t failed =
			wide ? copy_from_user(&cred->groups[i], (void __user *)(user + i * 4), 4)
			     : copy_from_user(&narrowed, (void __user *)(user + i * 2), 2);

		if (!wide)
			cred->groups[i] = narrowed;
		if (failed) {
			cred_put(cred);
			return -EFAULT;
		}
	}
	sort(cred->groups, nr);
	cred_use(cred);
	return 0;
}

SYSCALL(205, getgroups)
{
	return get_supplementary((s32)ARG1(regs), ARG2(regs), true);
}

SYSCALL(80, getgroups16)
{
	return get_supplementary((s32)ARG1(regs), ARG2(regs), false);
}

SYSCALL(206, setgroups)
{
	return set_supplementary(ARG1(regs), ARG2(regs), true);
}

SYSCALL(81, setgroups16)
{
	return set_supplementary(ARG1(regs), ARG2(regs), false);
}

/* --- capabilities ----------------------------------------------------------------------------- */

#define CAP_VERSION_1 0x19980330u
#define CAP_VERSION_2 0x20071026u
#define CAP_VERSION_3 0x20080522u

/* Capabilities of Linux 6.1: 41. */
#define ALL_LOW  UINT_MAX
#define ALL_HIGH 0x1ffu

/* Does a task have capabilities: root all, or none. The permitted ones stay with uid or suid 0. */
static bool may_have_all(const struct cred *cred)
{
	return !cred->uid || !cred->euid || !cred->suid;
}

static int read_version(unsigned long header, u32 *version)
{
	if (get_user_u32(version, (void __user *)header))
		return -EFAULT;
	if (*version == CAP_VERSION_1 || *version == CAP_VERSION_2 || *version == CAP_VERSION_3)
		return 0;
	if (put_user_u32(CAP_VERSION_3, (void __user *)header))
		return -EFAULT;
	return -EINVAL;
}

/* Effective, permitted, inheritable, for one or two words of capabilities. */
SYSCALL(184, capget)
{
	const struct cred *cred = current_cred();
	u32 low = may_have_all(cred) ? ALL_LOW : 0, high = low & ALL_HIGH;
	const u32 words[6] = { cred->euid ? 0 : low, low, 0, cred->euid ? 0 : high, high, 0 };
	u32 version;
	int error = read_version(ARG1(regs), &version);

	if (error)
		return error == -EINVAL && !ARG2(regs) ? 0 : error;
	if (!ARG2(regs))
		return 0;
	return copy_to_user((void __user *)ARG2(regs), words,
			    version == CAP_VERSION_1 ? 12 : sizeof(words))
		       ? -EFAULT
		       : 0;
}

/* Nothing can be taken from root, so a program that gives up capabilities keeps them. */
SYSCALL(185, capset)
{
	u32 version, words[6] = { 0 };
	int error = read_version(ARG1(regs), &version);

	if (error)
		return error;
	if (copy_from_user(words, (void __user *)ARG2(regs),
			   version == CAP_VERSION_1 ? 12 : sizeof(words)))
		return -EFAULT;
	if (may_have_all(current_cred()))
		return 0;
	return words[0] | words[1] | words[3] | words[4] ? -EPERM : 0;
}
