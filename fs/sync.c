/* SPDX-License-Identifier: MIT */
#include <block/block.h>
#include <fs/inode.h>
#include <fs/super.h>
#include <fs/sync.h>
#include <kernel/syscall.h>
#include <lib/errno.h>
#include <sched/sched.h>
#include <vm/area.h>
#include <vm/mm.h>

/*
 * sync(2) and its relatives. When fsync(2) returns, the disk has the file, not only its own cache:
 *
 *	pages of the file ─▶ its inode ─▶ metadata that both need ─▶ FLUSH
 *
 * The first step allocates blocks, so the inode is written after it. The file system knows which
 * metadata belongs to the file; one that does not say gets all of it written. fs/mounts.c does
 * the same for a whole file system.
 */

/* The disk as a file has its pages only. */
static int sync_device_file(struct vm_object *object, u64 from, u64 to)
{
	int error = vm_object_sync(object, from, to);
	int failed = block_flush(object->device);

	return error ?: failed;
}

static int sync_inode(struct inode *inode, bool data_only)
{
	struct super *super = inode->super;
	int error = inode_write(inode), failed = 0;

	if (inode->fs_ops->sync)
		failed = inode->fs_ops->sync(inode, data_only);
	else if (super->device)
		failed = super_sync(super);
	return error ?: failed;
}

static int sync_pages_and_inode(struct inode *inode, struct vm_object *object, u64 from, u64 to,
				bool data_only)
{
	int error = 0, failed;

	if (object && object->ops && inode->object != object)
		return sync_device_file(object, from, to);
	if (!inode->fs_ops)
		return 0;
	if (object && object->ops)
		error = vm_object_sync(object, from, to);
	failed = sync_inode(inode, data_only);
	return error ?: failed;
}

int file_sync(struct file *file, u64 from, u64 to, bool data_only)
{
	return sync_pages_and_inode(file->inode, file->object, from, to, data_only);
}

/* Pipes and terminals have nothing that could be written. */
static bool file_can_sync(const struct file *file)
{
	return file->object || inode_is_dir(file->inode);
}

static long sync_fd(u32 fd, bool data_only)
{
	struct file *file = file_of(fd);
	long error = -EBADF;

	if (!file)
		return error;
	if (!(file->flags & O_PATH))
		error = file_can_sync(file) ? file_sync(file, 0, WHOLE_FILE, data_only) : -EINVAL;
	file_put(file);
	return error;
}

SYSCALL(118, fsync)
{
	return sync_fd(ARG1(regs), false);
}

SYSCALL(148, fdatasync)
{
	return sync_fd(ARG1(regs), true);
}

SYSCALL(344, syncfs)
{
	struct file *file = file_of(ARG1(regs));
	long error = -EBADF;

	if (!file)
		return error;
	if (!(file->flags & O_PATH))
		error = file->inode->super ? super_sync(file->inode->super) : 0;
	file_put(file);
	return error;
}

SYSCALL(36, sync)
{
	super_sync_all();
	return 0;
}

#define SYNC_FILE_RANGE_FLAGS 7u

/* The pages only; like Linux it promises nothing for a power cut. */
SYSCALL(314, sync_file_range)
{
	u64 from = ((u64)ARG3(regs) << 32) | ARG2(regs),
	    size = ((u64)ARG5(regs) << 32) | ARG4(regs);
	struct file *file;
	long error = 0;

	if ((ARG6(regs) & ~SYNC_FILE_RANGE_FLAGS) || (s64)from < 0 || (s64)(from + size) < 0)
		return -EINVAL;
	file = file_of(ARG1(regs));
	if (!file)
		return -EBADF;
	if (file->object && file->object->ops)
		error = vm_object_sync(file->object, from, size ? from + size : WHOLE_FILE);
	file_put(file);
	return error;
}

/* --- msync(2) --------------------------------------------------------------------------------- */

#define MS_ASYNC      1u
#define MS_INVALIDATE 2u
#define MS_SYNC       4u

/* Bytes of a file that a program has mapped. */
struct mapped {
	struct vm_object *object; /* NULL: nothing has to be written */
	struct inode *inode;      /* NULL for a disk as a file */
	u64 from, to;
};

/*
 * Find the first mapping at @start or above, and take references. Sets @start to its end, or to
 * @end if there is none. Returns -ENOMEM if an address before was not mapped.
 */
static int next_mapped(struct mm *mm, unsigned long *start, unsigned long end, bool sync,
		       struct mapped *mapped)
{
	int error = -ENOMEM;
	struct area *area;

	mapped->object = NULL;
	down_read(&mm->lock);
	area = area_first(mm, *start);
	if (area && area->node.start < end) {
		unsigned long first = max(area->node.start, *start);
		struct vm_object *object = area->object;

		error = area->node.start > *start ? -ENOMEM : 0;
		*start = min(area->node.end, end);
		if (sync && object && object->ops && area->flags & AREA_SHARED) {
			mapped->from = (u64)area_index(area, first) << PAGE_SHIFT;
			mapped->to = mapped->from + (*start - first);
			mapped->object = object;
			mapped->inode = object->ops->raw ? NULL : object->inode;
			vm_object_get(object);
			if (mapped->inode)
				inode_get(mapped->inode);
		}
	} else {
		*start = end;
	}
	up_read(&mm->lock);
	return error;
}

/* The area may be gone when the disk works: only the references last. */
static int sync_mapped(const struct mapped *mapped)
{
	int error;

	if (mapped->inode) {
		error = sync_pages_and_inode(mapped->inode, mapped->object, mapped->from,
					     mapped->to, false);
		inode_put(mapped->inode);
	} else {
		error = sync_device_file(mapped->object, mapped->from, mapped->to);
	}
	vm_object_put(mapped->object);
	return error;
}

SYSCALL(144, msync)
{
	unsigned long start = ARG1(regs), end = start + ALIGN_UP(ARG2(regs), PAGE_SIZE);
	u32 flags = ARG3(regs);
	struct mapped mapped;
	int error = 0, hole = 0;

	if (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC) ||
	    (flags & MS_ASYNC && flags & MS_SYNC) || start & ~PAGE_MASK)
		return -EINVAL;
	if (end < start || end > TASK_SIZE || (end == start && ARG2(regs)))
		return -ENOMEM;
	while (start < end && !error) {
		if (next_mapped(current->mm, &start, end, flags & MS_SYNC, &mapped))
			hole = -ENOMEM;
		if (mapped.object)
			error = sync_mapped(&mapped);
	}
	return error ?: hole;
}
