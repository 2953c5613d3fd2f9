/* SPDX-License-Identifier: MIT */
#include <mm/page_alloc.h>
#include <vm/zero_page.h>

unsigned long zero_pfn __ro_after_init;

void __init zero_page_init(void)
{
	zero_pfn = page_to_pfn(alloc_page(GFP_HIGHUSER | __GFP_ZERO | __GFP_NOFAIL));
}
