/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The limits of the integer types (ISO C11, 5.2.4.2.1). A compiler's own <limits.h> is no help
 * here: gcc's includes that of the C library, and a kernel is built where there is none. So the
 * values are made from the macros that gcc and clang predefine. A host test gets those of its libc,
 * which are the same.
 */
#if __STDC_HOSTED__
#include <limits.h>
#else
#define CHAR_BIT   __CHAR_BIT__
#define SHRT_MAX   __SHRT_MAX__
#define SHRT_MIN   (-SHRT_MAX - 1)
#define USHRT_MAX  (SHRT_MAX * 2 + 1)
#define INT_MAX    __INT_MAX__
#define INT_MIN    (-INT_MAX - 1)
#define UINT_MAX   (INT_MAX * 2u + 1u)
#define LONG_MAX   __LONG_MAX__
#define LONG_MIN   (-LONG_MAX - 1l)
#define ULONG_MAX  (LONG_MAX * 2ul + 1ul)
#define LLONG_MAX  __LONG_LONG_MAX__
#define LLONG_MIN  (-LLONG_MAX - 1ll)
#define ULLONG_MAX (LLONG_MAX * 2ull + 1ull)
#endif
