/* SPDX-License-Identifier: MIT */
#include <asm/boot_record.h>
#include <asm/cpu.h>
#include <asm/descriptors.h>
#include <asm/fault.h>
#include <asm/irqflags.h>
#include <asm/lapic.h>
#include <asm/layout.h>
#include <asm/page.h>
#include <asm/pgtable.h>
#include <asm/setup.h>
#include <asm/trampoline.h>
#include <asm/traps.h>
#include <kernel/syscall.h>
#include <lib/types.h>
#include <sched/sched.h>

/*
 * Numbers that C and nasm share. This file is compiled once for each kernel and linked into none:
 * build.mk takes the table out of the object, and tools/asm_offsets.sh turns it into
 * asm_offsets.inc, a list of `%define NAME value` that the .asm files include. So each number is
 * written once, in a header, and nasm gets what the compiler makes of it.
 *
 * An entry has 32 bytes. A name that is too long does not compile.
 */

struct asm_number {
	char name[28];
	u32 value;
};

/* clang-format off */
#define NUMBER(name_, value_) { .name = #name_, .value = (u32)(value_) }
#define SAME(name_)           { .name = #name_, .value = (u32)(name_) }
/* clang-format on */

const struct asm_number asm_numbers[] __attribute__((section(".asm_offsets"), used)) = {
	/* boot/entry.asm */
	NUMBER(PAE, CONFIG_PAE),
	SAME(PAGE_OFFSET),
	SAME(PAGE_SIZE),
	SAME(PDE_SHIFT),
	NUMBER(PTE_SIZE, sizeof(pteval_t)),
	SAME(PTE_PRESENT),
	SAME(PTE_WRITE),
	SAME(BOOT_RECORD_MAGIC),
	SAME(BOOT_MAPPED),
	SAME(CR0_PE),
	SAME(CR0_WP),
	SAME(CR0_PG),
	SAME(CR4_PSE),
	SAME(CR4_PAE),
	SAME(X86_EFLAGS_ID),

	/* arch/i386/entry_traps.asm */
	SAME(NR_VECTORS),
	NUMBER(FRAME_VECTOR, offsetof(struct trap_frame, vector)),
	NUMBER(FRAME_ERROR_CODE, offsetof(struct trap_frame, error_code)),
	NUMBER(FRAME_EIP, offsetof(struct trap_frame, eip)),
	NUMBER(FRAME_FS, offsetof(struct trap_frame, fs)),
	NUMBER(FRAME_EAX, offsetof(struct trap_frame, eax)),
	NUMBER(FRAME_CS, offsetof(struct trap_frame, cs)),
	NUMBER(THREAD_WORK, offsetof(struct thread, work)),
	SAME(SEL_DATA),
	SAME(SEL_PERCPU),
	SAME(SYSCALL_VECTOR),
	SAME(TRAP_PAGE_FAULT),
	SAME(FAULT_RESERVED),
	SAME(TRAP_GENERAL_PROTECTION),
	SAME(NR_SYSCALLS),

	/* trampoline.asm */
	SAME(CR0_ET),
	SAME(MSR_EFER),
	SAME(MSR_APIC_BASE),
	SAME(MSR_X2APIC_ID),
	SAME(APIC_BASE_X2APIC),
	SAME(TOKEN_OFFERED),
	SAME(TOKEN_TAKEN),
	SAME(TRAMPOLINE_CS),
	NUMBER(ENTRY_SIZE, sizeof(struct trampoline_entry)),
	NUMBER(ENTRY_APIC_ID, offsetof(struct trampoline_entry, apic_id)),
	NUMBER(ENTRY_TOKEN, offsetof(struct trampoline_entry, token)),
	NUMBER(ENTRY_STACK, offsetof(struct trampoline_entry, stack)),
	NUMBER(TRAMPOLINE_IDT, offsetof(struct trampoline_words, idt)),
	NUMBER(TRAMPOLINE_START32, offsetof(struct trampoline_words, start32)),
	NUMBER(TRAMPOLINE_GDT_LIMIT, offsetof(struct trampoline_words, gdt_limit)),
	NUMBER(TRAMPOLINE_NMI_ENTRY, offsetof(struct trampoline_words, nmi_entry)),
	NUMBER(TRAMPOLINE_IDT_LIMIT, offsetof(struct trampoline_words, idt_limit)),
	NUMBER(TRAMPOLINE_CR4, offsetof(struct trampoline_words, cr4)),
	NUMBER(TRAMPOLINE_EFER, offsetof(struct trampoline_words, efer)),
	NUMBER(TRAMPOLINE_START_CR3, offsetof(struct trampoline_words, start_cr3)),
	NUMBER(TRAMPOLINE_KERNEL_CR3, offsetof(struct trampoline_words, kernel_cr3)),
	NUMBER(TRAMPOLINE_ENTRY, offsetof(struct trampoline_words, entry)),
	NUMBER(TRAMPOLINE_MAIN, offsetof(struct trampoline_words, main)),
	NUMBER(TRAMPOLINE_BASE_MSR, offsetof(struct trampoline_words, base_msr)),
	NUMBER(TRAMPOLINE_ID_REGISTER, offsetof(struct trampoline_words, id_register)),
	NUMBER(TRAMPOLINE_PARKED, offsetof(struct trampoline_words, parked)),
	NUMBER(TRAMPOLINE_NR_ENTRIES, offsetof(struct trampoline_words, nr_entries)),
	NUMBER(TRAMPOLINE_ENTRIES, offsetof(struct trampoline_words, entries)),
	NUMBER(TRAMPOLINE_SIZE, sizeof(struct trampoline_words)),
};
