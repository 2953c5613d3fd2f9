/* SPDX-License-Identifier: MIT */
#include <asm/setup.h>
#include <init/modules.h>
#include <lib/crc32.h>
#include <lib/string.h>
#include <mm/kmap_local.h>
#include <mm/memblock.h>
#include <mm/page_alloc.h>
#include <tests/kernel/ktest.h>

/*
 * Boot modules stay unchanged. The test runner checks that from outside: it knows the files, and
 * compares their checksums with those that the `modules` command prints after all memory was
 * written.
 */

KTEST(modules, the_checksum_is_the_standard_one)
{
	EXPECT_EQ(crc32(0, "123456789", 9), 0xcbf43926);
	EXPECT_EQ(crc32(crc32(0, "1234", 4), "56789", 5), 0xcbf43926);
	EXPECT_EQ(crc32(0, "", 0), 0);
}

KTEST(modules, every_page_is_reserved)
{
	if (boot_record.nr_modules == 0) {
		ktest_skip("the loader gave no modules");
		return;
	}
	for (u32 i = 0; i < boot_record.nr_modules; i++) {
		const struct boot_module *module = &boot_record.modules[i];

		for (u32 pfn = PFN_DOWN(module->start);
		     module->start != module->end && pfn < PFN_UP(module->end); pfn++)
			EXPECT_EQ(page_state(pfn_to_page(pfn)), PAGE_RESERVED);
	}
}

/* Writes a different content to every free page. */
KTEST(modules, they_survive_the_use_of_all_lowmem)
{
	u32 before[BOOT_MAX_MODULES], list = PFN_NONE;
	struct page *page;

	if (boot_record.nr_modules == 0) {
		ktest_skip("the loader gave no modules");
		return;
	}
	for (u32 i = 0; i < boot_record.nr_modules; i++)
		before[i] = module_checksum(&boot_record.modules[i]);
	while ((page = alloc_page(GFP_KERNEL | __GFP_NOWARN))) {
		memset(lowmem_page_address(page), 0x5a, PAGE_SIZE);
		page->a = list;
		list = (u32)page_to_pfn(page);
	}
	while (list != PFN_NONE) {
		page = pfn_to_page(list);
		list = page->a;
		__free_page(page);
	}
	for (u32 i = 0; i < boot_record.nr_modules; i++)
		EXPECT_EQ(module_checksum(&boot_record.modules[i]), before[i]);
}
