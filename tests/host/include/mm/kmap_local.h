/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/string.h>
#include <mm/page.h>

/* The host's version of <mm/kmap_local.h>: each test defines how a page is mapped. */

void *kmap_local_page(const struct page *page);
void kunmap_local(const void *addr);

static inline void clear_highpage(struct page *page)
{
	void *addr = kmap_local_page(page);

	memset(addr, 0, PAGE_SIZE);
	kunmap_local(addr);
}
