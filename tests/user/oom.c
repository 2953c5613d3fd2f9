/* SPDX-License-Identifier: MIT */
#include "test.h"

/*
 * oom KIND [ROUNDS [BALLAST]]: uses up all memory in one of these ways, and checks how it ends.
 *
 *	anon, mlock, stack      one process that asks for more and more, or a few of 1 GiB
 *	tables, pipes, sockets  processes that take what they can get, and wait
 *	processes               as many as there can be
 *	tmpfs, names            files in memory: nothing but an error can help
 *	fault                   low memory is full of names, and a page fault needs a page table
 *	daemon, crowd           low memory belongs to the child of a process that has ended
 *	pairs, queue            the same with connections, and with some that wait for accept(2)
 *
 * The first process asks for nothing, and has to live. Processes that the kernel ends must be those
 * that hold memory. The first round takes what the kernel keeps for later. After each of the others
 * all memory has to be back: free memory, objects of the kernel, and what this process is charged.
 * An object that is still charged to a process that has ended keeps that process in memory.
 *
 * Small objects take their time. BALLAST MiB of memory are taken before, for good, by a process
 * that is never ended, so that the others have less to fill.
 */

#define RW         (PROT_READ | PROT_WRITE)
#define ANON       (MAP_PRIVATE | MAP_ANONYMOUS)
#define MOST_KIDS  1000
#define MOST_FORKS 32768
#define LOST_KIB   1024 /* of free memory: pages that CPUs keep, and empty slabs */
#define LOST_BYTES 4096 /* of objects: names in the cache, timers that run */
#define SLEEP      1000000

#define SOCKET_BYTES (52 * PAGE) /* between two sockets, in one direction */

static int ready[2];
static int nr_killed; /* processes that held memory, and were ended by SIGKILL */

static void set_adj(const char *points)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY, 0);

	write(fd, points, strlen(points));
	close(fd);
}

/* The number behind a word in a file of /proc. */
static long number_in(const char *path, const char *word)
{
	static char text[8192];
	int fd = open(path, O_RDONLY, 0), size = 0, got, length = strlen(word);
	char *at = text;

	while ((got = read(fd, text + size, sizeof(text) - 1 - size)) > 0)
		size += got;
	close(fd);
	text[size] = '\0';
	while (*at && memcmp(at, word, length) != 0)
		at++;
	for (at += *at ? length : 0; *at == ' ' || *at == ':';)
		at++;
	return atoi(at);
}

static bool was_killed(int status)
{
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

/* --- one process, or a few where one cannot reach all memory ---------------------------------- */

#define LARGE_KIB (2048l << 10)

static unsigned long most; /* bytes that one takes */

static void take_anon(void)
{
	for (unsigned long done = 0; done < most; done += 1 << 20) {
		char *memory = anonymous(1 << 20);

		if ((unsigned long)memory >= -4095ul)
			exit(1);
		for (int i = 0; i < 1 << 20; i += PAGE)
			memory[i] = 1;
	}
}

static void take_mlock(void)
{
	for (unsigned long done = 0; done < most; done += 1 << 20) {
		char *memory = anonymous(1 << 20);

		if ((unsigned long)memory >= -4095ul || syscall(SYS_mlock, memory, 1 << 20))
			exit(1);
	}
}

static void take_stack(void)
{
	static const unsigned int unlimited[2] = { -1u, -1u };
	char *at = __builtin_frame_address(0);

	syscall(SYS_setrlimit, 3, unlimited);
	for (unsigned long i = 0; i < most; i += PAGE)
		*(volatile char *)(at - i) = 1;
}

/* --- processes that hold what they can get ---------------------------------------------------- */

static void take_tables(void)
{
	char *memory = mmap(NULL, 5ul << 29, RW, ANON | MAP_NORESERVE, -1, 0);

	for (unsigned long at = 0; memory != MAP_FAILED && at < 5ul << 29; at += 1 << 21)
		memory[at] = 1;
}

static void fill(int fd)
{
	static char bytes[16384];

	while (syscall(SYS_write, fd, bytes, sizeof(bytes)) > 0)
		;
}

static void take_pipes(void)
{
	int fds[2];

	while (syscall(SYS_pipe2, fds, O_NONBLOCK) == 0)
		fill(fds[1]);
}

static void take_sockets(void)
{
	int fds[2];

	while (syscall(SYS_socketpair, 1, 1 | O_NONBLOCK, 0, fds) == 0) {
		fill(fds[0]);
		fill(fds[1]);
	}
}

static unsigned long share; /* bytes of low memory that one takes */

static void take_share(void)
{
	int fds[2];

	for (unsigned long done = 0; done < share; done += 2 * SOCKET_BYTES) {
		if (syscall(SYS_socketpair, 1, 1 | O_NONBLOCK, 0, fds) != 0)
			exit(1);
		fill(fds[0]);
		fill(fds[1]);
	}
}

static bool is_ready(int ms)
{
	struct pollfd poll = { .fd = ready[0], .events = POLLIN };

	return syscall(SYS_poll, &poll, 1, ms) == 1;
}

/* More and more of them, until one is ended, or a few hold all that they may have. */
static bool kids(void (*take)(void))
{
	static int pids[MOST_KIDS];
	int nr = 0, status, killed = 0, others = 0;
	char byte;

	while (nr < MOST_KIDS && !killed) {
		int pid = fork();

		if (pid == 0) {
			take();
			write(ready[1], "", 1);
			sleep_ms(SLEEP);
			exit(0);
		}
		if (pid < 0)
			break;
		pids[nr++] = pid;
		/* Either it is done, or one has ended. */
		while (!killed) {
			bool done = is_ready(20) && read(ready[0], &byte, 1) == 1;

			if (waitpid(-1, &status, WNOHANG) > 0)
				was_killed(status) ? killed++ : others++;
			if (done)
				break;
		}
	}
	for (int i = 0; i < nr; i++)
		kill(pids[i], SIGTERM);
	while (waitpid(-1, &status, 0) > 0)
		killed += was_killed(status);
	while (is_ready(0))
		read(ready[0], &byte, 1);
	nr_killed += killed;
	return killed && !others;
}

static bool one_or_kids(void (*take)(void))
{
	int status, pid;

	most = 1ul << 30;
	if (number_in("/proc/meminfo", "MemTotal") > LARGE_KIB)
		return kids(take);
	most = 0x7fffffff;
	pid = fork();
	if (pid == 0) {
		take();
		exit(1);
	}
	if (waitpid(pid, &status, 0) != pid)
		return false;
	nr_killed += was_killed(status);
	return was_killed(status);
}

/* --- processes -------------------------------------------------------------------------------- */

static bool processes(void)
{
	static int pids[MOST_FORKS];
	int nr = 0, pid = 0, status;

	/* A child ends first: this process is as small, and any page fault may find no page. */
	set_adj("-1000");
	while (nr < MOST_FORKS && (pid = syscall(SYS_fork)) > 0)
		pids[nr++] = pid;
	if (pid == 0) {
		set_adj("0");
		sleep_ms(SLEEP);
		exit(0);
	}
	for (int i = 0; i < nr; i++)
		kill(pids[i], SIGTERM);
	while (waitpid(-1, &status, 0) > 0)
		nr_killed += was_killed(status);
	set_adj("0");
	return nr > 10 && (nr == MOST_FORKS || pid == -EAGAIN || pid == -ENOMEM);
}

/* --- files in memory -------------------------------------------------------------------------- */

#define IN_FOLDER 100 /* files, and folders: a search looks at each name */

/* Path of a file, of its folder (level 2), or of the folder above (level 1). */
static char *path_of(int number, int level)
{
	static char text[80];
	int size = snprintf(text, sizeof(text), "/oom/%d", number / (IN_FOLDER * IN_FOLDER));

	if (level > 1)
		size += snprintf(text + size, 16, "/%d", number / IN_FOLDER);
	if (level > 2)
		snprintf(text + size, 40, "/a-name-that-is-a-little-longer-%d", number);
	return text;
}

static int make_one(int number, int bytes)
{
	static char data[1 << 16];
	int fd, result = 0;

	if (number % (IN_FOLDER * IN_FOLDER) == 0)
		result = syscall(SYS_mkdir, path_of(number, 1), 0755);
	if (result >= 0 && number % IN_FOLDER == 0)
		result = syscall(SYS_mkdir, path_of(number, 2), 0755);
	if (result < 0)
		return result;
	fd = syscall(SYS_open, path_of(number, 3), O_RDWR | O_CREAT, 0644);
	if (fd < 0)
		return fd;
	for (; bytes > 0 && result >= 0; bytes -= sizeof(data))
		result = syscall(SYS_write, fd, data, sizeof(data));
	close(fd);
	return result < 0 ? result : 0;
}

/* A console that says nothing for two minutes would look like a hang. */
static void show_progress(const char *what, int files)
{
	if (files && files % (1 << 18) == 0)
		printf("oom: %d files %s\n", files, what);
}

static void remove_all(void)
{
	for (int i = 0;; i++) {
		bool last = unlink(path_of(i, 3)) < 0;

		show_progress("removed", i);
		if (last || i % IN_FOLDER == IN_FOLDER - 1)
			rmdir(path_of(i, 2));
		if (last || i % (IN_FOLDER * IN_FOLDER) == IN_FOLDER * IN_FOLDER - 1)
			rmdir(path_of(i, 1));
		if (last)
			break;
	}
	rmdir("/oom");
}

/* Files until an error. The maker may be ended, so another process removes them. */
static bool files(int bytes)
{
	int status, error = 0, pid;

	mkdir("/oom", 0755);
	pid = fork();
	if (pid == 0) {
		for (int i = 0; !error; i++) {
			show_progress("made", i);
			error = make_one(i, bytes);
		}
		exit(error == -ENOMEM || error == -ENOSPC ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	nr_killed += was_killed(status);
	remove_all();
	return was_killed(status) || (WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* --- page faults without low memory ----------------------------------------------------------- */

#define TABLES 60 /* less than what makes a process worth its end */

static void touch(char *memory, int from, int to)
{
	for (int i = from; i < to; i++)
		memory[(unsigned long)i << 21] = 1;
}

/* The child says when it is ready. With @full it waits until that is set, and touches more. */
static int start_and_wait(volatile int *full)
{
	char byte;
	int pid = fork();

	if (pid == 0) {
		char *memory =
			mmap(NULL, (2ul * TABLES + 1) << 21, RW, ANON | MAP_NORESERVE, -1, 0);

		touch(memory, 0, TABLES);
		if (full)
			set_adj("-1000");
		write(ready[1], "", 1);
		while (!full || !*full)
			sleep_ms(20);
		touch(memory, TABLES, TABLES + TABLES / 2);
		exit(0);
	}
	read(ready[0], &byte, 1);
	return pid;
}

/* The kernel may end the idle process, but not the protected one that needs the page tables. */
static bool fault(void)
{
	volatile int *full = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status, idle, needy, maker;

	*full = 0;
	idle = start_and_wait(NULL);
	needy = start_and_wait(full);
	mkdir("/oom", 0755);
	maker = fork();
	if (maker == 0) {
		for (int i = 0; make_one(i, 0) == 0; i++)
			;
		*full = 1;
		sleep_ms(SLEEP);
	}
	waitpid(needy, &status, 0);
	kill(maker, SIGTERM);
	kill(idle, SIGTERM);
	remove_all();
	munmap((void *)full, PAGE);
	for (int other; waitpid(-1, &other, 0) > 0;)
		nr_killed += was_killed(other);
	return WIFEXITED(status);
}

/* --- what is left of an ended process --------------------------------------------------------- */

static void take_daemon(void)
{
	most = ((unsigned long)number_in("/proc/meminfo", "HighFree") << 10) + share;
	take_anon();
}

/* The holder is the child of a process that has taken much of low memory, and ended. */
static int start_holder(void (*take)(void))
{
	int pid = fork(), holder = 0;

	if (pid == 0) {
		take();
		if (fork())
			exit(0);
		holder = getpid();
		write(ready[1], (char *)&holder, sizeof(holder));
		sleep_ms(SLEEP);
		exit(0);
	}
	waitpid(pid, NULL, 0);
	read(ready[0], (char *)&holder, sizeof(holder));
	return holder;
}

static int listener;

/* Children connect to this process, write, and end. It accepts none of them. */
static void take_queue(void)
{
	static const char address[] = "\1\0\0oom";

	listener = syscall(SYS_socket, 1, 1, 0);
	syscall(SYS_bind, listener, address, sizeof(address));
	syscall(SYS_listen, listener, 4096);
	for (unsigned long done = 0; done < share; done += SOCKET_BYTES) {
		int fd, pid = fork();

		if (pid == 0) {
			fd = syscall(SYS_socket, 1, 1 | O_NONBLOCK, 0);
			syscall(SYS_connect, fd, address, sizeof(address));
			fill(fd);
			exit(0);
		}
		waitpid(pid, NULL, 0);
	}
}

/* The rest is not enough for a process that wants a little less. The holder has to end for it. */
static bool holder_ends(void (*take)(void))
{
	int holder, pid, status;
	bool ended;

	share = (unsigned long)number_in("/proc/meminfo", "LowFree") * 640;
	holder = start_holder(take);
	share -= share / 10;
	pid = fork();
	if (pid == 0) {
		take_share();
		exit(0);
	}
	waitpid(pid, &status, 0);
	ended = kill(holder, SIGKILL) != 0;
	nr_killed += ended + was_killed(status);
	return ended && WIFEXITED(status);
}

#define CROWD 300 /* more than the kernel compares */

/* The same in a crowd. */
static bool crowd(void)
{
	static int pids[CROWD];
	bool good = true;

	for (int i = 0; i < CROWD && good; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			sleep_ms(SLEEP);
			exit(0);
		}
		good = pids[i] > 0;
	}
	good = good && holder_ends(take_daemon);
	for (int i = 0; i < CROWD && pids[i] > 0; i++)
		kill(pids[i], SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
	return good;
}

/* --- all -------------------------------------------------------------------------------------- */

static bool big_files(void)
{
	return files(1 << 20);
}

static bool names(void)
{
	return files(0);
}

/* Either @alone makes the round, or @with lets processes @take memory. */
static const struct way {
	const char *kind;
	bool (*alone)(void);
	bool (*with)(void (*take)(void));
	void (*take)(void);
} ways[] = {
	{ "anon", .with = one_or_kids, .take = take_anon },
	{ "mlock", .with = one_or_kids, .take = take_mlock },
	{ "stack", .with = one_or_kids, .take = take_stack },
	{ "tables", .with = kids, .take = take_tables },
	{ "pipes", .with = kids, .take = take_pipes },
	{ "sockets", .with = kids, .take = take_sockets },
	{ "daemon", .with = holder_ends, .take = take_daemon },
	{ "pairs", .with = holder_ends, .take = take_share },
	{ "queue", .with = holder_ends, .take = take_queue },
	{ "processes", .alone = processes },
	{ "tmpfs", .alone = big_files },
	{ "names", .alone = names },
	{ "fault", .alone = fault },
	{ "crowd", .alone = crowd },
};

static bool round_of(const char *kind)
{
	for (unsigned int i = 0; i < SIZE(ways); i++) {
		const struct way *way = &ways[i];

		if (strcmp(kind, way->kind) == 0)
			return way->alone ? way->alone() : way->with(way->take);
	}
	return false;
}

/* --- what has to come back -------------------------------------------------------------------- */

struct counts {
	long free_kib, charged_kib, bytes;
};

/* Objects that are in use in all caches of the kernel. */
static long object_bytes(void)
{
	static char text[16384];
	int fd = open("/proc/slabinfo", O_RDONLY, 0), size = 0, got;
	long bytes = 0;

	while ((got = read(fd, text + size, sizeof(text) - 1 - size)) > 0)
		size += got;
	close(fd);
	text[size] = '\0';
	/* Lines of a name, used objects, all objects, and the size of one. */
	for (char *at = text; *at; at++) {
		long numbers[3];

		while (*at && *at != ' ' && *at != '\n')
			at++;
		for (int i = 0; i < 3; i++) {
			while (*at == ' ')
				at++;
			numbers[i] = atoi(at);
			while (*at >= '0' && *at <= '9')
				at++;
		}
		bytes += numbers[0] * numbers[2];
		while (*at && *at != '\n')
			at++;
	}
	return bytes;
}

static struct counts count(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY, 0);

	/* Names and stacks that are kept to save work are not lost. */
	write(fd, "2", 1);
	close(fd);
	return (struct counts){
		.free_kib = number_in("/proc/meminfo", "MemFree"),
		.charged_kib = number_in("/proc/self/status", "KernLow:") +
			       number_in("/proc/self/status", "KernHigh:"),
		.bytes = object_bytes(),
	};
}

/* The last steps of an end, such as a freed stack, take a moment. */
static bool is_back(const struct counts *before, struct counts *lost)
{
	for (int tries = 0; tries < 50; tries++) {
		struct counts now = count();

		lost->free_kib = before->free_kib - now.free_kib;
		lost->charged_kib = now.charged_kib - before->charged_kib;
		lost->bytes = now.bytes - before->bytes;
		if (lost->free_kib < LOST_KIB && !lost->charged_kib && lost->bytes < LOST_BYTES)
			return true;
		sleep_ms(20);
	}
	return false;
}

/* Returns the process, which is a child of no process here. */
static int take_ballast(int mib)
{
	int status, pid = 0;

	if (mib <= 0)
		return 0;
	if (fork() == 0) {
		if (fork())
			exit(0);
		set_adj("-1000");
		most = (unsigned long)mib << 20;
		take_mlock();
		pid = getpid();
		write(ready[1], (char *)&pid, sizeof(pid));
		sleep_ms(SLEEP);
		exit(0);
	}
	waitpid(-1, &status, 0);
	read(ready[0], (char *)&pid, sizeof(pid));
	return pid;
}

int main(int argc, char **argv, char **envp)
{
	int rounds = argc > 2 ? atoi(argv[2]) : 2, good = 0, ballast;
	long kills = number_in("/proc/vmstat", "oom_kill");
	const char *kind = argc > 1 ? argv[1] : "anon";
	struct counts before = { 0 }, lost = { 0 };
	bool back = true;

	pipe(ready);
	ballast = take_ballast(argc > 3 ? atoi(argv[3]) : 0);
	for (int i = 0; i <= rounds && back; i++) {
		good += round_of(kind);
		sleep_ms(100);
		if (i == 0)
			before = count();
		back = is_back(&before, &lost);
		printf("oom %s: round %d of %d\n", kind, i + 1, rounds + 1);
	}
	if (ballast)
		kill(ballast, SIGKILL);
	kills = number_in("/proc/vmstat", "oom_kill") - kills;
	printf("oom %s: %s, %d of %d rounds, %ld kills, %d of holders; lost %ld KiB free, "
	       "%ld KiB charged, %ld bytes of objects\n",
	       kind, good == rounds + 1 && kills == nr_killed && back ? "passed" : "failed", good,
	       rounds + 1, kills, nr_killed, lost.free_kib, lost.charged_kib, lost.bytes);
	return 0;
}
