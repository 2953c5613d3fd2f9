/* SPDX-License-Identifier: MIT */
#include "test.h"

/* Files: open, read, write, positions, copies of file numbers, attributes, names. */

static char buffer[8192];

static void test_open(void)
{
	static char long_name[5000];
	int fd;

	show_ok("open create", fd = syscall(SYS_open, "f", O_RDWR | O_CREAT, 0644));
	show("close", syscall(SYS_close, fd));
	show("close again", syscall(SYS_close, fd));
	show("close -1", syscall(SYS_close, -1));
	show("open exclusive", syscall(SYS_open, "f", O_RDWR | O_CREAT | O_EXCL, 0644));
	show("open missing", syscall(SYS_open, "missing", O_RDONLY, 0));
	show("open in missing", syscall(SYS_open, "missing/f", O_RDONLY, 0));
	show("open in a file", syscall(SYS_open, "f/g", O_RDONLY, 0));
	show("open file with slash", syscall(SYS_open, "f/", O_RDONLY, 0));
	show("open empty name", syscall(SYS_open, "", O_RDONLY, 0));
	show("open file as directory", syscall(SYS_open, "f", O_RDONLY | O_DIRECTORY, 0));
	show("open directory to write", syscall(SYS_open, "/tmp", O_WRONLY, 0));
	show("open directory to create", syscall(SYS_open, "/tmp", O_RDONLY | O_CREAT, 0644));
	memset(long_name, 'n', 255);
	show_ok("open name of 255", fd = syscall(SYS_open, long_name, O_RDWR | O_CREAT, 0644));
	syscall(SYS_close, fd);
	show("unlink name of 255", syscall(SYS_unlink, long_name));
	memset(long_name, 'n', 256);
	show("open name of 256", syscall(SYS_open, long_name, O_RDONLY, 0));
	memset(long_name, '/', 4095);
	long_name[4095] = 0;
	show_ok("open path of 4095", fd = syscall(SYS_open, long_name, O_RDONLY, 0));
	syscall(SYS_close, fd);
	memset(long_name, '/', 4096);
	show("open path of 4096", syscall(SYS_open, long_name, O_RDONLY, 0));
	BAD("open bad pointer", SYS_open, P, O_RDONLY, 0);
	show("openat bad folder", syscall(SYS_openat, 99, "f", O_RDONLY, 0));
	show_ok("openat absolute", fd = syscall(SYS_openat, 99, "/tmp", O_RDONLY, 0));
	syscall(SYS_close, fd);
	show_ok("openat cwd", fd = syscall(SYS_openat, AT_FDCWD, "f", O_RDONLY, 0));
	show("openat in a file", syscall(SYS_openat, fd, "f", O_RDONLY, 0));
	syscall(SYS_close, fd);
}

static void test_read_write(void)
{
	int fd = make_file("rw", "0123456789"), other;

	show("read", syscall(SYS_read, fd, buffer, 4));
	buffer[4] = 0;
	show_text("read text", buffer);
	show("read rest", syscall(SYS_read, fd, buffer, 100));
	show("read at end", syscall(SYS_read, fd, buffer, 100));
	show("read nothing", syscall(SYS_read, fd, buffer, 0));
	show("read bad file", syscall(SYS_read, 99, buffer, 1));
	show("read at end, bad pointer", syscall(SYS_read, fd, 0x10, 1));
	syscall(SYS_lseek, fd, 0, SEEK_SET);
	BAD("read bad pointer", SYS_read, fd, P, 8);
	show("position after it", syscall(SYS_lseek, fd, 0, SEEK_CUR));
	syscall(SYS_lseek, fd, 0, SEEK_SET);
	BAD("write bad pointer", SYS_write, fd, P, 8);
	show("position after it", syscall(SYS_lseek, fd, 0, SEEK_CUR));
	show("read huge size", syscall(SYS_read, fd, buffer, 0x80000000ul));
	show("write huge size", syscall(SYS_write, fd, buffer, 0x80000000ul));
	syscall(SYS_close, fd);

	other = syscall(SYS_open, "rw", O_WRONLY | O_TRUNC, 0);
	show("read write-only", syscall(SYS_read, other, buffer, 1));
	show("write", syscall(SYS_write, other, "abc", 3));
	show("seek beyond", syscall(SYS_lseek, other, 5000, SEEK_SET));
	show("write beyond", syscall(SYS_write, other, "z", 1));
	show("seek end", syscall(SYS_lseek, other, 0, SEEK_END));
	show("seek negative", syscall(SYS_lseek, other, -1, SEEK_SET));
	show("seek whence", syscall(SYS_lseek, other, 0, 9));
	show("seek bad file", syscall(SYS_lseek, 99, 0, SEEK_SET));
	syscall(SYS_close, other);

	fd = syscall(SYS_open, "rw", O_RDONLY, 0);
	show("write read-only", syscall(SYS_write, fd, "x", 1));
	show("read hole", syscall(SYS_read, fd, buffer, sizeof(buffer)));
	show_bool("hole is zero", buffer[3] == 0 && buffer[4999] == 0 && buffer[5000] == 'z');
	show("pread", syscall(SYS_pread64, fd, buffer, 3, 1, 0));
	show("pread negative", syscall(SYS_pread64, fd, buffer, 3, -1, -1));
	show("pread position", syscall(SYS_lseek, fd, 0, SEEK_CUR));
	BAD("pread bad pointer", SYS_pread64, fd, P, 8, 0, 0);
	syscall(SYS_close, fd);

	fd = syscall(SYS_open, "rw", O_RDWR | O_APPEND, 0);
	show("append", syscall(SYS_write, fd, "end", 3));
	show("append position", syscall(SYS_lseek, fd, 0, SEEK_CUR));
	show("pwrite", syscall(SYS_pwrite64, fd, "Q", 1, 1, 0));
	show("size after pwrite", syscall(SYS_lseek, fd, 0, SEEK_END));
	syscall(SYS_close, fd);
	fd = syscall(SYS_open, "/tmp", O_RDONLY, 0);
	show("read directory", syscall(SYS_read, fd, buffer, 10));
	show("write directory", syscall(SYS_write, fd, buffer, 10));
	syscall(SYS_close, fd);
}

static void test_vectors(void)
{
	struct iovec three[3] = { { buffer, 3 }, { buffer + 100, 0 }, { buffer + 200, 4 } };
	struct iovec wrong[2] = { { buffer, 4 }, { buffer, -1 } };
	struct iovec half[2] = { { buffer, 4 }, { (void *)0x10, 4 } };
	int fd = make_file("v", "abcdefghij");

	show("readv", syscall(SYS_readv, fd, three, 3));
	show_bool("readv text", !memcmp(buffer, "abc", 3) && !memcmp(buffer + 200, "defg", 4));
	show("readv none", syscall(SYS_readv, fd, three, 0));
	show("readv 1025", syscall(SYS_readv, fd, three, 1025));
	show("readv -1", syscall(SYS_readv, fd, three, -1));
	show("readv size", syscall(SYS_readv, fd, wrong, 2));
	syscall(SYS_lseek, fd, 0, SEEK_SET);
	show("readv half", syscall(SYS_readv, fd, half, 2));
	show("writev", syscall(SYS_writev, fd, three, 3));
	show("writev half", syscall(SYS_writev, fd, half, 2));
	BAD("readv bad pointer", SYS_readv, fd, P, 2);
	BAD("writev bad pointer", SYS_writev, fd, P, 2);
	show("writev bad file", syscall(SYS_writev, 99, three, 3));
	syscall(SYS_close, fd);
}

static void test_llseek(void)
{
	int fd = make_file("l", "abc");
	long long result = -1;

	show("llseek", syscall(SYS_llseek, fd, 1, 5, &result, SEEK_SET));
	printf("llseek result: %lld\n", result);
	show("lseek overflow", syscall(SYS_lseek, fd, 0, SEEK_CUR));
	BAD("llseek bad pointer", SYS_llseek, fd, 0, 1, P, SEEK_SET);
	show("read far beyond", syscall(SYS_read, fd, buffer, 10));
	syscall(SYS_close, fd);
}

static void test_numbers(void)
{
	int fd = make_file("n", "abcdef"), copy;
	struct rlimit limit = { 20, 20 };

	show_bool("dup", (copy = syscall(SYS_dup, fd)) > fd);
	syscall(SYS_lseek, copy, 2, SEEK_SET);
	show("shared position", syscall(SYS_lseek, fd, 0, SEEK_CUR));
	syscall(SYS_close, copy);
	show("dup bad", syscall(SYS_dup, 99));
	show("dup2", syscall(SYS_dup2, fd, 15));
	show("dup2 same", syscall(SYS_dup2, fd, fd) == fd);
	show("dup2 same bad", syscall(SYS_dup2, 99, 99));
	show("dup2 bad", syscall(SYS_dup2, 99, 16));
	show("dup2 negative", syscall(SYS_dup2, fd, -1));
	show("dup3 same", syscall(SYS_dup3, fd, fd, 0));
	show("dup3 flags", syscall(SYS_dup3, fd, 16, O_APPEND));
	show("dup3", syscall(SYS_dup3, fd, 16, O_CLOEXEC));
	show("dup3 cloexec", syscall(SYS_fcntl64, 16, F_GETFD, 0));
	show("getfd", syscall(SYS_fcntl64, 15, F_GETFD, 0));
	show("setfd", syscall(SYS_fcntl64, 15, F_SETFD, FD_CLOEXEC));
	show("getfd after", syscall(SYS_fcntl64, 15, F_GETFD, 0));
	show("getfl", syscall(SYS_fcntl64, fd, F_GETFL, 0) & ~O_LARGEFILE);
	show("setfl", syscall(SYS_fcntl64, fd, F_SETFL, O_APPEND | O_NONBLOCK));
	show("getfl after", syscall(SYS_fcntl64, fd, F_GETFL, 0) & ~O_LARGEFILE);
	show("getfl of copy", syscall(SYS_fcntl64, 15, F_GETFL, 0) & ~O_LARGEFILE);
	show("dupfd", syscall(SYS_fcntl64, fd, F_DUPFD, 17));
	show("dupfd again", syscall(SYS_fcntl64, fd, F_DUPFD, 17));
	show("dupfd cloexec", syscall(SYS_fcntl64, fd, F_DUPFD_CLOEXEC, 17));
	show("getfd of it", syscall(SYS_fcntl64, 19, F_GETFD, 0));
	show("fcntl command", syscall(SYS_fcntl64, fd, 9999, 0));
	show("fcntl bad", syscall(SYS_fcntl64, 99, F_GETFD, 0));
	show("setrlimit", syscall(SYS_setrlimit, RLIMIT_NOFILE, &limit));
	show("dup2 beyond limit", syscall(SYS_dup2, fd, 20));
	show("dupfd beyond limit", syscall(SYS_fcntl64, fd, F_DUPFD, 20));
	while ((copy = syscall(SYS_dup, fd)) >= 0)
		;
	show("dup at limit", copy);
	show("open at limit", syscall(SYS_open, "n", O_RDONLY, 0));
	for (int i = 3; i < 20; i++)
		syscall(SYS_close, i);
}

static void test_attributes(void)
{
	int fd = make_file("a", "12345");
	struct stat64 st, other;
	struct statx stx;

	show("stat64", syscall(SYS_stat64, "a", &st));
	printf("stat64 fields: %u %u %u %lld\n", st.nlink, st.uid, st.gid, st.size);
	show("stat64 mode", st.mode);
	show("stat64 blksize", st.blksize);
	printf("stat64 blocks: %lld\n", st.blocks);
	show("fstat64", syscall(SYS_fstat64, fd, &other));
	show_bool("same inode",
		  st.ino == other.ino && st.dev == other.dev && st.ino32 == (uint32_t)st.ino);
	show("fstat64 bad", syscall(SYS_fstat64, 99, &other));
	show("stat64 missing", syscall(SYS_stat64, "missing", &st));
	show("fstatat64", syscall(SYS_fstatat64, AT_FDCWD, "a", &st, 0));
	show("fstatat64 flags", syscall(SYS_fstatat64, AT_FDCWD, "a", &st, 0x80000000ul));
	show("fstatat64 empty", syscall(SYS_fstatat64, fd, "", &st, AT_EMPTY_PATH));
	show("statx", syscall(SYS_statx, AT_FDCWD, "a", 0, 0x7ff, &stx));
	printf("statx fields: %d %u %llu\n", stx.mode, stx.nlink, stx.size);
	show("statx has basic", (stx.mask & 0x7ff) == 0x7ff);
	show("statx flags", syscall(SYS_statx, AT_FDCWD, "a", 0x80000000ul, 0x7ff, &stx));
	show("statx mask", syscall(SYS_statx, AT_FDCWD, "a", 0, 0x80000000ul, &stx));
	show("stat /dev/null", syscall(SYS_stat64, "/dev/null", &st));
	printf("its mode and device: %u %llu\n", st.mode, st.rdev);
	BAD("stat64 bad name", SYS_stat64, P, &st);
	BAD("stat64 bad buffer", SYS_stat64, "a", P);
	BAD("fstat64 bad buffer", SYS_fstat64, fd, P);
	BAD("statx bad name", SYS_statx, AT_FDCWD, P, 0, 0x7ff, &stx);
	BAD("statx bad buffer", SYS_statx, AT_FDCWD, "a", 0, 0x7ff, P);
	show("access", syscall(SYS_access, "a", 6));
	show("access execute", syscall(SYS_access, "a", 1));
	show("access mode", syscall(SYS_access, "a", 8));
	show("access missing", syscall(SYS_access, "missing", 0));
	BAD("access bad pointer", SYS_access, P, 0);
	show("chmod", syscall(SYS_chmod, "a", 0755));
	show("access after chmod", syscall(SYS_access, "a", 1));
	show("umask", syscall(SYS_umask, 077));
	show("umask again", syscall(SYS_umask, 022));
	show("ftruncate", syscall(SYS_ftruncate, fd, 3));
	syscall(SYS_fstat64, fd, &st);
	printf("size: %lld\n", st.size);
	show("ftruncate longer", syscall(SYS_ftruncate64, fd, 9000, 0));
	show("read after it", syscall(SYS_read, fd, buffer, sizeof(buffer)));
	show_bool("is zero", buffer[2] == '3' && buffer[3] == 0 && buffer[8000] == 0);
	show("ftruncate negative", syscall(SYS_ftruncate, fd, -1));
	show("ftruncate bad", syscall(SYS_ftruncate, 99, 0));
	show("truncate", syscall(SYS_truncate, "a", 1));
	show("truncate missing", syscall(SYS_truncate, "missing", 1));
	show("truncate directory", syscall(SYS_truncate, "/tmp", 1));
	show("fsync", syscall(SYS_fsync, fd));
	syscall(SYS_close, fd);
	fd = syscall(SYS_open, "a", O_RDONLY, 0);
	show("ftruncate read-only", syscall(SYS_ftruncate, fd, 0));
	syscall(SYS_close, fd);
}

static void test_names(void)
{
	struct stat64 st;

	syscall(SYS_close, make_file("x", "x"));
	show("link", syscall(SYS_link, "x", "y"));
	show("link exists", syscall(SYS_link, "x", "y"));
	show("link missing", syscall(SYS_link, "missing", "z"));
	show("link directory", syscall(SYS_link, "/tmp", "z"));
	syscall(SYS_stat64, "y", &st);
	show("links", st.nlink);
	show("unlink", syscall(SYS_unlink, "x"));
	show("unlink again", syscall(SYS_unlink, "x"));
	show("unlink directory", syscall(SYS_unlink, "/tmp"));
	BAD("unlink bad pointer", SYS_unlink, P);
	show("symlink", syscall(SYS_symlink, "y", "s"));
	show("symlink exists", syscall(SYS_symlink, "y", "s"));
	show("symlink empty", syscall(SYS_symlink, "", "t"));
	show("readlink", syscall(SYS_readlink, "s", buffer, 100));
	show("readlink short", syscall(SYS_readlink, "s", buffer, 0));
	show("readlink file", syscall(SYS_readlink, "y", buffer, 100));
	BAD("readlink bad buffer", SYS_readlink, "s", P, 100);
	syscall(SYS_lstat64, "s", &st);
	show("lstat mode", st.mode);
	syscall(SYS_stat64, "s", &st);
	show("stat mode", st.mode);
	show("open nofollow", syscall(SYS_open, "s", O_RDONLY | O_NOFOLLOW, 0));
	show("symlink loop", syscall(SYS_symlink, "loop", "loop"));
	show("open loop", syscall(SYS_open, "loop", O_RDONLY, 0));
	show("rename", syscall(SYS_rename, "y", "z"));
	show("dangling", syscall(SYS_open, "s", O_RDONLY, 0));
	show("rename missing", syscall(SYS_rename, "y", "z"));
	syscall(SYS_close, make_file("w", "w"));
	show("rename over", syscall(SYS_rename, "w", "z"));
	show("rename same", syscall(SYS_rename, "z", "z"));
	BAD("rename bad pointer", SYS_rename, P, "q");
	BAD("rename bad second", SYS_rename, "z", P);
	syscall(SYS_mkdir, "folder", 0755);
	show("rename file over directory", syscall(SYS_rename, "z", "folder"));
}

static void test_devices(void)
{
	int null = syscall(SYS_open, "/dev/null", O_RDWR, 0);
	int zero = syscall(SYS_open, "/dev/zero", O_RDWR, 0);
	struct pollfd polls[3] = { { null, POLLIN | POLLOUT, 0 },
				   { -1, POLLIN, 7 },
				   { 99, POLLIN, 0 } };

	show("read null", syscall(SYS_read, null, buffer, 10));
	show("write null", syscall(SYS_write, null, buffer, 10));
	show("write null bad pointer", syscall(SYS_write, null, 0x10, 10));
	memset(buffer, 1, 100);
	show("read zero", syscall(SYS_read, zero, buffer, 100));
	show("it is", buffer[99]);
	BAD("read zero bad pointer", SYS_read, zero, P, 10);
	show("write zero", syscall(SYS_write, zero, buffer, 100));
	show("poll", syscall(SYS_poll, polls, 3, 0));
	printf("events: %d %d %d\n", polls[0].revents, polls[1].revents, polls[2].revents);
	BAD("poll bad pointer", SYS_poll, P, 1, 0);
	show("poll none", syscall(SYS_poll, 0, 0, 1));
	show("ioctl null", syscall(SYS_ioctl, null, TCGETS, buffer));
	syscall(SYS_close, null);
	syscall(SYS_close, zero);
}

/* A name is gone, and the file lives until the last number is closed. */
static void test_unlinked(void)
{
	int fd = make_file("gone", "still here");
	struct stat64 st;

	show("unlink open file", syscall(SYS_unlink, "gone"));
	show("read it", syscall(SYS_read, fd, buffer, 100));
	syscall(SYS_fstat64, fd, &st);
	show("links", st.nlink);
	syscall(SYS_close, fd);
}

/* A call with one bad time changes none. */
static void test_times(void)
{
	unsigned int times[4] = { 5, 0, 6, 1000000000 };
	int fd = make_file("times", "");
	struct stat64 st;

	show("bad time", syscall(SYS_utimensat, AT_FDCWD, "times", times, 0));
	syscall(SYS_fstat64, fd, &st);
	show_bool("first time was set", st.atime == 5);
	times[3] = 7;
	show("good times", syscall(SYS_utimensat, AT_FDCWD, "times", times, 0));
	syscall(SYS_fstat64, fd, &st);
	show("access", st.atime);
	show("change", st.mtime);
	syscall(SYS_close, fd);
}

/* From a file to a file, and to a pipe. */
static void test_sendfile(void)
{
	int in = make_file("source", "0123456789"), out = make_file("sink", ""), ends[2];
	long long offset = 4, negative = -1;
	int offset32 = 8;

	show("sendfile", syscall(SYS_sendfile64, out, in, 0, 3));
	show("again", syscall(SYS_sendfile64, out, in, 0, 100));
	show("at the end", syscall(SYS_sendfile64, out, in, 0, 100));
	show("with offset", syscall(SYS_sendfile64, out, in, &offset, 4));
	show("offset", offset);
	show("with offset of 32 bits", syscall(SYS_sendfile, out, in, &offset32, 4));
	show("offset", offset32);
	show("position", syscall(SYS_lseek, in, 0, SEEK_CUR));
	memset(buffer, 0, 100);
	show("result", syscall(SYS_pread64, out, buffer, 100, 0, 0));
	show_text("bytes", buffer);
	show("negative offset", syscall(SYS_sendfile64, out, in, &negative, 4));
	show("huge size", syscall(SYS_sendfile64, out, in, 0, 0x80000000ul));
	BAD("bad offset", SYS_sendfile64, out, in, P, 4);
	show("bad source", syscall(SYS_sendfile64, out, 99, 0, 4));
	show("bad target", syscall(SYS_sendfile64, 99, in, 0, 4));
	syscall(SYS_pipe, ends);
	offset = 1;
	show("to a pipe", syscall(SYS_sendfile64, ends[1], in, &offset, 3));
	show("from a pipe", syscall(SYS_sendfile64, out, ends[0], 0, 3));
	show("from a pipe at an offset", syscall(SYS_sendfile64, out, ends[0], &offset, 3));
	show("to the wrong end", syscall(SYS_sendfile64, ends[0], in, &offset, 3));
	memset(buffer, 0, 100);
	show("read", syscall(SYS_read, ends[0], buffer, 100));
	show_text("bytes", buffer);
	syscall(SYS_close, ends[0]);
	syscall(SYS_close, ends[1]);
	syscall(SYS_close, out);
	out = syscall(SYS_open, "sink", O_WRONLY | O_APPEND, 0);
	show("to a file that appends", syscall(SYS_sendfile64, out, in, &offset, 3));
	show("from a file to write", syscall(SYS_sendfile64, out, out, 0, 3));
	show("to a file to read", syscall(SYS_sendfile64, in, out, 0, 3));
	syscall(SYS_close, out);
	syscall(SYS_close, in);
}

int main(int argc, char **argv, char **envp)
{
	syscall(SYS_umask, 022);
	syscall(SYS_mkdir, "/tmp/files", 0755);
	syscall(SYS_chdir, "/tmp/files");
	test_open();
	test_read_write();
	test_vectors();
	test_llseek();
	test_attributes();
	test_names();
	test_devices();
	test_unlinked();
	test_sendfile();
	test_times();
	test_numbers();
	return 0;
}
