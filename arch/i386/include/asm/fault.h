/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/trap_frame.h>
#include <lib/types.h>

/**
 * page_fault() - handle exception 14
 * @frame: the interrupted registers, from the stubs
 *
 * Continues at the fixup if the instruction has one; otherwise reports and panics.
 * Context: called by trap_dispatch(), interrupts off.
 */
void page_fault(struct trap_frame *frame);

/**
 * fault_use_explanation() - set a function that explains a faulting address
 * @fn: prints what it knows about the address, if anything; called before the panic, with
 *   interrupts off
 *
 * Context: boot.
 */
void fault_use_explanation(void (*fn)(unsigned long address, printf_fn *out));
