/* SPDX-License-Identifier: MIT */
#include <mm/page_alloc.h>
#include <vm/user_page.h>
#include <vm/zero_page.h>

unsigned long zero_pfn __ro_after_init;
struct page *zero_frame __ro_after_init;
pte_t zero_pte __ro_after_init;
pteval_t user_pte_bases[AREA_PROT + 1] __ro_after_init;

void __init zero_page_init(void)
{
	for (u32 rights = 0; rights <= AREA_PROT; rights++)
		user_pte_bases[rights] = pte_user(0, rights & AREA_WRITE, rights & AREA_EXEC).val -
					 (pteval_t)(unsigned long)mem_map * FRAME_SCALE;
	zero_frame = alloc_page(GFP_HIGHUSER | __GFP_ZERO | __GFP_NOFAIL);
	zero_pfn = page_to_pfn(zero_frame);
	zero_pte = pte_user(zero_pfn, false, false);
}
