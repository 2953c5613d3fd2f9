/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/trap_frame.h>
#include <lib/linker_set.h>
#include <lib/types.h>

/*
 * System calls: records in a linker set. The file that owns what a call acts on defines the call.
 * Numbers, arguments and results are those of Linux for i386: the number is in EAX, the arguments
 * are in EBX, ECX, EDX, ESI, EDI and EBP. A call returns its result, or a negative errno.
 *
 *	SYSCALL(20, getpid)
 *	{
 *		return current_process()->id;
 *	}
 *
 * process/syscall.c makes a table of the records at boot, and calls them with interrupts on.
 */

/**
 * struct syscall - one system call
 * @nr: its number
 * @name: its name, for messages
 * @call: executes it; @regs are the registers of the program. May change all of them: the result is
 *        stored into EAX afterwards
 */
struct syscall {
	u32 nr;
	const char *name;
	long (*call)(struct trap_frame *regs);
};

#define NR_SYSCALLS 512

/*
 * The functions by number. process/syscall.c fills in all of them at boot; the entry code of int
 * 0x80 (arch/i386/entry_traps.asm) calls them. The last one gets all larger numbers.
 */
extern long (*syscall_table[NR_SYSCALLS + 1])(struct trap_frame *regs);

#define SYSCALL(nr_, name_)                                                       \
	static long sys_##name_(struct trap_frame *regs);                         \
	static const struct syscall syscall_##name_ LINKER_SET(                   \
		syscalls) = { .nr = (nr_), .name = #name_, .call = sys_##name_ }; \
	static long sys_##name_(struct trap_frame *regs)

/* Another number for a function: SYSCALL_SAME(199, getuid, root). */
#define SYSCALL_SAME(nr_, name_, fn)                            \
	static const struct syscall syscall_##name_ LINKER_SET( \
		syscalls) = { .nr = (nr_), .name = #name_, .call = (fn) }

/* The arguments. */
#define ARG1(regs) ((regs)->ebx)
#define ARG2(regs) ((regs)->ecx)
#define ARG3(regs) ((regs)->edx)
#define ARG4(regs) ((regs)->esi)
#define ARG5(regs) ((regs)->edi)
#define ARG6(regs) ((regs)->ebp)

/*
 * Results that no program sees. A call that a signal interrupts returns one of them, and the
 * delivery of the signal decides: the call is repeated, or returns -EINTR. Linux has the same
 * three.
 */
#define ERESTARTSYS           512 /* repeat, if the handler has SA_RESTART, or if there is none */
#define ERESTARTNOHAND        514 /* repeat, if there is no handler */
#define ERESTART_RESTARTBLOCK 516 /* likewise, with the rest of its time */
