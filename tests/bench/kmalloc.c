/* SPDX-License-Identifier: MIT */
#include <mm/kmalloc.h>
#include <tests/bench/bench.h>

/*
 * An object that is allocated and freed at once. Its size is a constant, as it is for most callers.
 */

#define KMALLOC_KFREE(size)                               \
	BENCH(kmalloc_kfree_##size)                       \
	{                                                 \
		bench_begin(run);                         \
		for (u32 n = run->iters; n; n--)          \
			kfree(kmalloc(size, GFP_KERNEL)); \
		bench_end(run);                           \
	}

KMALLOC_KFREE(32)
KMALLOC_KFREE(256)
KMALLOC_KFREE(4096)
