/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/pgtable.h>
#include <asm/region.h>
#include <asm/sections.h>
#include <asm/trap_frame.h>
#include <asm/trap_report.h>
#include <kernel/backtrace.h>
#include <kernel/hook.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/symbols.h>

/*
 * Reports of unexpected exceptions. Each shows the registers. A double fault, which is mostly a
 * stack overflow, also needs the calls: it runs on its own stack, so the usual backtrace would not
 * show them.
 */

void trap_report(const struct trap_frame *frame, u32 esp, printf_fn *out)
{
	char text[SYMBOL_TEXT];

	out("EIP: %04x:%08x %s\n", frame->cs & 0xffff, frame->eip, symbol_format(frame->eip, text));
	out("EAX: %08x EBX: %08x ECX: %08x EDX: %08x\n", frame->eax, frame->ebx, frame->ecx,
	    frame->edx);
	out("ESI: %08x EDI: %08x EBP: %08x ESP: %08x\n", frame->esi, frame->edi, frame->ebp, esp);
	out("EFLAGS: %08x CR0: %08lx CR2: %08lx CR3: %08lx\n", frame->eflags, read_cr0(),
	    read_cr2(), read_cr3());
}

static const char *(*stack_name)(unsigned long vaddr);

void trap_use_stack_names(const char *(*name)(unsigned long vaddr))
{
	hook_set(stack_name, name);
}

struct double_fault {
	const struct trap_frame *frame;
	u32 esp;
};

static void show_double_fault(const void *arg, printf_fn *out)
{
	const struct double_fault *fault = arg;
	char region[REGION_TEXT];

	out("double fault: an exception could not be delivered\n");
	/* The failed push wrote below ESP, so the region of ESP - 4 names the stack. */
	out("The stack pointer is in: %s\n", region_name(fault->esp - 4, region, sizeof(region)));
	trap_report(fault->frame, fault->esp, out);
}

void double_fault_panic(const struct trap_frame *frame, u32 esp)
{
	const struct double_fault fault = { frame, esp };
	const struct panic_report report = { show_double_fault, &fault, frame->eip, frame->ebp };

	if (esp - 4 >= (u32)boot_stack_guard && esp - 4 < (u32)boot_stack)
		panic_report(&report, "kernel stack overflow: %u bytes of stack are used up",
			     (u32)(boot_stack_end - boot_stack));
	if (stack_name && stack_name(esp - 4))
		panic_report(&report, "kernel stack overflow in thread '%s'", stack_name(esp - 4));
	panic_report(&report, "double fault");
}
