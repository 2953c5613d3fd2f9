/* SPDX-License-Identifier: MIT */
#include <lib/errno.h>
#include <mm/highmem.h>
#include <mm/page_alloc.h>
#include <mm/slab.h>
#include <vm/cache_page.h>
#include <vm/history.h>
#include <vm/mm.h>
#include <vm/object_swap.h>
#include <vm/page_room.h>
#include <vm/swap.h>

/*
 * Objects: pages by index. vm/object_copy.c copies bytes between them and memory with addresses;
 * vm/disk_object.c has those whose pages come from a disk.
 *
 *	object ─▶ radix tree ─▶ struct page ─▶ frame, mostly in highmem
 *	   ▲                        │
 *	   └── objects, by number ──┘ word a
 *
 * All objects are found by number, since a frame descriptor has no room for a pointer on a host of
 * 64 bits. The price is one more tree; only the reverse mapping and reports use it.
 */

static struct kmem_cache *object_cache, *node_cache;

/* Guards @objects and @last_id; taken with the lock of an object held, or without. */
static struct mutex objects_lock;
static u32 last_id;

/*
 * The object is locked, and reclaim could take none of its pages. So the reserve comes first. The
 * page that the node is for reclaims as usual.
 */
static struct radix_node *node_alloc(void)
{
	return kmem_cache_zalloc(node_cache, __GFP_HIGH | __GFP_NOWARN)
		       ?: kmem_cache_zalloc(node_cache, GFP_KERNEL);
}

static void node_free(struct radix_node *node)
{
	kmem_cache_free(node_cache, node);
}

static const struct radix_nodes nodes = { .alloc = node_alloc, .free = node_free };
static struct radix_tree objects = { .nodes = &nodes };

void vm_object_init(void)
{
	object_cache =
		kmem_cache_create("vm_object", sizeof(struct vm_object), 0, SLAB_PANIC, NULL);
	node_cache =
		kmem_cache_create("radix_node", sizeof(struct radix_node), 0, SLAB_PANIC, NULL);
}

/* --- life of an object ------------------------------------------------------------------------ */

/* Finds a number that no object has. It is not used again before all others were. */
static int add_to_objects(struct vm_object *object)
{
	int error;

	mutex_lock(&objects_lock);
	do {
		if (++last_id == 0)
			last_id = 1;
		error = radix_tree_insert(&objects, last_id, object);
	} while (error == -EEXIST);
	object->id = last_id;
	mutex_unlock(&objects_lock);
	return error;
}

struct vm_object *vm_object_create(u64 size)
{
	struct vm_object *object = kmem_cache_zalloc(object_cache, GFP_KERNEL);

	if (!object)
		return NULL;
	object->refcount = 1;
	object->pages.nodes = &nodes;
	object->size = size;
	object->plain_below = (u32)(VM_OBJECT_MAX >> 32) - 1;
	object->areas = (struct list_head){ &object->areas, &object->areas };
	if (add_to_objects(object)) {
		kmem_cache_free(object_cache, object);
		return NULL;
	}
	return object;
}

void vm_object_get(struct vm_object *object)
{
	__atomic_add_fetch(&object->refcount, 1, __ATOMIC_RELAXED);
}

struct vm_object *vm_object_find(u32 id)
{
	struct vm_object *object;

	mutex_lock(&objects_lock);
	object = radix_tree_lookup(&objects, id);
	/* An object without references waits for this lock, to be removed. */
	if (object && !vm_object_try_get(object))
		object = NULL;
	mutex_unlock(&objects_lock);
	return object;
}

struct vm_object *vm_object_next(u32 id)
{
	unsigned long at = id;
	struct vm_object *object;

	mutex_lock(&objects_lock);
	while ((object = radix_tree_next(&objects, &at)) && !vm_object_try_get(object) && ++at)
		;
	mutex_unlock(&objects_lock);
	return at ? object : NULL;
}

bool vm_objects_trylock(void)
{
	return mutex_trylock(&objects_lock);
}

void vm_objects_unlock(void)
{
	mutex_unlock(&objects_lock);
}

struct vm_object *vm_object_of(u32 id)
{
	return radix_tree_lookup(&objects, id);
}

/* --- pages ------------------------------------------------------------------------------------ */

/* Pages have left: @nr is not above 0. */
static inline void count_pages(struct vm_object *object, long nr)
{
	object->nr_pages += (unsigned long)nr;
	__atomic_fetch_add(&cache_counts.pages, (unsigned long)nr, __ATOMIC_RELAXED);
	if (unlikely(object->ops))
		cache_count_pages(object, nr);
	if (unlikely(object->room))
		page_room_give(object->room, (unsigned long)-nr);
}

static int insert(struct vm_object *object, unsigned long index, struct page *page)
{
	int error = radix_tree_insert(&object->pages, index, page);

	if (error)
		return error;
	page->a = object->id;
	page->b = index;
	/* No other CPU can reach it yet. */
	page->flags += PAGE_FLAGS(PAGE_OBJECT, 0, 0) - PAGE_FLAGS(PAGE_USED, 0, 0);
	object->nr_pages++;
	__atomic_fetch_add(&cache_counts.pages, 1, __ATOMIC_RELAXED);
	return 0;
}

int vm_object_insert_page(struct vm_object *object, unsigned long index, struct page *page)
{
	int error = insert(object, index, page);

	if (!error && object->ops) {
		cache_count_pages(object, 1);
		history_entered(object, page);
	}
	return error;
}

struct page *vm_object_add_page(struct vm_object *object, unsigned long index, gfp_t gfp)
{
	struct page *page;

	if (unlikely(object->room) && !page_room_take(object->room))
		return NULL;
	/* Programs can fill the memory with files: each failure in the log would flood it. */
	page = alloc_page(gfp | __GFP_NOWARN);
	if (likely(page && !insert(object, index, page)))
		return page;
	if (page)
		__free_page(page);
	if (object->room)
		page_room_give(object->room, 1);
	return NULL;
}

void vm_object_remove_page(struct vm_object *object, struct page *page)
{
	radix_tree_delete(&object->pages, page->b);
	if (object->ops)
		set_frame_bits(page_to_pfn(page), 0);
	__atomic_store_n(&page->a, 0, __ATOMIC_RELAXED);
	count_pages(object, -1);
}

u32 vm_object_cut(struct vm_object *object, unsigned long first)
{
	unsigned long nr = 0, slots = 0;
	u32 chain = PFN_NONE, taken;
	void *items[RADIX_SLOTS];

	if (unlikely(object->ops))
		cache_forget_dirty(object, first);
	while ((taken = radix_tree_take(&object->pages, first, items))) {
		for (u32 i = 0; i < taken; i++) {
			struct page *page = items[i];

			if (unlikely(object_item_is_slot(page))) {
				swap_free(object_item_slot(page), 1);
				slots++;
				continue;
			}
			__atomic_store_n(&page->a, 0, __ATOMIC_RELAXED);
			page->b = chain;
			chain = page_to_pfn(page);
		}
		nr += taken;
	}
	count_pages(object, -(long)nr);
	if (slots)
		__atomic_fetch_add(&cache_counts.pages, slots, __ATOMIC_RELAXED);
	return chain;
}

/* Mostly the object has the last reference. Such pages are freed together. */
void vm_object_free_cut(const struct vm_object *object, u32 chain)
{
	u32 unused = PFN_NONE;

	if (unlikely(object->ops))
		cache_settle(chain);

	while (chain != PFN_NONE) {
		struct page *page = pfn_to_page(chain);

		chain = page->b;
		if (READ_ONCE(page->refcount) != 1) {
			put_page(page);
			continue;
		}
		page->flags += PAGE_FLAGS(PAGE_USED, 0, 0) - PAGE_FLAGS(PAGE_OBJECT, 0, 0);
		page->a = unused;
		unused = page_to_pfn(page);
	}
	free_page_chain(unused);
}

void vm_object_put(struct vm_object *object)
{
	if (__atomic_sub_fetch(&object->refcount, 1, __ATOMIC_ACQ_REL))
		return;
	mutex_lock(&objects_lock);
	radix_tree_delete(&objects, object->id);
	mutex_unlock(&objects_lock);
	vm_object_free_cut(object, vm_object_cut(object, 0));
	if (unlikely(object->room))
		page_room_put(object->room);
	kmem_cache_free(object_cache, object);
}

void vm_object_lock(struct vm_object *object)
{
	mutex_lock(&object->lock);
}

void vm_object_unlock(struct vm_object *object)
{
	mutex_unlock(&object->lock);
}

void vm_object_add_area(struct area *area)
{
	struct vm_object *object = area->object;

	if (unlikely(object->ops) && object->ops->hold)
		object->ops->hold(object);
	mutex_lock(&object->lock);
	list_add_tail(&area->object_link, &object->areas);
	mutex_unlock(&object->lock);
}

void vm_object_remove_area(struct area *area)
{
	struct vm_object *object = area->object;

	mutex_lock(&object->lock);
	list_del(&area->object_link);
	mutex_unlock(&object->lock);
	if (unlikely(object->ops) && object->ops->release)
		object->ops->release(object);
}
