/* SPDX-License-Identifier: MIT */
#include <fs/inode.h>
#include <fs/super.h>
#include <lib/errno.h>
#include <process/exec_cred.h>

/*
 * A file with S_ISUID runs as its owner, and one with S_ISGID as its group: su and passwd become
 * root by this. Of a script the interpreter's bits count, not its own. A file system that is
 * mounted with nosuid has no such files.
 *
 * The saved ids become the effective ones, so the program can give up its rights for a time.
 */

/* S_ISGID without the x bit of the group once meant a lock. */
#define GROUP_BITS (S_ISGID | 0010)

int exec_cred(const struct file *file, struct cred **made)
{
	const struct cred *now = current_cred();
	const struct inode *inode = file->inode;
	u32 mode = inode->super && (inode->super->flags & MS_NOSUID) ? 0 : inode->mode;
	u32 euid = mode & S_ISUID ? inode->uid : now->euid;
	u32 egid = (mode & GROUP_BITS) == GROUP_BITS ? inode->gid : now->egid;
	struct cred *cred;

	*made = NULL;
	if (now->euid == euid && now->suid == euid && now->fsuid == euid && now->egid == egid &&
	    now->sgid == egid && now->fsgid == egid)
		return 0;
	cred = cred_copy(now->nr_groups);
	if (!cred)
		return -ENOMEM;
	cred->euid = cred->suid = cred->fsuid = euid;
	cred->egid = cred->sgid = cred->fsgid = egid;
	*made = cred;
	return 0;
}
