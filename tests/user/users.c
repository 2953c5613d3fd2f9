/* SPDX-License-Identifier: MIT */
#include "test.h"

/* Users and groups, and what they may do with files and with each other. */

enum {
	SETUID = 213,
	SETGID = 214,
	SETREUID = 203,
	SETRESUID = 208,
	GETRESUID = 209,
	SETRESGID = 210,
	GETRESGID = 211,
	SETFSUID = 215,
	GETGROUPS = 205,
	SETGROUPS = 206,
	CHOWN = 212,
	FCHMOD = 94,
	LINK = 9,
	SETUID16 = 23,
	GETUID16 = 24,
	TRUNCATE = 92,
	SETRLIMIT = 75,
	MEMLOCK = 8, /* RLIMIT_ */
	MAP_LOCK = 0x2000,
};

/* Runs a function as another user, in a child. */
static void as(unsigned int uid, unsigned int gid, void (*fn)(void))
{
	int pid = fork();

	if (pid == 0) {
		if (gid)
			syscall(SETRESGID, gid, gid, gid);
		if (uid)
			syscall(SETRESUID, uid, uid, uid);
		fn();
		exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void show_ids(const char *name)
{
	unsigned int u[3] = { 9, 9, 9 }, g[3] = { 9, 9, 9 };

	syscall(GETRESUID, &u[0], &u[1], &u[2]);
	syscall(GETRESGID, &g[0], &g[1], &g[2]);
	printf("%s: %u %u %u, %u %u %u\n", name, u[0], u[1], u[2], g[0], g[1], g[2]);
}

/* --- identities ------------------------------------------------------------------------------- */

static void change_and_return(void)
{
	show("seteuid 100", syscall(SETRESUID, -1, 100, -1));
	show_ids("as 100");
	show("setuid 200", syscall(SETUID, 200));
	show("setreuid real 200", syscall(SETREUID, 200, -1));
	show("back by setuid", syscall(SETUID, 0));
	show_ids("real root");
	show("setresuid back", syscall(SETRESUID, -1, 0, -1));
	show_ids("root again");
}

static void lose_root(void)
{
	show("setgid 50", syscall(SETGID, 50));
	show("setuid 100", syscall(SETUID, 100));
	show_ids("user 100");
	show("setuid 0", syscall(SETUID, 0));
	show("setgid 0", syscall(SETGID, 0));
	show("setreuid 0", syscall(SETREUID, 0, 0));
	show("setresuid same", syscall(SETRESUID, 100, 100, 100));
	show("setresuid -1", syscall(SETRESUID, -1, -1, -1));
	show("setuid -1", syscall(SETUID, -1));
	show("setgroups", syscall(SETGROUPS, 0, NULL));
}

static void swap(void)
{
	show("setreuid 100 200", syscall(SETREUID, 100, 200));
	show_ids("two users");
	show("swap", syscall(SETREUID, 200, 100));
	show_ids("swapped");
	show("swap back", syscall(SETREUID, 100, 200));
	show("setreuid 300", syscall(SETREUID, -1, 300));
	show("setfsuid 100 returns", syscall(SETFSUID, 100));
	show("setfsuid 300 returns", syscall(SETFSUID, 300));
	show("setfsuid -1 returns", syscall(SETFSUID, -1));
}

static void groups(void)
{
	unsigned int list[4] = { 30, 10, 20, 10 }, got[4] = { 0 };

	show("setgroups 4", syscall(SETGROUPS, 4, list));
	show("getgroups 0", syscall(GETGROUPS, 0, NULL));
	show("getgroups 2", syscall(GETGROUPS, 2, got));
	show("getgroups 4", syscall(GETGROUPS, 4, got));
	printf("groups: %u %u %u %u\n", got[0], got[1], got[2], got[3]);
	show("setgroups too many", syscall(SETGROUPS, 70000, list));
	BAD("setgroups bad pointer", SETGROUPS, 4, P);
	BAD("getgroups bad pointer", GETGROUPS, 4, P);
	BAD("getresuid bad pointer", GETRESUID, P, P, P);
	syscall(SETRESUID, 100000, 100000, 100000);
	show("uid of 16 bits", syscall(GETUID16));
}

/* --- files ------------------------------------------------------------------------------------ */

static int try_open(const char *path, int flags)
{
	int fd = syscall(SYS_open, path, flags, 0666);

	if (fd >= 0)
		syscall(SYS_close, fd);
	return fd < 0 ? fd : 0;
}

static void show_mode(const char *name, const char *path)
{
	struct stat64 st;

	syscall(SYS_stat64, path, &st);
	printf("%s: %o %u %u\n", name, st.mode, st.uid, st.gid);
}

static void use_files(void)
{
	show("read 600 of root", try_open("private", O_RDONLY));
	show("read 644 of root", try_open("public", O_RDONLY));
	show("write 644 of root", try_open("public", O_WRONLY));
	show("read and truncate", try_open("public", O_RDONLY | O_TRUNC));
	show("truncate", syscall(TRUNCATE, "public", 0));
	show("own 000", try_open("mine", O_RDONLY));
	show("access own", syscall(SYS_access, "mine", 4));
	show("access exists", syscall(SYS_access, "private", 0));
	show("access read", syscall(SYS_access, "private", 4));
	show("access write", syscall(SYS_access, "public", 2));
	show("access execute", syscall(SYS_access, "public", 1));
	show("in closed directory", try_open("closed/f", O_RDONLY));
	show("list closed directory", try_open("closed", O_RDONLY));
	show("in directory without r", try_open("hidden/f", O_RDONLY));
	show("list it", try_open("hidden", O_RDONLY));
	show("chdir closed", syscall(SYS_chdir, "closed"));
	show("create", try_open("new", O_WRONLY | O_CREAT));
	show("create existing", try_open("public", O_RDONLY | O_CREAT));
	show("mkdir", syscall(SYS_mkdir, "newdir", 0777));
	show("mkdir existing", syscall(SYS_mkdir, "closed", 0777));
	show("unlink", syscall(SYS_unlink, "public"));
	show("unlink missing", syscall(SYS_unlink, "missing"));
	show("rename", syscall(SYS_rename, "public", "other"));
	show("link", syscall(LINK, "public", "other"));
	show("symlink", syscall(SYS_symlink, "public", "other"));
	show("mknod", syscall(SYS_mknod, "sticky/null", 020666, 0x103));
	show("chmod of root", syscall(SYS_chmod, "public", 0777));
	show("chown", syscall(CHOWN, "mine", 0, -1));
	show("chown to itself", syscall(CHOWN, "mine", 100, -1));
	show("chgrp to another", syscall(CHOWN, "mine", -1, 60));
	show("chgrp to own", syscall(CHOWN, "mine", -1, 50));
	show("chmod", syscall(SYS_chmod, "mine", 0640));
	show("touch of root", syscall(SYS_utimensat, AT_FDCWD, "public", NULL, 0));
	show("mount", syscall(SYS_mount, "x", "/tmp", "tmpfs", 0, NULL));
	show("umount", syscall(SYS_umount2, "/", 0));
}

static void use_group(void)
{
	show("group may read", try_open("grouped", O_RDONLY));
	show("group may not write", try_open("grouped", O_WRONLY));
	show("owner is worse off", try_open("odd", O_RDONLY));
}

static void use_sticky(void)
{
	show("create in sticky", try_open("sticky/c", O_WRONLY | O_CREAT));
	show("unlink of another", syscall(SYS_unlink, "sticky/a"));
	show("rename of another", syscall(SYS_rename, "sticky/a", "sticky/b"));
	show("rename over another", syscall(SYS_rename, "sticky/c", "sticky/a"));
	show("unlink own", syscall(SYS_unlink, "sticky/c"));
}

static void write_privileged(void)
{
	int fd = syscall(SYS_open, "suid", O_WRONLY);

	show("write", syscall(SYS_write, fd, "x", 1));
	syscall(SYS_close, fd);
	show_mode("after a write", "suid");
}

static void test_files(void)
{
	syscall(SYS_umask, 0);
	syscall(SYS_close, make_file("private", "x"));
	syscall(SYS_close, make_file("public", "x"));
	syscall(SYS_close, make_file("mine", "x"));
	syscall(SYS_close, make_file("grouped", "x"));
	syscall(SYS_close, make_file("odd", "x"));
	syscall(SYS_close, make_file("suid", "x"));
	syscall(SYS_chmod, "private", 0600);
	syscall(SYS_chmod, "public", 0644);
	syscall(SYS_chmod, "mine", 0);
	syscall(CHOWN, "mine", 100, 50);
	syscall(SYS_chmod, "grouped", 0640);
	syscall(CHOWN, "grouped", 0, 50);
	syscall(SYS_chmod, "odd", 0044);
	syscall(CHOWN, "odd", 100, 50);
	syscall(SYS_mkdir, "closed", 0700);
	syscall(SYS_close, make_file("closed/f", "x"));
	syscall(SYS_mkdir, "hidden", 0711);
	syscall(SYS_close, make_file("hidden/f", "x"));
	syscall(SYS_mkdir, "sticky", 01777);
	syscall(SYS_close, make_file("sticky/a", "x"));
	as(100, 50, use_files);
	as(100, 50, use_group);
	as(200, 60, use_sticky);
	syscall(CHOWN, "suid", 0, 50);
	syscall(SYS_chmod, "suid", 06777);
	show_mode("with bits", "suid");
	as(100, 60, write_privileged);
	syscall(SYS_chmod, "suid", 06777);
	syscall(CHOWN, "suid", 1, -1);
	show_mode("after chown", "suid");
	syscall(SYS_mkdir, "shared", 0777);
	syscall(CHOWN, "shared", 0, 77);
	syscall(SYS_chmod, "shared", 02777);
	syscall(SYS_mkdir, "shared/d", 0755);
	show_mode("directory in a group's", "shared/d");
	syscall(SYS_close, make_file("shared/f", "x"));
	show_mode("file in a group's", "shared/f");
}

/* --- others ----------------------------------------------------------------------------------- */

static void others(void)
{
	unsigned int limit[2] = { 10, 0x7fffffff };

	show("kill parent", syscall(SYS_kill, syscall(SYS_getppid), 0));
	show("kill itself", syscall(SYS_kill, getpid(), 0));
	show("kill missing", syscall(SYS_kill, 30000, 0));
	show("raise limit", syscall(SETRLIMIT, RLIMIT_NOFILE, limit));
	show("reboot", syscall(SYS_reboot, 0xfee1dead, 672274793, 0x89abcdef));
}

/* --- locked memory ---------------------------------------------------------------------------- */

static void set_memlock(unsigned int soft)
{
	unsigned int limit[2] = { soft, 64 * PAGE };

	show("limit", syscall(SETRLIMIT, MEMLOCK, limit));
}

static long map_locked(unsigned int pages)
{
	return syscall(SYS_mmap2, 0, pages * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCK, -1, 0);
}

/* After mlockall(MCL_FUTURE), with room for 10 more pages. */
static void grow_locked(char *p)
{
	unsigned long brk = syscall(SYS_brk, 0);

	show_ok("mmap 6", (long)anonymous(6 * PAGE));
	show("mmap 6 more", (long)anonymous(6 * PAGE));
	show_bool("brk 6", syscall(SYS_brk, brk + 6 * PAGE) == (long)brk);
	show("mremap from 20 to 30", syscall(SYS_mremap, p, 20 * PAGE, 30 * PAGE, MREMAP_MAYMOVE));
	show_ok("mremap from 20 to 22",
		syscall(SYS_mremap, p, 20 * PAGE, 22 * PAGE, MREMAP_MAYMOVE));
	show_bool("brk 1", syscall(SYS_brk, brk + PAGE) == (long)(brk + PAGE));
}

static void lock_memory(void)
{
	char *p = anonymous(100 * PAGE);

	set_memlock(40 * PAGE);
	show("mlock 41", syscall(SYS_mlock, p, 41 * PAGE));
	show("mlock 30", syscall(SYS_mlock, p, 30 * PAGE));
	show("mlock 10", syscall(SYS_mlock, p + 50 * PAGE, 10 * PAGE));
	show("mlock 1", syscall(SYS_mlock, p + 70 * PAGE, 1));
	show("mlock the same", syscall(SYS_mlock, p + PAGE, 10 * PAGE));
	show("mlock over two", syscall(SYS_mlock, p + 25 * PAGE, 30 * PAGE));
	show("mmap locked", map_locked(1));
	show("munlock", syscall(SYS_munlock, p + 50 * PAGE, 10 * PAGE));
	show_ok("mmap locked 5", map_locked(5));
	show("mmap locked 6", map_locked(6));
	show("mlockall", syscall(SYS_mlockall, 1));
	show("munlockall", syscall(SYS_munlockall));
	show("mlock 20", syscall(SYS_mlock, p, 20 * PAGE));
	set_memlock(30 * PAGE);
	show("mlockall future", syscall(SYS_mlockall, 2));
	grow_locked(p);
	set_memlock(0);
	show("mlock without limit", syscall(SYS_mlock, p, 1));
	show("mlock nothing", syscall(SYS_mlock, p, 0));
	show("mlockall", syscall(SYS_mlockall, 2));
	show("mlockall flags", syscall(SYS_mlockall, 8));
	show("mmap locked", map_locked(1));
	show("munlock", syscall(SYS_munlock, p, PAGE));
	show("munlockall", syscall(SYS_munlockall));
}

static void lock_as_root(void)
{
	char *p = anonymous(100 * PAGE);

	set_memlock(PAGE);
	show("mlock of root", syscall(SYS_mlock, p, 50 * PAGE));
	set_memlock(0);
	show("mlock of root", syscall(SYS_mlock, p, 100 * PAGE));
	show_ok("mmap locked of root", map_locked(6));
	show("mlockall of root", syscall(SYS_mlockall, 3));
	syscall(SETRESUID, 100, 100, 100);
	show("mmap of a user", (long)anonymous(PAGE));
	show("mlock of a user", syscall(SYS_mlock, p, PAGE));
}

/* A program with S_ISUID: this one, under another name. */
static void run_again(void)
{
	char *argv[] = { "suid", "again", NULL };

	execve("program", argv, environ);
	show("execve", -1);
}

static void copy_program(void)
{
	static char buffer[4096];
	int from = syscall(SYS_open, "/tests/users", O_RDONLY, 0);
	int to = syscall(SYS_open, "program", O_WRONLY | O_CREAT | O_TRUNC, 0755);
	long n;

	while ((n = syscall(SYS_read, from, buffer, sizeof(buffer))) > 0)
		syscall(SYS_write, to, buffer, n);
	syscall(SYS_close, from);
	syscall(SYS_close, to);
	syscall(CHOWN, "program", 123, 45);
}

int main(int argc, char **argv, char **envp)
{
	if (argc > 1) {
		show_ids("a program of another user");
		return 0;
	}
	syscall(SYS_mkdir, "/tmp/users", 0755);
	syscall(SYS_chdir, "/tmp/users");
	as(0, 0, change_and_return);
	as(0, 0, lose_root);
	as(0, 0, swap);
	as(0, 0, groups);
	show("setuid of 16 bits", syscall(SETUID16, 0xffff));
	test_files();
	as(100, 50, others);
	as(100, 50, lock_memory);
	as(0, 0, lock_as_root);
	copy_program();
	syscall(SYS_chmod, "program", 04755);
	as(100, 50, run_again);
	syscall(SYS_chmod, "program", 02755);
	as(100, 50, run_again);
	syscall(SYS_chmod, "program", 06745);
	as(100, 50, run_again);
	syscall(SYS_chmod, "program", 0644);
	run_again();
	return 0;
}
