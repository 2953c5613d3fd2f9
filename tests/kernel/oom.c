/* SPDX-License-Identifier: MIT */
#include <fs/file.h>
#include <fs/pipe.h>
#include <kernel/proc_file.h>
#include <lib/limits.h>
#include <lib/string.h>
#include <mm/kmem_account.h>
#include <mm/kmem_cache.h>
#include <mm/mmzone.h>
#include <mm/shrinker.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>
#include <mm/vmap_area.h>
#include <process/oom.h>
#include <tests/kernel/ktest.h>

/* Memory that the kernel gives back, and charged processes. tests/user/oom.c has the rest. */

static char bytes[PAGE_SIZE];

/* Pages of a pipe that was filled, in low memory and in high memory. */
static u32 pages_of(const struct kmem_account *account, u32 before)
{
	return (account->low - before) / PAGE_SIZE + account->high;
}

KTEST(oom, a_pipe_is_charged_until_it_is_gone)
{
	struct kmem_account account = { .low = 1 }, *old = current->account;
	struct file *ends[2];
	u32 empty, full;
	int error;

	current->account = &account;
	error = pipe_create(ends, 0);
	current->account = old;
	KTEST_REQUIRE(!error);
	empty = account.low;
	EXPECT(empty > 1);
	for (u32 i = 0; i < 3; i++)
		EXPECT_EQ(pipe_write(ends[1], bytes, sizeof(bytes)), sizeof(bytes));
	EXPECT_EQ(pages_of(&account, empty), 3);
	EXPECT_EQ(account.high, totalhigh_pages() > 64 ? 2 : account.high);
	full = account.low;
	file_put(ends[0]);
	EXPECT_EQ(account.low, full - sizeof(struct file));
	file_put(ends[1]);
	EXPECT_EQ(account.low, 1);
	EXPECT_EQ(account.high, 0);
}

KTEST(oom, points_follow_pages_and_wishes)
{
	EXPECT_EQ(oom_points(500, 0, 100000), 500);
	EXPECT_EQ(oom_points(500, 20, 100000), 2500);
	EXPECT_EQ(oom_points(500, -999, 100000), -99400);
	EXPECT_EQ(oom_points(500, -1000, 100000), LONG_MIN);
	/* 64 GiB. */
	EXPECT_EQ(oom_points(1u << 24, 1000, 1u << 24), (1 << 24) + 16777 * 1000);
}

KTEST(shrinkers, empty_slabs_and_retired_ranges_become_free)
{
	struct kmem_cache *cache = kmem_cache_create("shrunk", 500, 0, 0, NULL);
	unsigned long free_before, freed;
	void *object, *range;

	KTEST_REQUIRE(cache);
	object = kmem_cache_alloc(cache, GFP_KERNEL);
	range = vmalloc(2 * PAGE_SIZE);
	KTEST_REQUIRE(object && range);
	EXPECT_EQ(shrink_caches(1, GFP_NOWAIT), 0);
	shrink_caches(1, GFP_KERNEL);
	EXPECT(cache->nr_slabs);
	kmem_cache_free(cache, object);
	vfree(range);
	free_before = nr_free_pages();
	freed = shrink_caches(1, GFP_KERNEL);
	EXPECT_EQ(cache->nr_slabs, 0);
	EXPECT_EQ(vm_lazy_pages(), 0);
	EXPECT(freed && nr_free_pages() > free_before);
	kmem_cache_destroy(cache);
}

static const struct shrinker *shrinker_named(const char *name)
{
	const struct shrinker *shrinker;

	for_each_in_set(shrinker, shrinkers)
		if (strcmp(shrinker->name, name) == 0)
			return shrinker;
	return NULL;
}

KTEST(shrinkers, names_go_unless_they_are_in_use)
{
	const struct shrinker *names = shrinker_named("names of files");
	struct file *file, *again;
	unsigned long before;
	int error;

	KTEST_REQUIRE(names);
	/* The names that remain are in use; others have no second chance any more. */
	names->scan(ULONG_MAX);
	before = names->count();
	file = file_open("/proc/meminfo", O_RDONLY, 0, &error);
	if (!file)
		return ktest_skip("/proc is not mounted");
	/* The second lookup gives the name a second chance. */
	again = file_open("/proc/meminfo", O_RDONLY, 0, &error);
	if (again)
		file_put(again);
	names->scan(ULONG_MAX);
	EXPECT(names->count() > before);
	file_put(file);
	names->scan(ULONG_MAX);
	EXPECT_EQ(names->count(), before);
}

static const struct proc_file *proc_file_named(const char *name)
{
	const struct proc_file *file;

	for_each_in_set(file, proc_files)
		if (!strcmp(file->name, name))
			return file;
	return NULL;
}

KTEST(shrinkers, drop_caches_frees_names_of_files)
{
	const struct proc_file *drop_caches = proc_file_named("sys/vm/drop_caches");
	const struct shrinker *names = shrinker_named("names of files");
	struct file *file;
	unsigned long before;
	int error;

	KTEST_REQUIRE(names && drop_caches);
	names->scan(ULONG_MAX);
	before = names->count();
	file = file_open("/proc/meminfo", O_RDONLY, 0, &error);
	if (!file)
		return ktest_skip("/proc is not mounted");
	file_put(file);
	EXPECT(names->count() > before);
	/* The number 1 drops pages of files only. */
	EXPECT_EQ(drop_caches->write(1), 0);
	EXPECT(names->count() > before);
	EXPECT_EQ(drop_caches->write(2), 0);
	EXPECT_EQ(names->count(), before);
	EXPECT_EQ(drop_caches->write(0), -EINVAL);
	EXPECT_EQ(drop_caches->write(4), -EINVAL);
}
