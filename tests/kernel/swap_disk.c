/* SPDX-License-Identifier: MIT */
#include <mm/kvmalloc.h>
#include <tests/kernel/ktest.h>
#include <tests/kernel/swap_disk.h>
#include <vm/area.h>
#include <vm/swap.h>

struct cache_disk *swap_disk_make(void)
{
	struct swap_source source = {
		.name = "test", .nr_pages = SWAP_DISK_SLOTS + 1, .nr_extents = 1, .priority = 30000
	};
	struct cache_disk *disk = cache_disk_make(4096, 0, 0);

	source.extents = kvmalloc(sizeof(*source.extents), GFP_KERNEL);
	if (!disk || !source.extents)
		return NULL;
	*source.extents = (struct swap_extent){ 0, SWAP_DISK_SLOTS + 1, 0 };
	source.device = &disk->device;
	source.key = disk;
	return swap_area_add(&source) == 0 ? disk : NULL;
}

struct mm *swap_disk_space(unsigned long pages)
{
	struct mm *mm = mm_create();

	if (mm)
		EXPECT_EQ(vm_mmap(mm, SWAP_DISK_AT, pages * PAGE_SIZE, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, NULL, 0, false),
			  SWAP_DISK_AT);
	return mm;
}
