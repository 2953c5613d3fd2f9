/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/trap_frame.h>
#include <lib/types.h>

/**
 * trap_use_stack_names() - who knows whose stack ran into its guard page
 * @name: of the thread whose guard page has that address, NULL if there is none
 */
void trap_use_stack_names(const char *(*name)(unsigned long vaddr));

/**
 * trap_report() - print the registers at an exception, in four lines
 * @frame: at the exception
 * @esp: stack pointer there
 * @out: where to
 */
void trap_report(const struct trap_frame *frame, u32 esp, printf_fn *out);

/**
 * double_fault_panic() - report a double fault and stop
 * @frame: at the first exception, which could not be delivered
 * @esp: stack pointer there
 *
 * Context: the double-fault task.
 */
void double_fault_panic(const struct trap_frame *frame, u32 esp) __noreturn;
