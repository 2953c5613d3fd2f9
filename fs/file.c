/* SPDX-License-Identifier: MIT */
#include <fs/file.h>
#include <fs/permission.h>
#include <mm/kmalloc.h>
#include <mm/kmem_account.h>

/*
 * Open files by reference. The number of a file and each system call that uses it hold one
 * reference; the last one closes the file.
 *
 * A file that is open for writing counts in object->writers, and a program that runs from the file
 * counts the other way. So one of the two is refused with ETXTBSY: open(2), or execve(2). A shared
 * mapping of a file that was open for writing counts, too (vm/area.c).
 */

int file_add_writer(struct vm_object *object)
{
	s32 writers = READ_ONCE(object->writers);

	do {
		if (writers < 0)
			return -ETXTBSY;
	} while (!__atomic_compare_exchange_n(&object->writers, &writers, writers + 1, false,
					      __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
	return 0;
}

void file_remove_writer(struct vm_object *object)
{
	__atomic_fetch_sub(&object->writers, 1, __ATOMIC_SEQ_CST);
}

struct file *file_create(struct inode *inode, const struct file_ops *ops, u32 flags)
{
	struct file *file = kmalloc(sizeof(*file), GFP_KERNEL);

	if (!file)
		return NULL;
	file->refcount = 1;
	file->flags = flags;
	file->pos = 0;
	file->lock = (struct mutex){ 0 };
	file->ops = ops;
	file->inode = inode;
	file->object = NULL;
	file->private = NULL;
	file->account = kmem_charge(sizeof(*file));
	return file;
}

void file_put(struct file *file)
{
	if (__atomic_sub_fetch(&file->refcount, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	if (file->ops->release)
		file->ops->release(file);
	if (file->object && file_writes(file->flags))
		file_remove_writer(file->object);
	inode_put(file->inode);
	kmem_uncharge(file->account, sizeof(*file));
	kfree(file);
}

int file_may_execute(const struct file *file)
{
	const struct inode *inode = file->inode;

	if (!inode_is_file(inode) || (inode->super && (inode->super->flags & MS_NOEXEC)))
		return -EACCES;
	return inode_may(inode, MAY_EXEC);
}
