/* SPDX-License-Identifier: MIT */
#include "test.h"

/* Exceptions of programs: signals, codes, addresses, and how a process ends without a handler. */

static jmp_buf env;
static struct siginfo seen;
static struct sigcontext context_seen;
static unsigned int flags_seen; /* of the handler itself */

static void on_fault(int signal, struct siginfo *info, struct ucontext *context)
{
	asm volatile("pushf; pop %0; cld" : "=r"(flags_seen));
	seen = *info;
	context_seen = context->context;
	longjmp(env, 1);
}

static void unblock(void)
{
	unsigned long long none = 0;

	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, 0, 8);
}

/* Runs a statement that faults, and prints what the handler learns. */
#define FAULT(name, expected_address, statement)                                                 \
	do {                                                                                     \
		memset(&seen, 0, sizeof(seen));                                                  \
		if (!setjmp(env)) {                                                              \
			statement;                                                               \
		}                                                                                \
		unblock();                                                                       \
		printf("%s: signal %d code %d trap %d error %x address %s\n", name, seen.signal, \
		       seen.code, context_seen.trap, context_seen.error & 0xffef,                \
		       seen.address == (uint32_t)(expected_address) ? "right" : "wrong");        \
	} while (0)

static void test_memory(void)
{
	char *p = anonymous(2 * PAGE);
	volatile char *null = (char *)0x20, *kernel = (char *)0xffffe000;
	int fd = make_file("/tmp/faults", "x");
	char *file = (char *)syscall(SYS_mmap2, 0, 2 * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);

	syscall(SYS_mprotect, p, PAGE, PROT_READ);
	syscall(SYS_mprotect, p + PAGE, PAGE, PROT_NONE);
	FAULT("read null", null, (void)*null);
	FAULT("write null", null, *null = 1);
	FAULT("read kernel", kernel, (void)*kernel);
	FAULT("write kernel", kernel, *kernel = 1);
	FAULT("write read-only", p + 5, *(volatile char *)(p + 5) = 1);
	(void)*(volatile char *)p;
	FAULT("write read-only page that is there", p + 5, *(volatile char *)(p + 5) = 1);
	FAULT("read none", p + PAGE, (void)*(volatile char *)(p + PAGE));
	FAULT("read beyond a file", file + PAGE, (void)*(volatile char *)(file + PAGE));
	FAULT("write to code", (char *)test_memory, *(volatile char *)test_memory = 1);
	FAULT("jump to null", 0, ((void (*)(void))0)());
	syscall(SYS_close, fd);
}

static void test_cpu(void)
{
	volatile int zero = 0;
	unsigned long at;

	FAULT("divide", context_seen.eip,
	      asm volatile("mov $1, %%eax; cltd; idivl %0"
			   :
			   : "m"(zero)
			   : "eax", "edx"));
	FAULT("undefined instruction", context_seen.eip, asm volatile("ud2"));
	FAULT("privileged instruction", 0, asm volatile("cli"));
	FAULT("halt", 0, asm volatile("hlt"));
	FAULT("port", 0, asm volatile("outb %%al, $0x80" : : "a"(0)));
	FAULT("control register", 0, asm volatile("mov %%cr0, %0" : "=r"(at)));
	FAULT("int 3", 0, asm volatile("int3"));
	FAULT("int 3 with strings downwards", 0, asm volatile("std; int3"));
	printf("direction in the handler: %d\n", flags_seen >> 10 & 1);
	printf("upper halves of the selectors: %x\n",
	       (context_seen.gs | context_seen.fs | context_seen.es | context_seen.ds |
		context_seen.cs | context_seen.ss) >>
		       16);
	FAULT("into", 0, asm volatile("movb $127, %%al; addb $1, %%al; into" : : : "eax"));
	FAULT("bound", 0,
	      asm volatile("movl $9, %%eax; boundl %%eax, %0"
			   :
			   : "m"(*(long long *)&(int[2]){ 1, 5 })
			   : "eax"));
	FAULT("int 0x30", 0, asm volatile("int $0x30"));
	FAULT("int 14", 0, asm volatile("int $14"));
	FAULT("segment of the kernel", 0, asm volatile("mov %0, %%ds" : : "r"(0x68)));
	FAULT("segment that is not there", 0, asm volatile("mov %0, %%fs" : : "r"(0x33)));
	FAULT("null stack segment", 0, asm volatile("mov %0, %%ss" : : "r"(0)));
	/* The flag stays in the saved flags, and is cleared by the jump out of the handler. */
	FAULT("single step", context_seen.eip,
	      asm volatile("pushf; orl $0x100, (%%esp); popf; nop; nop"
			   :
			   :
			   : "cc"));
	asm volatile("pushf; andl $~0x100, (%%esp); popf" : : : "cc");
	FAULT("unaligned is fine", 0, asm volatile("movl 1(%0), %%eax" : : "r"(env) : "eax"));
}

/* --- without a handler ------------------------------------------------------------------------ */

static void die_null(void)
{
	*(volatile int *)0 = 1;
}

static void die_divide(void)
{
	volatile int zero = 0;

	asm volatile("mov $1, %%eax; cltd; idivl %0" : : "m"(zero) : "eax", "edx");
}

static void die_bus(void)
{
	int fd = make_file("/tmp/faults", "x");
	char *file = (char *)syscall(SYS_mmap2, 0, 2 * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);

	(void)*(volatile char *)(file + PAGE);
}

static void die_ignored(void)
{
	sigaction(SIGSEGV, SIG_IGN, 0, 0);
	die_null();
}

static void die_blocked(void)
{
	unsigned long long set = SIGNAL_BIT(SIGSEGV);

	syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, 0, 8);
	die_null();
}

static void fault_again(int signal)
{
	die_null();
}

static void die_in_handler(void)
{
	sigaction(SIGSEGV, fault_again, 0, 0);
	die_null();
}

/* --- the stack -------------------------------------------------------------------------------- */

static int deep(int n)
{
	volatile char space[4000];

	space[0] = 1;
	return n ? deep(n - 1) + space[0] : 0;
}

static void stack_grows(void)
{
	show("frames of 4000 bytes", deep(500));
}

static void stack_ends(void)
{
	deep(10000000);
}

/* Instructions may touch the stack far below ESP. */
static void stack_far(void)
{
	asm volatile("movb $1, -524288(%%esp)" : : : "memory");
	show_text("far below", "ok");
}

static void return_and_continue(int signal, struct siginfo *info, struct ucontext *context)
{
	syscall(SYS_mprotect, info->address & -PAGE, PAGE, PROT_READ | PROT_WRITE);
}

/* The handler makes the page accessible, and the instruction is repeated. */
static void test_repair(void)
{
	volatile char *p = anonymous(PAGE);

	syscall(SYS_mprotect, p, PAGE, PROT_NONE);
	sigaction(SIGSEGV, return_and_continue, SA_SIGINFO, 0);
	*p = 77;
	show("repaired", *p);
	sigaction(SIGSEGV, on_fault, SA_SIGINFO, 0);
}

int main(int argc, char **argv, char **envp)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP };

	in_child("null", die_null);
	in_child("divide", die_divide);
	in_child("bus", die_bus);
	in_child("ignored", die_ignored);
	in_child("blocked", die_blocked);
	in_child("in a handler", die_in_handler);
	for (size_t i = 0; i < SIZE(signals); i++)
		sigaction(signals[i], on_fault, SA_SIGINFO, 0);
	test_memory();
	test_cpu();
	test_repair();
	for (size_t i = 0; i < SIZE(signals); i++)
		sigaction(signals[i], SIG_DFL, 0, 0);
	in_child("stack grows", stack_grows);
	in_child("stack ends", stack_ends);
	in_child("stack far", stack_far);
	return 0;
}
