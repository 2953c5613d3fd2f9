/* SPDX-License-Identifier: MIT */
#include <asm/time.h>
#include <fs/inode.h>
#include <kernel/hook.h>
#include <lib/string.h>
#include <mm/kmalloc.h>

/*
 * The tree of files lives in memory only. An inode is what a name means, and a directory is a list
 * of names:
 *
 *	root_inode ─ "bin" ─▶ directory ─ "sh"  ─▶ regular file ─▶ vm_object (pages in highmem)
 *	                 ▲        │       "ash" ─▶ the same inode: two links
 *	                 └────────┘ parent
 *
 * An entry holds a reference to its inode, and a directory holds one to its parent. These two form
 * a circle, which entry_remove() breaks: a directory is freed when its name is gone and nothing has
 * it open. An inode without a name lives on until its last user is gone.
 *
 * One mutex guards all names. The price: two lookups exclude each other. In return a lookup needs
 * no references, a rename is atomic, and no order of locks among directories is necessary. A
 * directory is searched from its start to its end, which is fast enough for some hundred names.
 */

struct mutex tree_lock;

struct inode root_inode = {
	.refcount = 1,
	.mode = S_IFDIR | 0755,
	.number = 1,
	.nr_links = 2,
	.parent = &root_inode,
	.entries = { &root_inode.entries, &root_inode.entries },
	.next_cookie = 2,
};

static u32 last_number = 1;
static u64 (*clock_hook)(void);

/*
 * The time of the latest tick. The boot CPU writes it, and counts before and after. Readers take no
 * lock. They read the counters the other way round, and look again if the two differ.
 */
static u64 tick_time;
static u32 ticks_begun, ticks_done;

static noinline u64 exact_now(void)
{
	return clock_hook ? clock_hook() : time_ns();
}

u64 inode_now(void)
{
	u32 done;
	u64 now;

	do {
		done = READ_ONCE(ticks_done);
		barrier();
		now = tick_time;
		barrier();
	} while (unlikely(done != READ_ONCE(ticks_begun)));
	if (unlikely(!done))
		return exact_now();
	return now;
}

void inode_tick(void)
{
	u64 now = exact_now();

	WRITE_ONCE(ticks_begun, ticks_begun + 1);
	barrier();
	tick_time = now;
	barrier();
	WRITE_ONCE(ticks_done, ticks_done + 1);
}

void inode_use_clock(u64 (*now)(void))
{
	hook_set(clock_hook, now);
}

struct inode *inode_create(u32 mode)
{
	struct inode *inode = kzalloc(sizeof(*inode), GFP_KERNEL);

	if (!inode)
		return NULL;
	inode->refcount = 1;
	inode->mode = mode;
	inode->number = __atomic_add_fetch(&last_number, 1, __ATOMIC_RELAXED);
	inode->entries = (struct list_head){ &inode->entries, &inode->entries };
	inode->next_cookie = 2;
	inode->atime = inode->mtime = inode->ctime = inode_now();
	if (inode_is_file(inode)) {
		inode->object = vm_object_create(0);
		if (!inode->object) {
			kfree(inode);
			return NULL;
		}
		inode->object->inode = inode;
	}
	return inode;
}

struct inode *inode_of_object(struct vm_object *object)
{
	struct inode *inode;
	u32 count;

	vm_object_lock(object);
	inode = object->inode;
	/* An inode without references waits for this lock. */
	count = inode ? READ_ONCE(inode->refcount) : 0;
	while (count && !__atomic_compare_exchange_n(&inode->refcount, &count, count + 1, true,
						     __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
	vm_object_unlock(object);
	return count ? inode : NULL;
}

/* Programs may have the pages mapped for longer. */
static void leave_object(struct vm_object *object)
{
	vm_object_lock(object);
	object->inode = NULL;
	vm_object_unlock(object);
	vm_object_put(object);
}

/* A loop, not a recursion: the last reference to a removed directory drops one to its parent. */
void inode_put(struct inode *inode)
{
	while (inode && __atomic_sub_fetch(&inode->refcount, 1, __ATOMIC_ACQ_REL) == 0) {
		struct inode *parent = inode->parent;

		if (inode->object)
			leave_object(inode->object);
		kfree(inode->target);
		kfree(inode);
		inode = parent;
	}
}

u64 inode_size(struct inode *inode)
{
	u64 size;

	if (inode->target)
		return strlen(inode->target);
	if (!inode->object)
		return 0;
	mutex_lock(&inode->object->lock);
	size = inode->object->size;
	mutex_unlock(&inode->object->lock);
	return size;
}

struct entry *entry_find(struct inode *dir, const char *name, size_t length)
{
	struct entry *entry;

	list_for_each_entry(entry, &dir->entries, link) {
		if (entry->length == length && memcmp(entry->name, name, length) == 0)
			return entry;
	}
	return NULL;
}

int entry_add(struct inode *dir, const char *name, size_t length, struct inode *inode)
{
	struct entry *entry;

	if (dir->nr_links == 0)
		return -ENOENT;
	entry = kmalloc(sizeof(*entry) + length + 1, GFP_KERNEL);
	if (!entry)
		return -ENOMEM;
	entry->inode = inode;
	entry->dir = dir;
	inode->entry = entry;
	entry->cookie = dir->next_cookie++;
	entry->length = length;
	memcpy(entry->name, name, length);
	entry->name[length] = '\0';
	list_add_tail(&entry->link, &dir->entries);
	inode_get(inode);
	inode->nr_links++;
	if (inode_is_dir(inode)) {
		/* Its own "." and the ".." in it are links, too. */
		inode->nr_links++;
		dir->nr_links++;
		inode->parent = dir;
		inode_get(dir);
	}
	dir->mtime = dir->ctime = inode->ctime = inode_now();
	return 0;
}

void entry_remove(struct inode *dir, struct entry *entry)
{
	struct inode *inode = entry->inode;

	list_del(&entry->link);
	if (inode->entry == entry)
		inode->entry = NULL;
	kfree(entry);
	inode->nr_links--;
	if (inode_is_dir(inode)) {
		inode->nr_links--;
		dir->nr_links--;
	}
	dir->mtime = dir->ctime = inode->ctime = inode_now();
	inode_put(inode);
}

int inode_make(struct inode *dir, const char *name, size_t length, u32 mode, struct inode **made)
{
	struct inode *inode = inode_create(mode);
	int error;

	if (!inode)
		return -ENOMEM;
	error = entry_add(dir, name, length, inode);
	if (error || !made)
		inode_put(inode);
	else
		*made = inode;
	return error;
}
