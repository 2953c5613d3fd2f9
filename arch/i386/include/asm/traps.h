/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Exceptions and interrupts as they arrive.
 */

/* Vectors: Intel SDM 3A, table 6-1. */
enum trap_vector {
	TRAP_DIVIDE = 0,
	TRAP_DEBUG = 1,
	TRAP_NMI = 2,
	TRAP_BREAKPOINT = 3,
	TRAP_INVALID_OPCODE = 6,
	TRAP_DOUBLE_FAULT = 8,
	TRAP_STACK = 12,
	TRAP_GENERAL_PROTECTION = 13,
	TRAP_PAGE_FAULT = 14,
	NR_EXCEPTIONS = 32,
	NR_VECTORS = 256,
};

/*
 * What the stubs of entry_traps.asm leave on the stack: pushed by them (from the lowest address) the
 * general registers and the vector; by the CPU, or by them as 0, the error code; by the CPU the rest.
 * The kernel has one privilege level, so no stack pointer is pushed: the interrupted one is the
 * address after this structure.
 */
struct trap_frame {
	u32 edi, esi, ebp, esp_unused, ebx, edx, ecx, eax;
	u32 vector;
	u32 error_code;
	u32 eip, cs, eflags;
};

static inline u32 trap_frame_esp(const struct trap_frame *frame)
{
	return (u32)(frame + 1);
}

/**
 * trap_init() - GDT, IDT and the task that double faults run on, of the boot CPU
 *
 * Context: boot, once, first of all: from here on an exception is reported, and there is per-CPU data.
 */
void trap_init(void);

/**
 * trap_init_cpu() - the same for another CPU
 * @cpu: its number; per_cpu_offset[] says where its per-CPU data lies
 *
 * Context: on that CPU, once, interrupts off.
 */
void trap_init_cpu(u32 cpu);

/**
 * trap_set_double_fault_cr3() - page tables of the double-fault task
 * @cr3: what a CR3 load would take
 *
 * A task switch loads CR3 from the task (Intel SDM 3A, 7.3), so it must be kept up to date.
 */
void trap_set_double_fault_cr3(u32 cr3);

/**
 * trap_dispatch() - handle an exception or interrupt
 * @frame: from the stubs
 *
 * Context: called by entry_traps.asm with interrupts off.
 */
void trap_dispatch(struct trap_frame *frame);

/**
 * page_fault() - handle exception 14
 * @frame: from the stubs
 *
 * Goes on at the fixup if the instruction has one; otherwise reports and panics.
 * Context: called by trap_dispatch(), interrupts off.
 */
void page_fault(struct trap_frame *frame);

/**
 * trap_use_nmi() - who handles NMIs
 * @handler: called on the interrupted stack, in NMI context: no lock may be taken
 */
void trap_use_nmi(void (*handler)(const struct trap_frame *frame));

/**
 * trap_use_debug() - who handles debug exceptions
 * @handler: called with interrupts off; may change @frame. NULL: nobody expects one, and one panics
 *
 * With the trap flag set in EFLAGS there is one after each instruction (Intel SDM 3B, 17.3.1.4).
 */
void trap_use_debug(void (*handler)(struct trap_frame *frame));

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

/**
 * fault_use_explanation() - what else there is to say about an address that faulted
 * @fn: prints what it knows of it, if anything; called before the panic, with interrupts off
 */
void fault_use_explanation(void (*fn)(unsigned long address, printf_fn *out));
