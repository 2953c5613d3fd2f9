/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Accesses that may fault. Such an instruction has an entry in the exception table: its address,
 * and the address where the kernel continues after a fault. A fault of any other instruction is a
 * bug. Such tables are Linux's idea (Documentation/arch/x86/exception-tables.rst).
 */

struct extable_entry {
	unsigned long insn;
	unsigned long fixup;
};

/*
 * For use inside an asm statement. Label 1 is the instruction that may fault; label 2 is where to
 * continue.
 */
#define EXTABLE_ENTRY                             \
	".pushsection exception_table, \"a\"\n\t" \
	".balign 4\n\t"                           \
	".long 1b, 2b\n\t"                        \
	".popsection\n\t"

/* A return instruction, where a failed call continues. */
extern char fault_return[];

/**
 * extable_lookup() - find where to continue after a fault
 * @insn: address of the instruction that faulted
 *
 * Context: any.
 * Return: the address, or 0 if this instruction must not fault.
 */
unsigned long extable_lookup(unsigned long insn);

/**
 * probe_read() - read a word that may not be mapped
 * @addr: any address
 * @value: set to the word on success
 *
 * Context: any.
 * Return: 0, or -EFAULT.
 */
int probe_read(const void *addr, u32 *value);

/**
 * probe_write() - write a word that may not be mapped or not be writable
 * @addr: any address
 * @value: the word to write
 *
 * Context: any.
 * Return: 0, or -EFAULT.
 */
int probe_write(void *addr, u32 value);

/**
 * probe_call() - call code that may not be executable
 * @addr: address of a function without parameters
 *
 * Context: any.
 * Return: 0 if the function returned; -EFAULT if its first instruction could not be fetched.
 */
int probe_call(const void *addr);
