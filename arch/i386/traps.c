/* SPDX-License-Identifier: MIT */
#include <asm/extable.h>
#include <asm/fault.h>
#include <asm/irq.h>
#include <asm/irqflags.h>
#include <asm/kmap_local.h>
#include <asm/trap_report.h>
#include <asm/traps.h>
#include <asm/user_work.h>
#include <kernel/panic.h>
#include <kernel/preempt.h>
#include <kernel/printk.h>
#include <kernel/symbols.h>

/*
 * Decides what to do about an exception or interrupt. Device interrupts run their handlers. Page
 * faults are handled by page_fault() in fault.c. A breakpoint is reported, and the code continues.
 * Every other exception is a bug of the kernel: the report shows all that is known, and the kernel
 * stops.
 *
 * An exception in ring 3 is the program's own: the layer of processes makes a signal of it (struct
 * user_work). Its functions run with interrupts on. The way back to ring 3 is in entry_traps.asm.
 *
 * Debug exceptions and non-maskable interrupts (NMIs) have handlers in other files, such as the
 * single-step tests and the stop of a CPU. Each is asked whether it caused this one.
 *
 * An NMI that no handler takes comes from outside of the kernel: a button, a watchdog, or QEMU's
 * `inject-nmi`. It asks what a silent kernel is doing. So the CPU panics, and the report shows the
 * calls of all CPUs.
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
	const struct panic_report report = { show_registers, frame, frame->eip,
					     trap_frame_ebp(frame) };

	panic_report(&report, "unexpected exception %u (%s), error code %04x", frame->vector,
		     exception_name(frame->vector), frame->error_code);
}

static bool nmi_is_taken(const struct trap_frame *frame)
{
	const struct nmi_handler *handler;

	for_each_in_set(handler, nmi_handlers)
		if (handler->handle(frame))
			return true;
	return false;
}

static void nmi(const struct trap_frame *frame)
{
	const struct panic_report report = { .eip = frame->eip, .ebp = trap_frame_ebp(frame) };

	this_cpu_add(irq_counts.nmi, 1);
	this_cpu_add(preempt_count, NMI_OFFSET);
	if (!nmi_is_taken(frame))
		panic_report(
			&report,
			"NMI on CPU %u, which no CPU has sent: somebody outside asks for a report",
			smp_processor_id());
	this_cpu_sub(preempt_count, NMI_OFFSET);
}

static noinline void __noreturn left_behind(const struct trap_frame *frame, unsigned int more)
{
	kmap_local_show_held(more, printk);
	panic("interrupt %#x returns with %u kmap_local mapping%s not undone", frame->vector, more,
	      more == 1 ? "" : "s");
}

/* --- exceptions ------------------------------------------------------------------------------- */

/*
 * The way out to ring 3 loads selectors that the program chose. Of a bad one the CPU raises these
 * exceptions in the kernel.
 */
static bool is_of_way_out(struct trap_frame *frame)
{
	unsigned long to;

	if (user_mode(frame) || frame->vector < TRAP_NOT_PRESENT ||
	    frame->vector > TRAP_GENERAL_PROTECTION)
		return false;
	to = extable_lookup(frame->eip);
	if (to)
		frame->eip = to;
	return to;
}

static void other_exception(struct trap_frame *frame)
{
	if (!is_of_way_out(frame) && !user_trap(frame, 0))
		unexpected(frame);
}

static void debug_exception(struct trap_frame *frame)
{
	const struct debug_handler *handler;

	for_each_in_set(handler, debug_handlers)
		if (handler->handle(frame))
			return;
	other_exception(frame);
}

/* The interrupt may have woken a thread that is more urgent than the interrupted one. */
static void interrupt(const struct trap_frame *frame)
{
	unsigned int held = kmap_local_held();

	if (unlikely(held > KMAP_LOCAL_DEPTH))
		kmap_local_too_deep();
	this_cpu(irq_from_user) = user_mode(frame);
	irq_dispatch(frame->vector);
	if (unlikely(kmap_local_held() != held))
		left_behind(frame, kmap_local_held() - held);
	/* The way out to ring 3 does this itself. */
	if ((frame->eflags & X86_EFLAGS_IF) && !user_mode(frame))
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
	else if (frame->vector == TRAP_BREAKPOINT && !user_mode(frame))
		pr_notice("breakpoint at %s\n", symbol_format(frame->eip, text));
	else
		other_exception(frame);
}
