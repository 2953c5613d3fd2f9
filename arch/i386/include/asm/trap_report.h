/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/trap_frame.h>
#include <lib/types.h>

/**
 * trap_use_stack_names() - set the function that finds the thread of a guard page
 * @name: returns the name of the thread whose stack has a guard page at that address, or NULL
 *
 * Context: boot.
 */
void trap_use_stack_names(const char *(*name)(unsigned long vaddr));

/**
 * trap_report() - print the registers at an exception, in four lines
 * @frame: the registers at the exception
 * @esp: stack pointer at the exception
 * @out: output function
 *
 * Context: any.
 */
void trap_report(const struct trap_frame *frame, u32 esp, printf_fn *out);

/**
 * double_fault_panic() - report a double fault and stop
 * @frame: the registers at the first exception, which the CPU could not deliver
 * @esp: stack pointer at that exception
 *
 * Context: the double-fault task.
 */
void double_fault_panic(const struct trap_frame *frame, u32 esp) __noreturn;
