/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * The registers of interrupted code, as the stubs of entry_traps.asm leave them on the stack. The
 * stub pushes the general registers and the vector, at the lowest addresses. The error code is
 * above them; the CPU pushes it, or the stub pushes 0. EIP, CS and EFLAGS follow, pushed by the
 * CPU. The kernel has one privilege level, so the CPU pushes no stack pointer: the interrupted one
 * is the address after this structure.
 */
struct trap_frame {
	u32 edi, esi, ebp, esp_unused, ebx, edx, ecx, eax;
	u32 vector;
	u32 error_code;
	u32 eip, cs, eflags;
};

/**
 * trap_frame_esp() - find the stack pointer of interrupted code
 * @frame: its registers, on its stack
 *
 * Context: the trap handler that got @frame.
 * Return: ESP at the time of the trap.
 */
static inline u32 trap_frame_esp(const struct trap_frame *frame)
{
	return (u32)(frame + 1);
}
