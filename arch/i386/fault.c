/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/extable.h>
#include <asm/fault.h>
#include <asm/irqflags.h>
#include <asm/pgtable.h>
#include <asm/ptdump.h>
#include <asm/region.h>
#include <asm/trap_frame.h>
#include <asm/trap_report.h>
#include <asm/user_work.h>
#include <kernel/hook.h>
#include <kernel/panic.h>
#include <kernel/preempt.h>
#include <kernel/printk.h>
#include <lib/types.h>

/*
 * Page faults. The CPU raises exception 14 if the page tables do not permit an access. The way of a
 * page fault through the kernel:
 *
 *	entry_traps.asm    saves the registers in a struct trap_frame. A fault of ring 3 at an
 *	                   address of the program: the layer of address spaces makes the memory
 *	                   accessible (fault_use_program()), and mostly all is done
 *	trap_dispatch()    traps.c sees exception 14 of any other kind
 *	page_fault()       an access of the kernel that is meant to reach the program: likewise
 *	ask_handlers()     asks the fault handlers, in the order of their ranks
 *	fixup()            the handler of this file, rank 500: an access that is allowed to fault
 *	user_trap()        the fault is one of ring 3: the program gets a signal
 *	panic_report()     no handler has resolved the fault, so it is a bug
 *
 * A handler is a record, FAULT_HANDLER(), in the file that can resolve some faults. The kernel
 * never pages its own memory in. fixup() continues at the address that the exception table has for
 * the instruction (extable.h).
 *
 * Accesses that are meant to reach the program are those of ring 3, and those of the kernel by
 * asm/uaccess.h. They are nearly all page faults, so they come first, and those of ring 3 take a
 * short way: each instruction of it is paid for each page of a program. Any other fault of the
 * kernel at a user address is a bug, and no area of the program hides it.
 *
 * The report of a bug names, in this order: the access, the address, the region of the address
 * space that it is in, what other files know about the address (FAULT_EXPLANATION()), and the
 * page-table entries.
 */

/*
 * Continue at the fixup of the instruction that faulted. A call to an address that cannot be
 * executed faults at its target, just after the return address was pushed. It counts as a fault of
 * the call.
 */
static bool fixup(struct trap_frame *frame, unsigned long address)
{
	unsigned long to;
	u32 return_address;

	if (user_mode(frame))
		return false;
	to = extable_lookup(frame->eip);
	if (to) {
		frame->eip = to;
		return true;
	}
	if (frame->eip != address)
		return false;
	if (probe_read((void *)trap_frame_esp(frame), &return_address) != 0)
		return false;
	to = extable_lookup(return_address);
	if (!to)
		return false;
	/* Put the fixup into the slot of the return address, as if the called code had returned. */
	*(u32 *)trap_frame_esp(frame) = to;
	frame->eip = (u32)fault_return;
	return true;
}
FAULT_HANDLER(500, fixup);

static const char *what_was_tried(u32 error_code)
{
	if (error_code & FAULT_FETCH)
		return "instruction fetch";
	return error_code & FAULT_WRITE ? "write" : "read";
}

static const char *why_not(u32 error_code)
{
	if (error_code & FAULT_RESERVED)
		return "a reserved bit is set in the page tables";
	return error_code & FAULT_PRESENT ? "not permitted" : "not mapped";
}

struct fault {
	const struct trap_frame *frame;
	unsigned long address;
};

static void show_details(const void *arg, printf_fn *out)
{
	const struct fault_explanation *explanation;
	const struct fault *fault = arg;
	u32 error_code = fault->frame->error_code;
	char region[REGION_TEXT];

	out("%s in %s mode: %s (error code %04x)\n", what_was_tried(error_code),
	    user_mode(fault->frame) ? "user" : "kernel", why_not(error_code), error_code);
	out("The address is in: %s\n", region_name(fault->address, region, sizeof(region)));
	for_each_in_set(explanation, fault_explanations)
		explanation->explain(fault->address, out);
	pagetable_walk_show(fault->address, out);
	trap_report(fault->frame, trap_frame_esp(fault->frame), out);
}

/*
 * May the memory of the program be made accessible for this access of the kernel? The handlers may
 * sleep, so the interrupted code must allow it. With SMAP an access outside of stac and clac would
 * fault again and again.
 */
static bool reaches_program(const struct trap_frame *frame, unsigned long address)
{
	if (address >= PAGE_OFFSET || (frame->error_code & FAULT_RESERVED) || user_mode(frame))
		return false;
	if (cpu_has(CPU_SMAP) && !(frame->eflags & X86_EFLAGS_AC))
		return false;
	return (frame->eflags & X86_EFLAGS_IF) && !in_atomic() && !this_cpu(pagefault_disabled) &&
	       extable_lookup(frame->eip);
}

/* Also called by entry_traps.asm. */
bool (*program_fault)(struct trap_frame *frame, unsigned long address);

void fault_use_program(bool (*handle)(struct trap_frame *frame, unsigned long address))
{
	hook_set(program_fault, handle);
}

static bool ask_program(struct trap_frame *frame, unsigned long address)
{
	bool resolved;

	if (!reaches_program(frame, address) || !program_fault)
		return false;
	local_irq_enable();
	resolved = program_fault(frame, address);
	local_irq_disable();
	return resolved;
}

static bool ask_handlers(struct trap_frame *frame, unsigned long address)
{
	const struct fault_handler *handler;

	for_each_in_set(handler, fault_handlers)
		if (handler->handle(frame, address))
			return true;
	return false;
}

static noinline void not_resolved(struct trap_frame *frame, unsigned long address)
{
	const struct fault fault = { frame, address };
	const struct panic_report report = { show_details, &fault, frame->eip,
					     trap_frame_ebp(frame) };

	if (!(frame->error_code & FAULT_RESERVED) && user_trap(frame, address))
		return;
	panic_report(&report, "page fault: %s at %08lx, %s", what_was_tried(frame->error_code),
		     address, why_not(frame->error_code));
}

void page_fault_failed(struct trap_frame *frame, unsigned long address)
{
	if (!ask_handlers(frame, address))
		not_resolved(frame, address);
}

void page_fault(struct trap_frame *frame)
{
	unsigned long address = read_cr2();

	if (!ask_program(frame, address))
		page_fault_failed(frame, address);
}
