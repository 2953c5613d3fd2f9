/* SPDX-License-Identifier: MIT */
#include <asm/acpi.h>
#include <lib/string.h>
#include <mm/ioremap.h>
#include <mm/page.h>
#include <tests/kernel/ktest.h>

/*
 * The firmware's tables are unchanged: the test reads them again through another mapping. The
 * suite's name puts it after the suites that write to all memory.
 */

KTEST(tables, acpi_tables_are_intact)
{
	const struct acpi_table *table;
	unsigned int nr;

	for (nr = 0; (table = acpi_table_at(nr)); nr++) {
		const u32 length = table->header.length;
		const u8 *bytes = ioremap_cache(table->phys, length);
		u8 sum = 0;

		KTEST_REQUIRE(bytes);
		EXPECT(memcmp(bytes, &table->header, sizeof(table->header)) == 0);
		for (u32 i = 0; i < length; i++)
			sum += bytes[i];
		EXPECT_EQ(sum, 0);
		iounmap(bytes);
	}
	if (nr == 0)
		ktest_skip("this machine has no ACPI tables");
}

KTEST(tables, their_memory_is_nobodys)
{
	const struct acpi_table *table;

	for (unsigned int nr = 0; (table = acpi_table_at(nr)); nr++) {
		phys_addr_t last = table->phys + table->header.length - 1;

		for (unsigned long pfn = PFN_DOWN(table->phys); pfn <= PFN_DOWN(last); pfn++)
			EXPECT(!pfn_valid(pfn) || page_state(pfn_to_page(pfn)) == PAGE_RESERVED);
	}
}

KTEST(tables, a_table_is_found_by_its_signature)
{
	const struct acpi_table *first = acpi_table_at(0);
	char signature[5] = "";

	EXPECT(acpi_find_table("none") == NULL);
	if (!first)
		return;
	memcpy(signature, first->header.signature, 4);
	EXPECT(acpi_find_table(signature) == first);
}
