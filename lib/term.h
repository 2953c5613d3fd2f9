/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Sizes that can be different in each term of a course, so that the right answers of one term are
 * wrong in the next. A file term.mk in the root of the tree sets them, for example
 *
 *	CFLAGS_TERM := -DTERM_MAX_ORDER=9 -DTERM_PKMAP_SLOTS=256 -DTERM_KMAP_LOCAL_DEPTH=20
 *
 * tools/lab/term.py writes that file. The kernel, its self-tests and the host tests work with all
 * values in the limits below.
 */

/* The order of the largest block of pages: 8 to 11. */
#ifndef TERM_MAX_ORDER
#define TERM_MAX_ORDER 10
#endif

/* Slots of kmap(), a power of two: 128, 256 or 512; 0 means a whole page table of them. */
#ifndef TERM_PKMAP_SLOTS
#define TERM_PKMAP_SLOTS 0
#endif

/* Slots of kmap_local_page() on each CPU: 16 to 24. */
#ifndef TERM_KMAP_LOCAL_DEPTH
#define TERM_KMAP_LOCAL_DEPTH 16
#endif

_Static_assert(TERM_MAX_ORDER >= 8 && TERM_MAX_ORDER <= 11, "TERM_MAX_ORDER: 8 to 11");
_Static_assert(TERM_PKMAP_SLOTS == 0 || TERM_PKMAP_SLOTS == 128 || TERM_PKMAP_SLOTS == 256 ||
		       TERM_PKMAP_SLOTS == 512,
	       "TERM_PKMAP_SLOTS: 0, 128, 256 or 512");
_Static_assert(TERM_KMAP_LOCAL_DEPTH >= 16 && TERM_KMAP_LOCAL_DEPTH <= 24,
	       "TERM_KMAP_LOCAL_DEPTH: 16 to 24");
