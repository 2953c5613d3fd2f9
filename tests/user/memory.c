/* SPDX-License-Identifier: MIT */
#include "test.h"

/* Memory: mmap, munmap, mprotect, brk, mremap, madvise, mincore, mlock, msync. */

#define RW   (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static jmp_buf env;
static int fault_code;

static void on_fault(int signal, struct siginfo *info, struct ucontext *context)
{
	fault_code = signal * 100 + info->code;
	longjmp(env, 1);
}

/* 0, or the signal and its code if the access is not allowed. */
static int try_access(volatile char *address, bool write)
{
	unsigned long long none = 0;

	fault_code = 0;
	if (!setjmp(env)) {
		if (write)
			*address = 1;
		else
			(void)*address;
	}
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, 0, 8);
	return fault_code;
}

static long map(unsigned long address, size_t size, int prot, int flags, int fd, unsigned long page)
{
	return syscall(SYS_mmap2, address, size, prot, flags, fd, page);
}

static void test_mmap(void)
{
	char *p = (char *)map(0, 3 * PAGE, RW, ANON, -1, 0);
	int fd = make_file("/tmp/m", "0123456789");
	int read_only = syscall(SYS_open, "/tmp/m", O_RDONLY, 0);

	show_ok("mmap", (long)p);
	show_bool("aligned", ((unsigned long)p & (PAGE - 1)) == 0);
	show("zero", p[0] | p[3 * PAGE - 1]);
	show("munmap middle", syscall(SYS_munmap, p + PAGE, PAGE));
	show("first", try_access(p, true));
	show("middle", try_access(p + PAGE, false));
	show("last", try_access(p + 2 * PAGE, true));
	show_bool("fixed in the hole",
		  map((long)p + PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0) == (long)p + PAGE);
	show("no replace", map((long)p, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
	show_bool("hint in use", map((long)p, PAGE, RW, ANON, -1, 0) != (long)p);
	show("size 0", map(0, 0, RW, ANON, -1, 0));
	show("fixed not aligned", map((long)p + 1, PAGE, RW, ANON | MAP_FIXED, -1, 0));
	show("fixed in the kernel", map(0xfffff000ul, PAGE, RW, ANON | MAP_FIXED, -1, 0));
	show("huge", map(0, 0xfffff000ul, RW, ANON, -1, 0));
	show("no type", map(0, PAGE, RW, MAP_ANONYMOUS, -1, 0));
	show("bad file", map(0, PAGE, RW, MAP_PRIVATE, 99, 0));
	show("shared write of read-only", map(0, PAGE, RW, MAP_SHARED, read_only, 0));
	show_ok("private write of read-only", map(0, PAGE, RW, MAP_PRIVATE, read_only, 0));
	show("munmap not aligned", syscall(SYS_munmap, p + 1, PAGE));
	show("munmap size 0", syscall(SYS_munmap, p, 0));
	show("munmap kernel", syscall(SYS_munmap, 0xfffff000ul, PAGE));
	show("munmap again", syscall(SYS_munmap, p, 3 * PAGE) + syscall(SYS_munmap, p, 3 * PAGE));
	show("gone", try_access(p, false));
	syscall(SYS_close, fd);
	syscall(SYS_close, read_only);
}

static void test_file(void)
{
	int fd = make_file("/tmp/m", "0123456789");
	char *shared, *private, text[16] = { 0 };

	syscall(SYS_ftruncate, fd, 2 * PAGE + 100);
	shared = (char *)map(0, 4 * PAGE, RW, MAP_SHARED, fd, 0);
	private = (char *)map(0, 4 * PAGE, RW, MAP_PRIVATE, fd, 0);
	show("file in memory", memcmp(shared, "0123", 4));
	shared[1] = 'S';
	show("private sees shared", private[1]);
	private[2] = 'P';
	show("shared does not see private", shared[2]);
	syscall(SYS_pread64, fd, text, 10, 0, 0);
	show_text("file", text);
	syscall(SYS_pwrite64, fd, "WW", 2, 5, 0);
	printf("written: %c %c\n", shared[5], private[5]);
	show("tail is zero", shared[2 * PAGE + 100]);
	show("beyond the end", try_access(shared + 3 * PAGE, false));
	show("private beyond the end", try_access(private + 3 * PAGE, true));
	syscall(SYS_ftruncate, fd, PAGE);
	show("after truncate", try_access(shared + PAGE, false));
	syscall(SYS_ftruncate, fd, 4 * PAGE);
	show("after growing", try_access(shared + 3 * PAGE, true));
	show("and zero", shared[PAGE]);
	show_ok("offset beyond the end", map(0, PAGE, PROT_READ, MAP_PRIVATE, fd, 0xfffff));
	show("msync", syscall(SYS_msync, shared, 4 * PAGE, MS_SYNC));
	show("msync flags", syscall(SYS_msync, shared, PAGE, MS_SYNC | MS_ASYNC));
	show("msync not aligned", syscall(SYS_msync, shared + 1, PAGE, MS_SYNC));
	syscall(SYS_close, fd);
	show("mapping outlives the file number", shared[1]);
	show("munmap", syscall(SYS_munmap, shared, 4 * PAGE));
	show("msync unmapped", syscall(SYS_msync, shared, PAGE, MS_SYNC));
	syscall(SYS_munmap, private, 4 * PAGE);
}

static void test_mprotect(void)
{
	char *p = anonymous(4 * PAGE);

	memset(p, 7, 4 * PAGE);
	show("mprotect", syscall(SYS_mprotect, p + PAGE, PAGE, PROT_READ));
	show("write left", try_access(p, true));
	show("write there", try_access(p + PAGE, true));
	show("read there", try_access(p + PAGE, false));
	show("write right", try_access(p + 2 * PAGE, true));
	show("none", syscall(SYS_mprotect, p + 2 * PAGE, PAGE, PROT_NONE));
	show("read none", try_access(p + 2 * PAGE, false));
	show("read into none", syscall(SYS_getcwd, p + 2 * PAGE, 100));
	show("back", syscall(SYS_mprotect, p, 4 * PAGE, RW));
	show("content", p[2 * PAGE + 5]);
	show("not aligned", syscall(SYS_mprotect, p + 1, PAGE, RW));
	show("size 0", syscall(SYS_mprotect, p, 0, RW));
	show("bits", syscall(SYS_mprotect, p, PAGE, 0x100));
	syscall(SYS_munmap, p + 2 * PAGE, PAGE);
	show("with a hole", syscall(SYS_mprotect, p, 4 * PAGE, PROT_READ));
	show("before the hole", try_access(p, true));
	show("behind the hole", try_access(p + 3 * PAGE, true));
	syscall(SYS_munmap, p, 4 * PAGE);
}

static void test_brk(void)
{
	char *start = (char *)syscall(SYS_brk, 0), *end;

	end = (char *)syscall(SYS_brk, start + 3 * PAGE + 5);
	show("grown", end - start);
	show("write", try_access(start + 3 * PAGE + 4, true));
	show("zero", start[2 * PAGE]);
	end = (char *)syscall(SYS_brk, start + PAGE);
	show("shrunk", end - start);
	show("beyond", try_access(start + 3 * PAGE, false));
	end = (char *)syscall(SYS_brk, start + 3 * PAGE);
	show("zero again", start[2 * PAGE]);
	end = (char *)syscall(SYS_brk, 0x1000);
	show("too low", end - start);
	end = (char *)syscall(SYS_brk, 0xfffff000ul);
	show("too high", end - start);
	syscall(SYS_brk, start);
}

static void test_mremap(void)
{
	char *p = anonymous(4 * PAGE), *q;
	long place = (long)anonymous(8 * PAGE);

	for (int i = 0; i < 4; i++)
		p[i * PAGE] = i + 1;
	show_bool("shrink", syscall(SYS_mremap, p, 4 * PAGE, 2 * PAGE, 0, 0) == (long)p);
	show("beyond", try_access(p + 2 * PAGE, false));
	show_bool("grow in place", syscall(SYS_mremap, p, 2 * PAGE, 4 * PAGE, 0, 0) == (long)p);
	show("content", p[PAGE]);
	show("new is zero", p[2 * PAGE]);
	map((long)p + 3 * PAGE, PAGE, PROT_NONE, ANON | MAP_FIXED, -1, 0);
	show("no room", syscall(SYS_mremap, p, 3 * PAGE, 5 * PAGE, 0, 0));
	q = (char *)syscall(SYS_mremap, p, 3 * PAGE, 5 * PAGE, MREMAP_MAYMOVE, 0);
	show_bool("moved", q != p && (unsigned long)q < -4095ul);
	printf("content: %d %d\n", q[0], q[PAGE]);
	show("old is gone", try_access(p, false));
	show_bool("fixed", syscall(SYS_mremap, q, 5 * PAGE, 5 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
				   place) == place);
	show("content", *(char *)place);
	show("overlap", syscall(SYS_mremap, place, 2 * PAGE, 2 * PAGE,
				MREMAP_MAYMOVE | MREMAP_FIXED, place + PAGE));
	show("fixed alone", syscall(SYS_mremap, place, PAGE, PAGE, MREMAP_FIXED, place + 6 * PAGE));
	show("not aligned", syscall(SYS_mremap, place + 1, PAGE, PAGE, 0, 0));
	show("to size 0", syscall(SYS_mremap, place, PAGE, 0, 0, 0));
	show("unmapped", syscall(SYS_mremap, 0x1000, PAGE, 2 * PAGE, MREMAP_MAYMOVE, 0));
	show("flags", syscall(SYS_mremap, place, PAGE, PAGE, 99, 0));
	syscall(SYS_munmap, place, 8 * PAGE);
}

static void test_madvise(void)
{
	char *p = anonymous(3 * PAGE);

	memset(p, 5, 3 * PAGE);
	show("dontneed", syscall(SYS_madvise, p + PAGE, PAGE, MADV_DONTNEED));
	printf("content: %d %d %d\n", p[0], p[PAGE], p[2 * PAGE]);
	show("willneed", syscall(SYS_madvise, p, 3 * PAGE, MADV_WILLNEED));
	show("random", syscall(SYS_madvise, p, 3 * PAGE, MADV_RANDOM));
	show("advice", syscall(SYS_madvise, p, PAGE, 9999));
	show("not aligned", syscall(SYS_madvise, p + 1, PAGE, MADV_DONTNEED));
	show("size 0", syscall(SYS_madvise, p, 0, MADV_DONTNEED));
	syscall(SYS_munmap, p + PAGE, PAGE);
	show("hole", syscall(SYS_madvise, p, 3 * PAGE, MADV_DONTNEED));
	printf("content: %d %d\n", p[0], p[2 * PAGE]);
	syscall(SYS_munmap, p, 3 * PAGE);
}

static void test_mincore(void)
{
	unsigned char map_[4] = { 9, 9, 9, 9 };
	char *p = anonymous(4 * PAGE);

	p[PAGE] = 1;
	show("mincore", syscall(SYS_mincore, p, 4 * PAGE, map_));
	printf("there: %d %d %d\n", map_[0] & 1, map_[1] & 1, map_[2] & 1);
	show("mincore not aligned", syscall(SYS_mincore, p + 1, PAGE, map_));
	show("mincore size 0", syscall(SYS_mincore, p, 0, map_));
	BAD("mincore bad pointer", SYS_mincore, p, 2 * PAGE, P);
	syscall(SYS_munmap, p, 4 * PAGE);
	show("mincore unmapped", syscall(SYS_mincore, p, PAGE, map_));
}

static void test_mlock(void)
{
	char *p = anonymous(4 * PAGE);
	unsigned char there[4] = { 0 };

	show("mlock", syscall(SYS_mlock, p, 2 * PAGE));
	syscall(SYS_mincore, p, 4 * PAGE, there);
	printf("there: %d %d %d\n", there[0] & 1, there[1] & 1, there[2] & 1);
	show("munlock", syscall(SYS_munlock, p, 2 * PAGE));
	show("mlock unmapped", syscall(SYS_mlock, 0x1000, PAGE));
	show("munlock unmapped", syscall(SYS_munlock, 0x1000, PAGE));
	show("mlockall", syscall(SYS_mlockall, 1));
	show("mlockall flags", syscall(SYS_mlockall, 0));
	show("munlockall", syscall(SYS_munlockall));
	syscall(SYS_munmap, p, 4 * PAGE);
}

static void test_populate(void)
{
	char *p = (char *)map(0, 4 * PAGE, RW, ANON | MAP_POPULATE, -1, 0);
	unsigned char there[4] = { 0 };

	syscall(SYS_mincore, p, 4 * PAGE, there);
	printf("populated: %d %d\n", there[0] & 1, there[3] & 1);
	syscall(SYS_munmap, p, 4 * PAGE);
}

/* Copies of copies: each generation changes its own page and sees the pages of those before. */
static void test_generations(void)
{
	char *p = anonymous(16 * PAGE);
	int status, wrong = 0, generation;

	memset(p, 100, 16 * PAGE);
	for (generation = 0; generation < 15; generation++) {
		p[generation * PAGE] = generation;
		if (fork())
			break;
	}
	for (int i = 0; i < 16; i++)
		wrong += p[i * PAGE] != (i <= generation && i < 15 ? i : 100);
	if (generation < 15) {
		syscall(SYS_wait4, -1, &status, 0, 0);
		wrong += WEXITSTATUS(status);
		for (int i = 0; i < 16; i++)
			wrong += p[i * PAGE] != (i <= generation ? i : 100);
	}
	if (generation)
		exit(wrong > 255 ? 255 : wrong);
	show("wrong pages of 16 generations", wrong);
	syscall(SYS_munmap, p, 16 * PAGE);
}

/* Pages that were used before are empty again. */
static void test_fresh(void)
{
	const int pages = 64;
	int wrong = 0;

	for (int round = 0; round < 2; round++) {
		char *p = anonymous(pages * PAGE);

		for (int i = 0; i < pages; i++) {
			p[i * PAGE] = 1;
			for (unsigned long at = 1; at < PAGE; at++)
				wrong += p[i * PAGE + at] != 0;
			memset(p + i * PAGE, 0x55, PAGE);
		}
		syscall(SYS_munmap, p, pages * PAGE);
	}
	show("bytes of old pages", wrong);
}

/* The parent may have used the page as its own just before. */
static void test_parent_writes(void)
{
	volatile char *p = anonymous(PAGE);
	int fds[2], pid, status;
	char c;

	syscall(SYS_pipe, fds);
	*p = 1;
	pid = fork();
	if (pid == 0) {
		syscall(SYS_read, fds[0], &c, 1);
		exit(*p);
	}
	*p = 2;
	syscall(SYS_write, fds[1], "x", 1);
	syscall(SYS_wait4, pid, &status, 0, 0);
	show_status("a child sees what was before", status);
	syscall(SYS_close, fds[0]);
	syscall(SYS_close, fds[1]);
	syscall(SYS_munmap, p, PAGE);
}

static void test_shared(void)
{
	char *p = (char *)map(0, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int pid = fork();

	if (pid == 0) {
		p[5] = 42;
		exit(0);
	}
	syscall(SYS_wait4, pid, 0, 0, 0);
	show("shared with a child", p[5]);
	syscall(SYS_munmap, p, PAGE);
}

static long try_execve(void)
{
	char *argv[] = { "x", NULL };

	return syscall(SYS_execve, "/tmp/x", argv, argv + 1);
}

/* A file that may be written through a mapping is no program. */
static void test_writers(void)
{
	int fd = make_file("/tmp/x", "no program"), pid, status;
	char *p;

	syscall(SYS_chmod, "/tmp/x", 0755);
	p = (char *)map(0, 3 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	show("execve of an open file", try_execve());
	syscall(SYS_close, fd);
	show("execve of a mapped one", try_execve());
	show("mprotect", syscall(SYS_mprotect, p, PAGE, RW));
	syscall(SYS_munmap, p + PAGE, PAGE);
	syscall(SYS_munmap, p, PAGE);
	show("execve of a part", try_execve());
	p = (char *)syscall(SYS_mremap, p + 2 * PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE);
	show("execve of a moved one", try_execve());
	pid = fork();
	if (pid == 0) {
		syscall(SYS_munmap, p, 2 * PAGE);
		exit(try_execve() == -ETXTBSY);
	}
	syscall(SYS_wait4, pid, &status, 0, 0);
	show_status("execve while the parent has it", status);
	syscall(SYS_munmap, p, 2 * PAGE);
	show("execve at the end", try_execve());
	fd = syscall(SYS_open, "/tmp/x", O_RDONLY);
	p = (char *)map(0, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	show("execve of one mapped to read", try_execve());
	syscall(SYS_close, fd);
	syscall(SYS_munmap, p, PAGE);
	syscall(SYS_unlink, "/tmp/x");
}

/* A disk cannot be swap while somebody may write to it (tests/qemu/swap_rows.py). */
static int test_swap(const char *disk)
{
	int fd = syscall(SYS_open, disk, O_RDWR);
	char *p = (char *)map(0, PAGE, PROT_READ, MAP_SHARED, fd, 0);

	syscall(SYS_close, fd);
	show("swapon of a mapped disk", syscall(SYS_swapon, disk, 0));
	syscall(SYS_munmap, p, PAGE);
	show("swapon of a free disk", syscall(SYS_swapon, disk, 0));
	show("open of swap", syscall(SYS_open, disk, O_RDWR));
	show("swapoff", syscall(SYS_swapoff, disk));
	return 0;
}

static void limited(void)
{
	struct rlimit limit = { 16 << 20, 16 << 20 };

	syscall(SYS_setrlimit, RLIMIT_AS, &limit);
	show("mmap beyond the limit", map(0, 32 << 20, RW, ANON, -1, 0));
	show_ok("mmap within the limit", map(0, 4 << 20, RW, ANON, -1, 0));
}

int main(int argc, char **argv, char **envp)
{
	if (argc > 1)
		return test_swap(argv[1]);
	sigaction(SIGSEGV, on_fault, SA_SIGINFO, 0);
	sigaction(SIGBUS, on_fault, SA_SIGINFO, 0);
	test_mmap();
	test_file();
	test_mprotect();
	test_brk();
	test_mremap();
	test_madvise();
	test_mincore();
	test_mlock();
	test_populate();
	test_generations();
	test_fresh();
	test_parent_writes();
	test_shared();
	test_writers();
	in_child("limit", limited);
	return 0;
}
