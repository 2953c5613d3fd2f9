/* SPDX-License-Identifier: MIT */
#include <asm/page.h>
#include <asm/sections.h>
#include <asm/set_memory.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <lib/string.h>
#include <mm/handover.h>
#include <mm/initmem.h>

/*
 * The end of boot: memory of the kernel image that only booting needed becomes free, and data
 * that only booting writes becomes read-only. linker.ld puts each part on pages of its own:
 *
 *	text   init text   rodata   ro_after_init | data   init data   bss   init bss
 *	       freed                read-only              freed             freed
 */

/* Fills freed code: an instruction that raises a breakpoint exception. */
#define INT3 0xcc

static unsigned long pages_between(const char *start, const char *end)
{
	return (unsigned long)(end - start) >> PAGE_SHIFT;
}

static unsigned long free_part(char *start, char *end)
{
	unsigned long pages = pages_between(start, end);

	if (set_memory_nx((unsigned long)start, pages) != 0 ||
	    set_memory_rw((unsigned long)start, pages) != 0)
		panic("init memory at %p: its pages cannot be made writable and non-executable",
		      start);
	memset(start, INT3, pages << PAGE_SHIFT);
	memblock_free_late(__pa(start), (phys_addr_t)pages << PAGE_SHIFT);
	return pages;
}

void free_initmem(void)
{
	unsigned long pages = pages_between(ro_after_init_start, ro_after_init_end);

	if (set_memory_ro((unsigned long)ro_after_init_start, pages) != 0)
		panic("__ro_after_init data at %p: its pages cannot be made read-only",
		      ro_after_init_start);
	pr_info("Write protecting the kernel read-only data: %luk\n",
		(pages + pages_between(rodata_start, rodata_end + PAGE_SIZE - 1))
			<< (PAGE_SHIFT - 10));
	pages = free_part(init_text_start, init_text_end + PAGE_SIZE - 1);
	pages += free_part(init_data_start, init_data_end);
	pages += free_part(init_bss_start, init_bss_end);
	pr_info("Freeing unused kernel image (initmem) memory: %luK\n", pages << (PAGE_SHIFT - 10));
}
