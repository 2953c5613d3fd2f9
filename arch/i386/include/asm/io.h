/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * I/O ports (Intel SDM 1, chapter 19).
 */

/**
 * outb(), outw(), outl(), inb(), inw(), inl() - access an I/O port: 8, 16 or 32 bits
 * @port: number of the port
 * @value: the value to write
 *
 * Context: any. A device may need a lock around several accesses that belong together.
 * Return: the value that inb(), inw() or inl() has read.
 */
static inline void outb(u16 port, u8 value)
{
	__asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port));
}

static inline u8 inb(u16 port)
{
	u8 value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline void outw(u16 port, u16 value)
{
	__asm__ volatile("outw %0, %1" ::"a"(value), "Nd"(port));
}

static inline u16 inw(u16 port)
{
	u16 value;

	__asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline void outl(u16 port, u32 value)
{
	__asm__ volatile("outl %0, %1" ::"a"(value), "Nd"(port));
}

static inline u32 inl(u16 port)
{
	u32 value;

	__asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

/**
 * insw(), outsw() - move 16-bit words between memory and an I/O port
 * @port: number of the port
 * @words: address of the memory
 * @count: number of words
 *
 * Context: as for inw().
 */
static inline void insw(u16 port, void *words, u32 count)
{
	__asm__ volatile("rep insw" : "+D"(words), "+c"(count) : "d"(port) : "memory");
}

static inline void outsw(u16 port, const void *words, u32 count)
{
	__asm__ volatile("rep outsw" : "+S"(words), "+c"(count) : "d"(port) : "memory");
}

/**
 * io_delay() - wait about a microsecond
 *
 * It writes to port 0x80, which only a POST card uses.
 *
 * Context: any.
 */
static inline void io_delay(void)
{
	outb(0x80, 0);
}
