/* SPDX-License-Identifier: MIT */
#include <asm/div64.h>
#include <lib/types.h>

/*
 * Division of 64-bit numbers. A 32-bit CPU has none, so the compiler calls these functions, under
 * names that it shares with its own runtime library (GCC internals, "Routines for integer
 * arithmetic"); having them here, the kernel links nothing that is not its own.
 *
 * Where the divisor fits into 32 bits it is the long division of school, with words for digits: two
 * DIV instructions, each taking the remainder of the one before as its upper word.
 *
 * Otherwise the quotient has 32 bits. Shift both numbers right until the divisor does fit; dividing
 * these gives a quotient that is right or one too large, provided that the divisor's highest bit
 * ends up at bit 31 (Knuth, The Art of Computer Programming 2, 4.3.1, theorem B). Multiplying back
 * shows which.
 *
 * A divisor of 0 raises the divide error, as it does for 32 bits.
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
		/* Also with d = 0: then the CPU raises #DE here. */
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
	/* Bits that the divisor has above its 32 highest. */
	shift = 32 - __builtin_clz((u32)(d >> 32));
	/*
	 * With n halved its upper word is below the divisor, so DIV cannot overflow; the quotient
	 * is then shifted back. It is at most one too large.
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
