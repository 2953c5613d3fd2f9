/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The limits of the integer types (ISO C11, 5.2.4.2.1). The compiler's own <limits.h> does not
 * help: that of GCC includes the C library's, and a kernel may be built where there is none. So the
 * values are made from the macros that GCC and Clang predefine. A host test uses its C library's,
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
