/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/compiler.h>

/*
 * Linker sets. A set is an array of records that the linker collects from all files. The file that
 * owns a test, a prompt command or a boot parameter defines its record, and there is no central
 * table. linker.ld names each set, and puts its records between __start_<set> and __stop_<set>.
 *
 * A set is also a hook with any number of takers: a lower layer walks the records, and higher
 * layers define them. docs/layers.md has a list of all hooks.
 *
 * The records of one set have one type. In most sets their order means nothing. In a ranked set
 * each record has a rank of its own, and a smaller rank is earlier. The linker sorts such records
 * by the names of their sections, so a walk costs no more.
 */

/* Makes an object a record of a linker set. */
#define LINKER_SET(set) __attribute__((used, section(#set), aligned(4)))

/* The same for a ranked set. Each macro that defines such records also needs ASSERT_RANK(). */
#define LINKER_SET_RANKED(set, rank) LINKER_SET(set##_##rank)

/* Ranks are sorted as text. So all have the same number of digits, and none begins with a 0. */
#define ASSERT_RANK(rank)                                               \
	_Static_assert(sizeof(#rank) == sizeof("999") && (rank) >= 100, \
		       "a rank is a number from 100 to 999, written with three digits")

/*
 * Walks the records of a set. `record` is a variable, a pointer to a const record. The borders are
 * weak: a program for the host may have no record of the set, and then there are no borders.
 */
#define for_each_in_set(record, set)                              \
	for ((record) = linker_set_border(record, __start_##set); \
	     (record) < linker_set_border(record, __stop_##set); (record)++)

#define linker_set_border(record, border)                     \
	({                                                    \
		extern __typeof__(*(record)) border[] __weak; \
		border;                                       \
	})
