/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/descriptors.h>
#include <asm/trap_frame.h>
#include <asm/uaccess.h>
#include <asm/user_work.h>
#include <lib/types.h>

/*
 * The state of the CPU for a thread that runs a program, besides the registers of the trap frame:
 * the address space, the segments of thread-local storage, and the state of the floating-point
 * unit. The scheduler switches it with the thread. Kernel threads have none; they keep the address
 * space that the CPU has loaded last.
 */

struct pagetable;

/* Room for FXSAVE, or FNSAVE on a CPU without it (Intel SDM 1, 10.5 and 8.1.10). */
struct fpu_state {
	u8 bytes[512];
} __aligned(16);

/**
 * struct user_context - the CPU's state of a thread that runs a program
 * @pagetable: the page tables to load; never NULL while the thread may run. A thread changes its
 *             own by user_context_set_pagetable()
 * @esp0: stack pointer that the CPU loads when it enters the kernel: the end of the trap frame
 * @tls: descriptors of the entries TLS_FIRST to TLS_FIRST + 2 of the GDT
 * @fpu: x87 and SSE registers while the thread does not run
 */
struct user_context {
	struct pagetable *pagetable;
	u32 esp0;
	u64 tls[NR_TLS];
	struct fpu_state fpu;
};

/**
 * user_context_switch() - load what the next thread needs, and save what the last one leaves
 * @prev: of the thread that stops running; NULL for a kernel thread
 * @next: of the thread that begins to run; NULL for a kernel thread
 *
 * A thread that begins to run a program, or another program, also calls this for itself. No switch
 * may come in between, or the new FPU state would be overwritten by what is in the registers:
 *
 *	flags = local_irq_save();
 *	user_context_init(context);         context->pagetable and context->esp0 are set
 *	current->user = context;
 *	user_context_switch(NULL, context);
 *	local_irq_restore(flags);
 *
 * Before a thread frees its context or its page tables, it sets current->user to NULL.
 *
 * Context: interrupts off.
 */
void user_context_switch(struct user_context *prev, struct user_context *next);

/**
 * user_context_init() - prepare the state of a new program
 * @context: zeroed; @pagetable and @esp0 are set by the caller
 *
 * The FPU is as FNINIT leaves it, and SSE as the CPU's reset.
 * Context: any.
 */
void user_context_init(struct user_context *context);

/**
 * user_context_set_pagetable() - give the running thread other page tables
 * @context: of the running thread
 * @pagetable: loaded before the function returns
 *
 * Context: thread.
 */
void user_context_set_pagetable(struct user_context *context, struct pagetable *pagetable);

/**
 * user_context_save_fpu() - store the registers of the FPU of the running thread
 * @context: of any thread that does not run, or of the running one. The registers do not change
 *
 * Context: thread; it may be preempted.
 */
void user_context_save_fpu(struct user_context *context);

/**
 * user_context_load_fpu() - load the registers of the FPU of the running thread
 * @context: of the running thread; any bits are acceptable, and reserved ones are cleared
 *
 * Context: thread; it may be preempted.
 */
void user_context_load_fpu(struct user_context *context);

/**
 * user_context_write_fpu(), user_context_read_fpu() - copy the registers of the FPU of the running
 *                                                     thread to or from its program's memory
 * @fsave: an image of FNSAVE, 108 bytes. Behind it the status word is written, and 0 or, if the CPU
 *         has no FXSAVE, 0xffff
 * @fxsave: an image of FXSAVE at a multiple of 16; not used if the CPU has no FXSAVE. When read, it
 *          may be anywhere and have any bits
 *
 * Only on a CPU with an FPU. x87 registers are read from @fsave, SSE registers from @fxsave. After
 * writing, the x87 part of the FPU is as FNINIT leaves it.
 * Context: thread, may sleep.
 * Return: 0; -EFAULT if the program's memory cannot be accessed.
 */
int user_context_write_fpu(void __user *fsave, void __user *fxsave);
int user_context_read_fpu(const void __user *fsave, const void __user *fxsave);

/**
 * user_context_reset_fpu() - give the running thread an FPU as user_context_init() does
 *
 * Context: thread; it may be preempted.
 */
void user_context_reset_fpu(void);

/**
 * user_context_load_tls() - load changed TLS descriptors of the running thread into the GDT
 * @context: of the running thread
 *
 * Context: thread.
 */
void user_context_load_tls(const struct user_context *context);

/**
 * user_frame() - find the registers of the program that a thread runs
 * @context: of the thread
 *
 * Context: any, while the thread is in the kernel.
 * Return: the frame at the top of the thread's kernel stack.
 */
static inline struct trap_frame *user_frame(const struct user_context *context)
{
	return (struct trap_frame *)context->esp0 - 1;
}

/**
 * user_enter() - continue in ring 3 with the registers of user_frame()
 * @frame: user_frame() of the running thread
 *
 * Pending work of the thread is done before, as at the end of each system call.
 * Context: thread, interrupts on.
 */
void user_enter(struct trap_frame *frame) __noreturn;

/**
 * user_frame_sanitize() - make registers safe that a program has written
 * @frame: its segments become selectors of ring 3, and its EFLAGS keep only the bits that a program
 *         may set, with IF set
 *
 * Context: any.
 */
void user_frame_sanitize(struct trap_frame *frame);
