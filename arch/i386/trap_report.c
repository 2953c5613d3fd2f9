/* SPDX-License-Identifier: MIT */
#include <asm/backtrace.h>
#include <asm/cpu.h>
#include <asm/pgtable.h>
#include <asm/sections.h>
#include <asm/traps.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/symbols.h>

/*
 * What there is to say about an exception that nobody was prepared for, whichever it is: the registers;
 * and for a double fault, on whose stack there is nothing left, the calls too.
 */

void trap_report(const struct trap_frame *frame, u32 esp)
{
	char text[SYMBOL_TEXT];

	pr_emerg("EIP: %04x:%08x %s\n", frame->cs & 0xffff, frame->eip,
		 symbol_format(frame->eip, text));
	pr_emerg("EAX: %08x EBX: %08x ECX: %08x EDX: %08x\n", frame->eax, frame->ebx, frame->ecx,
		 frame->edx);
	pr_emerg("ESI: %08x EDI: %08x EBP: %08x ESP: %08x\n", frame->esi, frame->edi, frame->ebp,
		 esp);
	pr_emerg("EFLAGS: %08x CR0: %08lx CR2: %08lx CR3: %08lx\n", frame->eflags, read_cr0(),
		 read_cr2(), read_cr3());
}

static const char *(*stack_name)(unsigned long vaddr);

void trap_use_stack_names(const char *(*name)(unsigned long vaddr))
{
	stack_name = name;
}

void double_fault_panic(const struct trap_frame *frame, u32 esp)
{
	char region[REGION_TEXT];

	pr_emerg("double fault: an exception could not be delivered\n");
	trap_report(frame, esp);
	/* The push that failed is the one below ESP. */
	pr_emerg("The stack pointer is in: %s\n", region_name(esp - 4, region, sizeof(region)));
	show_backtrace_from(frame->eip, frame->ebp);
	if (esp - 4 >= (u32)boot_stack_guard && esp - 4 < (u32)boot_stack)
		panic("kernel stack overflow: %u bytes of stack are used up",
		      (u32)(boot_stack_end - boot_stack));
	if (stack_name && stack_name(esp - 4))
		panic("kernel stack overflow in thread '%s'", stack_name(esp - 4));
	panic("double fault");
}
