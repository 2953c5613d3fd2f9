/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/extable.h>
#include <asm/fault.h>
#include <asm/fixmap.h>
#include <asm/irqflags.h>
#include <asm/lapic.h>
#include <asm/time.h>
#include <asm/traps.h>
#include <kernel/backtrace.h>
#include <kernel/symbols.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <sched/sched.h>
#include <tests/kernel/ktest.h>

/*
 * Exceptions that somebody is prepared for. Those that stop the kernel are boots of their own: see
 * tests/crash/crash.c.
 */

static u32 word = 0x12345678;

KTEST(exceptions, a_probe_reads_and_writes)
{
	u32 value = 0;

	EXPECT_EQ(probe_read(&word, &value), 0);
	EXPECT_EQ(value, 0x12345678);
	EXPECT_EQ(probe_write(&word, 0x9abcdef0), 0);
	EXPECT_EQ(word, 0x9abcdef0);
	word = 0x12345678;
}

KTEST(exceptions, a_failed_read_leaves_the_result_alone)
{
	u32 value = 42;

	EXPECT_EQ(probe_read(NULL, &value), -EFAULT);
	EXPECT_EQ(probe_read((void *)FIXADDR_TOP, &value), -EFAULT);
	EXPECT_EQ(value, 42);
}

KTEST(exceptions, a_failed_write_fails)
{
	EXPECT_EQ(probe_write(NULL, 1), -EFAULT);
	EXPECT_EQ(probe_write((void *)high_memory, 1), -EFAULT);
}

static unsigned int calls;

static void count_call(void)
{
	calls++;
}

KTEST(exceptions, a_probed_call_runs_or_fails)
{
	calls = 0;
	EXPECT_EQ(probe_call(count_call), 0);
	EXPECT_EQ(calls, 1);
	EXPECT_EQ(probe_call(NULL), -EFAULT);
	EXPECT_EQ(probe_call(high_memory), -EFAULT);
}

/* Thousands of faults leave neither stack nor registers changed. */
KTEST(exceptions, faults_do_not_pile_up)
{
	unsigned long here = (unsigned long)__builtin_frame_address(0);
	unsigned int failed = 0;
	u32 value;

	for (unsigned int i = 0; i < 10000; i++)
		failed += probe_read((void *)(unsigned long)(i * 4 % 4096), &value) == -EFAULT;
	EXPECT_EQ(failed, 10000);
	EXPECT_EQ((unsigned long)__builtin_frame_address(0), here);
}

/* --- the handlers of page faults -------------------------------------------------------------- */

/* Calls of the two handlers of this file, in order, and the one that resolves the fault. */
static struct {
	bool armed;
	char calls[8];
	char resolver;
} asked;

/*
 * An access without an entry in the exception table: only a handler of this file can save it. EDX
 * has the address of the next instruction.
 */
static noinline void touch_nothing(void)
{
	__asm__ volatile("movl $1f, %%edx\n\tmovl %%eax, 0\n1:" ::: "edx", "memory");
}

static bool ask(char me, struct trap_frame *frame)
{
	size_t nr = strlen(asked.calls);

	if (!READ_ONCE(asked.armed))
		return false;
	if (nr < sizeof(asked.calls) - 1)
		asked.calls[nr] = me;
	if (asked.resolver != me)
		return false;
	frame->eip = frame->edx;
	return true;
}

static bool ask_late(struct trap_frame *frame, unsigned long address)
{
	return ask('b', frame);
}
FAULT_HANDLER(120, ask_late);

static bool ask_early(struct trap_frame *frame, unsigned long address)
{
	return ask('a', frame);
}
FAULT_HANDLER(110, ask_early);

static void arm(char resolver)
{
	memset(&asked, 0, sizeof(asked));
	asked.resolver = resolver;
	WRITE_ONCE(asked.armed, true);
}

static void disarm(void)
{
	WRITE_ONCE(asked.armed, false);
}

KTEST(exceptions, each_fault_handler_has_a_rank_of_its_own)
{
	static const char *const names[] = { "ask_early", "ask_late", "fixup" };
	const struct fault_handler *handler;
	unsigned int last = 0, at = 0;

	for_each_in_set(handler, fault_handlers) {
		EXPECT(handler->rank > last);
		last = handler->rank;
		if (at < ARRAY_SIZE(names) && strcmp(handler->name, names[at]) == 0)
			at++;
	}
	EXPECT_EQ(at, ARRAY_SIZE(names));
}

/* The handler of allowed faults is asked after handlers that refuse the fault. */
KTEST(exceptions, fault_handlers_are_asked_in_order)
{
	u32 value;

	arm(0);
	EXPECT_EQ(probe_read(NULL, &value), -EFAULT);
	disarm();
	EXPECT_STREQ(asked.calls, "ab");
}

KTEST(exceptions, a_handler_that_resolves_a_fault_is_the_last_one)
{
	arm('b');
	touch_nothing();
	disarm();
	EXPECT_STREQ(asked.calls, "ab");
	arm('a');
	touch_nothing();
	disarm();
	EXPECT_STREQ(asked.calls, "a");
}

/* --- handlers of NMIs and debug exceptions ---------------------------------------------------- */

static struct {
	bool expected;
	unsigned int taken;
} nmi;

static bool take_nmi(const struct trap_frame *frame)
{
	if (!READ_ONCE(nmi.expected))
		return false;
	nmi.expected = false;
	WRITE_ONCE(nmi.taken, nmi.taken + 1);
	return true;
}
NMI_HANDLER(take_nmi);

/* The handler that stops CPUs is asked, too, and must say that this NMI is not its own. */
KTEST(exceptions, an_nmi_is_for_the_handler_that_expects_it)
{
	u64 limit = time_ns() + 1000000000;

	if (!lapic_present()) {
		ktest_skip("without a local APIC a CPU cannot send itself an NMI");
		return;
	}
	nmi.taken = 0;
	migrate_disable();
	WRITE_ONCE(nmi.expected, true);
	lapic_send_nmi(lapic_id());
	while (!READ_ONCE(nmi.taken) && time_ns() < limit)
		cpu_relax();
	migrate_enable();
	EXPECT_EQ(nmi.taken, 1);
}

static struct {
	bool expected;
	unsigned int taken;
} debug;

static bool take_debug(struct trap_frame *frame)
{
	if (!READ_ONCE(debug.expected))
		return false;
	debug.taken++;
	frame->eflags &= ~X86_EFLAGS_TF;
	return true;
}
DEBUG_HANDLER(take_debug);

/* The handlers of other tests are asked, too. They do not step through anything now. */
KTEST(exceptions, a_debug_exception_is_for_the_handler_that_expects_it)
{
	debug.taken = 0;
	WRITE_ONCE(debug.expected, true);
	__asm__ volatile("pushfl; orl %0, (%%esp); popfl; nop" ::"i"(X86_EFLAGS_TF)
			 : "memory", "cc");
	WRITE_ONCE(debug.expected, false);
	EXPECT_EQ(debug.taken, 1);
}

/* --- other exceptions ------------------------------------------------------------------------- */

KTEST(exceptions, a_breakpoint_is_passed_over)
{
	u32 before = 7, after;

	__asm__ volatile("int3; movl %1, %0" : "=r"(after) : "r"(before));
	EXPECT_EQ(after, 7);
}

KTEST(exceptions, addresses_have_names)
{
	unsigned long offset = ~0ul;
	const unsigned long here = (unsigned long)symbol_lookup;
	char name[SYMBOL_TEXT];

	EXPECT_STREQ(symbol_lookup(here, &offset, name), "symbol_lookup");
	EXPECT_EQ(offset, 0);
	EXPECT_STREQ(symbol_lookup(here + 5, &offset, name), "symbol_lookup");
	EXPECT_EQ(offset, 5);
	EXPECT(symbol_lookup(0, &offset, name) == NULL);
	EXPECT(symbol_lookup((unsigned long)&word, &offset, name) == NULL);
}

static noinline unsigned long who_called(void)
{
	return caller_address(0);
}

KTEST(exceptions, callers_are_found)
{
	char name[SYMBOL_TEXT];

	KTEST_REQUIRE(symbol_lookup(who_called(), NULL, name));
	EXPECT_STREQ(name, "ktest");
}
