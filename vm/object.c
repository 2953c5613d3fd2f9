/* SPDX-License-Identifier: MIT */
#include <kernel/meminfo_line.h>
#include <lib/errno.h>
#include <mm/highmem.h>
#include <mm/page_alloc.h>
#include <mm/slab.h>
#include <vm/mm.h>
#include <vm/object.h>

/*
 * Objects: pages by index, and copies between them and memory that has addresses.
 *
 *	object ─▶ radix tree ─▶ struct page ─▶ frame, mostly in highmem
 *	   ▲                        │
 *	   └── objects, by number ──┘ word a
 *
 * The pages have no address, so each copy maps one page at a time by kmap_local_page(). The other
 * side of the copy may be memory of a program, which is not always there. A page fault in the
 * middle of the copy would need locks, and could need this very page. So the copy runs with page
 * faults disabled, and stops at the first byte that is not there. The slow way then moves some
 * bytes over a buffer on the stack, with nothing mapped and nothing locked. It makes progress, and
 * afterwards the program's page is there. So a copy never tries the same byte for ever.
 *
 * The lock of the object is held while a page is copied, and released between two pages. Only the
 * slow way of a read holds a reference to the page instead.
 *
 * All objects are found by number, since a frame descriptor has no room for a pointer on a host of
 * 64 bits. The price is one more tree; only the reverse mapping and reports use it.
 */

#define BUFFER 64u /* bytes that go over the stack */

static struct kmem_cache *object_cache, *node_cache;

/* Guards @objects and @last_id; taken with the lock of an object held, or without. */
static struct mutex objects_lock;
static u32 last_id;

/* Pages in all objects; changed by locked operations. */
static unsigned long nr_object_pages;

static struct radix_node *node_alloc(void)
{
	return kmem_cache_zalloc(node_cache, GFP_KERNEL);
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
	u32 count;

	mutex_lock(&objects_lock);
	object = radix_tree_lookup(&objects, id);
	/* An object without references waits for this lock, to be removed. */
	count = object ? __atomic_load_n(&object->refcount, __ATOMIC_RELAXED) : 0;
	while (count && !__atomic_compare_exchange_n(&object->refcount, &count, count + 1, true,
						     __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
	mutex_unlock(&objects_lock);
	return count ? object : NULL;
}

u32 vm_object_cut(struct vm_object *object, unsigned long first)
{
	unsigned long nr = 0;
	struct page *page;
	u32 chain = PFN_NONE;

	while ((page = radix_tree_next(&object->pages, &first))) {
		radix_tree_delete(&object->pages, first);
		nr++;
		__atomic_store_n(&page->a, 0, __ATOMIC_RELAXED);
		page->b = chain;
		chain = page_to_pfn(page);
	}
	object->nr_pages -= nr;
	__atomic_sub_fetch(&nr_object_pages, nr, __ATOMIC_RELAXED);
	return chain;
}

/* Mostly the object has the last reference. Such pages are freed together. */
void vm_object_free_cut(u32 chain)
{
	u32 unused = PFN_NONE;

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
	vm_object_free_cut(vm_object_cut(object, 0));
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
	mutex_lock(&area->object->lock);
	list_add_tail(&area->object_link, &area->object->areas);
	mutex_unlock(&area->object->lock);
}

void vm_object_remove_area(struct area *area)
{
	mutex_lock(&area->object->lock);
	list_del(&area->object_link);
	mutex_unlock(&area->object->lock);
}

/* --- pages ------------------------------------------------------------------------------------ */

/* The object is locked. */
static struct page *add_page(struct vm_object *object, unsigned long index, gfp_t gfp)
{
	struct page *page = alloc_page(gfp);

	if (!page)
		return NULL;
	if (radix_tree_insert(&object->pages, index, page)) {
		__free_page(page);
		return NULL;
	}
	page->a = object->id;
	page->b = index;
	/* No other CPU can reach it yet. */
	page->flags += PAGE_FLAGS(PAGE_OBJECT, 0, 0) - PAGE_FLAGS(PAGE_USED, 0, 0);
	object->nr_pages++;
	__atomic_add_fetch(&nr_object_pages, 1, __ATOMIC_RELAXED);
	return page;
}

/* The object is locked. */
static int find_page(struct vm_object *object, unsigned long index, bool create, struct page **page)
{
	*page = radix_tree_lookup(&object->pages, index);
	if (!*page && create)
		*page = add_page(object, index, GFP_HIGHUSER | __GFP_ZERO);
	return *page || !create ? 0 : -ENOMEM;
}

int vm_object_page(struct vm_object *object, unsigned long index, bool create, struct page **page)
{
	int error = -EINVAL;

	*page = NULL;
	mutex_lock(&object->lock);
	if ((u64)index << PAGE_SHIFT < object->size)
		error = find_page(object, index, create, page);
	if (*page)
		get_page(*page);
	mutex_unlock(&object->lock);
	return error;
}

/* --- copies ----------------------------------------------------------------------------------- */

/*
 * How the other side of a copy is reached. The functions return the number of bytes that they did
 * not copy. Only @slowly may sleep.
 */
struct mover {
	size_t (*fast)(void *to, const void *from, size_t size);
	size_t (*slowly)(void *to, const void *from, size_t size);
};

static size_t move(void *to, const void *from, size_t size)
{
	memcpy(to, from, size);
	return 0;
}

static size_t move_to_user(void *to, const void *from, size_t size)
{
	size_t left;

	pagefault_disable();
	left = copy_to_user((void __user *)to, from, size);
	pagefault_enable();
	return left;
}

static size_t move_from_user(void *to, const void *from, size_t size)
{
	size_t left;

	pagefault_disable();
	left = copy_from_user(to, (const void __user *)from, size);
	pagefault_enable();
	return left;
}

static const struct mover kernel_mover = { move, move };
static const struct mover to_user_mover = { move_to_user, copy_to_user };
static const struct mover from_user_mover = { move_from_user, copy_from_user };

/*
 * Copies out of a page, or zeroes if there is none. With a page, one buffer is enough: afterwards
 * the fast way is possible. Returns the number of bytes copied.
 */
static size_t copy_slowly(const struct mover *mover, struct page *page, size_t offset, char *data,
			  size_t size)
{
	char buffer[BUFFER] = { 0 };
	size_t done = 0;

	while (done < size) {
		size_t part = min(size - done, sizeof(buffer)), left;

		if (page)
			memcpy_from_page(buffer, page, offset + done, part);
		left = mover->slowly(data + done, buffer, part);
		done += part - left;
		if (left || page)
			break;
	}
	return done;
}

/* A place in an object: 32-bit numbers are cheaper than an offset in bytes. */
struct place {
	unsigned long index;
	u32 offset; /* in the page */
};

static struct place place_of(u64 pos)
{
	return (struct place){ (unsigned long)(pos >> PAGE_SHIFT), (u32)pos % PAGE_SIZE };
}

/* The copy of a part of one page is done. */
static void move_on(struct place *place, size_t size)
{
	place->offset += size;
	place->index += place->offset / PAGE_SIZE;
	place->offset %= PAGE_SIZE;
}

/* Number of bytes from a place to the end of its page, or of the object. The object is locked. */
static size_t bytes_behind(const struct vm_object *object, struct place place)
{
	struct place end = place_of(object->size);

	if (likely(place.index < end.index))
		return PAGE_SIZE - place.offset;
	if (place.index > end.index || place.offset >= end.offset)
		return 0;
	return end.offset - place.offset;
}

/*
 * Reads from one page. Returns the number of bytes copied; 0 at the end of the object, or if the
 * other side cannot be accessed. Then *size is 0 only at the end.
 */
static __always_inline size_t read_page(const struct mover *mover, struct vm_object *object,
					struct place place, char *data, size_t *size)
{
	struct page *page = NULL;
	size_t copied = 0, part;

	mutex_lock(&object->lock);
	*size = part = min(*size, bytes_behind(object, place));
	if (part)
		page = radix_tree_lookup(&object->pages, place.index);
	if (page) {
		const char *from = kmap_local_page(page);

		copied = part - mover->fast(data, from + place.offset, part);
		kunmap_local(from);
		if (unlikely(!copied))
			get_page(page);
	}
	mutex_unlock(&object->lock);
	if (likely(copied) || !part)
		return copied;
	copied = copy_slowly(mover, page, place.offset, data, part);
	if (page)
		put_page(page);
	return copied;
}

static __always_inline long read_by(const struct mover *mover, struct vm_object *object, u64 pos,
				    char *data, size_t size)
{
	struct place place = place_of(pos);
	size_t done = 0;

	if (pos >= VM_OBJECT_MAX)
		return 0;
	while (done < size) {
		size_t part = size - done, copied;

		copied = read_page(mover, object, place, data + done, &part);
		if (!copied && part)
			return done ? (long)done : -EFAULT;
		if (!part)
			break;
		done += copied;
		move_on(&place, copied);
	}
	return (long)done;
}

/* Makes a page for a copy into it. The object is locked. */
static noinline struct page *add_for_copy(struct vm_object *object, unsigned long index, bool whole)
{
	return add_page(object, index, whole ? GFP_HIGHUSER : GFP_HIGHUSER | __GFP_ZERO);
}

/* A copy has ended that began at a place. The object is locked. */
static void adjust_size(struct vm_object *object, struct place place, size_t size)
{
	u64 end = ((u64)place.index << PAGE_SHIFT) + place.offset + size;

	/* The whole page belongs to the object, if a later one does. */
	if (likely(place.index < place_of(object->size).index))
		return;
	if (size && end > object->size)
		object->size = end;
}

/*
 * Copies into one page, which is made if there is none, and adjusts the size. A page that the copy
 * made above the end, and did not fill, goes away again. A new page that is written as a whole is
 * not cleared before. Returns the number of bytes copied, or -ENOMEM.
 */
static __always_inline long copy_in(size_t (*copy)(void *, const void *, size_t),
				    struct vm_object *object, struct place place, const char *data,
				    size_t size)
{
	bool whole = size == PAGE_SIZE, fresh;
	u32 cut = PFN_NONE;
	struct page *page;
	long result = -ENOMEM;

	mutex_lock(&object->lock);
	page = radix_tree_lookup(&object->pages, place.index);
	fresh = !page;
	if (fresh)
		page = add_for_copy(object, place.index, whole);
	if (page) {
		char *to = kmap_local_page(page);

		result = (long)(size - copy(to + place.offset, data, size));
		if (unlikely(fresh && whole && (size_t)result < size))
			memset(to + result, 0, size - (size_t)result);
		kunmap_local(to);
		adjust_size(object, place, (size_t)result);
		if (unlikely(fresh && !result) &&
		    !bytes_behind(object, (struct place){ place.index, 0 }))
			cut = vm_object_cut(object, place.index);
	}
	mutex_unlock(&object->lock);
	if (unlikely(cut != PFN_NONE))
		vm_object_free_cut(cut);
	return result;
}

static __always_inline long write_by(const struct mover *mover, struct vm_object *object, u64 pos,
				     const char *data, size_t size)
{
	struct place place = place_of(pos);
	char buffer[BUFFER];
	size_t done = 0;

	if (size == 0)
		return 0;
	if (pos >= VM_OBJECT_MAX)
		return -EFBIG;
	if (unlikely(size > VM_OBJECT_MAX - pos))
		size = (size_t)(VM_OBJECT_MAX - pos);
	while (done < size) {
		size_t part = min(size - done, PAGE_SIZE - place.offset);
		long copied = copy_in(mover->fast, object, place, data + done, part);

		if (copied == 0) {
			part = min(part, sizeof(buffer));
			part -= mover->slowly(buffer, data + done, part);
			copied = part ? copy_in(move, object, place, buffer, part) : -EFAULT;
		}
		if (copied < 0)
			return done ? (long)done : copied;
		done += (size_t)copied;
		move_on(&place, (size_t)copied);
	}
	return (long)done;
}

long vm_object_read(struct vm_object *object, u64 pos, void *data, size_t size)
{
	return read_by(&kernel_mover, object, pos, data, size);
}

long vm_object_read_user(struct vm_object *object, u64 pos, void __user *data, size_t size)
{
	return read_by(&to_user_mover, object, pos, data, size);
}

long vm_object_write(struct vm_object *object, u64 pos, const void *data, size_t size)
{
	return write_by(&kernel_mover, object, pos, data, size);
}

long vm_object_write_user(struct vm_object *object, u64 pos, const void __user *data, size_t size)
{
	return write_by(&from_user_mover, object, pos, data, size);
}

/* --- report ----------------------------------------------------------------------------------- */

/* A page of a file has no other place, as in Linux's tmpfs. Both lines count it. */
static unsigned long cached_kb(void)
{
	return READ_ONCE(nr_object_pages) << (PAGE_SHIFT - 10);
}

static unsigned long shmem_kb(void)
{
	return cached_kb();
}

MEMINFO_LINE(150, "Cached", cached_kb);
MEMINFO_LINE(540, "Shmem", shmem_kb);
