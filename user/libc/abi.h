/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/*
 * Numbers and structures of Linux for i386, which are also those of Highland: system calls, error
 * numbers, flags, and the layout of what the kernel reads and writes.
 */

enum {
	SYS_restart_syscall = 0,
	SYS_exit = 1,
	SYS_fork = 2,
	SYS_read = 3,
	SYS_write = 4,
	SYS_open = 5,
	SYS_close = 6,
	SYS_waitpid = 7,
	SYS_link = 9,
	SYS_unlink = 10,
	SYS_execve = 11,
	SYS_chdir = 12,
	SYS_time = 13,
	SYS_mknod = 14,
	SYS_chmod = 15,
	SYS_lseek = 19,
	SYS_getpid = 20,
	SYS_mount = 21,
	SYS_alarm = 27,
	SYS_pause = 29,
	SYS_access = 33,
	SYS_sync = 36,
	SYS_kill = 37,
	SYS_rename = 38,
	SYS_mkdir = 39,
	SYS_rmdir = 40,
	SYS_dup = 41,
	SYS_pipe = 42,
	SYS_times = 43,
	SYS_brk = 45,
	SYS_signal = 48,
	SYS_umount2 = 52,
	SYS_ioctl = 54,
	SYS_fcntl = 55,
	SYS_setpgid = 57,
	SYS_umask = 60,
	SYS_dup2 = 63,
	SYS_getppid = 64,
	SYS_getpgrp = 65,
	SYS_setsid = 66,
	SYS_sigaction = 67,
	SYS_sigsuspend = 72,
	SYS_sigpending = 73,
	SYS_setrlimit = 75,
	SYS_getrusage = 77,
	SYS_gettimeofday = 78,
	SYS_symlink = 83,
	SYS_readlink = 85,
	SYS_swapon = 87,
	SYS_reboot = 88,
	SYS_mmap = 90,
	SYS_munmap = 91,
	SYS_truncate = 92,
	SYS_ftruncate = 93,
	SYS_ioperm = 101,
	SYS_socketcall = 102,
	SYS_setitimer = 104,
	SYS_getitimer = 105,
	SYS_wait4 = 114,
	SYS_swapoff = 115,
	SYS_sysinfo = 116,
	SYS_fsync = 118,
	SYS_sigreturn = 119,
	SYS_clone = 120,
	SYS_uname = 122,
	SYS_mprotect = 125,
	SYS_sigprocmask = 126,
	SYS_getpgid = 132,
	SYS_fchdir = 133,
	SYS_llseek = 140,
	SYS_newselect = 142,
	SYS_msync = 144,
	SYS_readv = 145,
	SYS_writev = 146,
	SYS_getsid = 147,
	SYS_mlock = 150,
	SYS_munlock = 151,
	SYS_mlockall = 152,
	SYS_munlockall = 153,
	SYS_sched_yield = 158,
	SYS_nanosleep = 162,
	SYS_mremap = 163,
	SYS_poll = 168,
	SYS_prctl = 172,
	SYS_rt_sigreturn = 173,
	SYS_rt_sigaction = 174,
	SYS_rt_sigprocmask = 175,
	SYS_rt_sigpending = 176,
	SYS_rt_sigtimedwait = 177,
	SYS_rt_sigqueueinfo = 178,
	SYS_rt_sigsuspend = 179,
	SYS_pread64 = 180,
	SYS_pwrite64 = 181,
	SYS_getcwd = 183,
	SYS_sigaltstack = 186,
	SYS_sendfile = 187,
	SYS_vfork = 190,
	SYS_ugetrlimit = 191,
	SYS_mmap2 = 192,
	SYS_truncate64 = 193,
	SYS_ftruncate64 = 194,
	SYS_stat64 = 195,
	SYS_lstat64 = 196,
	SYS_fstat64 = 197,
	SYS_getuid32 = 199,
	SYS_getgid32 = 200,
	SYS_geteuid32 = 201,
	SYS_getegid32 = 202,
	SYS_setuid32 = 213,
	SYS_setgid32 = 214,
	SYS_mincore = 218,
	SYS_madvise = 219,
	SYS_getdents64 = 220,
	SYS_fcntl64 = 221,
	SYS_gettid = 224,
	SYS_sendfile64 = 239,
	SYS_tkill = 238,
	SYS_futex = 240,
	SYS_set_thread_area = 243,
	SYS_get_thread_area = 244,
	SYS_exit_group = 252,
	SYS_set_tid_address = 258,
	SYS_clock_gettime = 265,
	SYS_clock_getres = 266,
	SYS_clock_nanosleep = 267,
	SYS_statfs64 = 268,
	SYS_tgkill = 270,
	SYS_waitid = 284,
	SYS_openat = 295,
	SYS_mkdirat = 296,
	SYS_fstatat64 = 300,
	SYS_unlinkat = 301,
	SYS_set_robust_list = 311,
	SYS_getcpu = 318,
	SYS_utimensat = 320,
	SYS_dup3 = 330,
	SYS_pipe2 = 331,
	SYS_prlimit64 = 340,
	SYS_getrandom = 355,
	SYS_socket = 359,
	SYS_socketpair = 360,
	SYS_bind = 361,
	SYS_connect = 362,
	SYS_listen = 363,
	SYS_accept4 = 364,
	SYS_getsockopt = 365,
	SYS_setsockopt = 366,
	SYS_getsockname = 367,
	SYS_getpeername = 368,
	SYS_sendto = 369,
	SYS_sendmsg = 370,
	SYS_recvfrom = 371,
	SYS_recvmsg = 372,
	SYS_shutdown = 373,
	SYS_statx = 383,
	SYS_clock_gettime64 = 403,
	SYS_clock_nanosleep64 = 407,
};

enum {
	EPERM = 1,
	ENOENT = 2,
	ESRCH = 3,
	EINTR = 4,
	EIO = 5,
	ENXIO = 6,
	E2BIG = 7,
	ENOEXEC = 8,
	EBADF = 9,
	ECHILD = 10,
	EAGAIN = 11,
	ENOMEM = 12,
	EACCES = 13,
	EFAULT = 14,
	EBUSY = 16,
	EEXIST = 17,
	EXDEV = 18,
	ENODEV = 19,
	ENOTDIR = 20,
	EISDIR = 21,
	EINVAL = 22,
	ENFILE = 23,
	EMFILE = 24,
	ENOTTY = 25,
	ETXTBSY = 26,
	EFBIG = 27,
	ENOSPC = 28,
	ESPIPE = 29,
	EROFS = 30,
	EMLINK = 31,
	EPIPE = 32,
	ERANGE = 34,
	EDEADLK = 35,
	ENAMETOOLONG = 36,
	ENOSYS = 38,
	ENOTEMPTY = 39,
	ELOOP = 40,
	ENODATA = 61,
	EOVERFLOW = 75,
	ENOTSOCK = 88,
	EMSGSIZE = 90,
	EPROTOTYPE = 91,
	ENOPROTOOPT = 92,
	EPROTONOSUPPORT = 93,
	ESOCKTNOSUPPORT = 94,
	EOPNOTSUPP = 95,
	EAFNOSUPPORT = 97,
	EADDRINUSE = 98,
	ECONNRESET = 104,
	ENOBUFS = 105,
	EISCONN = 106,
	ENOTCONN = 107,
	ETIMEDOUT = 110,
	ECONNREFUSED = 111,
};

#define PATH_MAX 4096

/* Files. */
#define O_RDONLY    0
#define O_WRONLY    1
#define O_RDWR      2
#define O_CREAT     0100
#define O_EXCL      0200
#define O_NOCTTY    0400
#define O_TRUNC     01000
#define O_APPEND    02000
#define O_NONBLOCK  04000
#define O_LARGEFILE 0100000
#define O_DIRECTORY 0200000
#define O_NOFOLLOW  0400000
#define O_CLOEXEC   02000000
#define O_PATH      010000000

#define AT_FDCWD            (-100)
#define AT_SYMLINK_NOFOLLOW 0x100
#define AT_REMOVEDIR        0x200
#define AT_EMPTY_PATH       0x1000

#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2

#define F_DUPFD         0
#define F_GETFD         1
#define F_SETFD         2
#define F_GETFL         3
#define F_SETFL         4
#define F_DUPFD_CLOEXEC 1030
#define FD_CLOEXEC      1

#define S_IFMT   0170000
#define S_IFSOCK 0140000
#define S_IFLNK  0120000
#define S_IFREG  0100000
#define S_IFBLK  0060000
#define S_IFDIR  0040000
#define S_IFCHR  0020000
#define S_IFIFO  0010000

struct stat64 {
	uint64_t dev;
	uint32_t pad1, ino32, mode, nlink, uid, gid;
	uint64_t rdev;
	uint32_t pad2;
	int64_t size;
	uint32_t blksize;
	uint64_t blocks;
	uint32_t atime, atime_ns, mtime, mtime_ns, ctime, ctime_ns;
	uint64_t ino;
} __attribute__((packed, aligned(4)));

struct statfs64 {
	uint32_t type, block_size;
	uint64_t blocks, free, available, files, free_files;
	uint32_t id[2], name_length, fragment, flags, spare[4];
} __attribute__((packed));

struct statx_time {
	int64_t sec;
	uint32_t ns, pad;
};

struct statx {
	uint32_t mask, blksize;
	uint64_t attributes;
	uint32_t nlink, uid, gid;
	uint16_t mode, pad1;
	uint64_t ino, size, blocks, attributes_mask;
	struct statx_time atime, btime, ctime, mtime;
	uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
	uint64_t mnt_id, pad2[13];
};

struct dirent64 {
	uint64_t ino;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
} __attribute__((packed, aligned(4)));

struct iovec {
	void *base;
	uint32_t size;
};

struct pollfd {
	int fd;
	short events, revents;
};

#define POLLIN    1
#define POLLOUT   4
#define POLLERR   8
#define POLLHUP   16
#define POLLNVAL  32
#define POLLRDHUP 0x2000

/* Sockets. */
#define AF_UNIX       1
#define SOCK_STREAM   1
#define SOCK_NONBLOCK O_NONBLOCK
#define SOCK_CLOEXEC  O_CLOEXEC
#define SOL_SOCKET    1
#define SO_TYPE       3
#define SO_ERROR      4
#define SO_SNDBUF     7
#define SO_PEERCRED   17
#define MSG_PEEK      2
#define MSG_DONTWAIT  0x40
#define MSG_WAITALL   0x100
#define MSG_NOSIGNAL  0x4000
#define SHUT_RD       0
#define SHUT_WR       1
#define SHUT_RDWR     2

struct sockaddr_un {
	uint16_t family;
	char path[108];
};

struct msghdr {
	void *name;
	uint32_t name_length;
	struct iovec *vectors;
	uint32_t nr_vectors;
	void *control;
	uint32_t control_length, flags;
};

struct ucred {
	int pid;
	uint32_t uid, gid;
};

/* Memory. */
#define PROT_NONE  0
#define PROT_READ  1
#define PROT_WRITE 2
#define PROT_EXEC  4

#define MAP_SHARED          1
#define MAP_PRIVATE         2
#define MAP_FIXED           0x10
#define MAP_ANONYMOUS       0x20
#define MAP_GROWSDOWN       0x100
#define MAP_NORESERVE       0x4000
#define MAP_POPULATE        0x8000
#define MAP_STACK           0x20000
#define MAP_FIXED_NOREPLACE 0x100000

#define MREMAP_MAYMOVE 1
#define MREMAP_FIXED   2

#define MADV_NORMAL     0
#define MADV_RANDOM     1
#define MADV_SEQUENTIAL 2
#define MADV_WILLNEED   3
#define MADV_DONTNEED   4
#define MADV_DONTFORK   10
#define MADV_DOFORK     11

/* Flags of mount(2), and of msync(2). */
#define MS_RDONLY  1
#define MS_REMOUNT 32

#define MS_ASYNC      1
#define MS_INVALIDATE 2
#define MS_SYNC       4

/* Processes. */
#define WNOHANG    1
#define WUNTRACED  2
#define WEXITED    4
#define WCONTINUED 8

#define CLONE_VM             0x100
#define CLONE_FS             0x200
#define CLONE_FILES          0x400
#define CLONE_SIGHAND        0x800
#define CLONE_VFORK          0x4000
#define CLONE_PARENT         0x8000
#define CLONE_THREAD         0x10000
#define CLONE_SYSVSEM        0x40000
#define CLONE_SETTLS         0x80000
#define CLONE_PARENT_SETTID  0x100000
#define CLONE_CHILD_CLEARTID 0x200000
#define CLONE_CHILD_SETTID   0x1000000

#define FUTEX_WAIT        0
#define FUTEX_WAKE        1
#define FUTEX_REQUEUE     3
#define FUTEX_CMP_REQUEUE 4
#define FUTEX_WAIT_BITSET 9
#define FUTEX_PRIVATE     128

struct user_desc {
	uint32_t entry, base, limit, flags;
};
/* 32-bit segment, limit in pages, usable. */
#define USER_DESC_FLAGS (1 | 1 << 4 | 1 << 6)

struct rlimit {
	uint32_t current, max;
};

struct rlimit64 {
	uint64_t current, max;
};

#define RLIMIT_DATA   2
#define RLIMIT_STACK  3
#define RLIMIT_NPROC  6
#define RLIMIT_NOFILE 7
#define RLIMIT_AS     9

struct sysinfo {
	int32_t uptime;
	uint32_t loads[3], totalram, freeram, sharedram, bufferram, totalswap, freeswap;
	uint16_t procs, pad;
	uint32_t totalhigh, freehigh, mem_unit;
	char pad2[8];
};

struct utsname {
	char sysname[65], nodename[65], release[65], version[65], machine[65], domain[65];
};

/* Time. */
struct timespec {
	int32_t sec, ns;
};

struct timespec64 {
	int64_t sec, ns;
};

struct timeval {
	int32_t sec, us;
};

struct itimerval {
	struct timeval interval, value;
};

struct rusage {
	struct timeval user, system;
	int32_t rest[14];
};

#define CLOCK_REALTIME           0
#define CLOCK_MONOTONIC          1
#define CLOCK_PROCESS_CPUTIME_ID 2
#define CLOCK_THREAD_CPUTIME_ID  3
#define TIMER_ABSTIME            1

/* Signals. */
enum {
	SIGHUP = 1,
	SIGINT = 2,
	SIGQUIT = 3,
	SIGILL = 4,
	SIGTRAP = 5,
	SIGABRT = 6,
	SIGBUS = 7,
	SIGFPE = 8,
	SIGKILL = 9,
	SIGUSR1 = 10,
	SIGSEGV = 11,
	SIGUSR2 = 12,
	SIGPIPE = 13,
	SIGALRM = 14,
	SIGTERM = 15,
	SIGCHLD = 17,
	SIGCONT = 18,
	SIGSTOP = 19,
	SIGTSTP = 20,
	SIGTTIN = 21,
	SIGTTOU = 22,
	SIGURG = 23,
	SIGWINCH = 28,
	SIGSYS = 31,
	SIGRTMIN = 32,
};

#define SIG_DFL ((void *)0)
#define SIG_IGN ((void *)1)

#define SIG_BLOCK   0
#define SIG_UNBLOCK 1
#define SIG_SETMASK 2

#define SA_NOCLDSTOP 1
#define SA_NOCLDWAIT 2
#define SA_SIGINFO   4
#define SA_RESTORER  0x04000000
#define SA_ONSTACK   0x08000000
#define SA_RESTART   0x10000000
#define SA_NODEFER   0x40000000
#define SA_RESETHAND 0x80000000u

#define SS_ONSTACK 1
#define SS_DISABLE 2

#define SIGNAL_BIT(signal) (1ull << ((signal)-1))

struct kernel_sigaction {
	void *handler;
	uint32_t flags;
	void (*restorer)(void);
	uint64_t mask;
} __attribute__((packed, aligned(4)));

struct sigstack {
	void *stack;
	int flags;
	uint32_t size;
};

struct siginfo {
	int signal, error, code;
	union {
		struct {
			int pid, uid, status;
		};
		struct {
			int timer, overrun, value;
		};
		uint32_t address;
		uint32_t words[29];
	};
};

/* The registers of an interrupted program. */
struct sigcontext {
	uint32_t gs, fs, es, ds, edi, esi, ebp, esp, ebx, edx, ecx, eax;
	uint32_t trap, error, eip, cs, eflags, esp_at_signal, ss;
	uint32_t fpstate, oldmask, cr2;
};

struct ucontext {
	uint32_t flags;
	struct ucontext *link;
	struct sigstack stack;
	struct sigcontext context;
	uint64_t mask;
} __attribute__((packed, aligned(4)));

/* Terminals. */
#define TCGETS     0x5401
#define TCSETS     0x5402
#define TIOCSCTTY  0x540e
#define TIOCGPGRP  0x540f
#define TIOCSPGRP  0x5410
#define TIOCGWINSZ 0x5413
#define TIOCNOTTY  0x5422
#define FIONREAD   0x541b

struct termios {
	uint32_t iflag, oflag, cflag, lflag;
	uint8_t line, cc[19];
};

struct winsize {
	uint16_t rows, columns, x, y;
};
