/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <process/process.h>
#include <process/signal_fpu.h>

/*
 * The floating-point registers in a handler's frame, as Linux for i386 has them. The first 108
 * bytes are an image of FNSAVE, also on CPUs with FXSAVE: programs were written for it. Behind it
 * are the status word, and a word that says whether an image of FXSAVE follows.
 *
 *	0      FNSAVE: 7 words of environment, 8 registers of 10 bytes
 *	108    status word, then 0 if FXSAVE follows or else 0xffff
 *	112    FXSAVE: 512 bytes, at a multiple of 64
 *
 * A handler may change the first image or the second. As in Linux, x87 registers are restored from
 * the first one, and SSE registers from the second. The CPU writes and reads both images in the
 * program's memory by itself (user_context_write_fpu()), so the kernel copies and converts nothing.
 */

/* The codes of SIGFPE. */
#define FPE_FLTDIV 3
#define FPE_FLTOVF 4
#define FPE_FLTUND 5
#define FPE_FLTRES 6
#define FPE_FLTINV 7

int signal_fpu_exception(bool sse)
{
	struct user_context *context = &current_task()->context;
	const u32 *word = (const u32 *)&context->fpu;
	u32 raised;

	user_context_save_fpu(context);
	/* MXCSR is word 6 of FXSAVE. FXSAVE has control and status in one word, FNSAVE in two.
	 * Bits 0 to 5: invalid, denormal, division, overflow, underflow, precision. The masks of
	 * MXCSR are 7 bits higher (SDM 1, 8.1.3 and 10.2.3). */
	if (sse)
		raised = word[6] & ~(word[6] >> 7);
	else if (cpu_has(CPU_FXSR))
		raised = word[0] >> 16 & ~word[0];
	else
		raised = word[1] & ~word[0];
	if (raised & 0x01)
		return FPE_FLTINV;
	if (raised & 0x04)
		return FPE_FLTDIV;
	if (raised & 0x08)
		return FPE_FLTOVF;
	if (raised & 0x12)
		return FPE_FLTUND;
	return raised & 0x20 ? FPE_FLTRES : 0;
}
