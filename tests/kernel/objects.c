/* SPDX-License-Identifier: MIT */
#include <lib/errno.h>
#include <mm/kmap_local.h>
#include <mm/page_alloc.h>
#include <tests/kernel/ktest.h>
#include <vm/object.h>

/* Objects: pages by index, and the bytes of a file. */

#define FAR ((u64)1 << 40)

static char bytes[64];

/* Counts the bytes from @pos on that have a value. */
static unsigned int count(struct vm_object *object, u64 pos, char value)
{
	unsigned int found = 0;

	memset(bytes, 0x5a, sizeof(bytes));
	EXPECT_EQ(vm_object_read(object, pos, bytes, sizeof(bytes)), sizeof(bytes));
	for (unsigned int i = 0; i < sizeof(bytes); i++)
		found += bytes[i] == value;
	return found;
}

static void fill(struct vm_object *object, u64 pos, char value)
{
	memset(bytes, value, sizeof(bytes));
	EXPECT_EQ(vm_object_write(object, pos, bytes, sizeof(bytes)), sizeof(bytes));
}

KTEST(objects, a_file_has_holes_and_an_end)
{
	struct vm_object *object = vm_object_create(0);

	KTEST_REQUIRE(object);
	EXPECT_EQ(vm_object_read(object, 0, bytes, 1), 0);
	fill(object, 2 * PAGE_SIZE - 32, 'x');
	EXPECT_EQ(object->nr_pages, 2);
	EXPECT_EQ(object->size, 2 * PAGE_SIZE + 32);
	fill(object, FAR, 'y');
	EXPECT_EQ(object->nr_pages, 3);
	EXPECT_EQ(count(object, 2 * PAGE_SIZE - 32, 'x'), 64);
	EXPECT_EQ(count(object, 2 * PAGE_SIZE, 'x'), 32);
	EXPECT_EQ(count(object, 1024 * PAGE_SIZE - 8, 0), 64);
	EXPECT_EQ(count(object, FAR, 'y'), 64);
	EXPECT_EQ(vm_object_read(object, FAR + 60, bytes, 64), 4);
	EXPECT_EQ(vm_object_read(object, ~(u64)0, bytes, 64), 0);
	EXPECT_EQ(vm_object_write(object, VM_OBJECT_MAX - 2, bytes, 64), 2);
	EXPECT_EQ(vm_object_write(object, VM_OBJECT_MAX, bytes, 1), -EFBIG);
	vm_object_put(object);
}

KTEST(objects, a_shorter_file_forgets_its_end)
{
	struct vm_object *object = vm_object_create(0), *found;
	struct page *page;
	u32 id;

	KTEST_REQUIRE(object);
	id = object->id;
	fill(object, 32, 'x');
	fill(object, PAGE_SIZE, 'x');
	EXPECT_EQ(vm_object_page(object, 2, true, &page), -EINVAL);
	EXPECT_EQ(vm_object_page(object, 1, false, &page), 0);
	EXPECT(page && page->a == object->id);
	EXPECT_EQ(vm_object_truncate(object, 64), 0);
	EXPECT_EQ(object->nr_pages, 1);
	EXPECT(page && !page->a);
	if (page)
		put_page(page);
	EXPECT_EQ(vm_object_truncate(object, 3 * PAGE_SIZE), 0);
	EXPECT_EQ(count(object, 32, 'x'), 32);
	EXPECT_EQ(count(object, PAGE_SIZE, 0), 64);
	found = vm_object_find(id);
	EXPECT(found == object);
	if (found)
		vm_object_put(found);
	vm_object_put(object);
	EXPECT(vm_object_find(id) == NULL);
}
