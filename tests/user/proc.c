/* SPDX-License-Identifier: MIT */
#include "test.h"

/*
 * Files of /proc: formats, rights, links, texts that stay the same while they are read, and what
 * happens when a process ends. Numbers differ from machine to machine, so words are counted.
 */

static char text[65536], again[65536];

/* Reads a file as a whole. Returns the number of bytes, or a negative errno. */
static long load(const char *path, char *to, size_t size)
{
	int fd = open(path, O_RDONLY);
	long done = 0, n = 1;

	if (fd < 0)
		return -errno;
	while (n > 0 && done < (long)size - 1) {
		n = syscall(SYS_read, fd, to + done, size - 1 - done);
		done += n > 0 ? n : 0;
	}
	close(fd);
	to[done] = '\0';
	return n < 0 ? n : done;
}

static const char *in_proc(int pid, const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return path;
}

static int words_of(const char *line)
{
	int words = 0;

	for (; *line && *line != '\n'; line++)
		words += *line != ' ' && (line[1] == ' ' || line[1] == '\n' || !line[1]);
	return words;
}

/* The line that begins with a word, or NULL. */
static const char *line_of(const char *word)
{
	for (const char *line = text; *line;) {
		if (strncmp(line, word, strlen(word)) == 0)
			return line;
		while (*line && *line++ != '\n')
			;
	}
	return NULL;
}

static bool has(const char *part)
{
	for (const char *at = text; *at; at++)
		if (strncmp(at, part, strlen(part)) == 0)
			return true;
	return false;
}

static void show_head(const char *name, const char *path, const char *word)
{
	long n = load(path, text, sizeof(text));
	const char *line = line_of(word);

	if (n < 0)
		show(name, n);
	else
		printf("%s: %s, %d words\n", name, line ? "there" : "missing",
		       line ? words_of(line) : 0);
}

static void show_mode(const char *path)
{
	struct stat64 st;
	int error = lstat(path, &st);

	if (error)
		show(path, -errno);
	else
		printf("%s: mode %x\n", path, st.mode);
}

/* --- the machine ------------------------------------------------------------------------------ */

static void test_machine(void)
{
	show_head("meminfo", "/proc/meminfo", "MemTotal:");
	show_head("meminfo", "/proc/meminfo", "MemFree:");
	show_head("meminfo", "/proc/meminfo", "Cached:");
	show_head("meminfo", "/proc/meminfo", "LowFree:");
	show_head("meminfo", "/proc/meminfo", "SwapTotal:");
	show_head("zoneinfo", "/proc/zoneinfo", "Node 0, zone      DMA");
	show_head("buddyinfo", "/proc/buddyinfo", "Node 0, zone      DMA");
	show_head("vmstat", "/proc/vmstat", "nr_free_pages ");
	show_head("slabinfo", "/proc/slabinfo", "slabinfo - version: 2.1");
	show_head("iomem", "/proc/iomem", "00100000-");
	show_head("stat", "/proc/stat", "cpu ");
	show_head("stat", "/proc/stat", "cpu0 ");
	show_head("stat", "/proc/stat", "ctxt ");
	show_head("stat", "/proc/stat", "btime ");
	show_head("stat", "/proc/stat", "processes ");
	show_head("uptime", "/proc/uptime", "");
	show_head("loadavg", "/proc/loadavg", "");
	show_head("cpuinfo", "/proc/cpuinfo", "processor\t: 0");
	load("/proc/version", text, sizeof(text));
	show_bool("version", strncmp(text, "Linux version ", 14) == 0);
	show_head("filesystems", "/proc/filesystems", "nodev\tproc");
	show_head("swaps", "/proc/swaps", "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority");
	show_head("mounts", "/proc/mounts", "proc /proc proc rw");
	show_mode("/proc");
	show_mode("/proc/meminfo");
	show_mode("/proc/slabinfo");
	show_mode("/proc/self");
	show_mode("/proc/sys/vm");
	show_mode("/proc/sys/vm/drop_caches");
}

/* --- this process ----------------------------------------------------------------------------- */

static void test_self(void)
{
	static const char *const links[] = { "exe", "cwd", "root" };
	char target[256] = { 0 }, expected[64];
	int pid = getpid();
	long n;

	n = readlink("/proc/self", target, sizeof(target));
	snprintf(expected, sizeof(expected), "%d", pid);
	show_bool("self", n > 0 && strcmp(target, expected) == 0);
	memset(target, 0, sizeof(target));
	readlink("/proc/thread-self", target, sizeof(target));
	snprintf(expected, sizeof(expected), "%d/task/%d", pid, pid);
	show_text("thread-self", strcmp(target, expected) ? target : "ok");
	chdir("/tmp");
	for (size_t i = 0; i < SIZE(links); i++) {
		memset(target, 0, sizeof(target));
		readlink(in_proc(pid, links[i]), target, sizeof(target));
		show_text(links[i], target);
	}
	load("/proc/self/stat", text, sizeof(text));
	printf("stat: %d words, number %s\n", words_of(text),
	       atoi(text) == pid ? "right" : "wrong");
	show_bool("stat name and state", has(" (proc) R "));
	load("/proc/self/statm", text, sizeof(text));
	printf("statm: %d words\n", words_of(text));
	load("/proc/self/comm", text, sizeof(text));
	printf("comm: %s", text);
	n = load("/proc/self/cmdline", text, sizeof(text));
	show_bool("cmdline", n == (long)strlen(text) + 1 && strcmp(last_name(text), "proc") == 0);
	load("/proc/self/maps", text, sizeof(text));
	show_bool("maps stack", has("[stack]"));
	printf("maps column: %d\n", (int)(strchr(text, '/') - text));
	show_bool("maps program", has("/proc\n") && strncmp(text + 8, "-", 1) == 0);
	show_head("limits", "/proc/self/limits",
		  "Limit                     Soft Limit           Hard ");
	show_head("limits", "/proc/self/limits", "Max open files            1024                 ");
	show_head("limits", "/proc/self/limits",
		  "Max nice priority         0                    0 ");
	show_head("limits", "/proc/self/limits",
		  "Max stack size            8388608              unl");
	show_head("status", "/proc/self/status", "Name:\tproc");
	show_head("status", "/proc/self/status", "State:\tR (running)");
	show_head("status", "/proc/self/status", "Uid:\t0\t0\t0\t0");
	show_head("status", "/proc/self/status", "VmRSS:\t");
	show_head("status", "/proc/self/status", "Threads:\t1");
	show_head("status", "/proc/self/status", "SigBlk:\t0000000000000000");
	show_head("a task", "/proc/thread-self/status", "Name:\tproc");
	show_mode("/proc/self/environ");
	show_mode("/proc/self/fd");
	show_mode("/proc/self/maps");
	show_mode("/proc/self/task");
}

/* --- reading ---------------------------------------------------------------------------------- */

static void test_reading(void)
{
	int fd = open("/proc/self/limits", O_RDONLY);
	long whole = syscall(SYS_read, fd, text, sizeof(text)), part, n = 0;

	syscall(SYS_lseek, fd, 0, SEEK_SET);
	while ((part = syscall(SYS_read, fd, again + n, 7)) > 0)
		n += part;
	show_bool("pieces", n == whole && memcmp(text, again, n) == 0);
	show("read at the end", syscall(SYS_read, fd, again, 100));
	show("pread64", syscall(SYS_pread64, fd, again, 10, 0, 0));
	show("pread64 in the middle", syscall(SYS_pread64, fd, again, 10, 20, 0));
	show_bool("the same", memcmp(text + 20, again, 10) == 0);
	show("pread64 behind the end", syscall(SYS_pread64, fd, again, 10, 100000, 0));
	show("write without the right", syscall(SYS_write, fd, "1", 1));
	BAD("read bad pointer", SYS_read, fd, P, 100);
	close(fd);
	show_ok("open for writing", fd = syscall(SYS_open, "/proc/meminfo", O_WRONLY));
	show("write", syscall(SYS_write, fd, "1", 1));
	close(fd);
	show("unlink", syscall(SYS_unlink, "/proc/meminfo"));
	show("rmdir", syscall(SYS_rmdir, "/proc/self/fd"));
	show("create", syscall(SYS_open, "/proc/new", O_CREAT | O_WRONLY, 0644));
	show("mkdir", syscall(SYS_mkdir, "/proc/new", 0755));
	show("no such process", syscall(SYS_open, "/proc/999999/stat", O_RDONLY));
	show("process 0", syscall(SYS_open, "/proc/0/stat", O_RDONLY));
	show("leading zero", syscall(SYS_open, "/proc/01/stat", O_RDONLY));
	show("no such file", syscall(SYS_open, "/proc/self/nothing", O_RDONLY));
	show("no folder", syscall(SYS_open, "/proc/meminfo/x", O_RDONLY));
}

static int seen;

static int look(const char *path, void *arg)
{
	const char *const *wanted = arg;

	for (int i = 0; wanted[i]; i++)
		seen += strcmp(last_name(path), wanted[i]) == 0;
	return 0;
}

static void test_folders(void)
{
	char number[16];
	const char *const names[] = { "self", "meminfo", "mounts", "sys", number, NULL };
	const char *const files[] = { "stat", "fd", "exe", "task", "maps", NULL };
	const char *const tasks[] = { number, NULL };
	const char *const fds[] = { "0", "1", "2", NULL };

	snprintf(number, sizeof(number), "%d", getpid());
	seen = 0;
	for_each_name("/proc", look, (void *)names);
	printf("names of /proc: %d of 5\n", seen);
	seen = 0;
	for_each_name("/proc/self", look, (void *)files);
	printf("names of a process: %d of 5\n", seen);
	seen = 0;
	for_each_name("/proc/self/task", look, (void *)tasks);
	printf("tasks: %d of 1\n", seen);
	seen = 0;
	for_each_name("/proc/self/fd", look, (void *)fds);
	printf("open files: %d of 3\n", seen);
}

/* --- open files ------------------------------------------------------------------------------- */

static void test_fds(void)
{
	int fd = make_file("/tmp/proc-fd", "hello"), ends[2], other;
	char path[32], target[64] = { 0 };

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	readlink(path, target, sizeof(target));
	show_text("link", target);
	show_mode(path);
	show_ok("open", other = syscall(SYS_open, path, O_RDONLY));
	show("read", syscall(SYS_read, other, text, 100));
	close(other);
	unlink("/tmp/proc-fd");
	show_ok("open without a name", other = syscall(SYS_open, path, O_RDWR));
	show("read", syscall(SYS_read, other, text, 100));
	close(other);
	close(fd);
	show("open after close", syscall(SYS_open, path, O_RDONLY));
	show("readlink after close", syscall(SYS_readlink, path, target, sizeof(target)));
	pipe(ends);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[0]);
	memset(target, 0, sizeof(target));
	readlink(path, target, sizeof(target));
	show_bool("pipe", strncmp(target, "pipe:[", 6) == 0);
	show_mode(path);
	close(ends[0]);
	close(ends[1]);
}

/* --- the end of a process --------------------------------------------------------------------- */

static void test_end(void)
{
	int ends[2], status, pid, fd;
	char target[64], byte;

	pipe(ends);
	pid = fork();
	if (pid == 0) {
		read(ends[0], &byte, 1);
		exit(0);
	}
	show_ok("open", fd = syscall(SYS_open, in_proc(pid, "stat"), O_RDONLY));
	while (load(in_proc(pid, "stat"), text, sizeof(text)) > 0 && !has(") S "))
		sleep_ms(10);
	show_bool("sleeps", has(") S "));
	write(ends[1], "x", 1);
	while (load(in_proc(pid, "stat"), text, sizeof(text)) > 0 && !has(") Z "))
		sleep_ms(10);
	show_bool("zombie", has(") Z "));
	show("cmdline", load(in_proc(pid, "cmdline"), text, sizeof(text)));
	show("maps", load(in_proc(pid, "maps"), text, sizeof(text)));
	show("exe", syscall(SYS_readlink, in_proc(pid, "exe"), target, sizeof(target)));
	show("cwd", syscall(SYS_readlink, in_proc(pid, "cwd"), target, sizeof(target)));
	waitpid(pid, &status, 0);
	show("open after the end", syscall(SYS_open, in_proc(pid, "stat"), O_RDONLY));
	show("read after the end", syscall(SYS_read, fd, text, 100));
	close(fd);
}

/* --- another user ----------------------------------------------------------------------------- */

static void as_nobody(void)
{
	char target[64];
	int parent = syscall(SYS_getppid);

	syscall(SYS_setgid32, 65534);
	syscall(SYS_setuid32, 65534);
	show_ok("stat", syscall(SYS_open, in_proc(parent, "stat"), O_RDONLY));
	show_ok("status", syscall(SYS_open, in_proc(parent, "status"), O_RDONLY));
	show_ok("cmdline", syscall(SYS_open, in_proc(parent, "cmdline"), O_RDONLY));
	show("environ", syscall(SYS_open, in_proc(parent, "environ"), O_RDONLY));
	show("exe", syscall(SYS_readlink, in_proc(parent, "exe"), target, sizeof(target)));
	show("cwd", syscall(SYS_readlink, in_proc(parent, "cwd"), target, sizeof(target)));
	show("fd", syscall(SYS_open, in_proc(parent, "fd"), O_RDONLY | O_DIRECTORY));
	show("slabinfo", syscall(SYS_open, "/proc/slabinfo", O_RDONLY));
	show("drop_caches", syscall(SYS_open, "/proc/sys/vm/drop_caches", O_WRONLY));
	show_ok("own status", syscall(SYS_open, "/proc/self/status", O_RDONLY));
	show_head("own status", "/proc/self/status", "Uid:\t65534\t65534\t65534\t65534");
}

static void test_drop_caches(void)
{
	int fd;

	show_ok("drop_caches", fd = syscall(SYS_open, "/proc/sys/vm/drop_caches", O_WRONLY));
	show("write", syscall(SYS_write, fd, "3\n", 2));
	close(fd);
}

int main(int argc, char **argv, char **envp)
{
	mount("proc", "/proc", "proc", 0, NULL);
	test_machine();
	test_self();
	test_reading();
	test_folders();
	test_fds();
	test_end();
	in_child("another user", as_nobody);
	test_drop_caches();
	return 0;
}
