/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Integer types, and the few macros that every file needs. The kernel has no C library. So only
 * those headers are included that every freestanding compiler has (ISO C11, 4, paragraph 6). The
 * host tests use the same file.
 */

#include <lib/compiler.h>
#include <lib/limits.h>

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * On some hosts uint64_t is a long. u64 is a long long everywhere, so %llx prints it without a
 * cast.
 */
typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef unsigned long long u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef long long s64;

/*
 * A physical address. It has 64 bits in both paging modes, so that a kernel without PAE can report
 * memory that its page tables cannot name.
 */
typedef u64 phys_addr_t;
#define PHYS_ADDR_MAX (~(phys_addr_t)0)

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Rounding to multiples of `a`, a power of two. The result has the type of `x`. */
#define ALIGN_DOWN(x, a) ((x) & ~((__typeof__(x))(a)-1))
#define ALIGN_UP(x, a)   ALIGN_DOWN((x) + ((__typeof__(x))(a)-1), a)
#define IS_ALIGNED(x, a) (((x) & ((__typeof__(x))(a)-1)) == 0)

#define min(a, b)                                  \
	({                                         \
		__typeof__(a) _min_a = (a);        \
		__typeof__(b) _min_b = (b);        \
		_min_a < _min_b ? _min_a : _min_b; \
	})
#define max(a, b)                                  \
	({                                         \
		__typeof__(a) _max_a = (a);        \
		__typeof__(b) _max_b = (b);        \
		_max_a > _max_b ? _max_a : _max_b; \
	})

/* The structure of type `type` that contains `member`, to which `ptr` points. */
#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

/* A function such as printk() or console_printf(), which a report gets as its destination. */
typedef int printf_fn(const char *fmt, ...) __printf(1, 2);

#define SZ_1K 0x400ul
#define SZ_4K 0x1000ul
#define SZ_1M 0x100000ul
#define SZ_2M 0x200000ul
#define SZ_4M 0x400000ul
#define SZ_8M 0x800000ul
#define SZ_1G 0x40000000ul
#define SZ_4G 0x100000000ull
