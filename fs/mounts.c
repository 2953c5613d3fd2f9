/* SPDX-License-Identifier: MIT */
#include <asm/time.h>
#include <block/block.h>
#include <fs/inode.h>
#include <fs/super.h>
#include <lib/string.h>
#include <mm/kmalloc.h>
#include <sched/sched.h>
#include <thread/thread.h>
#include <vm/cache.h>

/*
 * File systems that are mounted: their list, their lives, and their way to the disk.
 *
 * A super is one mount: what is mounted twice has two. That a directory is covered is a pointer in
 * its inode, so a walk along a path asks for it without a search:
 *
 *	root_super ─▶ "/" ─ "mnt" ─▶ inode ── mounted ──▶ super ─▶ root
 *	                               ▲                    │
 *	                               └────── covered ─────┘
 *
 * A super can be freed when nothing uses its inodes. The tree's own references are counted in
 * super->nr_refs: one for each entry, and one for each directory that knows its parent. All others
 * are of users: open files, current directories, other file systems mounted here. A file system
 * that umount2(2) has detached while it was busy is asked again at each tick, until its last user
 * is gone.
 *
 * Changes reach the disk in this order: the bytes of files, for which blocks are allocated;
 * the inodes, which know these blocks; the metadata that both have changed; at last a FLUSH of the
 * device. The write-back thread of the cache knows pages only. So a thread of this file writes the
 * inodes every few seconds, and makes their pages dirty.
 */

#define TICKS (5 * HZ)

struct mutex mount_lock;

/* Guarded by tree_lock. */
static struct list_head detached = { &detached, &detached };
static bool ticking;
static u32 last_dev = 0x20, last_id;

struct super *super_create(const char *type, struct block_device *device, u32 flags,
			   const struct super_ops *ops)
{
	struct super *super = kzalloc(sizeof(*super), GFP_KERNEL);

	if (!super)
		return NULL;
	super->type = type;
	super->device = device;
	super->flags = flags & (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME);
	super->dev = device ? device->number : __atomic_add_fetch(&last_dev, 1, __ATOMIC_RELAXED);
	super->ops = ops;
	super->id = __atomic_add_fetch(&last_id, 1, __ATOMIC_RELAXED);
	super->link = (struct list_head){ &super->link, &super->link };
	super->inodes = (struct list_head){ &super->inodes, &super->inodes };
	return super;
}

void super_destroy(struct super *super)
{
	if (super->root) {
		mutex_lock(&tree_lock);
		entries_forget(super->root);
		mutex_unlock(&tree_lock);
		inode_put(super->root);
	}
	kfree(super->source);
	kfree(super);
}

bool super_busy(const struct super *super)
{
	return inode_list_busy(super);
}

void super_attach(struct super *super, struct inode *dir)
{
	inode_get(dir);
	super->covered = dir;
	dir->mounted = super;
	list_del(&super->link);
	list_add_tail(&super->link, &root_super.link);
}

void super_detach(struct super *super)
{
	struct inode *dir = super->covered;

	super->covered = NULL;
	dir->mounted = NULL;
	list_del(&super->link);
	list_add_tail(&super->link, &detached);
	inode_put(dir);
}

bool super_is_detached(const struct block_device *device)
{
	const struct super *super;

	list_for_each_entry(super, &detached, link)
		if (super->device && block_overlap(super->device, device))
			return true;
	return false;
}

void super_drop_unattached(struct super *super)
{
	list_add_tail(&super->link, &detached);
}

bool super_has_writers(struct super *super)
{
	struct inode *inode = NULL;

	while ((inode = inode_next(super, inode))) {
		if (inode->object && READ_ONCE(inode->object->writers) > 0) {
			inode_put(inode);
			return true;
		}
	}
	return false;
}

bool super_end(struct super *super)
{
	bool busy;

	super_sync(super);
	mutex_lock(&tree_lock);
	busy = super_busy(super);
	if (!busy) {
		list_del(&super->link);
		entries_forget(super->root);
	}
	mutex_unlock(&tree_lock);
	if (busy)
		return false;
	/* Inodes are written when they are evicted. */
	inode_put(super->root);
	super->root = NULL;
	if (super->ops->put)
		super->ops->put(super);
	super_destroy(super);
	return true;
}

/* --- to the disk ------------------------------------------------------------------------------ */

static int write_inodes(struct super *super)
{
	struct inode *inode = NULL;
	int error = 0;

	while ((inode = inode_next(super, inode))) {
		int failed = inode_write(inode);

		error = error ?: failed;
	}
	return error;
}

int super_sync(struct super *super)
{
	int error, failed;

	if (!super->device)
		return super->ops->sync ? super->ops->sync(super) : 0;
	cache_sync_device(super->device);
	error = write_inodes(super);
	failed = super->ops->sync ? super->ops->sync(super) : 0;
	error = error ?: failed;
	cache_sync_device(super->device);
	failed = block_flush(super->device);
	return error ?: failed;
}

static int sync_device(struct block_device *device, void *unused)
{
	if (device->cache_object) {
		vm_object_sync(device->cache_object, 0, WHOLE_FILE);
		block_flush(device);
	}
	return 0;
}

static void sync_list(struct list_head *list)
{
	struct super *super;

	list_for_each_entry(super, list, link)
		super_sync(super);
}

void super_sync_all(void)
{
	mutex_lock(&mount_lock);
	super_sync(&root_super);
	sync_list(&root_super.link);
	sync_list(&detached);
	mutex_unlock(&mount_lock);
	block_for_each(sync_device, NULL);
}

/* mount_lock is held. */
static void end_detached(void)
{
	struct list_head *at = detached.next;

	while (at != &detached) {
		struct super *super = list_entry(at, struct super, link);

		at = at->next;
		super_end(super);
	}
}

static int tick(void *unused)
{
	thread_is_service();
	for (;;) {
		struct super *super;

		set_current_state(THREAD_SLEEPING);
		schedule_timeout(TICKS);
		mutex_lock(&mount_lock);
		list_for_each_entry(super, &root_super.link, link)
			if (super->device)
				write_inodes(super);
		end_detached();
		mutex_unlock(&mount_lock);
	}
	return 0;
}

bool super_tick_start(void)
{
	ticking = ticking || kthread_run(tick, NULL, "kinode");
	return ticking;
}
