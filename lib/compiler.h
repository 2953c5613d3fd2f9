/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Names for the compiler's attributes of functions and objects. linker.ld places the sections that
 * are named here.
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

/* Needed only while the kernel boots: thrown away before the prompt. */
#define __init          __attribute__((section(".init.text"), __noinline__))
#define __initdata      __attribute__((section(".init.data")))
/* The same for what begins as zero: no byte of it is in the file. */
#define __initbss       __attribute__((section(".init.bss")))
/* Written while the kernel boots, read-only afterwards. */
#define __ro_after_init __attribute__((section(".data.ro_after_init")))

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* The compiler neither moves memory accesses over this nor keeps values in registers across it. */
#define barrier() __asm__ volatile("" ::: "memory")

/* One access of exactly the object's size, neither split, repeated nor left out. */
#define READ_ONCE(x)     (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

/*
 * An element of a linker set, an array that the linker collects: all elements of `set` are side by
 * side between __start_<set> and __stop_<set>, in link order. The file that owns a test, a prompt
 * command or a boot parameter puts it there; there is no central table.
 */
#define LINKER_SET(set) __attribute__((used, section(#set), aligned(4)))
