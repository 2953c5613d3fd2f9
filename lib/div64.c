/* SPDX-License-Identifier: MIT */
#include <asm/div64.h>
#include <lib/types.h>

/*
 * Division of 64-bit numbers. A 32-bit CPU has no such instruction, so the compiler calls these
 * functions, by the names that GCC's manual gives them ("Routines for integer arithmetic"). The
 * kernel has its own, and is not linked with the compiler's runtime library.
 *
 * If the divisor fits in 32 bits, this is the long division of school with 32-bit words as digits:
 * two DIV instructions, of which the second takes the remainder of the first as its upper word.
 *
 * Otherwise the quotient fits in 32 bits. Both numbers are shifted right until the highest bit of
 * the divisor is bit 31. Dividing these gives the right quotient or one that is too large by 1
 * (Knuth, The Art of Computer Programming 2, 4.3.1, theorem B). Multiplying back shows which.
 *
 * A divisor of 0 raises the divide error, as in 32 bits.
 */

u64 __udivmoddi4(u64 n, u64 d, u64 *rem);
s64 __divmoddi4(s64 n, s64 d, s64 *rem);
u64 __udivdi3(u64 n, u64 d);
u64 __umoddi3(u64 n, u64 d);
s64 __divdi3(s64 n, s64 d);
s64 __moddi3(s64 n, s64 d);

static u64 div_by_word(u64 n, u32 d, u64 *rem)
{
	u32 high = (u32)(n >> 32), quotient_high = 0, remainder;

	if (high >= d) {
		/* If d is 0, the CPU raises #DE here. */
		quotient_high = div_2by1(0, high, d, &remainder);
		high = remainder;
	}
	u32 quotient_low = div_2by1(high, (u32)n, d, &remainder);

	*rem = remainder;
	return (u64)quotient_high << 32 | quotient_low;
}

u64 __udivmoddi4(u64 n, u64 d, u64 *rem)
{
	u64 unused;
	u32 quotient, ignored;
	int shift;

	if (!rem)
		rem = &unused;
	if (d >> 32 == 0)
		return div_by_word(n, (u32)d, rem);
	if (n < d) {
		*rem = n;
		return 0;
	}
	/* Number of bits of the divisor below its 32 highest ones. */
	shift = 32 - __builtin_clz((u32)(d >> 32));
	/*
	 * The upper word of n / 2 is smaller than the divisor, so DIV cannot overflow. The quotient
	 * is shifted accordingly, and is too large by at most 1.
	 */
	quotient = div_2by1((u32)(n >> 33), (u32)(n >> 1), (u32)(d >> shift), &ignored);
	quotient >>= shift - 1;
	if (quotient)
		quotient--;
	*rem = n - d * quotient;
	if (*rem >= d) {
		quotient++;
		*rem -= d;
	}
	return quotient;
}

/* Rounds towards 0; the remainder has the sign of the dividend (C11 6.5.5). */
s64 __divmoddi4(s64 n, s64 d, s64 *rem)
{
	u64 n_abs = n < 0 ? 0 - (u64)n : (u64)n;
	u64 d_abs = d < 0 ? 0 - (u64)d : (u64)d;
	u64 r, q = __udivmoddi4(n_abs, d_abs, &r);

	if (rem)
		*rem = (s64)(n < 0 ? 0 - r : r);
	return (s64)((n < 0) != (d < 0) ? 0 - q : q);
}

u64 __udivdi3(u64 n, u64 d)
{
	return __udivmoddi4(n, d, NULL);
}

u64 __umoddi3(u64 n, u64 d)
{
	u64 rem;

	__udivmoddi4(n, d, &rem);
	return rem;
}

s64 __divdi3(s64 n, s64 d)
{
	return __divmoddi4(n, d, NULL);
}

s64 __moddi3(s64 n, s64 d)
{
	s64 rem;

	__divmoddi4(n, d, &rem);
	return rem;
}
