/* SPDX-License-Identifier: MIT */
#include "test.h"

/* Signals: actions, masks, information, contexts, stacks, waiting, timers. */

static volatile int count, last, nested, depth;
static volatile struct siginfo seen;
static jmp_buf env;

static void on_signal(int signal)
{
	count++;
	last = signal;
}

static void on_info(int signal, struct siginfo *info, struct ucontext *context)
{
	count++;
	memcpy((void *)&seen, info, sizeof(seen));
}

static void test_actions(void)
{
	struct kernel_sigaction action = { on_signal, SA_RESTART, NULL, 0 }, old;

	show("sigaction", sigaction(SIGUSR1, on_signal, 0, SIGNAL_BIT(SIGUSR2)));
	show("old action", syscall(SYS_rt_sigaction, SIGUSR1, 0, &old, 8));
	printf("handler %s, flags %x, mask %llx\n", old.handler == on_signal ? "same" : "other",
	       old.flags, old.mask);
	show("kill", syscall(SYS_kill, getpid(), SIGUSR1));
	printf("count %d, last %d\n", count, last);
	show("sigaction SIGKILL", sigaction(SIGKILL, on_signal, 0, 0));
	show("sigaction SIGSTOP", sigaction(SIGSTOP, SIG_IGN, 0, 0));
	show("query SIGKILL", syscall(SYS_rt_sigaction, SIGKILL, 0, &old, 8));
	show("sigaction 0", sigaction(0, on_signal, 0, 0));
	show("sigaction 65", sigaction(65, on_signal, 0, 0));
	show("sigaction size", syscall(SYS_rt_sigaction, SIGUSR1, &action, 0, 4));
	BAD("sigaction bad new", SYS_rt_sigaction, SIGUSR1, P, 0, 8);
	BAD("sigaction bad old", SYS_rt_sigaction, SIGUSR1, 0, P, 8);
	sigaction(SIGUSR1, on_signal, SA_RESETHAND, 0);
	kill(getpid(), SIGUSR1);
	syscall(SYS_rt_sigaction, SIGUSR1, 0, &old, 8);
	show("after SA_RESETHAND", (long)old.handler);
	sigaction(SIGUSR1, SIG_IGN, 0, 0);
	count = 0;
	kill(getpid(), SIGUSR1);
	show("ignored", count);
}

static void test_masks(void)
{
	unsigned long long set = SIGNAL_BIT(SIGUSR1) | SIGNAL_BIT(SIGKILL), old = 0;

	count = 0;
	sigaction(SIGUSR1, on_signal, 0, 0);
	show("block", syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, &old, 8));
	printf("old mask: %llx\n", old);
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, 0, &old, 8);
	printf("mask without SIGKILL: %llx\n", old);
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGUSR1);
	show("blocked", count);
	show("sigpending", syscall(SYS_rt_sigpending, &old, 8));
	printf("pending: %llx\n", old);
	show("unblock", syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, &set, 0, 8));
	show("delivered once", count);
	show("how", syscall(SYS_rt_sigprocmask, 7, &set, 0, 8));
	show("size", syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, 0, 4));
	BAD("sigprocmask bad set", SYS_rt_sigprocmask, SIG_SETMASK, P, 0, 8);
	BAD("sigprocmask bad old", SYS_rt_sigprocmask, SIG_BLOCK, 0, P, 8);
	BAD("sigpending bad", SYS_rt_sigpending, P, 8);
	set = 0;
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &set, 0, 8);
}

static void on_nested(int signal)
{
	depth++;
	if (signal == SIGUSR1)
		kill(getpid(), SIGUSR2);
	if (depth > nested)
		nested = depth;
	depth--;
}

static void on_itself(int signal)
{
	depth++;
	if (depth > nested)
		nested = depth;
	if (nested < 5 && depth < 5)
		kill(getpid(), signal);
	depth--;
}

static void test_nesting(void)
{
	sigaction(SIGUSR1, on_nested, 0, 0);
	sigaction(SIGUSR2, on_nested, 0, 0);
	kill(getpid(), SIGUSR1);
	show("nested", nested);
	nested = 0;
	sigaction(SIGUSR1, on_nested, 0, SIGNAL_BIT(SIGUSR2));
	kill(getpid(), SIGUSR1);
	show("masked by the action", nested);
	nested = 0;
	sigaction(SIGUSR1, on_itself, SA_NODEFER, 0);
	kill(getpid(), SIGUSR1);
	show("with SA_NODEFER", nested);
}

static void test_info(void)
{
	struct siginfo queued = { .signal = SIGUSR1, .code = -1 };
	int status, pid;

	sigaction(SIGUSR1, on_info, SA_SIGINFO, 0);
	sigaction(SIGCHLD, on_info, SA_SIGINFO, 0);
	kill(getpid(), SIGUSR1);
	printf("kill: signal %d code %d pid %s\n", seen.signal, seen.code,
	       seen.pid == getpid() ? "right" : "wrong");
	syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGUSR1);
	printf("tgkill: signal %d code %d pid %s\n", seen.signal, seen.code,
	       seen.pid == getpid() ? "right" : "wrong");
	queued.words[2] = 1234;
	show("sigqueue", syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &queued));
	printf("sigqueue: code %d value %d\n", seen.code, seen.words[2]);
	BAD("sigqueue bad pointer", SYS_rt_sigqueueinfo, getpid(), SIGUSR1, P);
	queued.code = 0;
	show("sigqueue as kill to another", syscall(SYS_rt_sigqueueinfo, 1, 0, &queued));
	pid = fork();
	if (pid == 0)
		exit(7);
	while (syscall(SYS_wait4, pid, &status, 0, 0) == -EINTR)
		;
	printf("SIGCHLD: code %d status %d pid %s\n", seen.code, seen.status,
	       seen.pid == pid ? "right" : "wrong");
	pid = fork();
	if (pid == 0)
		kill(getpid(), SIGTERM);
	while (syscall(SYS_wait4, pid, &status, 0, 0) == -EINTR)
		;
	printf("SIGCHLD: code %d status %d\n", seen.code, seen.status);
	sigaction(SIGCHLD, SIG_DFL, 0, 0);
}

/* Children are not waited for if SIGCHLD is ignored. */
static void no_zombies(void)
{
	int status;

	sigaction(SIGCHLD, SIG_IGN, 0, 0);
	if (fork() == 0)
		exit(1);
	show("wait with SIGCHLD ignored", syscall(SYS_wait4, -1, &status, 0, 0));
}

/* Real-time signals queue, and the lowest number is first. */
static int order[8], nr_order;

static void on_order(int signal, struct siginfo *info, struct ucontext *context)
{
	if (nr_order < 8)
		order[nr_order++] = signal * 100 + info->words[2];
}

static void test_queue(void)
{
	unsigned long long set = SIGNAL_BIT(40) | SIGNAL_BIT(41) | SIGNAL_BIT(SIGUSR1), none = 0;
	struct siginfo queued = { .code = -1 };

	syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, 0, 8);
	sigaction(40, on_order, SA_SIGINFO, set);
	sigaction(41, on_order, SA_SIGINFO, set);
	for (int i = 1; i <= 3; i++) {
		queued.words[2] = i;
		syscall(SYS_rt_sigqueueinfo, getpid(), 41, &queued);
		if (i < 3)
			syscall(SYS_rt_sigqueueinfo, getpid(), 40, &queued);
	}
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, 0, 8);
	printf("order: %d %d %d %d %d\n", order[0], order[1], order[2], order[3], order[4]);
	show("number", nr_order);
}

/* --- contexts --------------------------------------------------------------------------------- */

static void change_context(int signal, struct siginfo *info, struct ucontext *context)
{
	context->context.ecx = 0x1234;
	context->context.esi += 1;
}

static void test_context(void)
{
	unsigned int ecx, esi, edx, eax, flags;

	sigaction(SIGUSR1, change_context, SA_SIGINFO, 0);
	asm volatile("mov $37, %%eax\n"
		     "mov $10, %%ecx\n"
		     "mov $100, %%esi\n"
		     "mov $200, %%edx\n"
		     "int $0x80\n"
		     : "=&a"(eax), "=&c"(ecx), "=&S"(esi), "=&d"(edx)
		     : "b"(getpid())
		     : "memory");
	printf("changed: eax %d ecx %x esi %d edx %d\n", eax, ecx, esi, edx);
	/* The return loads the flags of the frame: carry and direction are the program's. */
	asm volatile("mov $37, %%eax\n"
		     "mov $10, %%ecx\n"
		     "stc\n"
		     "int $0x80\n"
		     "pushf\n"
		     "pop %%edx\n"
		     : "=&a"(eax), "=&d"(flags)
		     : "b"(getpid())
		     : "ecx", "esi", "memory");
	show("carry survives", flags & 1);
}

static void bad_frame_sigreturn(void)
{
	asm volatile("mov $0x10, %%esp\n"
		     "mov $173, %%eax\n"
		     "int $0x80\n"
		     :
		     :
		     : "eax", "memory");
}

static void spoil_context(int signal, struct siginfo *info, struct ucontext *context)
{
	context->context.cs = 0x60;
	context->context.ss = 0x68;
	context->context.eflags |= 3 << 12;
}

static void spoiled_segments(void)
{
	sigaction(SIGUSR1, spoil_context, SA_SIGINFO, 0);
	kill(getpid(), SIGUSR1);
}

static void spoil_flags(int signal, struct siginfo *info, struct ucontext *context)
{
	context->context.eflags |= 3 << 12;
	context->context.eflags &= ~(1 << 9);
}

static void spoiled_flags(void)
{
	unsigned int flags;

	sigaction(SIGUSR1, spoil_flags, SA_SIGINFO, 0);
	kill(getpid(), SIGUSR1);
	asm volatile("pushf\npop %0" : "=r"(flags));
	printf("flags: IF %d IOPL %d\n", flags >> 9 & 1, flags >> 12 & 3);
}

static void no_stack(void)
{
	sigaction(SIGUSR1, on_signal, 0, 0);
	asm volatile("mov %%esp, %%esi\n"
		     "mov $0x10, %%esp\n"
		     "mov $37, %%eax\n"
		     "mov $10, %%ecx\n"
		     "int $0x80\n"
		     "mov %%esi, %%esp\n"
		     :
		     : "b"(getpid())
		     : "eax", "ecx", "esi", "memory");
}

/* --- the alternate stack ---------------------------------------------------------------------- */

static char alternate[16384];
static volatile bool on_alternate;
static volatile int flags_inside;
static volatile long change_inside;

static void on_stack(int signal)
{
	struct sigstack stack, disable = { NULL, SS_DISABLE, 0 };
	char here;

	on_alternate = &here >= alternate && &here < alternate + sizeof(alternate);
	syscall(SYS_sigaltstack, 0, &stack);
	flags_inside = stack.flags;
	change_inside = syscall(SYS_sigaltstack, &disable, 0);
}

static void overflow(int signal)
{
	on_stack(signal);
	longjmp(env, 1);
}

static int recurse(int n)
{
	volatile char space[4096];

	space[0] = n;
	return n < 1000000 ? recurse(n + 1) + space[0] : 0;
}

static void overflow_stack(void)
{
	struct rlimit limit = { 256 * 1024, 256 * 1024 };

	syscall(SYS_setrlimit, RLIMIT_STACK, &limit);
	sigaction(SIGSEGV, overflow, SA_ONSTACK, 0);
	if (!setjmp(env))
		recurse(0);
	show_bool("overflow handled on it", on_alternate);
}

static void test_stack(void)
{
	struct sigstack stack = { alternate, 0, sizeof(alternate) }, old,
			small = { alternate, 0, 100 };
	struct sigstack flags = { alternate, 99, sizeof(alternate) };

	show("no stack", syscall(SYS_sigaltstack, 0, &old));
	show("flags", old.flags);
	show("sigaltstack", syscall(SYS_sigaltstack, &stack, 0));
	show("small", syscall(SYS_sigaltstack, &small, 0));
	show("bad flags", syscall(SYS_sigaltstack, &flags, 0));
	BAD("sigaltstack bad new", SYS_sigaltstack, P, 0);
	BAD("sigaltstack bad old", SYS_sigaltstack, 0, P);
	sigaction(SIGUSR1, on_stack, 0, 0);
	kill(getpid(), SIGUSR1);
	show_bool("without SA_ONSTACK", on_alternate);
	sigaction(SIGUSR1, on_stack, SA_ONSTACK, 0);
	syscall(SYS_sigaltstack, &stack, 0);
	kill(getpid(), SIGUSR1);
	show_bool("with SA_ONSTACK", on_alternate);
	show("flags inside", flags_inside);
	show("change inside", change_inside);
	in_child("stack overflow", overflow_stack);
}

/* --- waiting ---------------------------------------------------------------------------------- */

static void kill_later(int signal)
{
	int parent = getpid();

	if (fork() == 0) {
		sleep_ms(60);
		kill(parent, signal);
		exit(0);
	}
}

static void test_waiting(void)
{
	unsigned long long set = SIGNAL_BIT(SIGUSR1), none = 0, now = 0;
	struct timespec time = { 0, 30000000 }, left = { 0, 0 }, zero = { 0, 0 };
	struct siginfo info;

	sigaction(SIGUSR1, on_signal, 0, 0);
	count = 0;
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, 0, 8);
	kill(getpid(), SIGUSR1);
	show("sigsuspend", syscall(SYS_rt_sigsuspend, &none, 8));
	show("count", count);
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, 0, &now, 8);
	printf("mask again: %llx\n", now);
	BAD("sigsuspend bad", SYS_rt_sigsuspend, P, 8);
	show("sigtimedwait nothing", syscall(SYS_rt_sigtimedwait, &set, &info, &time, 8));
	kill(getpid(), SIGUSR1);
	show("sigtimedwait", syscall(SYS_rt_sigtimedwait, &set, &info, &zero, 8));
	printf("info: signal %d code %d\n", info.signal, info.code);
	BAD("sigtimedwait bad", SYS_rt_sigtimedwait, P, 0, &zero, 8);
	show("handler did not run", count);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, 0, 8);
	kill_later(SIGUSR1);
	show("pause", syscall(SYS_pause));
	syscall(SYS_wait4, -1, 0, 0, 0);
	kill_later(SIGUSR1);
	time = (struct timespec){ 5, 0 };
	show("nanosleep interrupted", syscall(SYS_nanosleep, &time, &left));
	show_bool("time left", left.sec == 4 && left.ns > 0);
	syscall(SYS_wait4, -1, 0, 0, 0);
	sigaction(SIGUSR1, on_signal, SA_RESTART, 0);
	kill_later(SIGUSR1);
	show("nanosleep with SA_RESTART", syscall(SYS_nanosleep, &time, &left));
	syscall(SYS_wait4, -1, 0, 0, 0);
	kill_later(SIGUSR1);
	show_bool("wait4 with SA_RESTART", syscall(SYS_wait4, -1, 0, 0, 0) > 0);
	kill_later(SIGWINCH);
	time = (struct timespec){ 0, 150000000 };
	show("nanosleep and an ignored signal", syscall(SYS_nanosleep, &time, &left));
	syscall(SYS_wait4, -1, 0, 0, 0);
}

static void test_alarm(void)
{
	struct itimerval timer = { { 0, 20000 }, { 0, 20000 } }, off = { 0 },
			 wrong = { { 0, 0 }, { 0, 2000000 } };

	sigaction(SIGALRM, on_signal, 0, 0);
	count = 0;
	show("alarm", syscall(SYS_alarm, 100));
	show("alarm again", syscall(SYS_alarm, 0));
	show("setitimer", syscall(SYS_setitimer, 0, &timer, 0));
	while (count < 3)
		syscall(SYS_pause);
	show("setitimer off", syscall(SYS_setitimer, 0, &off, 0));
	show_bool("three alarms", count >= 3);
	show("setitimer bad", syscall(SYS_setitimer, 9, &timer, 0));
	show("setitimer bad time", syscall(SYS_setitimer, 0, &wrong, 0));
	BAD("setitimer bad pointer", SYS_setitimer, 0, P, 0);
	BAD("getitimer bad pointer", SYS_getitimer, 0, P);
}

/* The default of each signal. */
static void test_defaults(void)
{
	static const int signals[] = { SIGHUP,  SIGQUIT, SIGABRT,  SIGUSR1, SIGALRM, SIGTERM,
				       SIGCHLD, SIGURG,  SIGWINCH, 24,      SIGSYS,  40 };
	char name[32];
	int status, pid;

	for (size_t i = 0; i < SIZE(signals); i++) {
		snprintf(name, sizeof(name), "default of %d", signals[i]);
		pid = fork();
		if (pid == 0) {
			sigaction(signals[i], SIG_DFL, 0, 0);
			kill(getpid(), signals[i]);
			exit(0);
		}
		syscall(SYS_wait4, pid, &status, 0, 0);
		status &= ~0x80; /* whether a core would be dumped */
		show_status(name, status);
	}
}

/* Ignored signals stay ignored, handlers do not survive. */
static void over_exec(void)
{
	char *argv[] = { "/tests/signals", "actions", NULL };
	unsigned long long set = SIGNAL_BIT(SIGTERM);

	sigaction(SIGUSR1, on_signal, 0, 0);
	sigaction(SIGUSR2, SIG_IGN, 0, 0);
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, 0, 8);
	execve(argv[0], argv, environ);
}

static int show_actions(void)
{
	struct kernel_sigaction action;
	unsigned long long mask;

	syscall(SYS_rt_sigaction, SIGUSR1, 0, &action, 8);
	show("handler after exec", (long)action.handler);
	syscall(SYS_rt_sigaction, SIGUSR2, 0, &action, 8);
	show("ignored after exec", (long)action.handler);
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, 0, &mask, 8);
	printf("mask after exec: %llx\n", mask);
	return 0;
}

int main(int argc, char **argv, char **envp)
{
	if (argc > 1)
		return show_actions();
	test_actions();
	test_masks();
	test_nesting();
	test_info();
	in_child("no zombies", no_zombies);
	test_queue();
	test_context();
	in_child("bad frame", bad_frame_sigreturn);
	/* Highland gives such a program its own segments back, Linux ends it. */
	if (fork() == 0) {
		spoiled_segments();
		exit(0);
	}
	show_bool("segments of the kernel", syscall(SYS_wait4, -1, 0, 0, 0) > 0);
	in_child("flags of the kernel", spoiled_flags);
	in_child("no stack for a frame", no_stack);
	test_stack();
	test_waiting();
	test_alarm();
	test_defaults();
	in_child("exec", over_exec);
	return 0;
}
