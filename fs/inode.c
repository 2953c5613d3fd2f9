/* SPDX-License-Identifier: MIT */
#include <asm/time.h>
#include <fs/cred.h>
#include <fs/inode.h>
#include <fs/super.h>
#include <kernel/hook.h>
#include <kernel/spinlock.h>
#include <lib/string.h>
#include <mm/kmalloc.h>
#include <sched/wait.h>
#include <vm/page_room.h>

/*
 * An inode is a file, whatever names it has. It comes from one of two places:
 *
 *	memory (tmpfs)	exists from its creation until its last name and its last user are gone.
 *			fs_ops is NULL
 *	a disk		is loaded when a name of it is looked up, and evicted when nothing uses it.
 *			Changes are written before
 *
 * Two names of a file on a disk have to give one inode, so these are found by their number. A hash
 * table holds them, and its chains are guarded by inode_list_lock. Two threads may look for a
 * number at the same time. The first one enters an inode with INODE_NEW into the table, and
 * reads; the other one waits. An inode whose last reference is gone stays in the table until it is
 * written, so a thread that looks for it again waits, too, and reads the new state.
 *
 *	inode_find() ── not in the table ──▶ INODE_NEW ── inode_loaded() ──▶ in use
 *	      ▲                                                                 │ last inode_put()
 *	      └────── not in the table any more ◀── written, evicted ◀───────────┘
 *
 * Each file system has a list of its inodes. A sync walks it, and umount(2) adds up the references
 * in it: if there are more than those of the tree itself, the file system is busy.
 */

struct mutex tree_lock;

/* Guards the lists of inodes of all file systems, and the hash table. Innermost. */
static spinlock_t inode_list_lock;

struct super root_super = {
	.type = "rootfs",
	.root = &root_inode,
	.dev = 2,
	.link = { &root_super.link, &root_super.link },
	.inodes = { &root_inode.super_link, &root_inode.super_link },
	.nr_inodes = 1,
};

struct inode root_inode = {
	.refcount = 1,
	.mode = S_IFDIR | 0755,
	.number = 1,
	.nr_links = 2,
	.parent = &root_inode,
	.entries = { &root_inode.entries, &root_inode.entries },
	.next_cookie = 2,
	.super = &root_super,
	.super_link = { &root_super.inodes, &root_super.inodes },
};

#define NR_CHAINS 512u

static struct inode *chains[NR_CHAINS];
/* Threads that wait until an inode is loaded, or is out of the table. */
static struct wait_queue hash_wait;

/* --- time ------------------------------------------------------------------------------------- */

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

/* --- inodes ----------------------------------------------------------------------------------- */

static struct inode *alloc_inode(u32 mode, size_t extra)
{
	struct inode *inode = kzalloc(sizeof(*inode) + extra, GFP_KERNEL);

	if (!inode)
		return NULL;
	inode->refcount = 1;
	inode->mode = mode;
	inode->entries = (struct list_head){ &inode->entries, &inode->entries };
	inode->next_cookie = 2;
	inode->atime = inode->mtime = inode->ctime = inode_now();
	inode->private = inode + 1;
	return inode;
}

static u32 next_number(void)
{
	return __atomic_add_fetch(&last_number, 1, __ATOMIC_RELAXED);
}

struct inode *inode_create(u32 mode)
{
	struct inode *inode = alloc_inode(mode, 0);

	if (!inode)
		return NULL;
	inode->number = next_number();
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

/* inode_list_lock is held. */
static void enter_list(struct inode *inode, struct super *super)
{
	inode->super = super;
	list_add_tail(&inode->super_link, &super->inodes);
	super->nr_inodes++;
}

int inode_join(struct inode *inode, struct super *super)
{
	int error = 0;

	spin_lock(&inode_list_lock);
	if (unlikely(super->max_inodes && super->nr_inodes >= super->max_inodes))
		error = -ENOSPC;
	else
		enter_list(inode, super);
	spin_unlock(&inode_list_lock);
	if (unlikely(super->room) && !error && inode->object) {
		page_room_get(super->room);
		inode->object->room = super->room;
	}
	return error;
}

void inode_init_owner(struct inode *inode, const struct inode *dir)
{
	const struct cred *cred = current_cred();

	inode->uid = cred->fsuid;
	inode->gid = cred->fsgid;
	if (likely(!(dir->mode & S_ISGID)))
		return;
	/* Directories of a group: what is made in them belongs to the group. */
	inode->gid = dir->gid;
	if (inode_is_dir(inode))
		inode->mode |= S_ISGID;
}

bool inode_get_live(struct inode *inode)
{
	u32 count = READ_ONCE(inode->refcount);

	while (count && !__atomic_compare_exchange_n(&inode->refcount, &count, count + 1, true,
						     __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
	return count;
}

struct inode *inode_of_object(struct vm_object *object)
{
	struct inode *inode;

	vm_object_lock(object);
	inode = object->inode;
	/* An inode without references waits for this lock. */
	if (inode && !inode_get_live(inode))
		inode = NULL;
	vm_object_unlock(object);
	return inode;
}

/* --- the table of inodes by number ------------------------------------------------------------ */

static struct inode **chain_of(const struct super *super, u32 number)
{
	return &chains[(number ^ super->dev * 31) % NR_CHAINS];
}

/* inode_list_lock is held. */
static void enter_table(struct inode *inode)
{
	struct inode **chain = chain_of(inode->super, inode->number);

	inode->state |= INODE_HASHED;
	inode->hash_next = *chain;
	*chain = inode;
}

static void leave_table(struct inode *inode)
{
	struct inode **at;

	spin_lock(&inode_list_lock);
	at = chain_of(inode->super, inode->number);
	while (*at != inode)
		at = &(*at)->hash_next;
	*at = inode->hash_next;
	spin_unlock(&inode_list_lock);
	wake_up_all(&hash_wait);
}

struct inode *inode_create_in(struct super *super, u32 mode, u32 number)
{
	struct inode *inode = alloc_inode(mode, super->inode_extra);

	if (!inode)
		return NULL;
	inode->number = number ?: next_number();
	spin_lock(&inode_list_lock);
	enter_list(inode, super);
	if (number)
		enter_table(inode);
	spin_unlock(&inode_list_lock);
	return inode;
}

/*
 * Looks into the table, and enters a new inode if there is none. Sets *busy if there is one that is
 * being loaded or evicted. A number that was freed may be in use again, before its old inode has
 * left the table: then the inode with references counts.
 */
static struct inode *find_or_enter(struct super *super, u32 number, struct inode *fresh, bool *busy)
{
	struct inode *inode;

	*busy = false;
	spin_lock(&inode_list_lock);
	for (inode = *chain_of(super, number); inode; inode = inode->hash_next) {
		if (inode->number != number || inode->super != super)
			continue;
		*busy |= !inode->refcount || (inode->state & INODE_NEW);
		if (inode->refcount && !(inode->state & INODE_NEW) && inode_get_live(inode))
			break;
	}
	if (inode)
		*busy = false;
	if (!inode && !*busy && fresh) {
		inode = fresh;
		inode->state |= INODE_NEW;
		enter_list(inode, super);
		enter_table(inode);
	}
	spin_unlock(&inode_list_lock);
	return inode;
}

struct inode *inode_find(struct super *super, u32 number, bool *fresh)
{
	struct inode *inode, *made = NULL;
	bool busy;

	*fresh = false;
	inode = find_or_enter(super, number, NULL, &busy);
	if (likely(inode))
		return inode;
	made = alloc_inode(0, super->inode_extra);
	if (!made)
		return NULL;
	made->number = number;
	wait_event(&hash_wait, (inode = find_or_enter(super, number, made, &busy)));
	*fresh = inode == made;
	if (!*fresh)
		kfree(made);
	return inode;
}

void inode_loaded(struct inode *inode, int error)
{
	if (error) {
		/* Not the file system's any more: inode_put() must not evict it. */
		leave_table(inode);
		inode->fs_ops = NULL;
		__atomic_fetch_and(&inode->state, ~(INODE_NEW | INODE_HASHED), __ATOMIC_SEQ_CST);
		inode_put(inode);
		return;
	}
	__atomic_fetch_and(&inode->state, ~INODE_NEW, __ATOMIC_SEQ_CST);
	wake_up_all(&hash_wait);
}

int inode_write(struct inode *inode)
{
	int error = 0;

	if (!(__atomic_fetch_and(&inode->state, ~INODE_DIRTY, __ATOMIC_SEQ_CST) & INODE_DIRTY))
		return 0;
	if (inode->fs_ops && inode->fs_ops->write_inode)
		error = inode->fs_ops->write_inode(inode);
	if (error && error != -EROFS)
		inode_mark_dirty(inode);
	return error;
}

struct inode *inode_next(struct super *super, struct inode *before)
{
	struct list_head *at;
	struct inode *next = NULL;

	spin_lock(&inode_list_lock);
	at = before ? before->super_link.next : super->inodes.next;
	for (; !next && at != &super->inodes; at = at->next) {
		struct inode *inode = list_entry(at, struct inode, super_link);

		if (!(inode->state & INODE_NEW) && inode_get_live(inode))
			next = inode;
	}
	spin_unlock(&inode_list_lock);
	inode_put(before);
	return next;
}

bool inode_list_busy(const struct super *super)
{
	const struct inode *inode;
	u32 nr_refs = 0;

	spin_lock(&inode_list_lock);
	list_for_each_entry(inode, &super->inodes, super_link)
		nr_refs += READ_ONCE(inode->refcount) + !READ_ONCE(inode->refcount);
	spin_unlock(&inode_list_lock);
	return nr_refs != READ_ONCE(super->nr_refs) + 1;
}

/* --- the end ---------------------------------------------------------------------------------- */

/* Programs may have the pages mapped for longer. */
static void leave_object(struct vm_object *object)
{
	vm_object_lock(object);
	object->inode = NULL;
	vm_object_unlock(object);
	vm_object_put(object);
}

/* The last reference is gone. The bytes of a file with a name have to reach the disk. */
static noinline void evict(struct inode *inode)
{
	bool on_disk = inode->object && inode->object->ops;

	if (inode->nr_links && on_disk)
		vm_object_sync(inode->object, 0, WHOLE_FILE);
	if (inode->nr_links)
		inode_write(inode);
	if (on_disk)
		vm_object_detach(inode->object);
	if (inode->fs_ops->evict)
		inode->fs_ops->evict(inode);
	if (inode->state & INODE_HASHED)
		leave_table(inode);
}

static void leave_super(struct inode *inode, struct super *super)
{
	spin_lock(&inode_list_lock);
	list_del(&inode->super_link);
	super->nr_inodes--;
	spin_unlock(&inode_list_lock);
	if (inode->parent)
		super_count_ref(super, -1);
}

/* A loop, not a recursion: the last reference to a removed directory drops one to its parent. */
void inode_put(struct inode *inode)
{
	while (inode && __atomic_sub_fetch(&inode->refcount, 1, __ATOMIC_ACQ_REL) == 0) {
		struct inode *parent = inode->parent;

		if (unlikely(inode->fs_ops))
			evict(inode);
		if (inode->object)
			leave_object(inode->object);
		/* The root of a file system is its own parent, without a reference. */
		if (parent == inode)
			inode->parent = parent = NULL;
		if (inode->super)
			leave_super(inode, inode->super);
		kfree(inode->target);
		kfree(inode);
		inode = parent;
	}
}

struct inode *inode_root(void)
{
	struct inode *root = &root_inode;

	mutex_lock(&tree_lock);
	while (root->mounted)
		root = root->mounted->root;
	inode_get(root);
	mutex_unlock(&tree_lock);
	return root;
}

u64 inode_size(struct inode *inode)
{
	u64 size;

	if (inode->target)
		return strlen(inode->target);
	if (inode_is_dir(inode) && inode->fs_ops && inode->fs_ops->dir_size)
		return inode->fs_ops->dir_size(inode, &inode->blocks);
	if (!inode->object)
		return 0;
	mutex_lock(&inode->object->lock);
	size = inode->object->size;
	mutex_unlock(&inode->object->lock);
	return size;
}
