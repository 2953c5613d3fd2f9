/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/* The floating-point registers in the frame of a handler. All act on the running task. */

/**
 * signal_fpu_place() - choose the address of the FPU state
 * @top: end of the free stack
 *
 * Context: any.
 * Return: the address, which is below @top; @top itself if there is no FPU.
 */
u32 signal_fpu_place(u32 top);

/**
 * signal_fpu_save() - write the registers of the FPU, which signal_fpu_reset() must follow
 * @address: from signal_fpu_place()
 *
 * Context: thread, may sleep.
 * Return: false if the program's memory cannot be written.
 */
bool signal_fpu_save(u32 address);

/**
 * signal_fpu_reset() - give a handler an FPU as FNINIT leaves it
 *
 * Context: thread, directly after signal_fpu_save().
 */
void signal_fpu_reset(void);

/**
 * signal_fpu_restore() - load what the program has at an address into the FPU
 * @address: of the state
 *
 * Context: thread, may sleep.
 * Return: false if the program's memory cannot be read.
 */
bool signal_fpu_restore(u32 address);

/**
 * signal_fpu_exception() - find out why the FPU has raised an exception
 * @sse: the exception is #XM, not #MF
 *
 * Context: thread that runs a program.
 * Return: FPE_*, the code for SIGFPE; 0 if no exception is left that the program wants to see.
 */
int signal_fpu_exception(bool sse);
