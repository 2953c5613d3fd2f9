/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/compiler.h>
#include <lib/types.h>

/*
 * Words that several CPUs change, or that one CPU changes and others read. The __atomic builtins
 * fetch the old value into a register. These functions use the CPU's flags, or a single
 * instruction, instead.
 */

/**
 * atomic_inc_and_test() - add one, as one atomic step and a full barrier (Intel SDM 3A, 9.1.2.2,
 * 9.2.2)
 * @count: the word
 *
 * Context: any.
 * Return: true if the result is 0.
 */
static __always_inline bool atomic_inc_and_test(s32 *count)
{
	bool zero;

	__asm__ volatile("lock addl $1, %1" : "=@ccz"(zero), "+m"(*count) : : "memory");
	return zero;
}

/**
 * atomic_try_cmpxchg() - replace a word if it has an expected value, as one atomic step and a full
 * barrier
 * @word: the word
 * @expected: its expected value; on failure, set to its actual value
 * @value: its new value
 *
 * Context: any.
 * Return: true if the value was written.
 */
static __always_inline bool atomic_try_cmpxchg(s32 *word, s32 *expected, s32 value)
{
	bool written;

	__asm__ volatile("lock cmpxchgl %3, %1"
			 : "=@ccz"(written), "+m"(*word), "+a"(*expected)
			 : "r"(value)
			 : "memory");
	return written;
}

/**
 * atomic_cmpxchg64() - replace 64 bits if they have an expected value, as one atomic step and a
 * full barrier
 * @word: the 64 bits
 * @expected: their expected value; on failure, set to their actual value
 * @value: their new value
 *
 * Only on a CPU with CPU_CX8 (Intel SDM 2A, CMPXCHG8B).
 * Context: any.
 * Return: true if the value was written.
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
 * release_inc16() - add one, after all accesses so far, to a word that only this CPU changes
 * @count: the word; other CPUs may read it, and may change the bytes beside it
 *
 * Needs no lock prefix, since x86 keeps stores in order (9.2.2).
 * Context: any.
 */
static __always_inline void release_inc16(u16 *count)
{
	__asm__ volatile("addw $1, %0" : "+m"(*count) : : "memory", "cc");
}

/**
 * load_equals() - test READ_ONCE(@word) == @value, without a register for the word
 * @word: 32 bits
 * @value: the value to compare with
 */
#define load_equals(word, value)                                                            \
	({                                                                                  \
		bool _equal;                                                                \
		_Static_assert(sizeof(word) == 4, "");                                      \
		__asm__ volatile("cmpl %2, %1" : "=@cce"(_equal) : "m"(word), "ri"(value)); \
		_equal;                                                                     \
	})

/**
 * load_is_negative() - test READ_ONCE(@word) < 0, without a register for the word
 * @word: 32 bits, signed
 */
#define load_is_negative(word)                                                    \
	({                                                                        \
		bool _negative;                                                   \
		_Static_assert(sizeof(word) == 4, "");                            \
		__asm__ volatile("cmpl $0, %1" : "=@ccs"(_negative) : "m"(word)); \
		_negative;                                                        \
	})
