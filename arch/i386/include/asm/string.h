/* SPDX-License-Identifier: MIT */
#pragma once

/* What arch/i386/string.c does with the CPU's string instructions; lib/string.c leaves these out.
 */
#define __HAVE_ARCH_MEMCPY
#define __HAVE_ARCH_MEMMOVE
#define __HAVE_ARCH_MEMSET
