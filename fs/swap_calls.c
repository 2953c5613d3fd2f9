/* SPDX-License-Identifier: MIT */
#include <block/block.h>
#include <fs/block_file.h>
#include <fs/cred.h>
#include <fs/file.h>
#include <fs/path.h>
#include <fs/super.h>
#include <kernel/printk.h>
#include <kernel/syscall.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <mm/kvmalloc.h>
#include <vm/reclaim.h>
#include <vm/swap.h>

/*
 * swapon(2) and swapoff(2). The area is a disk, a partition, or a file on a disk. Its first page
 * has the header that mkswap(8) writes:
 *
 *	0       for a boot loader
 *	1024    version 1, number of the last page, number of bad pages
 *	1036    UUID and label
 *	1536    the bad pages
 *	4086    SWAPSPACE2
 *
 * The blocks of a file are looked up once, before it is used: swapping must not ask a file system,
 * which may want memory. So a file may have no hole, and its blocks stay where they are. For that
 * the area counts as a program that runs from the file: nobody can open it for writing or cut it
 * off, as long as it is in use. A disk is reserved in the same way.
 */

#define SWAP_FLAG_PREFER   0x8000u
#define SWAP_FLAG_PRIORITY 0x7fffu
#define SWAP_FLAG_DISCARD  0x70000u /* a hint */

#define MAX_BAD 637u

struct swap_header {
	u8 boot[1024];
	u32 version, last_page, nr_bad;
	u8 uuid[16], label[16];
	u32 unused[117];
	u32 bad[MAX_BAD];
	char rest[2];
	char magic[10];
};

_Static_assert(sizeof(struct swap_header) == PAGE_SIZE, "");

/* Most bytes of one question to a file system. */
#define ASK_BYTES (1u << 20)

static bool check(const char *name, bool good, const char *what, u32 value)
{
	if (!good)
		pr_warn("swapon: %s: %s (%u)\n", name, what, value);
	return good;
}

/* Says what is wrong with a header. @nr: pages of the device or file. */
static int check_header(const char *name, const struct swap_header *header, u32 nr)
{
	bool good = check(name, memcmp(header->magic, "SWAPSPACE2", 10) == 0,
			  "no header of mkswap with pages of", PAGE_SIZE) &&
		    check(name, header->version == 1, "version is not 1", header->version) &&
		    check(name, header->last_page, "no page behind the header", 0) &&
		    check(name, header->last_page < nr,
			  "the last page of the header is behind the end", header->last_page) &&
		    check(name, header->nr_bad <= MAX_BAD, "too many bad pages", header->nr_bad);

	for (u32 i = 0; good && i < header->nr_bad; i++)
		good = check(name, header->bad[i] && header->bad[i] <= header->last_page,
			     "a bad page is not in the area", header->bad[i]);
	return good ? 0 : -EINVAL;
}

/* --- the blocks of a file --------------------------------------------------------------------- */

static int add_extent(struct swap_source *source, u32 page, u32 nr, u64 sector)
{
	u32 n = source->nr_extents;
	struct swap_extent *extents = source->extents, *last = n ? &extents[n - 1] : NULL;

	if (last && last->page + last->nr == page &&
	    last->sector + (u64)last->nr * (PAGE_SIZE / SECTOR_SIZE) == sector) {
		last->nr += nr;
		return 0;
	}
	/* Room for a power of two. */
	if (!(n & (n - 1))) {
		extents = kvmalloc((n ? 2 * n : 1) * sizeof(*extents), GFP_KERNEL);
		if (!extents)
			return -ENOMEM;
		if (n)
			memcpy(extents, source->extents, n * sizeof(*extents));
		kvfree(source->extents);
		source->extents = extents;
	}
	extents[n] = (struct swap_extent){ page, nr, sector };
	source->nr_extents++;
	return 0;
}

/* Blocks smaller than a page may lie apart. Such a page is not used. */
static int find_extents(struct swap_source *source, struct vm_object *object)
{
	u64 end = (u64)source->nr_pages << PAGE_SHIFT;
	int error = 0;

	for (u64 pos = 0; pos < end && !error;) {
		struct disk_run run = { .bytes = 0 };
		u32 skip = (u32)-pos % PAGE_SIZE, nr;

		error = object->ops->map(object, pos, (u32)min(end - pos, (u64)ASK_BYTES), false,
					 &run);
		if (error)
			break;
		if (run.hole || !run.bytes) {
			pr_warn("swapon: %s: a hole at byte %llu\n", source->name, pos);
			error = -EINVAL;
			break;
		}
		nr = run.bytes > skip ? (run.bytes - skip) >> PAGE_SHIFT : 0;
		if (nr)
			error = add_extent(source, (u32)((pos + skip) >> PAGE_SHIFT), nr,
					   run.sector + skip / SECTOR_SIZE);
		pos += nr ? skip + (nr << PAGE_SHIFT) : run.bytes;
	}
	return error;
}

/* --- swapon(2) -------------------------------------------------------------------------------- */

/* Keeps others from writing to it, and from mounting it. */
static int reserve(const struct file *file)
{
	struct vm_object *object = file->object;
	s32 none = 0;
	int error = 0;

	mutex_lock(&mount_lock);
	if (object->ops->raw &&
	    (super_has_device(object->device) || device_is_reserved(object->device)))
		error = -EBUSY;
	else if (!__atomic_compare_exchange_n(&object->writers, &none, -1, false, __ATOMIC_SEQ_CST,
					      __ATOMIC_SEQ_CST))
		error = none > 0 ? -ETXTBSY : -EBUSY;
	mutex_unlock(&mount_lock);
	return error;
}

static void release(void *private)
{
	struct file *file = private;

	__atomic_fetch_add(&file->object->writers, 1, __ATOMIC_SEQ_CST);
	file_put(file);
}

static void set_name(struct swap_source *source, const struct file *file)
{
	char *name;
	int error;

	mutex_lock(&tree_lock);
	name = inode_path(file->inode, source->name, sizeof(source->name), &error);
	memmove(source->name, name ? name : "?", strlen(name ? name : "?") + 1);
	mutex_unlock(&tree_lock);
}

/* Cached pages must not be written over swapped ones, and not be read instead of them. */
static int read_header(struct vm_object *object, struct swap_header *header)
{
	int error = vm_object_sync(object, 0, WHOLE_FILE);
	long size = error ? error : vm_object_read(object, 0, header, sizeof(*header));

	vm_object_drop_clean(object);
	if (size < 0)
		return (int)size;
	return size == sizeof(*header) ? 0 : -EINVAL;
}

static int add_area(struct swap_source *source, struct vm_object *object,
		    struct swap_header *header)
{
	u32 nr = (u32)min(object->size >> PAGE_SHIFT, (u64)~0u);
	int error = read_header(object, header);

	error = error ?: check_header(source->name, header, nr);
	if (error)
		return error;
	/* Pages without a number need no table, and no sectors. */
	source->nr_pages = min(header->last_page, SWAP_SLOTS - 1) + 1;
	source->bad = header->bad;
	source->nr_bad = header->nr_bad;
	mutex_lock(&object->disk_lock);
	error = find_extents(source, object);
	mutex_unlock(&object->disk_lock);
	if (!error) {
		error = swap_area_add(source);
		check(source->name, error != -EINVAL, "no page can be used, bad ones",
		      source->nr_bad);
	}
	if (error)
		kvfree(source->extents);
	return error;
}

static int swap_on(struct file *file, s32 priority)
{
	struct vm_object *object = file->object;
	struct swap_header *header;
	struct swap_source source = { .priority = priority, .private = file, .release = release };
	int error;

	if (!object || !object->ops || inode_is_dir(file->inode))
		return -EINVAL;
	if (object->device->read_only)
		return -EACCES;
	header = kvmalloc(sizeof(*header), GFP_KERNEL);
	if (!header)
		return -ENOMEM;
	source.key = object;
	source.device = object->device;
	source.is_file = !object->ops->raw;
	set_name(&source, file);
	error = reserve(file);
	if (!error) {
		error = add_area(&source, object, header);
		if (error)
			__atomic_fetch_add(&object->writers, 1, __ATOMIC_SEQ_CST);
	}
	kvfree(header);
	return error;
}

static struct file *open_path(unsigned long user, int *error)
{
	struct file *file = NULL;
	struct user_path path;

	*error = cred_capable() ? path_from_user(&path, user) : -EPERM;
	if (*error)
		return NULL;
	file = file_open(path.text, O_RDONLY | O_NONBLOCK, 0, error);
	path_drop(&path);
	return file;
}

SYSCALL(87, swapon)
{
	u32 flags = ARG2(regs);
	s32 priority =
		flags & SWAP_FLAG_PREFER ? (s32)(flags & SWAP_FLAG_PRIORITY) : SWAP_PRIORITY_NEXT;
	struct file *file;
	int error;

	if (flags & ~(SWAP_FLAG_PREFER | SWAP_FLAG_PRIORITY | SWAP_FLAG_DISCARD))
		return -EINVAL;
	file = open_path(ARG1(regs), &error);
	if (!file)
		return error;
	error = swap_on(file, priority);
	if (!error)
		reclaim_swap_changed();
	/* On success the area has the file. */
	if (error)
		file_put(file);
	return error;
}

SYSCALL(115, swapoff)
{
	int error;
	struct file *file = open_path(ARG1(regs), &error);

	if (!file)
		return error;
	error = file->object ? swap_area_remove(file->object) : -EINVAL;
	reclaim_swap_changed();
	file_put(file);
	return error;
}
