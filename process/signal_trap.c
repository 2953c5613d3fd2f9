/* SPDX-License-Identifier: MIT */
#include <lib/errno.h>
#include <process/oom.h>
#include <process/process.h>
#include <process/signal_fpu.h>
#include <process/signal_frame.h>
#include <process/signal_send.h>
#include <process/time.h>

/*
 * Exceptions in ring 3. A page fault that vm/ can resolve does not come here. All else is a mistake
 * of the program, or its wish, and becomes a signal: a row of the table for each vector (Intel SDM
 * 3A, 6.15). The numbers and codes are those of Linux for i386.
 */

#define VECTOR_PROTECTION 13u
#define VECTOR_PAGE_FAULT 14u
#define VECTOR_X87        16u
#define VECTOR_SSE        19u

#define FAULT_PRESENT 0x01u
#define FAULT_WRITE   0x02u /* bits of a page fault's error code */
#define FAULT_FETCH   0x10u

#define SEGV_MAPERR 1
#define SEGV_ACCERR 2
#define BUS_ADRALN  1
#define BUS_ADRERR  2
#define ILL_ILLOPN  2
#define TRAP_TRACE  2
#define FPE_INTDIV  1

/* The signal of each exception. With @at_eip the address is that of the instruction. */
static const struct trap_signal {
	u8 signal, code;
	bool at_eip;
} trap_signals[] = {
	[0] = { SIGFPE, FPE_INTDIV, true },   [1] = { SIGTRAP, TRAP_TRACE, true },
	[3] = { SIGTRAP, SI_KERNEL, false },  [4] = { SIGSEGV, SI_KERNEL, false },
	[5] = { SIGSEGV, SI_KERNEL, false },  [6] = { SIGILL, ILL_ILLOPN, true },
	[7] = { SIGFPE, SI_KERNEL, false },   [9] = { SIGFPE, SI_KERNEL, false },
	[10] = { SIGSEGV, SI_KERNEL, false }, [11] = { SIGBUS, SI_KERNEL, false },
	[12] = { SIGBUS, SI_KERNEL, false },  [13] = { SIGSEGV, SI_KERNEL, false },
	[16] = { SIGFPE, 0, true },           [17] = { SIGBUS, BUS_ADRALN, false },
	[19] = { SIGFPE, 0, true },
};

/* --- page faults ------------------------------------------------------------------------------ */

/*
 * A page fault has no caller that could get an error. Here the task holds no lock that another
 * process could need to end. So it waits for memory, a few seconds at a time, instead of ending.
 */
static int try_fault_again(unsigned long address, u32 access)
{
	int error = vm_fault_reason(current->mm, address, access);

	for (u32 tries = 0; error == -ENOMEM && oom_help_fault(tries); tries++)
		error = vm_fault_reason(current->mm, address, access);
	return error;
}

static void page_fault(struct trap_frame *regs, unsigned long address)
{
	struct signal_info info = { .signal = SIGSEGV, .code = SEGV_MAPERR };
	u32 access = regs->error_code & FAULT_WRITE   ? AREA_WRITE
		     : regs->error_code & FAULT_FETCH ? AREA_EXEC
						      : AREA_READ;
	/* The fault is tried once more: vm/ has not kept the reason why it failed. */
	int error = address < TASK_SIZE ? try_fault_again(address, access) : -EFAULT;

	if (!error)
		return;
	if (error == -ENOMEM)
		process_exit_all(SIGKILL);
	info.word[0] = (u32)address;
	if (error == -EACCES)
		info.code = SEGV_ACCERR;
	if (error == -ENXIO) {
		info.signal = SIGBUS;
		info.code = BUS_ADRERR;
	}
	signal_force(&info);
}

/* --- all -------------------------------------------------------------------------------------- */

static void signal_trap(struct trap_frame *regs, unsigned long address)
{
	struct task_signals *signals = &current_task()->signals;
	const struct trap_signal *row;
	struct signal_info info = { 0 };
	u32 vector = regs->vector;

	if (vector == VECTOR_PAGE_FAULT &&
	    (regs->eip == SIGRETURN_ADDRESS || regs->eip == RT_SIGRETURN_ADDRESS)) {
		/* The code that a program has instead of this trap pops the number. */
		bool rt = regs->eip == RT_SIGRETURN_ADDRESS;

		if (!rt)
			regs->esp += 4;
		signal_frame_return(regs, rt);
		return;
	}
	signals->trap_vector = vector;
	signals->trap_error = regs->error_code;
	if (vector == VECTOR_PAGE_FAULT) {
		/* The layout of the kernel's half is no business of programs. */
		if (address >= TASK_SIZE)
			signals->trap_error |= FAULT_PRESENT;
		signals->trap_address = (u32)address;
		page_fault(regs, address);
		return;
	}
	row = &trap_signals[vector < ARRAY_SIZE(trap_signals) ? vector : VECTOR_PROTECTION];
	if (!row->signal)
		return;
	info.signal = row->signal;
	info.code = row->code;
	if (vector == VECTOR_X87 || vector == VECTOR_SSE) {
		info.code = signal_fpu_exception(vector == VECTOR_SSE);
		if (!info.code)
			return; /* the exception has ended meanwhile */
	}
	if (row->at_eip)
		info.word[0] = regs->eip;
	signal_force(&info);
}

static const struct user_work user_work = { .trap = signal_trap, .before_return = signal_deliver };

void __init signals_init(void)
{
	trap_use_user_work(&user_work);
	signal_use_sender(signal_send_from_below);
	clocks_of_programs_init();
}
