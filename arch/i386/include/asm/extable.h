/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Accesses that may fault. An instruction that is allowed to has an entry in the exception table: its
 * address, and where to go on if it faults. Everything else that faults is a bug.
 */

struct extable_entry {
	unsigned long insn;
	unsigned long fixup;
};

/* For use inside an asm statement: labels 1 (may fault) and 2 (go on here). */
#define EXTABLE_ENTRY                             \
	".pushsection exception_table, \"a\"\n\t" \
	".balign 4\n\t"                           \
	".long 1b, 2b\n\t"                        \
	".popsection\n\t"

/* A return instruction: where a fault that is a failed call goes on. */
extern char fault_return[];

/**
 * extable_lookup() - where to go on after a fault
 * @insn: address of the instruction that faulted
 *
 * Return: the address, or 0 if this instruction must not fault.
 */
unsigned long extable_lookup(unsigned long insn);

/**
 * probe_read() - read a word that may not be there
 * @addr: any address
 * @value: result, if it was
 *
 * Context: any.
 * Return: 0, or -EFAULT.
 */
int probe_read(const void *addr, u32 *value);

/**
 * probe_write() - write a word that may not be there or not be writable
 * @addr: any address
 * @value: what to write
 *
 * Context: any.
 * Return: 0, or -EFAULT.
 */
int probe_write(void *addr, u32 value);

/**
 * probe_call() - call code that may not be executable
 * @addr: of a function without parameters
 *
 * Context: any.
 * Return: 0 if it came back, or -EFAULT if the first instruction could not be fetched.
 */
int probe_call(const void *addr);
