/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Names for attributes of functions and objects, and for promises to the compiler. linker.ld places
 * the sections that are named here.
 */

#define __printf(fmt, first) __attribute__((format(printf, fmt, first)))
#define __noreturn           __attribute__((noreturn))
#define __packed             __attribute__((packed))
#define __aligned(n)         __attribute__((aligned(n)))
#define __used               __attribute__((used))
#define __unused             __attribute__((unused))
#define __weak               __attribute__((weak))
#undef __always_inline /* of the host's <sys/cdefs.h> */
#define __always_inline inline __attribute__((always_inline))
#define noinline        __attribute__((__noinline__))

/* Code and data that only boot needs; free_initmem() frees their memory. */
#define __init          __attribute__((section(".init.text"), __noinline__))
#define __initdata      __attribute__((section(".init.data")))
/* The same for data that is zero at the start, of which the image has no bytes. */
#define __initbss       __attribute__((section(".init.bss")))
/* Data that is written during boot and read-only afterwards. */
#define __ro_after_init __attribute__((section(".data.ro_after_init")))

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* The value of a macro, as text. */
#define TEXT_OF(macro)   TEXT_OF_(macro)
#define TEXT_OF_(tokens) #tokens

/* The compiler moves no memory access across this and keeps no value in a register over it. */
#define barrier() __asm__ volatile("" ::: "memory")

/* Exactly one access of the object's size, which the compiler does not split, repeat or omit. */
#define READ_ONCE(x)     (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))
