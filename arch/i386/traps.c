/* SPDX-License-Identifier: MIT */
#include <asm/backtrace.h>
#include <asm/cpu.h>
#include <asm/irq.h>
#include <asm/pgtable.h>
#include <asm/sections.h>
#include <asm/traps.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/symbols.h>

/*
 * What to do about an exception: device interrupts go to their handlers, page faults to fault.c; a
 * breakpoint is reported and passed over. Anything else is a bug of the kernel, and is shown with
 * all that is known before the kernel stops.
 */

/* Intel SDM 3A, table 6-1. */
static const char *const exception_names[NR_EXCEPTIONS] = {
	"divide error",		"debug exception",    "NMI",
	"breakpoint",		"overflow",	      "BOUND range exceeded",
	"invalid opcode",	"no coprocessor",     "double fault",
	"coprocessor overrun",	"invalid TSS",	      "segment not present",
	"stack-segment fault",	"general protection", "page fault",
	"reserved exception 15", "x87 error",	      "alignment check",
	"machine check",	"SIMD exception",     "virtualization exception",
	"control protection",
};

static const char *exception_name(u32 vector)
{
	if (vector >= NR_EXCEPTIONS || !exception_names[vector])
		return "reserved exception";
	return exception_names[vector];
}

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
	panic("double fault");
}

static void unexpected(const struct trap_frame *frame)
{
	pr_emerg("%s, error code %04x\n", exception_name(frame->vector), frame->error_code);
	trap_report(frame, trap_frame_esp(frame));
	panic("unexpected exception %u (%s)", frame->vector, exception_name(frame->vector));
}

void trap_dispatch(struct trap_frame *frame)
{
	char text[SYMBOL_TEXT];

	if (frame->vector >= IRQ_VECTOR_BASE)
		irq_dispatch(frame->vector - IRQ_VECTOR_BASE);
	else if (frame->vector == TRAP_PAGE_FAULT)
		page_fault(frame);
	else if (frame->vector == TRAP_BREAKPOINT)
		pr_notice("breakpoint at %s\n", symbol_format(frame->eip, text));
	else
		unexpected(frame);
}
