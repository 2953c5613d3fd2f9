/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/user_context.h>
#include <process/signal.h>

/* The return address of a handler without SA_RESTORER. A jump to it traps into the kernel. */
#define SIGRETURN_ADDRESS    0xfffff400u
#define RT_SIGRETURN_ADDRESS 0xfffff408u

/**
 * signal_frame_build() - make the program continue in a handler
 * @regs: registers of the program; saved on its stack, and changed to those of the handler
 * @action: of the signal, with a handler
 * @info: information for the handler
 * @blocked: the mask to restore afterwards
 *
 * Context: the running task, may sleep.
 * Return: false if the stack cannot be written. Then nothing has changed.
 */
bool signal_frame_build(struct trap_frame *regs, const struct signal_action *action,
			const struct signal_info *info, sigset_t blocked);

/**
 * signal_frame_return() - continue where a handler has interrupted the program
 * @regs: registers of the program, whose stack pointer is where the handler's RET has left it
 * @rt: the frame has siginfo_t and ucontext
 *
 * A bad frame causes SIGSEGV.
 * Context: the running task, may sleep.
 */
void signal_frame_return(struct trap_frame *regs, bool rt);

/**
 * signal_on_stack() - is the program on its alternate stack?
 * @signals: of the running task
 * @esp: its stack pointer
 *
 * Context: any.
 * Return: true if it is.
 */
static inline bool signal_on_stack(const struct task_signals *signals, u32 esp)
{
	return !(signals->stack_flags & SS_AUTODISARM) && esp > signals->stack &&
	       esp - signals->stack <= signals->stack_size;
}
