/* SPDX-License-Identifier: MIT */

/*
 * The costs of memory and processes for a program, in instructions.
 *
 * The program is static, has no library and no vDSO, and calls the kernel by int 0x80 with Linux's
 * numbers. So it runs on 32-bit Linux unchanged, and the figures of both kernels can be compared.
 * Under `qemu-system-x86_64 -icount shift=0,sleep=off` the TSC counts instructions. A line per row:
 *
 *	UBENCH name=N iters=I cycles_total=C    C / I = instructions per operation
 *	UBENCH name=N error=E                   the kernel refused; the run continues
 *	UMEM at=WHEN ram_kib= free_kib= high_kib= highfree_kib= lowfree_kib=    by sysinfo()
 *
 * Price of the simplicity: a figure includes its loop (2 to 4 instructions), the program's side of
 * the call (about 10), and the ticks of the timer. `ubench NAME...` runs some groups of rows. As
 * process 1 it runs all of them and stops the machine.
 */

typedef unsigned long ulong;
typedef unsigned long long u64;

enum {
	EXIT = 1,
	FORK,
	READ,
	WRITE,
	OPEN,
	CLOSE,
	UNLINK = 10,
	EXECVE = 11,
	LSEEK = 19,
	GETPID = 20,
	MOUNT = 21,
	KILL = 37,
	MKDIR = 39,
	PIPE = 42,
	BRK = 45,
	IOCTL = 54,
	GETPPID = 64,
	SIGACTION = 67,
	REBOOT = 88,
	MUNMAP = 91,
	FTRUNCATE = 93,
	IOPERM = 101,
	WAIT4 = 114,
	SYSINFO = 116,
	MPROTECT = 125,
	SCHED_YIELD = 158,
	PREAD64 = 180,
	PWRITE64 = 181,
	VFORK = 190,
	MMAP2 = 192,
	MADVISE = 219,
	CLOCK_GETTIME = 265
};
enum {
	PROT_READ = 1,
	PROT_WRITE = 2,
	MAP_SHARED = 1,
	MAP_PRIVATE = 2,
	MAP_ANON = 0x20,
	MAP_POPULATE = 0x8000,
	O_RDWR = 2,
	O_CREAT = 0100,
	O_TRUNC = 01000,
	DONTNEED = 4
};
#define KiB  1024ul
#define MiB  (1024ul * 1024)
#define PAGE 4096ul

static inline long sys(long n, long a, long b, long c, long d, long e)
{
	long r;
	asm volatile("int $0x80"
		     : "=a"(r)
		     : "a"(n), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
		     : "memory");
	return r;
}
static inline long sys0(long n)
{
	long r;
	asm volatile("int $0x80" : "=a"(r) : "a"(n) : "memory");
	return r;
}
/* mmap2 takes its sixth argument, the page offset, in %ebp */
static __attribute__((noinline)) long map(ulong addr, ulong len, long prot, long flags, long fd)
{
	long r;
	asm volatile("push %%ebp; xor %%ebp, %%ebp; int $0x80; pop %%ebp"
		     : "=a"(r)
		     : "a"(MMAP2), "b"(addr), "c"(len), "d"(prot), "S"(flags), "D"(fd)
		     : "memory");
	return r;
}
static long anon(ulong len)
{
	return map(0, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1);
}
static void unmap(long p, ulong len)
{
	sys(MUNMAP, p, len, 0, 0, 0);
}
static int bad(long r)
{
	return (ulong)r >= -4095ul;
}
static inline u64 tsc(void)
{
	u64 t;
	asm volatile("rdtsc" : "=A"(t)::"memory");
	return t;
}

/* --- output: one write per line, and no console interrupt during the next row ----------------- */
static char line[256];
static int at;
static void str(const char *s)
{
	while (*s)
		line[at++] = *s++;
}
static void num(u64 v)
{
	char b[24];
	int n = 0;
	do { /* v / 10 without libgcc: bitwise long division of 64 bits */
		u64 q = 0;
		unsigned r = 0;
		for (int i = 63; i >= 0; i--) {
			r = r << 1 | (unsigned)(v >> i & 1);
			if (r >= 10) {
				r -= 10;
				q |= 1ull << i;
			}
		}
		b[n++] = '0' + r;
		v = q;
	} while (v);
	while (n)
		line[at++] = b[--n];
}
static void flush(void)
{
	line[at++] = '\n';
	sys(WRITE, 1, (long)line, at, 0, 0);
	sys(IOCTL, 1, 0x5409, 1, 0, 0); /* TCSBRK: tcdrain */
	at = 0;
}
static void row(const char *name, ulong iters, u64 cycles)
{
	str("UBENCH name=");
	str(name);
	str(" iters=");
	num(iters);
	str(" cycles_total=");
	num(cycles);
	flush();
}
static int fail(const char *name, long r)
{
	if (!bad(r))
		return 0;
	str("UBENCH name=");
	str(name);
	str(" error=");
	num(-r);
	flush();
	return 1;
}
static void umem(const char *when)
{
	struct {
		long up;
		ulong load[3], total, free, shared, buf, stotal, sfree;
		unsigned short procs, pad;
		ulong thigh, fhigh;
		unsigned unit;
		char f[8];
	} s;
	ulong k;
	if (bad(sys(SYSINFO, (long)&s, 0, 0, 0, 0)))
		return;
	k = s.unit >= 1024 ? s.unit / 1024 : 1;
#define K(x) (s.unit >= 1024 ? (x)*k : (x) / (1024 / s.unit))
	str("UMEM at=");
	str(when);
	str(" ram_kib=");
	num(K(s.total));
	str(" free_kib=");
	num(K(s.free));
	str(" high_kib=");
	num(K(s.thigh));
	str(" highfree_kib=");
	num(K(s.fhigh));
	str(" lowfree_kib=");
	num(K(s.free) - K(s.fhigh));
	flush();
}

static void exit_(int c)
{
	for (;;)
		sys(EXIT, c, 0, 0, 0, 0);
}
static void reap(long pid)
{
	sys(WAIT4, pid, 0, 0, 0, 0);
}
static void wr(long p, ulong len)
{
	for (ulong o = 0; o < len; o += PAGE)
		*(volatile unsigned *)(p + o) = 1;
}
static void rd(long p, ulong len)
{
	for (ulong o = 0; o < len; o += PAGE)
		(void)*(volatile unsigned *)(p + o);
}

#define LOOP(name, n, ...)                   \
	do {                                 \
		ulong n_ = (n);              \
		u64 t_ = tsc();              \
		for (ulong i = n_; i; i--) { \
			__VA_ARGS__;         \
		}                            \
		t_ = tsc() - t_;             \
		row(name, n_, t_);           \
	} while (0)
#define ONCE(name, n, ...)        \
	do {                      \
		u64 t_ = tsc();   \
		__VA_ARGS__;      \
		t_ = tsc() - t_;  \
		row(name, n, t_); \
	} while (0)

/* --- groups ----------------------------------------------------------------------------------- */
static const char *self;
static int init; /* we are process 1 */

static void b_syscall(void)
{
	LOOP("empty_loop", 1000000, asm volatile(""));
	LOOP("getppid", 200000, sys0(GETPPID));
	long ts[2];
	LOOP("clock_gettime", 100000, sys(CLOCK_GETTIME, 1, (long)ts, 0, 0, 0));
	LOOP("sched_yield_alone", 50000, sys0(SCHED_YIELD));
}

static void b_fault(
	void) /* per page, 64 MiB; a page table's own cost is spread over its 512 or 1024 pages */
{
	ulong len = 64 * MiB, n = len / PAGE;
	long p = anon(len);
	if (fail("fault_read_first", p))
		return;
	ONCE("fault_read_first", n, rd(p, len));
	ONCE("fault_write_after_read", n, wr(p, len));
	ONCE("touch_mapped_write", n, wr(p, len));
	ONCE("munmap_touched_64m_per_page", n, unmap(p, len));
	p = anon(len);
	ONCE("fault_write_first", n, wr(p, len));
	unmap(p, len);
	p = anon(len);
	for (ulong o = 0; o < len; o += 2 * MiB)
		*(volatile char *)(p + o) = 1;
	ONCE("fault_write_first_again", n,
	     wr(p, len)); /* allocator now warm: pages just freed come back */
	unmap(p, len);
	ONCE("mmap_populate_64m_per_page", n,
	     p = map(0, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON | MAP_POPULATE, -1));
	if (!fail("mmap_populate", p))
		unmap(p, len);
	p = anon(PAGE);
	LOOP("madvise_dontneed_touch_1", 20000, *(volatile char *)p = 1;
	     sys(MADVISE, p, PAGE, DONTNEED, 0, 0));
	*(volatile char *)p = 1;
	LOOP("mprotect_pair_1", 20000, sys(MPROTECT, p, PAGE, PROT_READ, 0, 0);
	     sys(MPROTECT, p, PAGE, PROT_READ | PROT_WRITE, 0, 0));
	LOOP("mprotect_pair_write_1", 20000, sys(MPROTECT, p, PAGE, PROT_READ, 0, 0);
	     sys(MPROTECT, p, PAGE, PROT_READ | PROT_WRITE, 0, 0); *(volatile char *)p = 1);
	unmap(p, PAGE);
}

static void b_mmap(void)
{
	static const struct {
		ulong pages, iters;
		const char *plain, *touch;
	} t[] = { { 1, 50000, "mmap_munmap_1", "mmap_write_munmap_1" },
		  { 16, 50000, "mmap_munmap_16", "mmap_write_munmap_16" },
		  { 1024, 20000, "mmap_munmap_1024", "mmap_write_munmap_1024" } };
	for (int k = 0; k < 3; k++) {
		ulong len = t[k].pages * PAGE;
		LOOP(t[k].plain, t[k].iters, unmap(anon(len), len));
		LOOP(t[k].touch, k == 2 ? 20 : t[k].iters / t[k].pages / 5, long p = anon(len);
		     wr(p, len); unmap(p, len));
	}
	ulong b = sys(BRK, 0, 0, 0, 0, 0);
	b = (b + PAGE - 1) & -PAGE;
	sys(BRK, b, 0, 0, 0, 0);
	LOOP("brk_pair_1", 50000, sys(BRK, b + PAGE, 0, 0, 0, 0); sys(BRK, b, 0, 0, 0, 0));
	LOOP("brk_pair_write_1", 20000, sys(BRK, b + PAGE, 0, 0, 0, 0); *(volatile char *)b = 1;
	     sys(BRK, b, 0, 0, 0, 0));
}

static void forks(const char *name, ulong iters)
{
	LOOP(name, iters, long c = sys0(FORK); if (!c) exit_(0); reap(c));
}
static void b_fork(void)
{
	long c = sys0(FORK);
	if (fail("fork_exit_wait", c))
		return;
	if (!c)
		exit_(0);
	reap(c);
	forks("fork_exit_wait", 2000);
	LOOP("vfork_exit_wait", 2000, long v;
	     asm volatile("int $0x80; test %%eax, %%eax; jnz 1f; mov $1, %%eax;"
			  "xor %%ebx, %%ebx; int $0x80; 1:"
			  : "=a"(v)
			  : "a"(VFORK)
			  : "ebx", "memory");
	     reap(v));
	ulong len = 64 * MiB, n = len / PAGE;
	long p = anon(len);
	wr(p, len);
	forks("fork_exit_wait_64m", 20);
	c = sys0(FORK);
	if (!c) {
		ONCE("cow_write_child", n, wr(p, len)); /* shared with the parent: copied */
		exit_(0);
	}
	reap(c);
	ONCE("cow_write_parent_after_exit", n,
	     wr(p, len)); /* sole owner again: only made writable */
	ONCE("touch_after_cow", n, wr(p, len));
	unmap(p, len);
}

static void b_exec(void) /* the child executes itself 200 times, then reports */
{
	long c = sys0(FORK);
	if (!c) {
		char *argv[] = { (char *)self, "@", (char[]){ 200 + 1, 0 }, (char[16]){ 0 }, 0 };
		u64 t = tsc();
		for (int i = 0; i < 16; i++)
			argv[3][i] = 'a' + (t >> 4 * i & 15);
		argv[3][16 - 1] =
			'a'; /* top nibble of a 64-bit TSC is 0; the string keeps its NUL below */
		char z[17];
		for (int i = 0; i < 16; i++)
			z[i] = argv[3][i];
		z[16] = 0;
		argv[3] = z;
		fail("exec_self", sys(EXECVE, (long)self, (long)argv, (long)(argv + 4), 0, 0));
		exit_(1);
	}
	reap(c);
	LOOP(
		"fork_exec_exit_wait", 500, c = sys0(FORK); if (!c) {
			char *argv[] = { (char *)self, "@", (char[]){ 1, 0 }, "", 0 };
			sys(EXECVE, (long)self, (long)argv, (long)(argv + 4), 0, 0);
			exit_(1);
		} reap(c));
}
static void execd(char **argv) /* main of an image that b_exec started */
{
	unsigned char left = argv[2][0] - 1;
	if (!left) {
		u64 t = 0;
		if (!argv[3][0])
			exit_(0);
		for (int i = 15; i >= 0; i--)
			t = t << 4 | (argv[3][i] - 'a');
		row("exec_self", 200, tsc() - t);
		exit_(0);
	}
	argv[2][0] = left;
	sys(EXECVE, (long)argv[0], (long)argv, (long)(argv + 4), 0, 0);
	exit_(1);
}

static void b_pipe(void)
{
	int a[2], b[2];
	char x = 0;
	long r = sys(PIPE, (long)a, 0, 0, 0, 0), p, c;
	if (fail("pipe_self", r))
		return;
	sys(PIPE, (long)b, 0, 0, 0, 0);
	LOOP("pipe_self_1", 50000, sys(WRITE, a[1], (long)&x, 1, 0, 0);
	     sys(READ, a[0], (long)&x, 1, 0, 0));
	p = anon(64 * KiB);
	wr(p, 64 * KiB);
	LOOP("pipe_self_4k", 20000, sys(WRITE, a[1], p, 4 * KiB, 0, 0);
	     sys(READ, a[0], p, 4 * KiB, 0, 0));
	LOOP("pipe_self_64k", 1000, sys(WRITE, a[1], p, 64 * KiB, 0, 0);
	     sys(READ, a[0], p, 64 * KiB, 0, 0));
	unmap(p, 64 * KiB);
	c = sys0(FORK);
	if (!c) {
		sys(CLOSE, a[1], 0, 0, 0, 0);
		while (sys(READ, a[0], (long)&x, 1, 0, 0) == 1)
			sys(WRITE, b[1], (long)&x, 1, 0, 0);
		exit_(0);
	}
	LOOP("pipe_pingpong_roundtrip", 20000, sys(WRITE, a[1], (long)&x, 1, 0, 0);
	     sys(READ, b[0], (long)&x, 1, 0, 0));
	for (int i = 0; i < 2; i++) {
		sys(CLOSE, a[i], 0, 0, 0, 0);
		sys(CLOSE, b[i], 0, 0, 0, 0);
	}
	reap(c);
}

static volatile int hits;
static void onsig(int s)
{
	(void)s;
	hits++;
}
extern void restorer(void);
asm(".text\nrestorer: pop %eax\n mov $119, %eax\n int $0x80\n"); /* sigreturn */
static void b_signal(void)
{
	struct {
		void (*h)(int);
		ulong mask, flags;
		void (*rest)(void);
	} sa = { onsig, 0, 0x04000000, restorer };
	long me = sys0(GETPID);
	if (fail("signal_self", sys(SIGACTION, 10, (long)&sa, 0, 0, 0)))
		return;
	LOOP("signal_self", 20000, sys(KILL, me, 10, 0, 0, 0));
	if (hits != 20000)
		fail("signal_self_count", -22);
}

static void b_file(void)
{
	const char *name = "/tmp/ubench.dat";
	long p = anon(MiB), q;
	wr(p, MiB);
	if (init) { /* never over a live system's /tmp */
		sys(MKDIR, (long)"/tmp", 0755, 0, 0, 0);
		sys(MOUNT, (long)"tmpfs", (long)"/tmp", (long)"tmpfs", 0,
		    0); /* may fail: /tmp is then what it is */
	}
	long fd = sys(OPEN, (long)name, O_RDWR | O_CREAT | O_TRUNC, 0644, 0, 0);
	if (fail("file", fd))
		return;
	LOOP("write_new_1m", 20, sys(FTRUNCATE, fd, 0, 0, 0, 0); sys(PWRITE64, fd, p, MiB, 0, 0));
	LOOP("write_4k", 20000, sys(PWRITE64, fd, p, 4 * KiB, 0, 0));
	LOOP("write_1m", 50, sys(PWRITE64, fd, p, MiB, 0, 0));
	LOOP("read_1", 50000, sys(PREAD64, fd, p, 1, 0, 0));
	LOOP("read_4k", 20000, sys(PREAD64, fd, p, 4 * KiB, 0, 0));
	LOOP("read_1m", 50, sys(PREAD64, fd, p, MiB, 0, 0));
	q = map(0, MiB, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
	if (!fail("file_mmap", q)) {
		ONCE("file_mmap_read_first_per_page", 256, rd(q, MiB));
		ONCE("file_mmap_write_first_per_page", 256, wr(q, MiB));
		unmap(q, MiB);
	}
	q = map(0, MiB, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd);
	if (!fail("file_mmap_private", q)) {
		ONCE("file_mmap_private_write_per_page", 256, wr(q, MiB));
		unmap(q, MiB);
	}
	sys(CLOSE, fd, 0, 0, 0, 0);
	LOOP("open_close", 20000, sys(CLOSE, sys(OPEN, (long)name, O_RDWR, 0, 0, 0), 0, 0, 0, 0));
	sys(UNLINK, (long)name, 0, 0, 0, 0);
	unmap(p, MiB);
}

static void b_copy(void)
{
	ulong len = 64 * MiB;
	long p = anon(len), q = anon(len);
	if (fail("memcpy", p) || fail("memcpy", q))
		return;
	wr(p, len);
	wr(q, len);
	ONCE("memcpy_64m_per_page", len / PAGE, long s = p, d = q; ulong c = len / 4;
	     asm volatile("rep movsl"
			  : "+S"(s), "+D"(d), "+c"(c)::"memory"));
	unmap(p, len);
	unmap(q, len);
}

static void b_big(void) /* 2.5 GiB in one process */
{
	ulong len = 2560 * MiB, n = len / PAGE, x = 12345;
	umem("before_2560m");
	long p = anon(len), c;
	if (fail("touch_2560m", p))
		return;
	ONCE("touch_2560m_per_page", n, wr(p, len));
	umem("touched_2560m");
	ONCE("touch_again_2560m_per_page", n, wr(p, len));
	LOOP("touch_random_2560m", 1000000, x = x * 1664525 + 1013904223;
	     *(volatile char *)(p + (x >> 12) % n * PAGE) = 1);
	u64 t = tsc();
	c = sys0(FORK);
	if (!c) {
		umem("in_child_of_2560m");
		exit_(0);
	}
	if (!fail("fork_2560m_per_page", c)) {
		row("fork_2560m_per_page", n, tsc() - t);
		reap(c);
	}
	ONCE("cow_reuse_2560m_per_page", n, wr(p, len));
	ONCE("munmap_2560m_per_page", n, unmap(p, len));
	umem("after_munmap");
}

static const struct {
	const char *name;
	void (*f)(void);
} groups[] = { { "syscall", b_syscall }, { "fault", b_fault }, { "mmap", b_mmap },
	       { "fork", b_fork },       { "exec", b_exec },   { "pipe", b_pipe },
	       { "signal", b_signal },   { "file", b_file },   { "copy", b_copy },
	       { "big", b_big } };

static int eq(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

void start(long *sp) __attribute__((noreturn, used));

void start(long *sp)
{
	long argc = sp[0];
	char **argv = (char **)(sp + 1);

	init = sys0(GETPID) == 1;
	self = argc ? argv[0] : "/init";
	if (argc > 2 && eq(argv[1], "@"))
		execd(argv);
	umem("start");
	for (unsigned g = 0; g < sizeof groups / sizeof *groups; g++) {
		int want = argc < 2 || init;
		for (int i = 1; i < argc; i++)
			want |= eq(argv[i], groups[g].name);
		if (want)
			groups[g].f();
	}
	umem("end");
	str("UBENCH done");
	flush();
	if (init) {
		if (!bad(sys(IOPERM, 0xf4, 1, 1, 0, 0)))
			asm volatile("outb %b0, $0xf4" ::"a"(0));
		sys(REBOOT, 0xfee1dead, 672274793, 0x4321fedc, 0, 0);
	}
	exit_(0);
	__builtin_unreachable();
}
asm(".globl _start\n_start: mov %esp, %eax\n and $-16, %esp\n sub $12, %esp\n push %eax\n"
    "call start\n");
