/* SPDX-License-Identifier: MIT */
#include <asm/fault.h>
#include <asm/irq.h>
#include <asm/irqflags.h>
#include <asm/kmap_local.h>
#include <asm/trap_report.h>
#include <asm/traps.h>
#include <kernel/panic.h>
#include <kernel/preempt.h>
#include <kernel/printk.h>
#include <kernel/symbols.h>

/*
 * Decides what to do about an exception or interrupt. Device interrupts run their handlers. Page
 * faults are handled in fault.c. A breakpoint is reported, and the code continues. A debug
 * exception runs the registered handler, such as that of the single-step test. Every other
 * exception is a bug of the kernel: the report shows all that is known, and the kernel stops.
 */

/* Intel SDM 3A, table 6-1. */
static const char *const exception_names[NR_EXCEPTIONS] = {
	"divide error",
	"debug exception",
	"NMI",
	"breakpoint",
	"overflow",
	"BOUND range exceeded",
	"invalid opcode",
	"no coprocessor",
	"double fault",
	"coprocessor overrun",
	"invalid TSS",
	"segment not present",
	"stack-segment fault",
	"general protection",
	"page fault",
	"reserved exception 15",
	"x87 error",
	"alignment check",
	"machine check",
	"SIMD exception",
	"virtualization exception",
	"control protection",
};

static const char *exception_name(u32 vector)
{
	if (vector >= NR_EXCEPTIONS || !exception_names[vector])
		return "reserved exception";
	return exception_names[vector];
}

static void show_registers(const void *arg, printf_fn *out)
{
	trap_report(arg, trap_frame_esp(arg), out);
}

static void __noreturn unexpected(const struct trap_frame *frame)
{
	const struct panic_report report = { show_registers, frame, frame->eip, frame->ebp };

	panic_report(&report, "unexpected exception %u (%s), error code %04x", frame->vector,
		     exception_name(frame->vector), frame->error_code);
}

static void (*nmi_hook)(const struct trap_frame *frame);

void trap_use_nmi(void (*handler)(const struct trap_frame *frame))
{
	nmi_hook = handler;
}

static void nmi(const struct trap_frame *frame)
{
	this_cpu_add(irq_counts.nmi, 1);
	if (!nmi_hook)
		unexpected(frame);
	this_cpu_add(preempt_count, NMI_OFFSET);
	nmi_hook(frame);
	this_cpu_sub(preempt_count, NMI_OFFSET);
}

static noinline void __noreturn left_behind(const struct trap_frame *frame, unsigned int more)
{
	kmap_local_show_held(more, printk);
	panic("interrupt %#x returns with %u kmap_local mapping%s not undone", frame->vector, more,
	      more == 1 ? "" : "s");
}

static void (*debug_hook)(struct trap_frame *frame);

void trap_use_debug(void (*handler)(struct trap_frame *frame))
{
	debug_hook = handler;
}

static void debug_exception(struct trap_frame *frame)
{
	if (!debug_hook)
		unexpected(frame);
	debug_hook(frame);
}

/* The interrupt may have woken a thread that is more urgent than the interrupted one. */
static void interrupt(const struct trap_frame *frame)
{
	unsigned int held = kmap_local_held();

	if (unlikely(held > KMAP_LOCAL_DEPTH))
		kmap_local_too_deep();
	irq_dispatch(frame->vector);
	if (unlikely(kmap_local_held() != held))
		left_behind(frame, kmap_local_held() - held);
	if (frame->eflags & X86_EFLAGS_IF)
		preempt_schedule_irq();
}

void trap_dispatch(struct trap_frame *frame)
{
	char text[SYMBOL_TEXT];

	if (frame->vector >= IRQ_VECTOR_BASE)
		interrupt(frame);
	else if (frame->vector == TRAP_NMI)
		nmi(frame);
	else if (frame->vector == TRAP_DEBUG)
		debug_exception(frame);
	else if (frame->vector == TRAP_PAGE_FAULT)
		page_fault(frame);
	else if (frame->vector == TRAP_BREAKPOINT)
		pr_notice("breakpoint at %s\n", symbol_format(frame->eip, text));
	else
		unexpected(frame);
}
