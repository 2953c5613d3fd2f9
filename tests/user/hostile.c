/* SPDX-License-Identifier: MIT */
#include "test.h"

/*
 * A hostile program: random calls with random arguments, in children that may die of it, random
 * bytes as code, and random flags and segments. The kernel must live. The arguments are the number
 * of seconds, the seed of the random numbers, and how many children attack at the same time.
 *
 * A timer interrupts calls that wait. A child that ignores it is killed.
 */

static unsigned int state;
static char *memory;
static unsigned int *calls; /* of each worker, in memory that all share */

static unsigned int random_next(void)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

/* Numbers that are near to what calls expect, and some that are not. */
static long random_argument(void)
{
	static const unsigned long edges[] = { 0,
					       1,
					       -1,
					       0x7ffffffful,
					       0x80000000ul,
					       0xbffffffful,
					       0xc0000000ul,
					       0xfffff000ul,
					       4095,
					       4096,
					       0x08048000ul,
					       0x3ffffffful,
					       0x40000000ul,
					       0xffffe000ul };

	switch (random_next() % 8) {
	case 0:
		return edges[random_next() % SIZE(edges)];
	case 1:
		return random_next() % 16;
	case 2:
		return 1l << random_next() % 32;
	case 3:
		return random_next();
	case 4:
		return (long)memory + random_next() % (16 * PAGE);
	case 5:
		return (long)memory + random_next() % 16 * PAGE;
	case 6:
		return (long)&state;
	default:
		return (long)border() - random_next() % 64;
	}
}

/* Calls that would end the test and not the kernel, or leave processes behind for ever. */
static bool is_left_out(unsigned int nr)
{
	return nr == SYS_exit || nr == SYS_exit_group || nr == SYS_reboot || nr == SYS_kill ||
	       nr == SYS_fork || nr == SYS_vfork || nr == SYS_clone || nr == SYS_pause ||
	       nr == SYS_rt_sigsuspend || nr == SYS_sigsuspend || nr == SYS_tkill ||
	       nr == SYS_tgkill || nr == SYS_rt_sigreturn || nr == SYS_sigreturn;
}

static void on_alarm(int signal)
{
}

/* SIGALRM each 2 ms, or once if no handler is there to survive it. */
static void start_timer(bool again)
{
	struct itimerval timer = { { 0, again ? 2000 : 0 }, { 0, again ? 2000 : 50000 } };

	if (again)
		sigaction(SIGALRM, on_alarm, 0, 0);
	syscall(SYS_setitimer, 0, &timer, 0);
}

static void attack(void)
{
	static const char *names[] = { "/tmp/h", "/dev/zero", "/dev/null", "/", "..", "/bin/true" };

	memory = anonymous(16 * PAGE);
	for (int i = 0; i < 16; i++)
		memory[i * PAGE] = i;
	strcpy(memory, names[random_next() % SIZE(names)]);
	start_timer(true);
	for (int i = 0; i < 400; i++) {
		unsigned int nr = random_next() % 450;
		long a[6];

		for (int j = 0; j < 6; j++)
			a[j] = random_argument();
		if (nr == SYS_kill || nr == SYS_tkill)
			continue;
		if (is_left_out(nr) && random_next() % 16)
			continue;
		if (nr == SYS_reboot)
			continue;
		if (nr == SYS_tgkill || nr == SYS_rt_sigqueueinfo)
			a[0] = getpid();
		/* Not the limits of the workers. */
		if (nr == SYS_prlimit64)
			a[0] = 0;
		if (nr == SYS_fork || nr == SYS_vfork || nr == SYS_clone) {
			if (syscall(nr, nr == SYS_clone ? a[0] & ~0x4000 : 0, 0, a[2], a[3],
				    a[4]) == 0)
				_exit(0);
			continue;
		}
		(*calls)++;
		syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	}
}

/* Random bytes as a program: any instruction may come. */
static void run_noise(void)
{
	unsigned char *code =
		(unsigned char *)syscall(SYS_mmap2, 0, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
					 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (unsigned int i = 0; i < PAGE; i++)
		code[i] = random_next() >> 9;
	/*
	 * No system calls from here: they could be kill or reboot. And no opcodes of three bytes:
	 * QEMU 7.2 itself crashes at some that no CPU has, such as 0f 38 0c.
	 */
	for (unsigned int i = 0; i + 1 < PAGE; i++) {
		if ((code[i] == 0xcd && code[i + 1] == 0x80) ||
		    (code[i] == 0x0f && (code[i + 1] == 0x38 || code[i + 1] == 0x3a)))
			code[i] = 0x90;
	}
	start_timer(false);
	((void (*)(void))code)();
}

/* --- registers that the kernel must not believe ----------------------------------------------- */

#define EFLAGS_SPOILED 0x00244500u /* ID, AC, NT, DF, TF */
#define TLS_FIRST      6

static jmp_buf back;

static void on_exception(int signal)
{
	unsigned long long none = 0;

	asm volatile("pushl $2; popf" : : : "memory", "cc");
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, 0, 8);
	longjmp(back, 1);
}

/* Returns from here to the next instruction, with the same flags and segments. */
static void on_step(int signal)
{
}

/* Mostly one of the segments that set_thread_area(2) has described. */
static unsigned int random_selector(void)
{
	unsigned int choice = random_next() % 16;

	if (choice < 9)
		return (TLS_FIRST + choice % 3) << 3 | 3;
	return choice < 13 ? 0x7b : choice < 14 ? 0 : random_next() & 0xffff;
}

/* Calls the kernel with random flags and segments, and takes the flat ones back afterwards. */
static void call_spoiled(unsigned int nr, void *argument)
{
	const unsigned int spoiled[] = { random_selector(),
					 random_selector(),
					 random_selector(),
					 random_selector(),
					 random_next() % 4 ? 0x7b : random_selector(),
					 (random_next() & EFLAGS_SPOILED) | 2 };

	asm volatile("movl 16(%[at]), %%edx\n\t"
		     "pushl 20(%[at])\n\t"
		     "movw (%[at]), %%fs\n\t"
		     "movw 4(%[at]), %%gs\n\t"
		     "movw 8(%[at]), %%es\n\t"
		     "movw 12(%[at]), %%ds\n\t"
		     "popf\n\t"
		     "movl %%edx, %%ss\n\t"
		     "int $0x80\n\t"
		     "movl $0x7b, %%edx\n\t"
		     "movl %%edx, %%ss\n\t"
		     "movl %%edx, %%ds\n\t"
		     "movl %%edx, %%es\n\t"
		     "pushl $2\n\t"
		     "popf"
		     : "+a"(nr)
		     : "b"(argument), [at] "S"(spoiled)
		     : "ecx", "edx", "edi", "memory", "cc");
}

/* A segment may be gone when the kernel returns to it. */
static void spoil_registers(void)
{
	static const int exceptions[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE };

	for (unsigned int i = 0; i < SIZE(exceptions); i++)
		sigaction(exceptions[i], on_exception, 0, 0);
	sigaction(SIGTRAP, on_step, 0, 0);
	start_timer(true);
	for (volatile int i = 0; i < 500; i++) {
		struct user_desc desc = { TLS_FIRST + random_next() % 3, random_next(),
					  random_next() & 0xfffff, random_next() & 0x7f };

		if (random_next() % 2) {
			desc.base = 0;
			desc.limit = 0xfffff;
			desc.flags = USER_DESC_FLAGS;
		} else if (random_next() % 2) {
			desc = (struct user_desc){ .entry = desc.entry };
		}
		if (setjmp(back))
			continue;
		(*calls)++;
		call_spoiled(random_next() % 4 ? SYS_set_thread_area : SYS_sched_yield, &desc);
	}
}

static unsigned int seconds_now(void)
{
	struct timespec now;

	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
	return now.sec;
}

static void child(unsigned int seed, unsigned int number)
{
	int null = syscall(SYS_open, "/dev/null", O_RDWR, 0);

	syscall(SYS_setsid);
	for (int fd = 0; fd < 3; fd++)
		syscall(SYS_dup2, null, fd);
	state = (seed + number) * 2654435761u | 1;
	if (number % 4 == 3)
		run_noise();
	else if (number % 4 == 1)
		spoil_registers();
	else
		attack();
	exit(0);
}

/* One child after the other until a time. Returns their number. */
static unsigned int worker(unsigned int seed, unsigned int end)
{
	unsigned int children = 0;

	while (seconds_now() < end) {
		int pid = fork();

		if (pid == 0)
			child(seed, children);
		/* A child may be stopped, or sleep with all signals blocked. */
		for (int i = 0; pid > 0 && syscall(SYS_wait4, pid, 0, WNOHANG, 0) == 0; i++) {
			if (i == 60)
				kill(pid, SIGKILL);
			sleep_ms(i < 50 ? 1 : 10);
		}
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		children += pid > 0;
	}
	return children;
}

/* A page that all children share, far from the memory that their calls write. */
static void *shared_page(void)
{
	char *room = (char *)syscall(SYS_mmap2, 0, 1 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
				     -1, 0);

	return (void *)syscall(SYS_mmap2, room + (1 << 19), PAGE, PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

int main(int argc, char **argv, char **envp)
{
	unsigned int seconds = argc > 1 ? atoi(argv[1]) : 5;
	unsigned int seed = argc > 2 ? strtol(argv[2], NULL, 0) : 1;
	unsigned int workers = argc > 3 ? atoi(argv[3]) : 1, children = 0, total = 0;
	unsigned int end = seconds_now() + seconds;
	unsigned int *counts = shared_page();

	printf("hostile: seed %u, %u workers\n", seed, workers);
	syscall(SYS_close, syscall(SYS_open, "/tmp/h", O_RDWR | O_CREAT, 0644));
	for (unsigned int i = 0; i < workers; i++) {
		calls = counts + i;
		if (fork() == 0) {
			counts[workers + i] = worker(seed + i * 1000000, end);
			exit(0);
		}
	}
	while (waitpid(-1, NULL, 0) > 0)
		;
	for (unsigned int i = 0; i < workers; i++) {
		total += counts[i];
		children += counts[workers + i];
	}
	printf("hostile: the kernel lives after %u calls of %u children\n", total, children);
	return 0;
}
