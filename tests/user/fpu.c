/* SPDX-License-Identifier: MIT */
#include "test.h"

/* The floating-point unit: its registers belong to a thread, and survive switches and signals. */

static volatile int errors, handled;

static double load_pi(void)
{
	double value;

	asm volatile("fldpi\nfstpl %0" : "=m"(value));
	return value;
}

/* Keeps values on the FPU's stack while others run. */
static int hold(int seed)
{
	int wrong = 0;

	for (int i = 0; i < 200; i++) {
		int a = seed * 1000 + i, b = seed * 77 + i, x, y;

		asm volatile("fildl %0\nfildl %1" : : "m"(a), "m"(b));
		syscall(SYS_sched_yield);
		for (volatile int delay = 0; delay < 2000; delay++)
			;
		asm volatile("fistpl %0\nfistpl %1" : "=m"(x), "=m"(y));
		wrong += x != b || y != a;
	}
	return wrong;
}

static int hold_thread(void *arg)
{
	return hold((int)arg);
}

static void test_threads(void)
{
	struct thread threads[4];
	int wrong = 0;

	for (int i = 0; i < 4; i++)
		thread_create(&threads[i], hold_thread, (void *)(i + 1));
	wrong += hold(9);
	for (int i = 0; i < 4; i++)
		wrong += thread_join(&threads[i]);
	show("wrong values in threads", wrong);
}

static void test_processes(void)
{
	int status, wrong = 0;

	for (int i = 0; i < 3; i++) {
		if (fork() == 0)
			exit(hold(20 + i) != 0);
	}
	wrong += hold(30);
	while (syscall(SYS_wait4, -1, &status, 0, 0) > 0)
		wrong += WEXITSTATUS(status);
	show("wrong values in processes", wrong);
}

static void test_fork(void)
{
	int value = 4711, out = 0, status, pid;

	asm volatile("fildl %0" : : "m"(value));
	pid = fork();
	asm volatile("fistpl %0" : "=m"(out));
	if (pid == 0)
		exit(out == 4711 ? 0 : 1);
	syscall(SYS_wait4, pid, &status, 0, 0);
	show("parent has it", out);
	show_status("child has it", status);
}

static unsigned short control_word(void)
{
	unsigned short word;

	asm volatile("fnstcw %0" : "=m"(word));
	return word;
}

static void on_signal(int signal)
{
	/* A handler starts with a fresh FPU. */
	printf("control word in a handler: %x\n", control_word());
	asm volatile("fldz\nfldz\nfldz");
	handled++;
}

static void test_signal(void)
{
	unsigned short single = 0x007f;
	int value = 99, out = 0;

	sigaction(SIGUSR1, on_signal, 0, 0);
	asm volatile("fldcw %0\nfildl %1" : : "m"(single), "m"(value));
	kill(getpid(), SIGUSR1);
	asm volatile("fistpl %0" : "=m"(out));
	show("value after a handler", out);
	printf("control word after it: %x\n", control_word());
	asm volatile("fninit");
}

/* A new program gets a clean FPU. */
static void over_exec(void)
{
	char *argv[] = { "/tests/fpu", "exec", NULL };
	unsigned short single = 0x007f;

	asm volatile("fldpi\nfldcw %0" : : "m"(single));
	execve(argv[0], argv, environ);
}

static int after_exec(void)
{
	unsigned short status;

	asm volatile("fnstsw %0" : "=m"(status));
	printf("after exec: control %x status %x\n", control_word(), status);
	return 0;
}

static jmp_buf env;
static int code;

static void on_error(int signal, struct siginfo *info, struct ucontext *context)
{
	code = signal * 100 + info->code;
	asm volatile("fnclex");
	longjmp(env, 1);
}

static void test_error(void)
{
	unsigned short unmasked = 0x037b; /* zero divide */
	int one = 1;

	sigaction(SIGFPE, on_error, SA_SIGINFO, 0);
	if (!setjmp(env)) {
		asm volatile("fninit\nfldcw %0\nfildl %1\nfldz\nfdivrp\nfwait"
			     :
			     : "m"(unmasked), "m"(one));
		asm volatile("fwait");
	}
	show("divide by zero", code);
	asm volatile("fninit");
}

/* SSE registers, if the CPU has them: the result is the same without. */
static bool has_sse(void)
{
	unsigned int before, after, a, b, c, d;

	asm volatile("pushf\npop %0\nmov %0, %1\nxor $0x200000, %0\npush %0\npopf\npushf\npop %0\n"
		     "push %1\npopf"
		     : "=&r"(after), "=&r"(before));
	if (!((before ^ after) & 0x200000))
		return false;
	asm volatile("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(1));
	return d >> 25 & 1;
}

static int hold_sse(void *arg)
{
	unsigned int value[4], out[4];
	int wrong = 0;

	for (int i = 0; i < 200; i++) {
		for (int j = 0; j < 4; j++)
			value[j] = (unsigned int)arg * 0x1000001 + i * 4 + j;
		asm volatile("movups %0, %%xmm7" : : "m"(*value));
		syscall(SYS_sched_yield);
		asm volatile("movups %%xmm7, %0" : "=m"(*out) : : "memory");
		wrong += memcmp(value, out, sizeof(value)) != 0;
	}
	return wrong;
}

static void test_sse(void)
{
	struct thread threads[3];
	int wrong = 0;

	if (has_sse()) {
		for (int i = 0; i < 3; i++)
			thread_create(&threads[i], hold_sse, (void *)(i + 1));
		wrong += hold_sse((void *)9);
		for (int i = 0; i < 3; i++)
			wrong += thread_join(&threads[i]);
	}
	show("wrong values of SSE", wrong);
}

int main(int argc, char **argv, char **envp)
{
	if (argc > 1)
		return after_exec();
	printf("control word at start: %x\n", control_word());
	show("pi", (long)(load_pi() * 1000000));
	test_threads();
	test_processes();
	test_fork();
	test_signal();
	in_child("exec", over_exec);
	test_error();
	test_sse();
	return 0;
}
