/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * hide() - an address about which the compiler knows nothing
 * @p: address
 *
 * Without it the compiler may remove an access that it can see to be wrong.
 * Context: any.
 * Return: @p.
 */
static inline void *hide(void *p)
{
	__asm__("" : "+r"(p));
	return p;
}
