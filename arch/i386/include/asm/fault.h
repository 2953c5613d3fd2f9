/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/trap_frame.h>
#include <lib/types.h>

/**
 * page_fault() - handle exception 14
 * @frame: from the stubs
 *
 * Goes on at the fixup if the instruction has one; otherwise reports and panics.
 * Context: called by trap_dispatch(), interrupts off.
 */
void page_fault(struct trap_frame *frame);

/**
 * fault_use_explanation() - what else there is to say about an address that faulted
 * @fn: prints what it knows of it, if anything; called before the panic, with interrupts off
 */
void fault_use_explanation(void (*fn)(unsigned long address, printf_fn *out));
