/* SPDX-License-Identifier: MIT */
#include "test.h"

/*
 * Storms: the same calls from many processes and threads at once. Each storm prints one line, and
 * checks what it can. The first argument names one storm, and the second says how long it blows in
 * seconds.
 */

#define RW   (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static int seconds = 2;
static unsigned int start_second;

static unsigned int now(void)
{
	struct timespec time;

	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &time);
	return time.sec;
}

static bool time_is_up(void)
{
	return now() - start_second >= (unsigned int)seconds;
}

static unsigned int random_next(unsigned int *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

static void reap(void)
{
	while (syscall(SYS_wait4, -1, 0, 0, 0) != -ECHILD)
		;
}

#define MOST_CHILDREN 1000

/* Processes until the kernel refuses, or there are very many. Then all end. */
static bool storm_fork(void)
{
	int fds[2], children, most = 0, pid = 0;
	char c;

	for (int round = 0; round < 3; round++) {
		syscall(SYS_pipe, fds);
		children = 0;
		while (children < MOST_CHILDREN && !time_is_up() && (pid = syscall(SYS_fork)) > 0)
			children++;
		if (pid == 0) {
			syscall(SYS_close, fds[1]);
			syscall(SYS_read, fds[0], &c, 1);
			exit(0);
		}
		if (pid < 0 && pid != -EAGAIN && pid != -ENOMEM)
			show("fork", pid);
		syscall(SYS_close, fds[1]);
		syscall(SYS_close, fds[0]);
		reap();
		most = children > most ? children : most;
	}
	return most > 10;
}

/* Four threads map, unmap and protect pages of the same range. */
static char *volatile arena;
#define ARENA_PAGES 64

static int map_thread(void *arg)
{
	unsigned int state = (unsigned int)arg * 77 + 1;

	while (!arena)
		syscall(SYS_sched_yield);
	while (!time_is_up()) {
		unsigned int first = random_next(&state) % ARENA_PAGES;
		unsigned int pages = 1 + random_next(&state) % (ARENA_PAGES - first);
		char *at = arena + first * PAGE;
		unsigned char there[ARENA_PAGES];

		switch (random_next(&state) % 6) {
		case 0:
			syscall(SYS_munmap, at, pages * PAGE);
			break;
		case 1:
			syscall(SYS_mprotect, at, pages * PAGE, PROT_READ);
			break;
		case 2:
			syscall(SYS_mprotect, at, pages * PAGE, RW);
			break;
		case 3:
			syscall(SYS_madvise, at, pages * PAGE, MADV_DONTNEED);
			break;
		case 4:
			syscall(SYS_mincore, at, pages * PAGE, there);
			break;
		default:
			syscall(SYS_mmap2, at, pages * PAGE, RW, ANON | MAP_FIXED, -1, 0);
		}
		/* The kernel writes where a program must not. */
		for (unsigned int i = 0; i < pages; i++) {
			syscall(SYS_clock_gettime, CLOCK_MONOTONIC, at + i * PAGE);
			syscall(SYS_getcwd, at + i * PAGE + PAGE - 1, 10);
		}
	}
	return 0;
}

static bool storm_map(void)
{
	struct thread threads[4];

	for (int i = 0; i < 4; i++) {
		if (thread_create(&threads[i], map_thread, (void *)i) < 0)
			return false;
	}
	/* Not earlier: the stack of a thread could be put into a hole of it. */
	arena = anonymous(ARENA_PAGES * PAGE);
	for (int i = 0; i < 4; i++)
		thread_join(&threads[i]);
	return true;
}

/* Sixteen generations of copies. Each writes its number, and checks all others. */
static bool generation_ok(char *p, int generation)
{
	unsigned int state = generation;

	for (int i = 0; i < 200; i++)
		*(int *)(p + random_next(&state) % 64 * PAGE + generation * 4) = generation;
	for (int i = 0; i < 64; i++) {
		int *words = (int *)(p + i * PAGE);

		for (int g = 0; g < 16; g++) {
			if (words[g] != -1 && words[g] != g)
				return false;
			if (words[g] != -1 && g > generation)
				return false;
		}
	}
	return true;
}

static bool storm_copies(void)
{
	char *p = anonymous(64 * PAGE);
	int status;
	bool good = true;

	memset(p, -1, 64 * PAGE);
	for (int generation = 0; generation < 16; generation++) {
		good = good && generation_ok(p, generation);
		for (int i = 0; i < 2; i++) {
			int pid = fork();

			if (pid == 0) {
				if (i == 0)
					exit(!generation_ok(p, generation + 1 < 16 ? generation + 1
										   : 15));
				break;
			}
			syscall(SYS_wait4, pid, &status, 0, 0);
			good = good && WIFEXITED(status) && WEXITSTATUS(status) == 0;
			if (i == 1) {
				if (generation)
					exit(!good);
				return good;
			}
		}
	}
	exit(!good);
}

/* Threads that compute, map, sleep and call while the process executes another program. */
static int busy_thread(void *arg)
{
	for (;;) {
		char *p;
		struct timespec time = { 0, 1000000 };

		switch ((int)arg % 4) {
		case 0:
			p = anonymous(16 * PAGE);
			memset(p, 1, 16 * PAGE);
			munmap(p, 16 * PAGE);
			break;
		case 1:
			syscall(SYS_nanosleep, &time, 0);
			break;
		case 2:
			syscall(SYS_fork) == 0 ? _exit(0) : 0;
			break;
		default:
			syscall(SYS_getppid);
		}
	}
	return 0;
}

static bool storm_exec(void)
{
	static char *argv[] = { "/bin/true", NULL };
	static struct thread threads[4];
	int status, ended = 0;

	while (!time_is_up()) {
		int pid = fork();

		if (pid == 0) {
			for (int i = 0; i < 4; i++)
				thread_create(&threads[i], busy_thread, (void *)i);
			execve(argv[0], argv, environ);
			exit(1);
		}
		syscall(SYS_wait4, pid, &status, 0, 0);
		if (status)
			return false;
		ended++;
	}
	return ended > 0;
}

/* Signals to processes with threads, at any time, and at last SIGKILL. */
static volatile int received;

static void on_signal(int signal)
{
	received++;
}

static bool storm_signals(void)
{
	static struct thread threads[4];
	unsigned int state = 5;
	int status;

	while (!time_is_up()) {
		int pid = fork();

		if (pid == 0) {
			sigaction(SIGUSR1, on_signal, SA_RESTART, 0);
			sigaction(SIGUSR2, on_signal, SA_SIGINFO | SA_NODEFER, 0);
			sigaction(SIGCHLD, SIG_IGN, 0, 0);
			for (int i = 0; i < 4; i++)
				thread_create(&threads[i], busy_thread, (void *)i);
			busy_thread((void *)0);
		}
		for (int i = 0; i < 200; i++) {
			static const int signals[] = { SIGUSR1, SIGUSR2, SIGSTOP, SIGCONT };

			kill(pid, signals[random_next(&state) % 4]);
			if (i % 16 == 0)
				syscall(SYS_sched_yield);
		}
		kill(pid, SIGKILL);
		syscall(SYS_wait4, pid, &status, 0, 0);
		if (!WIFSIGNALED(status))
			return false;
	}
	return true;
}

/* A file that is mapped, written, cut and removed at once. */
static bool storm_files(void)
{
	unsigned int state;
	int children = 4;

	syscall(SYS_mkdir, "/tmp/storm", 0755);
	for (int child = 0; child < children; child++) {
		if (fork())
			continue;
		syscall(SYS_chdir, "/tmp/storm");
		sigaction(SIGBUS, SIG_DFL, 0, 0);
		state = child + 1;
		while (!time_is_up()) {
			char name[2] = { 'a' + random_next(&state) % 3, 0 }, other[2] = { 'b', 0 };
			int fd = syscall(SYS_open, name, O_RDWR | O_CREAT, 0644);
			char *p = (char *)syscall(SYS_mmap2, 0, 8 * PAGE, RW, MAP_SHARED, fd, 0);

			syscall(SYS_ftruncate, fd, random_next(&state) % (8 * PAGE));
			syscall(SYS_pwrite64, fd, p, 100, random_next(&state) % (8 * PAGE), 0);
			syscall(SYS_pread64, fd, p, PAGE, 0, 0);
			syscall(SYS_msync, p, 8 * PAGE, MS_SYNC);
			if (random_next(&state) % 4 == 0)
				syscall(SYS_unlink, name);
			if (random_next(&state) % 4 == 0)
				syscall(SYS_rename, name, other);
			syscall(SYS_munmap, p, 8 * PAGE);
			syscall(SYS_close, fd);
		}
		exit(0);
	}
	reap();
	return true;
}

/* Memory until there is none. The kernel ends processes, and the machine lives. */
static bool storm_memory(void)
{
	int status, pid = fork();

	if (pid == 0) {
		for (;;) {
			char *p = anonymous(4 << 20);

			if ((unsigned long)p >= -4095ul)
				exit(0);
			memset(p, 1, 4 << 20);
		}
	}
	syscall(SYS_wait4, pid, &status, 0, 0);
	return WIFEXITED(status) || WIFSIGNALED(status);
}

static const struct {
	const char *name;
	bool (*storm)(void);
} storms[] = {
	{ "map", storm_map },       { "copies", storm_copies },   { "exec", storm_exec },
	{ "files", storm_files },   { "signals", storm_signals }, { "fork", storm_fork },
	{ "memory", storm_memory },
};

int main(int argc, char **argv, char **envp)
{
	if (argc > 2)
		seconds = atoi(argv[2]);
	for (size_t i = 0; i < SIZE(storms); i++) {
		if (argc > 1 && strcmp(argv[1], "all") && strcmp(argv[1], storms[i].name))
			continue;
		start_second = now();
		printf("storm %s: %s\n", storms[i].name, storms[i].storm() ? "passed" : "FAILED");
	}
	return 0;
}
