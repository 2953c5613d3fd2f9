/* SPDX-License-Identifier: MIT */
#include <block/block.h>
#include <fs/block_file.h>
#include <fs/cred.h>
#include <fs/inode.h>
#include <lib/errno.h>
#include <vm/cache.h>

/*
 * A disk as a file, for dd, mke2fs and e2fsck. Its bytes are pages of the cache, like those of a
 * file, and byte n of the file is byte n of the disk. So reads are cached, writes reach the disk
 * some time later, and fsync(2) waits for them.
 *
 *	/dev/vda1 ─▶ inode (S_IFBLK, number 254:1) ─▶ device ─▶ object, one for all inodes and files
 *
 * The size of a disk never changes: a write at its end gets ENOSPC, and a read 0 bytes.
 *
 * A mounted file system does not see what is written to its disk behind its back, if it has
 * the block in memory already. fsck and mke2fs refuse to work on a mounted disk for this reason.
 */

#define BLKROGET     0x125eu
#define BLKGETSIZE   0x1260u
#define BLKFLSBUF    0x1261u
#define BLKSSZGET    0x1268u
#define BLKIOMIN     0x1278u
#define BLKIOOPT     0x1279u
#define BLKPBSZGET   0x127bu
#define BLKBSZGET    0x80041270u
#define BLKGETSIZE64 0x80041272u

/* Guards the making of objects. */
static struct mutex object_lock;

static int device_map(struct vm_object *object, u64 pos, u32 bytes, bool make, struct disk_run *run)
{
	run->sector = pos >> SECTOR_SHIFT;
	run->bytes = bytes;
	run->hole = false;
	return 0;
}

static const struct object_ops device_object_ops = { .map = device_map, .raw = true };

struct vm_object *device_object(struct block_device *device)
{
	struct vm_object *object;

	mutex_lock(&object_lock);
	if (!device->cache_object)
		device->cache_object = vm_object_create_disk(device->nr_sectors << SECTOR_SHIFT,
							     &device_object_ops, device);
	object = device->cache_object;
	mutex_unlock(&object_lock);
	return object;
}

void device_forget(struct block_device *device)
{
	struct vm_object *object;

	mutex_lock(&object_lock);
	object = device->cache_object;
	device->cache_object = NULL;
	mutex_unlock(&object_lock);
	if (!object)
		return;
	vm_object_detach(object);
	vm_object_put(object);
}

static int is_reserved(struct block_device *other, void *device)
{
	const struct vm_object *object = other->cache_object;

	return object && READ_ONCE(object->writers) < 0 && block_overlap(other, device);
}

bool device_is_reserved(struct block_device *device)
{
	return block_for_each(is_reserved, device);
}

static int block_open(struct file *file)
{
	struct block_device *device = block_find_number(file->inode->device);
	struct vm_object *object;

	if (!device)
		return -ENXIO;
	object = device_object(device);
	if (!object)
		return -ENOMEM;
	if (file_writes(file->flags) && file_add_writer(object))
		return -EBUSY;
	/* The device may disappear before the file is closed. */
	vm_object_get(object);
	file->object = object;
	return 0;
}

static void block_release(struct file *file)
{
	struct vm_object *object = file->object;

	if (file_writes(file->flags)) {
		if (!object->detached)
			vm_object_sync(object, 0, WHOLE_FILE);
		file_remove_writer(object);
	}
	file->object = NULL;
	vm_object_put(object);
}

static long block_read(struct file *file, void __user *data, size_t size, u64 pos)
{
	return vm_object_read_user(file->object, pos, data, size);
}

static long block_write(struct file *file, const void __user *data, size_t size, u64 pos)
{
	u64 end = file->object->size;
	struct inode *inode = file->inode;
	long written;

	if (file->object->detached)
		return -ENXIO;
	if (file->object->device->read_only)
		return -EPERM;
	if (pos >= end)
		return size ? -ENOSPC : 0;
	mutex_lock(&inode->write_lock);
	written = vm_object_write_user(file->object, pos, data, (size_t)min((u64)size, end - pos));
	mutex_unlock(&inode->write_lock);
	return written;
}

static long put_u32(unsigned long user, u32 value)
{
	return put_user_u32(value, (void __user *)user) ? -EFAULT : 0;
}

static long flush(struct file *file)
{
	int error;

	if (!cred_capable())
		return -EACCES;
	error = vm_object_sync(file->object, 0, WHOLE_FILE);
	vm_object_drop_clean(file->object);
	return error;
}

static long block_ioctl(struct file *file, u32 request, unsigned long arg)
{
	const struct block_device *device = file->object->device;
	u64 bytes = file->object->size;

	if (file->object->detached)
		return -ENXIO;
	switch (request) {
	case BLKGETSIZE64:
		return copy_to_user((void __user *)arg, &bytes, sizeof(bytes)) ? -EFAULT : 0;
	case BLKGETSIZE:
		if (device->nr_sectors >> 32)
			return -EFBIG;
		return put_u32(arg, (u32)device->nr_sectors);
	case BLKSSZGET:
	case BLKPBSZGET:
	case BLKIOMIN:
		return put_u32(arg, SECTOR_SIZE);
	case BLKIOOPT:
		return put_u32(arg, 0);
	case BLKBSZGET:
		return put_u32(arg, PAGE_SIZE);
	case BLKROGET:
		return put_u32(arg, device->read_only);
	case BLKFLSBUF:
		return flush(file);
	default:
		return -ENOTTY;
	}
}

const struct file_ops block_file_ops = {
	.has_position = true,
	.open = block_open,
	.read = block_read,
	.write = block_write,
	.ioctl = block_ioctl,
	.release = block_release,
};
