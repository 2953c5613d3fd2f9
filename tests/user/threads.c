/* SPDX-License-Identifier: MIT */
#include "test.h"

/* Threads: clone, thread-local storage, futexes, the end of a process with threads. */

#define THREAD (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)

static volatile int counter, word;
static char stack[16384];

static int add(void *arg)
{
	for (int i = 0; i < 10000; i++)
		__sync_fetch_and_add((int *)&counter, 1);
	return (int)arg;
}

static void test_create(void)
{
	struct thread threads[4];
	int results = 0;

	for (int i = 0; i < 4; i++)
		thread_create(&threads[i], add, (void *)i);
	for (int i = 0; i < 4; i++)
		results += thread_join(&threads[i]);
	show("counter", counter);
	show("results", results);
	show_bool("numbers differ", threads[0].tid != threads[1].tid && threads[0].tid > 0);
}

static int numbers(void *arg)
{
	int *out = arg;

	out[0] = syscall(SYS_getpid);
	out[1] = syscall(SYS_gettid);
	out[2] = syscall(SYS_getppid);
	return 0;
}

static void test_numbers(void)
{
	struct thread thread;
	int out[3];

	thread_create(&thread, numbers, out);
	thread_join(&thread);
	show_bool("same process", out[0] == getpid());
	show_bool("its own number", out[1] == thread.tid && out[1] != out[0]);
	show_bool("same parent", out[2] == syscall(SYS_getppid));
	show_bool("first thread", syscall(SYS_gettid) == getpid());
}

static void test_flags(void)
{
	int tid = 0;

	show("sighand without vm", syscall(SYS_clone, CLONE_SIGHAND | SIGCHLD, 0, 0, 0, 0));
	show("thread without sighand", syscall(SYS_clone, CLONE_THREAD | CLONE_VM, 0, 0, 0, 0));
	tid = syscall(SYS_clone, CLONE_PARENT_SETTID | SIGCHLD, 0, 0x10, 0, 0);
	if (tid == 0)
		exit(0);
	show_bool("bad parent tid", tid > 0);
	show_bool("reaped", syscall(SYS_wait4, -1, &tid, 0, 0) > 0);
}

/* Memory is shared, but the child is a process with its own number. */
static int share(void *arg)
{
	word = 5;
	return 6;
}

static void test_share(void)
{
	int status, pid = clone(share, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL, NULL, NULL,
				NULL);

	syscall(SYS_wait4, pid, &status, 0, 0);
	show_status("child with shared memory", status);
	show("word", word);
	pid = clone(share, stack + sizeof(stack), CLONE_FILES, NULL, NULL, NULL, NULL);
	show("no signal at its end", syscall(SYS_wait4, pid, &status, 0, 0));
	show_bool("wait for clones", syscall(SYS_wait4, pid, &status, 0x40000000, 0) == pid);
}

static int set_child(void *arg)
{
	return word == (int)syscall(SYS_gettid) ? 1 : 2;
}

static void test_tids(void)
{
	int status, parent = 0, pid;

	word = 0;
	pid = clone(set_child, stack + sizeof(stack),
		    CLONE_CHILD_SETTID | CLONE_PARENT_SETTID | SIGCHLD, NULL, &parent, NULL,
		    (int *)&word);
	syscall(SYS_wait4, pid, &status, 0, 0);
	show_status("child sees its number", status);
	show("memory of the parent", word);
	show_bool("parent sees it", parent == pid);
	show_bool("set_tid_address", syscall(SYS_set_tid_address, &word) == syscall(SYS_gettid));
}

/* --- thread-local storage --------------------------------------------------------------------- */

static int tls_word[2][4] = { { 11, 12 }, { 21, 22 } };
static int tls_entry;

static int load_tls(void)
{
	int value;

	asm volatile("mov %%gs:4, %0" : "=r"(value));
	return value;
}

static int tls_thread(void *arg)
{
	int sum = 0;

	for (int i = 0; i < 100; i++) {
		sum += load_tls();
		syscall(SYS_sched_yield);
	}
	word = sum;
	return 0;
}

static void tls_child(void)
{
	show("in a child", load_tls());
}

static void test_tls(void)
{
	struct user_desc desc = { -1, (uint32_t)tls_word[0], 0xfffff, USER_DESC_FLAGS };
	struct user_desc second = { -1, (uint32_t)tls_word[1], 0xfffff, USER_DESC_FLAGS };
	struct user_desc wrong = { 3, 0, 0xfffff, USER_DESC_FLAGS };
	volatile int alive = 1;
	int tid = 0;

	show("set_thread_area", syscall(SYS_set_thread_area, &desc));
	tls_entry = desc.entry;
	show("entry", tls_entry);
	asm volatile("mov %0, %%gs" : : "r"(tls_entry * 8 + 3));
	show("through gs", load_tls());
	tls_word[0][1] = 13;
	show("changed", load_tls());
	in_child("tls of a child", tls_child);
	second.entry = tls_entry;
	clone(tls_thread, stack + sizeof(stack),
	      THREAD | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID, NULL, &tid,
	      &second, (int *)&alive);
	for (int i = 0; i < 100; i++) {
		if (load_tls() != 13)
			show("wrong tls", load_tls());
		syscall(SYS_sched_yield);
	}
	while (alive)
		syscall(SYS_futex, &alive, FUTEX_WAIT, 1, 0);
	show("tls of a thread", word);
	show("tls of mine", load_tls());
	show("entry of the kernel", syscall(SYS_set_thread_area, &wrong));
	show("get_thread_area", syscall(SYS_get_thread_area, &desc));
	show_bool("base", desc.base == (uint32_t)tls_word[0]);
	printf("flags: %x limit %x\n", desc.flags & 0x7f, desc.limit);
	desc.entry = -1;
	show("second", syscall(SYS_set_thread_area, &desc));
	desc.entry = -1;
	show("third", syscall(SYS_set_thread_area, &desc));
	desc.entry = -1;
	show("fourth", syscall(SYS_set_thread_area, &desc));
	BAD("set_thread_area bad pointer", SYS_set_thread_area, P);
	asm volatile("mov %0, %%gs" : : "r"(0));
}

/* --- futexes ---------------------------------------------------------------------------------- */

static volatile int futex, other_futex, woken;

static int sleeper(void *arg)
{
	long result = syscall(SYS_futex, &futex, FUTEX_WAIT, 0, 0);

	__sync_fetch_and_add((int *)&woken, result == 0);
	return 0;
}

static void test_futex(void)
{
	struct timespec time = { 0, 20000000 }, wrong = { 0, 1000000000 };
	struct thread threads[3];

	futex = 1;
	show("wait for other value", syscall(SYS_futex, &futex, FUTEX_WAIT, 0, 0));
	show("wait with timeout", syscall(SYS_futex, &futex, FUTEX_WAIT, 1, &time));
	show("wait with bad time", syscall(SYS_futex, &futex, FUTEX_WAIT, 1, &wrong));
	BAD("wait with bad time pointer", SYS_futex, &futex, FUTEX_WAIT, 1, P);
	show("wake nobody", syscall(SYS_futex, &futex, FUTEX_WAKE, 1));
	show("not aligned", syscall(SYS_futex, (char *)&futex + 1, FUTEX_WAIT, 1, 0));
	BAD("wait bad pointer", SYS_futex, P, FUTEX_WAIT, 1, &time);
	show("bad command", syscall(SYS_futex, &futex, 77, 1));
	futex = 0;
	for (int i = 0; i < 3; i++)
		thread_create(&threads[i], sleeper, NULL);
	sleep_ms(100);
	show("wake one", syscall(SYS_futex, &futex, FUTEX_WAKE, 1));
	show("requeue", syscall(SYS_futex, &futex, FUTEX_REQUEUE, 0, 1, &other_futex));
	show("wake there", syscall(SYS_futex, &other_futex, FUTEX_WAKE, 9));
	show("cmp_requeue", syscall(SYS_futex, &futex, FUTEX_CMP_REQUEUE, 0, 1, &other_futex, 1));
	show("wake rest", syscall(SYS_futex, &futex, FUTEX_WAKE, 9));
	for (int i = 0; i < 3; i++)
		thread_join(&threads[i]);
	show("woken", woken);
	show("bitset 0", syscall(SYS_futex, &futex, FUTEX_WAIT_BITSET, 0, 0, 0, 0));
}

/* Between two processes, on shared memory. */
static void test_shared_futex(void)
{
	int *shared = (int *)syscall(SYS_mmap2, 0, PAGE, PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status, pid = fork();

	if (pid == 0)
		exit(syscall(SYS_futex, shared, FUTEX_WAIT, 0, 0) == 0 ? 0 : 1);
	sleep_ms(100);
	show("wake the child", syscall(SYS_futex, shared, FUTEX_WAKE, 1));
	syscall(SYS_wait4, pid, &status, 0, 0);
	show_status("child", status);
}

/* --- the end of a process with threads -------------------------------------------------------- */

static int forever(void *arg)
{
	for (;;)
		syscall(SYS_pause);
	return 0;
}

static int spin(void *arg)
{
	for (;;)
		;
	return 0;
}

static int exit_all(void *arg)
{
	sleep_ms(30);
	syscall(SYS_exit_group, 3);
	return 0;
}

static int exec_here(void *arg)
{
	static char *argv[] = { "/bin/true", NULL };

	sleep_ms(30);
	syscall(SYS_execve, argv[0], argv, environ);
	return 1;
}

static struct thread t1, t2, t3;

static void end_by_group(void)
{
	thread_create(&t1, forever, NULL);
	thread_create(&t2, spin, NULL);
	sleep_ms(20);
	exit(2);
}

static void end_by_thread(void)
{
	thread_create(&t1, spin, NULL);
	thread_create(&t2, exit_all, NULL);
	forever(NULL);
}

static void end_by_signal(void)
{
	thread_create(&t1, forever, NULL);
	thread_create(&t2, spin, NULL);
	kill(getpid(), SIGTERM);
	forever(NULL);
}

static void first_ends(void)
{
	thread_create(&t1, exit_all, NULL);
	syscall(SYS_exit, 1);
}

static void exec_in_thread(void)
{
	thread_create(&t1, forever, NULL);
	thread_create(&t2, exec_here, NULL);
	thread_create(&t3, spin, NULL);
	forever(NULL);
}

static int fork_in_thread(void *arg)
{
	int status, pid = fork();

	if (pid == 0)
		exit(syscall(SYS_gettid) == syscall(SYS_getpid) ? 4 : 5);
	syscall(SYS_wait4, pid, &status, 0, 0);
	return WEXITSTATUS(status);
}

static void test_fork(void)
{
	struct thread thread;

	thread_create(&thread, fork_in_thread, NULL);
	show("fork of a thread", thread_join(&thread));
}

static void test_tgkill(void)
{
	show("tgkill 0", syscall(SYS_tgkill, getpid(), getpid(), 0));
	show("tgkill other process", syscall(SYS_tgkill, getpid(), 1, 0));
	show("tgkill negative", syscall(SYS_tgkill, -1, 1, 0));
	show("tkill missing", syscall(SYS_tkill, 30000, 0));
	show("tkill negative", syscall(SYS_tkill, -1, 0));
}

/* --- what another CPU still believes ---------------------------------------------------------- */

static volatile char *watched;
static volatile bool watching, stop;
static jmp_buf lost;

static void on_lost(int signal)
{
	longjmp(lost, 1);
}

/* Reads a page again and again: 0 if nothing ever happens, 1 at a fault, 2 at another content. */
static int watch(void *arg)
{
	if (setjmp(lost))
		return 1;
	while (!stop) {
		if (*watched != 5)
			return 2;
		watching = true;
	}
	return 0;
}

/* A call in one thread, while the other one has the page in its TLB. */
static void take_away(const char *name, long nr, long a, long b, long c, long d, long e)
{
	struct thread thread;
	int ends;

	stop = watching = false;
	thread_create(&thread, watch, NULL);
	while (!watching)
		syscall(SYS_sched_yield);
	syscall(nr, a, b, c, d, e);
	for (int i = 0; i < 50 && thread.alive; i++)
		sleep_ms(10);
	stop = true;
	ends = thread_join(&thread);
	show_text(name, ends == 1 ? "faults" : ends == 2 ? "changes" : "stays");
}

static char *watched_page(void)
{
	char *page = anonymous(PAGE);

	*page = 5;
	watched = page;
	return page;
}

/* Writes until the other thread has looked at the copy of a child. */
static int scribble(void *arg)
{
	while (!stop) {
		*watched = *watched + 1;
		watching = true;
	}
	return 0;
}

static void fork_under_writes(void)
{
	struct thread thread;
	int pid, status = 0;

	watched_page();
	stop = watching = false;
	thread_create(&thread, scribble, NULL);
	while (!watching)
		syscall(SYS_sched_yield);
	pid = syscall(SYS_fork);
	if (pid == 0) {
		char seen = *watched;

		sleep_ms(30);
		exit(*watched != seen);
	}
	syscall(SYS_wait4, pid, &status, 0, 0);
	stop = true;
	thread_join(&thread);
	show_bool("a child sees later writes", WEXITSTATUS(status));
}

static void test_other_cpu(void)
{
	char *page, *room = anonymous(PAGE);

	sigaction(SIGSEGV, on_lost, SA_NODEFER, 0);
	page = watched_page();
	take_away("mprotect under a thread", SYS_mprotect, (long)page, PAGE, PROT_NONE, 0, 0);
	page = watched_page();
	take_away("munmap under a thread", SYS_munmap, (long)page, PAGE, 0, 0, 0);
	page = watched_page();
	take_away("madvise under a thread", SYS_madvise, (long)page, PAGE, MADV_DONTNEED, 0, 0);
	page = watched_page();
	take_away("mremap under a thread", SYS_mremap, (long)page, PAGE, PAGE,
		  MREMAP_MAYMOVE | MREMAP_FIXED, (long)room);
	fork_under_writes();
	sigaction(SIGSEGV, SIG_DFL, 0, 0);
}

int main(int argc, char **argv, char **envp)
{
	test_create();
	test_numbers();
	test_flags();
	test_share();
	test_tids();
	test_tls();
	test_futex();
	test_shared_futex();
	in_child("exit_group", end_by_group);
	in_child("exit_group of a thread", end_by_thread);
	in_child("signal", end_by_signal);
	in_child("first thread ends", first_ends);
	in_child("exec of a thread", exec_in_thread);
	test_fork();
	test_tgkill();
	test_other_cpu();
	return 0;
}
