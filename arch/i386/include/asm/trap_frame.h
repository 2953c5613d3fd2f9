/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * The registers of interrupted code, as the stubs of entry_traps.asm leave them on the stack. The
 * stub pushes the segment registers, the general registers and the vector, at the lowest addresses.
 * The error code is above them; the CPU pushes it, or the stub pushes 0. EIP, CS and EFLAGS follow,
 * pushed by the CPU. If the trap came from ring 3, the CPU has also pushed SS and ESP. A trap in
 * the kernel pushes neither, and the interrupted ESP is the address of @esp.
 *
 * A system call (vector 0x80) keeps its number in @error_code, since the result overwrites @eax.
 */
struct trap_frame {
	u32 gs, fs, es, ds;
	u32 edi, esi, ebp, esp_unused, ebx, edx, ecx, eax;
	u32 vector;
	u32 error_code;
	u32 eip, cs, eflags;
	u32 esp, ss; /* only if user_mode() */
};

/**
 * user_mode() - did the trap come from ring 3?
 * @frame: the interrupted registers
 *
 * Context: any.
 * Return: true if a program was interrupted; false if the kernel was.
 */
static inline bool user_mode(const struct trap_frame *frame)
{
	return frame->cs & 3;
}

/**
 * trap_frame_esp() - find the stack pointer of interrupted code
 * @frame: its registers
 *
 * Context: the trap handler that got @frame.
 * Return: ESP at the time of the trap.
 */
static inline u32 trap_frame_esp(const struct trap_frame *frame)
{
	return user_mode(frame) ? frame->esp : (u32)&frame->esp;
}

/**
 * trap_frame_ebp() - find the first frame pointer for a backtrace of interrupted code
 * @frame: its registers
 *
 * Context: any.
 * Return: EBP; 0 for a program, whose frames the kernel does not follow.
 */
static inline u32 trap_frame_ebp(const struct trap_frame *frame)
{
	return user_mode(frame) ? 0 : frame->ebp;
}
