/* SPDX-License-Identifier: MIT */
#include <asm/extable.h>
#include <lib/errno.h>
#include <lib/linker_set.h>

/*
 * The exception table, and functions that use it: each tries one access and returns an error
 * instead of a panic. The linker collects the entries. There are only a few, so the lookup is a
 * linear search.
 */

unsigned long extable_lookup(unsigned long insn)
{
	const struct extable_entry *e;

	for_each_in_set(e, exception_table)
		if (e->insn == insn)
			return e->fixup;
	return 0;
}

/* A failed call continues here: the fixup is the return address. */
__asm__(".pushsection .text\n\t"
	".globl fault_return\n"
	"fault_return: ret\n\t"
	".popsection");

/* The result is -EFAULT until the access has succeeded. */

int probe_read(const void *addr, u32 *value)
{
	int result = -EFAULT;
	u32 word = 0;

	__asm__ volatile("1: movl (%2), %1\n\t"
			 "xorl %0, %0\n\t"
			 "2:\n\t" EXTABLE_ENTRY
			 : "+r"(result), "+r"(word)
			 : "r"(addr)
			 : "memory", "cc");
	if (result == 0)
		*value = word;
	return result;
}

int probe_write(void *addr, u32 value)
{
	int result = -EFAULT;

	__asm__ volatile("1: movl %1, (%2)\n\t"
			 "xorl %0, %0\n\t"
			 "2:\n\t" EXTABLE_ENTRY
			 : "+r"(result)
			 : "r"(value), "r"(addr)
			 : "memory", "cc");
	return result;
}

/*
 * A failed fetch faults at the target, with the return address on top of the stack. The page-fault
 * handler looks up that address, so the entry names the instruction after the call. The handler
 * also removes it from the stack.
 */
int probe_call(const void *addr)
{
	int result = -EFAULT;

	__asm__ volatile("call *%1\n\t"
			 "1: xorl %0, %0\n\t"
			 "2:\n\t" EXTABLE_ENTRY
			 : "+S"(result)
			 : "D"(addr)
			 : "eax", "ecx", "edx", "memory", "cc");
	return result;
}
