/* SPDX-License-Identifier: MIT */
#include <lib/errno.h>
#include <mm/kmap_local.h>
#include <mm/page_alloc.h>
#include <vm/cache.h>
#include <vm/cache_read.h>
#include <vm/cache_write.h>
#include <vm/object_swap.h>

/*
 * Copies between the pages of an object and memory that has addresses. The pages have none, so each
 * copy maps one page at a time by kmap_local_page().
 *
 *	memory   ├──────────────┤
 *	pages  │ . .├──│──────│──┤. . │
 *
 * The other side of the copy may be memory of a program, which is not always there. A page fault in
 * the middle of the copy would need locks, and could need this very page. So the copy runs with
 * page faults disabled, and stops at the first byte that is not there. The slow way then moves some
 * bytes over a buffer on the stack, with nothing mapped and nothing locked. It makes progress, and
 * afterwards the program's page is there. So a copy never tries the same byte for ever.
 *
 * The lock of the object is held while a page is copied, and released between two pages. Only the
 * slow way of a read holds a reference to the page instead. For a file on a disk, vm/cache_read.c
 * and vm/cache_write.c provide each page.
 */

#define BUFFER 64u /* bytes that go over the stack */

/*
 * How the other side of a copy is reached. The functions return the number of bytes that they did
 * not copy. Only @slowly may sleep.
 */
struct mover {
	cache_copy_fn *fast;
	cache_copy_fn *slowly;
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

/* In the place of a page is a slot. Returns 0 or an error. The object is locked. */
static noinline int bring_in(struct vm_object *object, unsigned long index)
{
	struct page *page;

	return object_swap_in(object, index, &page);
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
again:
	if (part)
		page = radix_tree_lookup(&object->pages, place.index);
	if (object_item_is_page(page)) {
		const char *from = kmap_local_page(page);

		copied = part - mover->fast(data, from + place.offset, part);
		kunmap_local(from);
		if (unlikely(!copied))
			get_page(page);
	} else if (unlikely(page)) {
		if (!bring_in(object, place.index))
			goto again;
		part = 0;
	}
	mutex_unlock(&object->lock);
	if (likely(copied) || !part)
		return copied;
	copied = copy_slowly(mover, page, place.offset, data, part);
	if (page)
		put_page(page);
	return copied;
}

/* The same for an object with a disk. Returns an error, or the number of bytes. */
static long read_disk_page(const struct mover *mover, struct vm_object *object, struct place place,
			   char *data, size_t *size)
{
	struct page *page;
	const char *from;
	size_t part, copied;
	int error =
		cache_get(object, place.index,
			  (u32)((min(*size, PAGE_SIZE * 32ul) + PAGE_SIZE - 1) / PAGE_SIZE), &page);

	if (error) {
		*size = error == -EINVAL ? 0 : *size;
		return error == -EINVAL ? 0 : error;
	}
	mutex_lock(&object->lock);
	*size = part = min(*size, bytes_behind(object, place));
	mutex_unlock(&object->lock);
	from = kmap_local_page(page);
	copied = part - mover->fast(data, from + place.offset, part);
	kunmap_local(from);
	if (!copied && part)
		copied = copy_slowly(mover, page, place.offset, data, part);
	put_page(page);
	return !copied && part ? -EFAULT : (long)copied;
}

static noinline long read_disk(const struct mover *mover, struct vm_object *object, u64 pos,
			       char *data, size_t size)
{
	struct place place = place_of(pos);
	size_t done = 0;

	while (done < size) {
		size_t part = size - done;
		long copied = read_disk_page(mover, object, place, data + done, &part);

		if (copied < 0)
			return done ? (long)done : copied;
		if (!copied)
			break;
		done += (size_t)copied;
		move_on(&place, (size_t)copied);
	}
	return (long)done;
}

/*
 * Nothing could be copied: the program's memory is not there, or the object's. Returns 0 if the
 * page was in swap space, and is there now.
 */
static noinline long why_not(struct vm_object *object, unsigned long index)
{
	long error = -EFAULT;

	mutex_lock(&object->lock);
	if (object_item_is_slot(radix_tree_lookup(&object->pages, index)))
		error = bring_in(object, index);
	mutex_unlock(&object->lock);
	return error;
}

static __always_inline long read_by(const struct mover *mover, struct vm_object *object, u64 pos,
				    char *data, size_t size)
{
	struct place place = place_of(pos);
	size_t done = 0;

	if (unlikely((u32)(pos >> 32) >= object->plain_below)) {
		if (pos >= VM_OBJECT_MAX)
			return 0;
		if (object->ops)
			return read_disk(mover, object, pos, data, size);
	}
	while (done < size) {
		size_t part = size - done, copied;

		copied = read_page(mover, object, place, data + done, &part);
		if (!copied && part) {
			long error = done ? (long)done : why_not(object, place.index);

			if (error)
				return error;
			continue;
		}
		if (!part)
			break;
		done += copied;
		move_on(&place, copied);
	}
	return (long)done;
}

/* A copy of @size bytes has ended that began in the last page of the object, or behind it. */
static noinline void make_longer(struct vm_object *object, struct place place, size_t size)
{
	/* The sum is at most PAGE_SIZE. */
	u64 end = ((u64)place.index << PAGE_SHIFT) + (place.offset + size);

	if (size && end > object->size)
		object->size = end;
}

/* Copies into a page that is there. The object is locked. Returns the number of bytes copied. */
static __always_inline size_t copy_to_page(cache_copy_fn *copy, struct vm_object *object,
					   struct place place, struct page *page, const char *data,
					   size_t size)
{
	char *to = kmap_local_page(page);
	size_t copied = size - copy(to + place.offset, data, size);

	kunmap_local(to);
	if (unlikely(place.index >= place_of(object->size).index))
		make_longer(object, place, copied);
	return copied;
}

/* Nothing could be copied: a new page above the end of the object goes away again. */
static void drop_if_behind(struct vm_object *object, unsigned long index)
{
	if (!bytes_behind(object, (struct place){ index, 0 }))
		vm_object_free_cut(object, vm_object_cut(object, index));
}

/* A copy into all of a new page has ended before its last @left bytes. */
static noinline long end_early(struct vm_object *object, unsigned long index, struct page *page,
			       size_t left)
{
	size_t copied = PAGE_SIZE - left;

	zero_user(page, copied, left);
	make_longer(object, (struct place){ index, 0 }, copied);
	if (!copied)
		drop_if_behind(object, index);
	return (long)copied;
}

/* Copies into all of a new page, which needs no zeroes before. The object is locked. */
static noinline long copy_to_whole_page(cache_copy_fn *copy, struct vm_object *object,
					unsigned long index, const char *data)
{
	struct page *page = vm_object_add_page(object, index, GFP_HIGHUSER_MOVABLE);
	size_t left;
	char *to;

	if (!page)
		return -ENOMEM;
	to = kmap_local_page(page);
	left = copy(to, data, PAGE_SIZE);
	kunmap_local(to);
	if (unlikely(left))
		return end_early(object, index, page, left);
	if (index >= place_of(object->size).index)
		object->size = ((u64)index + 1) << PAGE_SHIFT;
	return PAGE_SIZE;
}

/* Copies into a part of a new page. The object is locked. */
static noinline long copy_to_new_page(cache_copy_fn *copy, struct vm_object *object,
				      struct place place, const char *data, size_t size)
{
	struct page *page =
		vm_object_add_page(object, place.index, GFP_HIGHUSER_MOVABLE | __GFP_ZERO);
	size_t copied;

	if (!page)
		return -ENOMEM;
	copied = copy_to_page(copy, object, place, page, data, size);
	if (unlikely(!copied))
		drop_if_behind(object, place.index);
	return (long)copied;
}

/*
 * Copies into one page, which is made if there is none, and adjusts the size. Returns the number of
 * bytes copied, or -ENOMEM.
 */
static __always_inline long copy_in(cache_copy_fn *copy, struct vm_object *object,
				    struct place place, const char *data, size_t size)
{
	struct page *page;
	long result;

	mutex_lock(&object->lock);
again:
	page = radix_tree_lookup(&object->pages, place.index);
	if (likely(object_item_is_page(page))) {
		result = (long)copy_to_page(copy, object, place, page, data, size);
	} else if (unlikely(page)) {
		result = bring_in(object, place.index);
		if (!result)
			goto again;
	} else if (size == PAGE_SIZE) {
		result = copy_to_whole_page(copy, object, place.index, data);
	} else {
		result = copy_to_new_page(copy, object, place, data, size);
	}
	mutex_unlock(&object->lock);
	return result;
}

/* Copies some bytes over a buffer on the stack. */
static noinline long write_slowly(const struct mover *mover, struct vm_object *object,
				  struct place place, const char *data, size_t size)
{
	char buffer[BUFFER];

	size = min(size, sizeof(buffer));
	size -= mover->slowly(buffer, data, size);
	return size ? copy_in(move, object, place, buffer, size) : -EFAULT;
}

/* Pages after which a writer looks whether it has to wait for the disk. */
#define BALANCE_PAGES 64u

/* Copies into an object with a disk. */
static noinline long write_disk(const struct mover *mover, struct vm_object *object, u64 pos,
				const char *data, size_t size)
{
	struct place place = place_of(pos);
	char buffer[BUFFER];
	size_t done = 0;
	long copied = 0;

	while (done < size) {
		size_t part = min(size - done, PAGE_SIZE - place.offset);

		copied = cache_write(mover->fast, object, place.index, place.offset, data + done,
				     part);
		if (copied == 0) {
			part = min(part, sizeof(buffer));
			part -= mover->slowly(buffer, data + done, part);
			copied = part ? cache_write(move, object, place.index, place.offset, buffer,
						    part)
				      : -EFAULT;
		}
		if (copied < 0)
			break;
		done += (size_t)copied;
		move_on(&place, (size_t)copied);
		if (place.index % BALANCE_PAGES == 0)
			cache_balance();
	}
	if (done && object->ops->dirtied)
		object->ops->dirtied(object);
	cache_balance();
	return done ? (long)done : copied;
}

static __always_inline long write_by(const struct mover *mover, struct vm_object *object, u64 pos,
				     const char *data, size_t size)
{
	struct place place = place_of(pos);
	size_t done = 0;

	if (size == 0)
		return 0;
	if (unlikely((u32)(pos >> 32) >= object->plain_below)) {
		if (pos >= VM_OBJECT_MAX)
			return -EFBIG;
		if (size > VM_OBJECT_MAX - pos)
			size = (size_t)(VM_OBJECT_MAX - pos);
		if (object->ops)
			return write_disk(mover, object, pos, data, size);
	}
	while (done < size) {
		size_t part = min(size - done, PAGE_SIZE - place.offset);
		long copied = copy_in(mover->fast, object, place, data + done, part);

		if (unlikely(copied <= 0)) {
			if (copied == 0)
				copied = write_slowly(mover, object, place, data + done, part);
			if (copied < 0)
				return done ? (long)done : copied;
		}
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
