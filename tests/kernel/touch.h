/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/page.h>

/*
 * Writing patterns into pages and reading them back. Every word of a page depends on the frame
 * number, so a page that is found where another was written is noticed, whichever address lines were
 * lost on the way.
 */

/**
 * touch_limit_pages() - how much memory tests may write to
 *
 * The boot parameter touch_limit=nn[KMG]: a guest with more RAM than its host can run the tests as long as
 * it does not touch all of it.
 *
 * Return: pages; ULONG_MAX without the parameter.
 */
unsigned long touch_limit_pages(void);

/**
 * touch_write() - fill a page with its pattern
 * @page: any page, owned by the caller
 * @salt: tells patterns of the same page apart
 *
 * Context: one slot of kmap_local_page() is free.
 */
void touch_write(const struct page *page, u32 salt);

/**
 * touch_check() - is the pattern still there?
 * @page: as given to touch_write()
 * @salt: likewise
 *
 * The running test fails, with place and values of the first wrong word, if it is not.
 * Return: false if it is not.
 */
bool touch_check(const struct page *page, u32 salt);
