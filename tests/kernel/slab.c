/* SPDX-License-Identifier: MIT */
#include <asm/cpus.h>
#include <asm/irqflags.h>
#include <init/params.h>
#include <kernel/cpu_call.h>
#include <kernel/panic.h>
#include <lib/random.h>
#include <lib/string.h>
#include <mm/kmalloc.h>
#include <mm/page_alloc.h>
#include <mm/slab_fast.h>
#include <tests/helpers/free_lists.h>
#include <tests/kernel/ktest.h>
#include <tests/kernel/step.h>
#include <thread/thread.h>

/*
 * Caches and kmalloc(). Each test frees what it allocated. To compare the free pages before and
 * after, the tests first have the caches return their free slabs to the page allocator.
 */

/* First frees the stacks of ended threads, whose descriptors are objects. */
static unsigned long objects_in_use(void)
{
	ktest_settle();
	return slab_objects_in_use();
}

static void check_all(void)
{
	for (unsigned int number = 1; number < NR_KMEM_CACHES; number++)
		if (kmem_caches[number])
			EXPECT(slab_check(kmem_caches[number]) == NULL);
}

/* --- kmalloc ---------------------------------------------------------------------------------- */

KTEST(slab, every_size_is_served)
{
	unsigned long before = objects_in_use();

	for (size_t size = 1; size <= 3 * KMALLOC_MAX_CACHE_SIZE; size += 1 + size / 64) {
		u8 *a = kmalloc(size, GFP_KERNEL), *b = kmalloc(size, GFP_KERNEL);

		KTEST_REQUIRE(a && b);
		memset(a, 0x11, size);
		memset(b, 0x22, size);
		EXPECT(a[0] == 0x11 && a[size - 1] == 0x11);
		EXPECT(ksize(a) >= size);
		EXPECT(IS_ALIGNED((unsigned long)a, 8ul));
		kfree(a);
		EXPECT(b[0] == 0x22 && b[size - 1] == 0x22);
		kfree(b);
	}
	EXPECT_EQ(objects_in_use(), before);
	check_all();
}

/* 1 MiB, or less on a machine of a few MiB, which may have no free block of that size. */
static size_t large_size(void)
{
	return min(SZ_1M, nr_managed_pages() / 8 * PAGE_SIZE);
}

KTEST(slab, powers_of_two_are_aligned_to_themselves)
{
	for (size_t size = 8; size <= large_size(); size *= 2) {
		void *object = kmalloc(size, GFP_KERNEL);

		KTEST_REQUIRE(object);
		EXPECT(IS_ALIGNED((unsigned long)object, size));
		kfree(object);
	}
}

static bool is_filled(const u8 *bytes, size_t size, u8 with)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i] != with)
			return false;
	return true;
}

KTEST(slab, zeroed_memory_is_zero)
{
	for (size_t size = 1; size < large_size(); size = size * 3 + 1) {
		u8 *dirty = kmalloc(size, GFP_KERNEL), *clean;

		KTEST_REQUIRE(dirty);
		memset(dirty, 0xff, size);
		kfree(dirty);
		clean = kzalloc(size, GFP_KERNEL);
		KTEST_REQUIRE(clean);
		EXPECT(is_filled(clean, size, 0));
		kfree(clean);
	}
}

KTEST(slab, sizes_that_cannot_be)
{
	volatile size_t huge = ~(size_t)0, half = huge / 2 + 1;

	ktest_expect_warnings(2);
	EXPECT(kmalloc(huge, GFP_KERNEL) == NULL);
	EXPECT(kmalloc(KMALLOC_MAX_SIZE + 1, GFP_KERNEL) == NULL);
	EXPECT(kmalloc_array(half, 2, GFP_KERNEL) == NULL);
	EXPECT(kcalloc(huge, huge, GFP_KERNEL) == NULL);
	EXPECT(krealloc_array(NULL, half, 3, GFP_KERNEL) == NULL);
	EXPECT(kmalloc(0, GFP_KERNEL) == ZERO_SIZE_PTR);
	EXPECT_EQ(ksize(ZERO_SIZE_PTR), 0);
	EXPECT_EQ(ksize(NULL), 0);
	kfree(ZERO_SIZE_PTR);
	kfree(NULL);
}

KTEST(slab, data_may_look_like_the_mark_of_a_free_object)
{
	u32 *object = kmalloc(64, GFP_KERNEL), *other;
	unsigned long flags;

	KTEST_REQUIRE(object);
	object[1] = FREE_MARK;
	kfree(object);
	other = kmalloc(64, GFP_KERNEL);
	KTEST_REQUIRE(other);
	other[1] = FREE_MARK;
	/* With interrupts off, no other CPU can be called. */
	flags = local_irq_save();
	kfree(other);
	local_irq_restore(flags);
	check_all();
}

KTEST(slab, a_request_cannot_choose_the_zone_of_an_object)
{
	struct kmem_cache *cache = kmem_cache_create("test", 64, 0, 0, NULL);

	KTEST_REQUIRE(cache);
	ktest_expect_warnings(3);
	for (int i = 0; i < 3; i++) {
		u32 *object = kmem_cache_alloc(cache, GFP_HIGHUSER);

		KTEST_REQUIRE(object);
		EXPECT(!page_is_highmem(virt_to_page(object)));
		*object = 1;
		kmem_cache_free(cache, object);
	}
	kmem_cache_destroy(cache);
}

KTEST(slab, krealloc_keeps_what_was_there)
{
	u8 *bytes = krealloc(NULL, 5, GFP_KERNEL);

	KTEST_REQUIRE(bytes);
	memset(bytes, 0x77, 5);
	for (size_t size = 6; size < 200000; size = size * 2 + 3) {
		bytes = krealloc(bytes, size, GFP_KERNEL);
		KTEST_REQUIRE(bytes);
		EXPECT(is_filled(bytes, 5, 0x77));
		memset(bytes + 5, 0x33, size - 5);
	}
	EXPECT(krealloc(bytes, 3, GFP_KERNEL) == bytes);
	EXPECT(krealloc(bytes, 0, GFP_KERNEL) == ZERO_SIZE_PTR);
	bytes = krealloc_array(NULL, 3, 7, GFP_KERNEL | __GFP_ZERO);
	KTEST_REQUIRE(bytes);
	EXPECT(is_filled(bytes, 21, 0));
	kfree(bytes);
}

KTEST(slab, kstrdup_copies)
{
	char *copy = kstrdup("a string", GFP_KERNEL);

	KTEST_REQUIRE(copy);
	EXPECT_STREQ(copy, "a string");
	kfree(copy);
	EXPECT(kstrdup(NULL, GFP_KERNEL) == NULL);
}

KTEST(slab, dma_memory_is_where_isa_reaches_it)
{
	u8 *object = kmalloc(100, GFP_KERNEL | GFP_DMA);
	struct kmem_cache *cache = kmem_cache_create("test-dma", 100, 0, SLAB_CACHE_DMA, NULL);

	KTEST_REQUIRE(object && cache);
	EXPECT(__pa(object) + 100 <= 16 << 20);
	kfree(object);
	object = kmem_cache_alloc(cache, GFP_KERNEL);
	KTEST_REQUIRE(object);
	EXPECT(__pa(object) + 100 <= 16 << 20);
	kmem_cache_free(cache, object);
	kmem_cache_destroy(cache);
}

/* --- caches ----------------------------------------------------------------------------------- */

#define CONSTRUCTED 0xc0ffee11u

static unsigned int constructions;

static void construct(void *object)
{
	constructions++;
	*(u32 *)object = CONSTRUCTED;
}

KTEST(slab, objects_stay_constructed)
{
	struct kmem_cache *cache = kmem_cache_create("test-ctor", 20, 0, 0, construct);
	u32 *objects[64];
	unsigned int once;

	KTEST_REQUIRE(cache);
	constructions = 0;
	for (unsigned int round = 0; round < 3; round++) {
		for (unsigned int i = 0; i < ARRAY_SIZE(objects); i++) {
			objects[i] = kmem_cache_alloc(cache, GFP_KERNEL);
			KTEST_REQUIRE(objects[i]);
			EXPECT_EQ(*objects[i], CONSTRUCTED);
			objects[i][1] = i;
		}
		once = round == 0 ? constructions : once;
		for (unsigned int i = 0; i < ARRAY_SIZE(objects); i++)
			kmem_cache_free(cache, objects[i]);
	}
	EXPECT(once >= ARRAY_SIZE(objects));
	EXPECT_EQ(constructions, once);
	EXPECT(slab_check(cache) == NULL);
	kmem_cache_destroy(cache);
}

KTEST(slab, alignment_is_kept)
{
	for (size_t align = 1; align <= 4096; align *= 2) {
		struct kmem_cache *cache = kmem_cache_create("test-align", 24, align, 0, NULL);
		void *objects[8];

		KTEST_REQUIRE(cache);
		for (unsigned int i = 0; i < ARRAY_SIZE(objects); i++) {
			objects[i] = kmem_cache_alloc(cache, GFP_KERNEL);
			EXPECT(objects[i] && IS_ALIGNED((unsigned long)objects[i], align));
		}
		for (unsigned int i = 0; i < ARRAY_SIZE(objects); i++)
			kmem_cache_free(cache, objects[i]);
		kmem_cache_destroy(cache);
	}
}

KTEST(slab, caches_that_cannot_be)
{
	EXPECT(kmem_cache_create("", 8, 0, 0, NULL) == NULL);
	EXPECT(kmem_cache_create("test", 0, 0, 0, NULL) == NULL);
	EXPECT(kmem_cache_create("test", 16385, 0, 0, NULL) == NULL);
	EXPECT(kmem_cache_create("test", 8, 24, 0, NULL) == NULL);
	EXPECT(kmem_cache_create("test", 8, 65536, 0, NULL) == NULL);
	kmem_cache_destroy(NULL);
}

KTEST(slab, all_numbers_of_caches_can_be_used)
{
	static struct kmem_cache *caches[NR_KMEM_CACHES];
	unsigned int nr = 0;

	while (nr < NR_KMEM_CACHES && (caches[nr] = kmem_cache_create("test-many", 8, 0, 0, NULL)))
		nr++;
	EXPECT(nr >= 64 && nr < NR_KMEM_CACHES);
	while (nr)
		kmem_cache_destroy(caches[--nr]);
}

KTEST(slab, destroying_a_cache_with_objects_in_use_warns)
{
	struct kmem_cache *cache = kmem_cache_create("test-leak", 100, 0, 0, NULL);
	void *object;

	KTEST_REQUIRE(cache);
	object = kmem_cache_alloc(cache, GFP_KERNEL);
	ktest_expect_warnings(1);
	kmem_cache_destroy(cache);
	kmem_cache_free(cache, object);
	kmem_cache_destroy(cache);
}

/* Allocates and frees more objects than a slab or the lists of a CPU can hold. */
KTEST(slab, pages_come_back)
{
	struct kmem_cache *cache = kmem_cache_create("test-pages", 200, 0, 0, NULL);
	static void *objects[2000];
	struct free_picture before;

	KTEST_REQUIRE(cache);
	before = free_picture_take();
	for (unsigned int stride = 1; stride <= 7; stride++) {
		for (unsigned int i = 0; i < ARRAY_SIZE(objects); i++)
			objects[i] = kmem_cache_alloc(cache, GFP_KERNEL);
		EXPECT_EQ(slab_objects_of(cache), ARRAY_SIZE(objects));
		EXPECT(slab_check(cache) == NULL);
		for (unsigned int first = 0; first < stride; first++)
			for (unsigned int i = first; i < ARRAY_SIZE(objects); i += stride)
				kmem_cache_free(cache, objects[i]);
		EXPECT_EQ(slab_objects_of(cache), 0);
		EXPECT(slab_check(cache) == NULL);
	}
	kmem_cache_shrink(cache);
	EXPECT_EQ(cache->nr_slabs, 0);
	free_picture_expect(&before);
	kmem_cache_destroy(cache);
}

/* --- all CPUs and interrupts ------------------------------------------------------------------ */

#define NR_SHARED 256
#define ROUNDS    4000u

/* The second word of each object is the first one with these bits inverted. */
#define CHECK_BITS 0x5a5a5a5au

/* All threads exchange objects through these slots, so most objects are freed by another CPU. */
static u32 *shared[NR_SHARED];

static void check_and_free(u32 *object)
{
	if (!object)
		return;
	EXPECT_EQ(object[1], object[0] ^ CHECK_BITS);
	kfree(object);
}

static int exchange_objects(void *arg)
{
	struct random random;

	random_seed(&random, boot_seed() + (u32)(unsigned long)arg);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		u32 *object = kmalloc(8 + random_below(&random, 500), GFP_KERNEL);
		unsigned int slot = random_below(&random, NR_SHARED);

		if (object) {
			object[0] = random_next(&random);
			object[1] = object[0] ^ CHECK_BITS;
		}
		check_and_free(__atomic_exchange_n(&shared[slot], object, __ATOMIC_ACQ_REL));
	}
	return 0;
}

/* Does the same in an interrupt. */
static void exchange_in_interrupt(void *unused)
{
	u32 *object = kmalloc(64, GFP_ATOMIC);

	if (object) {
		object[0] = 1;
		object[1] = object[0] ^ CHECK_BITS;
	}
	check_and_free(__atomic_exchange_n(&shared[smp_processor_id()], object, __ATOMIC_ACQ_REL));
}

KTEST(slab, objects_are_freed_by_other_cpus)
{
	struct thread *threads[8];
	unsigned int nr = min(num_online_cpus() + 1, (unsigned int)ARRAY_SIZE(threads));
	unsigned long before = objects_in_use();

	ktest_info("seed=%u", boot_seed());
	for (unsigned int i = 0; i < nr; i++) {
		threads[i] =
			kthread_run(exchange_objects, (void *)(unsigned long)(i + 1), "slab/%u", i);
		KTEST_REQUIRE(threads[i]);
	}
	for (unsigned int i = 0; i < 50; i++) {
		on_each_cpu(exchange_in_interrupt, NULL, true);
		sched_yield();
	}
	for (unsigned int i = 0; i < nr; i++)
		kthread_join(threads[i]);
	for (unsigned int i = 0; i < NR_SHARED; i++) {
		check_and_free(shared[i]);
		shared[i] = NULL;
	}
	EXPECT_EQ(objects_in_use(), before);
	check_all();
}

/* --- a reader on another CPU ------------------------------------------------------------------ */

static struct {
	struct kmem_cache *cache;
	void *objects[20];
	volatile unsigned int nr; /* objects that are allocated */
	unsigned int too_few;
} watched;

static void allocate_watched(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(watched.objects); i++) {
		watched.objects[i] = kmem_cache_alloc(watched.cache, GFP_ATOMIC);
		watched.nr = i + 1;
	}
}

static void count_watched(void)
{
	watched.too_few += slab_objects_of(watched.cache) < watched.nr;
}

/* The lists of the CPU run empty on the way. Allocation moves no object from hot to cold. */
KTEST(slab, objects_may_be_counted_at_any_time)
{
	watched.cache = kmem_cache_create("test-watched", 2048, 0, 0, NULL);
	KTEST_REQUIRE(watched.cache);
	watched.nr = watched.too_few = 0;
	step_through(allocate_watched, count_watched, CPU);
	EXPECT_EQ(watched.too_few, 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(watched.objects); i++)
		kmem_cache_free(watched.cache, watched.objects[i]);
	kmem_cache_destroy(watched.cache);
}
