/* SPDX-License-Identifier: MIT */
#include <fs/inode.h>
#include <fs/super.h>
#include <lib/string.h>
#include <mm/kmalloc.h>
#include <mm/mmzone.h>
#include <mm/shrinker.h>

/*
 * The tree of names. A directory is a list of entries, and an entry is a name and an inode:
 *
 *	root_inode ─ "bin" ─▶ directory ─ "sh"  ─▶ regular file ─▶ vm_object (pages in highmem)
 *	                 ▲        │       "ash" ─▶ the same inode: two links
 *	                 └────────┘ parent
 *
 * An entry holds a reference to its inode, and a directory holds one to its parent. These two form
 * a circle, which the removal of the entry breaks: a directory is freed when its name is gone and
 * nothing has it open. An inode without a name lives on until its last user is gone.
 *
 * In memory (tmpfs) the tree is the truth, and an entry exists until its name is removed. Of a disk
 * the tree is a cache: an entry exists since a path needed it, and says what the disk says. If the
 * disk does not have the name, then there is an entry without an inode, so the next program that
 * searches for it along $PATH needs no disk. When there are many entries, those that were not used
 * are given up, oldest first; one in use stays, and one that was used gets a second chance.
 *
 * One mutex guards all names. The price: two lookups exclude each other, though not while the disk
 * is read (fs/path.c). In return a lookup needs no references, a rename is atomic, and no order of
 * locks among directories is necessary. A directory is searched from its start to its end, which is
 * fast enough for some hundred names.
 */

/* Entries of disks, by entry->lru, the oldest first; and their number. Guarded by tree_lock. */
static struct list_head lru = { &lru, &lru };
static u32 nr_cached;

/* Entries that are looked at when one is added. */
#define TRIM_STEPS 8u

/* Pages. An entry with its inode needs about 500 bytes of lowmem: at most 3 % of it are used. */
#define MOST_LOWMEM 0x38000ul

/* From the end: the beginnings of names are often the same. A call costs more than the loop. */
static __always_inline bool same_text(const char *a, const char *b, size_t length)
{
	while (length--) {
		if (a[length] != b[length])
			return false;
	}
	return true;
}

struct entry *entry_find(struct inode *dir, const char *name, size_t length)
{
	struct entry *entry;

	list_for_each_entry(entry, &dir->entries, link) {
		if (entry->length == length && same_text(entry->name, name, length))
			return entry;
	}
	return NULL;
}

struct entry *entry_alloc(const char *name, size_t length)
{
	struct entry *entry = kmalloc(sizeof(*entry) + length + 1, GFP_KERNEL);

	if (!entry)
		return NULL;
	entry->inode = NULL;
	entry->dir = NULL;
	entry->used = false;
	entry->loaded = 0;
	entry->length = length;
	memcpy(entry->name, name, length);
	entry->name[length] = '\0';
	return entry;
}

void entry_set(struct entry *entry, struct inode *inode)
{
	struct inode *old = entry->inode, *dir = entry->dir;

	entry->inode = inode;
	if (inode) {
		inode->entry = entry;
		inode_get(inode);
		super_count_ref(dir->super, 1);
	}
	if (inode && inode_is_dir(inode) && inode->parent != dir) {
		struct inode *above = inode->parent;

		inode->parent = dir;
		inode_get(dir);
		if (!above)
			super_count_ref(dir->super, 1);
		inode_put(above);
	}
	if (old) {
		if (old->entry == entry)
			old->entry = NULL;
		super_count_ref(dir->super, -1);
		inode_put(old);
	}
}

void entry_attach(struct inode *dir, struct entry *entry, struct inode *inode)
{
	entry->dir = dir;
	entry->cookie = dir->next_cookie++;
	list_add_tail(&entry->link, &dir->entries);
	if (unlikely(inode_is_cached(dir))) {
		list_add_tail(&entry->lru, &lru);
		nr_cached++;
	}
	entry_set(entry, inode);
}

void entry_detach(struct entry *entry)
{
	struct inode *dir = entry->dir;

	list_del(&entry->link);
	if (unlikely(inode_is_cached(dir))) {
		list_del(&entry->lru);
		nr_cached--;
	}
	entry_set(entry, NULL);
	kfree(entry);
}

int entry_add(struct inode *dir, const char *name, size_t length, struct inode *inode)
{
	struct entry *entry;
	int error = 0;

	if (dir->nr_links == 0)
		return -ENOENT;
	entry = entry_alloc(name, length);
	if (!entry)
		return -ENOMEM;
	if (!inode->super)
		error = inode_join(inode, dir->super);
	if (error) {
		kfree(entry);
		return error;
	}
	entry_attach(dir, entry, inode);
	inode_linked(dir, inode);
	return 0;
}

void entry_remove(struct inode *dir, struct entry *entry)
{
	inode_unlinked(dir, entry->inode);
	entry_detach(entry);
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

static void changed(struct inode *dir, struct inode *inode)
{
	dir->mtime = dir->ctime = inode->ctime = inode_now();
	inode_mark_dirty(dir);
	inode_mark_dirty(inode);
}

void inode_linked(struct inode *dir, struct inode *inode)
{
	inode->nr_links++;
	if (inode_is_dir(inode)) {
		/* Its own "." and the ".." in it are links, too. */
		inode->nr_links++;
		dir->nr_links++;
	}
	changed(dir, inode);
}

void inode_unlinked(struct inode *dir, struct inode *inode)
{
	inode->nr_links--;
	if (inode_is_dir(inode)) {
		inode->nr_links--;
		dir->nr_links--;
	}
	changed(dir, inode);
}

/* --- the cache of a disk's names -------------------------------------------------------------- */

/* Nothing but its entry uses it, and nothing is lost with it. */
static bool may_forget(const struct entry *entry)
{
	const struct inode *inode = entry->inode;

	return !inode ||
	       (READ_ONCE(inode->refcount) == 1 && list_empty(&inode->entries) &&
		!(inode->state & INODE_DIRTY) && !(inode->object && inode->object->nr_dirty));
}

void entries_trim(void)
{
	u32 most = (u32)max(min(nr_managed_pages(), MOST_LOWMEM) / 4, 256ul);

	for (u32 i = 0; i < TRIM_STEPS && nr_cached > most; i++) {
		struct entry *entry = list_entry(lru.next, struct entry, lru);

		if (!entry->used && may_forget(entry)) {
			entry_detach(entry);
			continue;
		}
		entry->used = false;
		list_del(&entry->lru);
		list_add_tail(&entry->lru, &lru);
	}
}

static unsigned long count_names(void)
{
	return READ_ONCE(nr_cached);
}

/*
 * The end of an inode takes the locks of its pages. If the caller holds one of them, it cannot be
 * taken once more here. Others who hold one do not wait for tree_lock.
 */
static bool locks_are_free(struct vm_object *object)
{
	bool all_free = vm_objects_trylock();

	if (!all_free)
		return false;
	vm_objects_unlock();
	if (!mutex_trylock(&object->disk_lock))
		return false;
	all_free = mutex_trylock(&object->lock);
	if (all_free)
		mutex_unlock(&object->lock);
	mutex_unlock(&object->disk_lock);
	return all_free;
}

/* A look at each name gives those with a second chance a few rounds, but has an end. */
static void scan_names(unsigned long nr)
{
	if (!mutex_trylock(&tree_lock))
		return;
	for (u32 looks = 2 * nr_cached; nr && nr_cached && looks; looks--) {
		struct entry *entry = list_entry(lru.next, struct entry, lru);

		if (!entry->used && may_forget(entry) &&
		    (!entry->inode || !entry->inode->object ||
		     locks_are_free(entry->inode->object))) {
			entry_detach(entry);
			nr--;
			continue;
		}
		entry->used = false;
		list_del(&entry->lru);
		list_add_tail(&entry->lru, &lru);
	}
	mutex_unlock(&tree_lock);
}
SHRINKER(200, "names of files", count_names, scan_names);

/* Without a recursion: the way back up leads over the parents, which their entries hold. */
void entries_forget(struct inode *dir)
{
	struct inode *at = dir;

	for (;;) {
		struct entry *entry;

		if (list_empty(&at->entries)) {
			if (at == dir)
				return;
			at = at->parent;
			continue;
		}
		entry = list_entry(at->entries.next, struct entry, link);
		if (entry->inode && !list_empty(&entry->inode->entries))
			at = entry->inode;
		else
			entry_detach(entry);
	}
}
