/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/layout.h>
#include <lib/types.h>

/*
 * The words at the end of the trampoline, by which smp_start.c and trampoline.asm talk to each
 * other. The assembler gets the offsets from boot/asm_offsets.c. Neither side may need another
 * layout: the CPU reads some words in pairs, without a gap.
 */

/**
 * enum token - may a CPU that was started use the kernel?
 *
 * Both sides change a token by compare-and-exchange only: see smp_start.c.
 */
enum token {
	TOKEN_NOT_OFFERED = 0,
	TOKEN_OFFERED = 1,
	TOKEN_TAKEN = 2,
	TOKEN_RUNS = 3,
	TOKEN_WITHDRAWN = 4,
};

/* Selector of the code segment in the trampoline's own GDT. */
#define TRAMPOLINE_CS 0x08u

/**
 * struct trampoline_entry - what one CPU finds there
 * @apic_id: the CPU's APIC ID
 * @token: enum token
 * @stack: first address above its stack
 */
struct trampoline_entry {
	u32 apic_id, token, stack;
};

/**
 * struct trampoline_words - the words at the end of the trampoline
 * @idt: interrupt gates 0 to 2; only the NMI's is used
 * @start32: a far pointer to the 32-bit code, with @code_segment
 * @code_segment: TRAMPOLINE_CS
 * @gdt_limit: operand of LGDT, with @gdt_base
 * @gdt_base: physical address
 * @nmi_entry: physical address of the code that an NMI leads to
 * @pad: 0
 * @idt_limit: operand of LIDT, with @idt_base
 * @idt_base: physical address
 * @cr4: for the register
 * @efer: bits to set in MSR_EFER; 0 on CPUs that may not have it
 * @start_cr3: tables that map the trampoline at its own address
 * @kernel_cr3: the kernel's tables
 * @entry: address of ap_entry()
 * @main: address of the C function that ap_entry() calls
 * @base_msr: not 0 if CPUs have MSR_APIC_BASE, which says whether the APIC ID is in an MSR
 * @id_register: physical address of the APIC's ID register otherwise
 * @parked: number of CPUs that found their token withdrawn, or no entry of their own
 * @nr_entries: number of CPUs in @entries
 * @entries: by the CPU's number
 */
struct trampoline_words {
	u64 idt[3];
	u32 start32;
	u16 code_segment;
	u16 gdt_limit;
	u32 gdt_base;
	u32 nmi_entry;
	u16 pad;
	u16 idt_limit;
	u32 idt_base;
	u32 cr4, efer, start_cr3, kernel_cr3, entry, main;
	u32 base_msr;
	u32 id_register;
	u32 parked;
	u32 nr_entries;
	struct trampoline_entry entries[NR_CPUS];
};

_Static_assert(offsetof(struct trampoline_words, code_segment) ==
		       offsetof(struct trampoline_words, start32) + 4,
	       "a far pointer has no gap");
_Static_assert(offsetof(struct trampoline_words, gdt_base) ==
		       offsetof(struct trampoline_words, gdt_limit) + 2,
	       "the operand of LGDT has no gap");
_Static_assert(offsetof(struct trampoline_words, idt_base) ==
		       offsetof(struct trampoline_words, idt_limit) + 2,
	       "the operand of LIDT has no gap");
