/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/page.h>

/*
 * Patterns in pages. Each word of a page depends on the frame number. So a page that is the same
 * memory as another one is noticed, whichever address bits were lost on the way.
 */

/**
 * touch_limit_pages() - how much memory tests may write to
 *
 * The boot parameter touch_limit=nn[KMG] lets a guest with more RAM than its host run the tests,
 * because the tests do not touch all of it.
 *
 * Context: any.
 * Return: the limit in pages; ULONG_MAX without the parameter.
 */
unsigned long touch_limit_pages(void);

/**
 * touch_write() - fill a page with its pattern
 * @page: any page that the caller owns
 * @salt: distinguishes several patterns of one page
 *
 * Context: one slot of kmap_local_page() must be free.
 */
void touch_write(const struct page *page, u32 salt);

/**
 * touch_check() - check that a page has its pattern
 * @page: as for touch_write()
 * @salt: as for touch_write()
 *
 * If not, the current test fails with the place and the values of the first wrong word.
 *
 * Context: one slot of kmap_local_page() must be free.
 * Return: false if the pattern is damaged.
 */
bool touch_check(const struct page *page, u32 salt);
