/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/compiler.h>
#include <lib/types.h>

/*
 * Words that several CPUs change, or that one changes and others watch: where the flags answer what is asked, or one
 * instruction does, and the __atomic builtins fetch the old value into a register first.
 */

/**
 * atomic_inc_to_zero() - add one, as one atomic step and a full barrier (Intel SDM 3A, 9.1.2.2 and 9.2.2)
 * @count: to be changed
 * @negative: is it less than 0 now?
 *
 * Context: any.
 * Return: is it 0 now?
 */
static __always_inline bool atomic_inc_to_zero(s32 *count, bool *negative)
{
	bool zero;

	__asm__ volatile("lock addl $1, %2"
			 : "=@ccz"(zero), "=@ccs"(*negative), "+m"(*count)
			 :
			 : "memory");
	return zero;
}

/**
 * atomic_dec_from_zero() - subtract one, as one atomic step and a full barrier
 * @count: to be changed
 * @negative: is it less than 0 now?
 *
 * Context: any.
 * Return: was it 0?
 */
static __always_inline bool atomic_dec_from_zero(s32 *count, bool *negative)
{
	bool borrow;

	__asm__ volatile("lock subl $1, %2"
			 : "=@ccc"(borrow), "=@ccs"(*negative), "+m"(*count)
			 :
			 : "memory");
	return borrow;
}

/**
 * atomic_cmpxchg64() - replace 64 bits if they are what is expected, as one atomic step and a full barrier
 * @word: to be changed
 * @expected: what it should be; becomes what it was, if it was something else
 * @value: what to write
 *
 * Only on a CPU with CPU_CX8 (Intel SDM 2A, CMPXCHG8B).
 * Context: any.
 * Return: was it written?
 */
static inline bool atomic_cmpxchg64(u64 *word, u64 *expected, u64 value)
{
	bool written;

	__asm__ volatile("lock cmpxchg8b %1"
			 : "=@ccz"(written), "+m"(*word), "+A"(*expected)
			 : "b"((u32)value), "c"((u32)(value >> 32))
			 : "memory");
	return written;
}

/**
 * release_inc16() - add one to what only this CPU changes, behind all its accesses so far
 * @count: to be changed; others may read it, and change what lies beside it
 *
 * Not locked: x86 keeps stores in order (Intel SDM 3A, 9.2.2).
 */
static __always_inline void release_inc16(u16 *count)
{
	__asm__ volatile("addw $1, %0" : "+m"(*count) : : "memory", "cc");
}

/**
 * load_equals() - READ_ONCE(@word) == @value, without a register for the word
 * @word: 32 bits
 * @value: to compare with
 */
#define load_equals(word, value)                                                            \
	({                                                                                  \
		bool _equal;                                                                \
		_Static_assert(sizeof(word) == 4, "");                                      \
		__asm__ volatile("cmpl %2, %1" : "=@cce"(_equal) : "m"(word), "ri"(value)); \
		_equal;                                                                     \
	})
