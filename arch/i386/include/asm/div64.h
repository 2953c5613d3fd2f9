/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/**
 * div_2by1() - divide 64 by 32 bits
 * @high: upper word of the dividend, less than @divisor (else the CPU raises #DE)
 * @low: lower word of the dividend
 * @divisor: not 0
 * @remainder: set
 *
 * Intel SDM 2A, DIV.
 * Context: any.
 * Return: the quotient.
 */
static inline u32 div_2by1(u32 high, u32 low, u32 divisor, u32 *remainder)
{
	u32 quotient;

	__asm__("divl %4"
		: "=a"(quotient), "=d"(*remainder)
		: "a"(low), "d"(high), "rm"(divisor)
		: "cc");
	return quotient;
}
