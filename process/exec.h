/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/trap_frame.h>
#include <process/exec_args.h>

/**
 * exec_program() - replace the program of the running task
 * @args: its path, arguments and environment; they are used up, and the caller still frees them
 * @regs: user_frame() of the task; set to the first instruction of the new program
 *
 * On failure the old program continues.
 * Context: thread that runs a program, or its first one; may sleep.
 * Return: 0, or a negative errno.
 */
int exec_program(struct exec_args *args, struct trap_frame *regs);
