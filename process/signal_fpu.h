/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/cpu.h>
#include <asm/user_context.h>
#include <lib/types.h>

/* The floating-point registers in the frame of a handler. All act on the running task. */

#define SIGNAL_FSAVE_SIZE  112u /* of the image of FNSAVE, with the two words behind it */
#define SIGNAL_FXSAVE_SIZE 512u

/**
 * signal_fpu_place() - choose the address of the FPU state
 * @top: end of the free stack
 *
 * Context: any.
 * Return: the address, which is below @top; @top itself if there is no FPU.
 */
static inline u32 signal_fpu_place(u32 top)
{
	if (!cpu_has(CPU_FPU))
		return top;
	if (cpu_has(CPU_FXSR))
		return ((top - SIGNAL_FXSAVE_SIZE) & ~63u) - SIGNAL_FSAVE_SIZE;
	return (top - SIGNAL_FSAVE_SIZE) & ~63u;
}

/**
 * signal_fpu_save() - write the registers of the FPU, which signal_fpu_reset() must follow
 * @address: from signal_fpu_place()
 *
 * Context: thread, may sleep.
 * Return: false if the program's memory cannot be written.
 */
static inline bool signal_fpu_save(u32 address)
{
	return !cpu_has(CPU_FPU) ||
	       !user_context_write_fpu((void __user *)address,
				       (void __user *)(address + SIGNAL_FSAVE_SIZE));
}

/**
 * signal_fpu_reset() - give a handler an FPU as FNINIT leaves it
 *
 * Context: thread, directly after signal_fpu_save().
 */
static inline void signal_fpu_reset(void)
{
	user_context_reset_fpu();
}

/**
 * signal_fpu_restore() - load what the program has at an address into the FPU
 * @address: of the state
 *
 * Context: thread, may sleep.
 * Return: false if the program's memory cannot be read.
 */
static inline bool signal_fpu_restore(u32 address)
{
	return !cpu_has(CPU_FPU) ||
	       !user_context_read_fpu((const void __user *)address,
				      (const void __user *)(address + SIGNAL_FSAVE_SIZE));
}

/**
 * signal_fpu_exception() - find out why the FPU has raised an exception
 * @sse: the exception is #XM, not #MF
 *
 * Context: thread that runs a program.
 * Return: FPE_*, the code for SIGFPE; 0 if no exception is left that the program wants to see.
 */
int signal_fpu_exception(bool sse);
