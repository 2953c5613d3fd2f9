/* SPDX-License-Identifier: MIT */
#include "test.h"

/* File systems in memory: mounting, borders, limits, flags, and calls that sync files. */

enum {
	FDATASYNC = 148,
	SYNCFS = 344,
	SYNC_FILE_RANGE = 314,
	LINK = 9,
	LINKAT = 303,
	NOSUID = 2,
	NODEV = 4,
	NOEXEC = 8,
	BIND = 4096,
	DETACH = 2,
	EXPIRE = 4,
};

static char buffer[8192];

static long mount_tmpfs(const char *path, int flags, const char *options)
{
	return syscall(SYS_mount, "source", path, "tmpfs", flags, options);
}

static int open_and_close(const char *path, int flags)
{
	int fd = syscall(SYS_open, path, flags, 0644);

	if (fd >= 0)
		syscall(SYS_close, fd);
	return fd < 0 ? fd : 0;
}

static void test_mount(void)
{
	struct stat64 below, above, st;

	syscall(SYS_mkdir, "m", 0700);
	syscall(SYS_close, make_file("m/covered", "x"));
	syscall(SYS_stat64, "m", &below);
	show("mount", mount_tmpfs("m", 0, "size=64k,nr_inodes=8,mode=750"));
	syscall(SYS_stat64, "m", &above);
	show("mode", above.mode & 07777);
	show_bool("another device", above.dev != below.dev);
	show("covered file", syscall(SYS_access, "m/covered", 0));
	syscall(SYS_stat64, "m/..", &st);
	syscall(SYS_stat64, ".", &below);
	show_bool("up and down", st.ino == below.ino && st.dev == below.dev);
	syscall(SYS_mkdir, "m/d", 0755);
	syscall(SYS_chdir, "m/d");
	show("getcwd", syscall(SYS_getcwd, buffer, sizeof(buffer)));
	show_text("is", buffer);
	show("busy", syscall(SYS_umount2, "/tmp/mounts/m", 0));
	syscall(SYS_chdir, "../..");
	show("rmdir of a mount point", syscall(SYS_rmdir, "m"));
	show("rename of a mount point", syscall(SYS_rename, "m", "n"));
	show("rename across", syscall(SYS_rename, "m/d", "d"));
	syscall(SYS_close, make_file("f", "x"));
	show("link across", syscall(LINK, "f", "m/f"));
	show("rename file across", syscall(SYS_rename, "f", "m/f"));
	show("umount of a directory", syscall(SYS_umount2, "m/d", 0));
	show("umount of a file", syscall(SYS_umount2, "f", 0));
	show("umount of nothing", syscall(SYS_umount2, "missing", 0));
	show("umount flags", syscall(SYS_umount2, "m", 0x100));
	show("expire first", syscall(SYS_umount2, "m", EXPIRE));
	show("mount over it", mount_tmpfs("m", 0, NULL));
	show("below is hidden", syscall(SYS_access, "m/d", 0));
	show("umount upper", syscall(SYS_umount2, "m", 0));
	show("below is back", syscall(SYS_access, "m/d", 0));
	show("umount lower", syscall(SYS_umount2, "m", 0));
	show("not mounted", syscall(SYS_umount2, "m", 0));
	show("covered is back", syscall(SYS_access, "m/covered", 0));
}

static void test_errors(void)
{
	show("no type", syscall(SYS_mount, "x", "m", NULL, 0, NULL));
	show("unknown type", syscall(SYS_mount, "x", "m", "nofs", 0, NULL));
	show("bad option", mount_tmpfs("m", 0, "size=64k,nonsense"));
	show("bad size", mount_tmpfs("m", 0, "size=x"));
	show("on a file", mount_tmpfs("f", 0, NULL));
	show("on nothing", mount_tmpfs("missing", 0, NULL));
	show("remount of a directory", mount_tmpfs("m", MS_REMOUNT, NULL));
	BAD("mount bad path", SYS_mount, "x", P, "tmpfs", 0, NULL);
	BAD("mount bad type", SYS_mount, "x", "m", P, 0, NULL);
}

/* Writes until an error, and returns the number of bytes. */
static long fill(int fd, long *error)
{
	long total = 0, n;

	while ((n = syscall(SYS_write, fd, buffer, sizeof(buffer))) > 0)
		total += n;
	*error = n;
	return total;
}

static volatile char *sparse;

static void touch_first(void)
{
	sparse[0] = 1;
}

static void touch_last(void)
{
	sparse[(2 << 20) - 1] = 1;
}

static void test_limits(void)
{
	long error = 0, total;
	char name[16];
	int fd, made = 0;

	show("mount", mount_tmpfs("m", 0, "size=64k,nr_inodes=8"));
	fd = syscall(SYS_open, "m/big", O_RDWR | O_CREAT, 0644);
	total = fill(fd, &error);
	printf("room: %ld\n", total);
	show("full", error);
	show("truncate", syscall(SYS_ftruncate, fd, 4096));
	syscall(SYS_lseek, fd, 0, SEEK_END);
	printf("room again: %ld\n", fill(fd, &error));
	syscall(SYS_ftruncate, fd, 2 << 20);
	sparse = mmap(NULL, 2 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	in_child("touch a page that is there", touch_first);
	in_child("touch a page without room", touch_last);
	munmap((void *)sparse, 2 << 20);
	syscall(SYS_close, fd);
	show("unlink", syscall(SYS_unlink, "m/big"));
	for (;; made++) {
		snprintf(name, sizeof(name), "m/%d", made);
		fd = syscall(SYS_open, name, O_RDWR | O_CREAT, 0644);
		if (fd < 0)
			break;
		syscall(SYS_close, fd);
	}
	printf("files: %d\n", made);
	show("no inode", fd);
	show("mkdir", syscall(SYS_mkdir, "m/d", 0755));
	show("unlink", syscall(SYS_unlink, "m/0"));
	show("mkdir", syscall(SYS_mkdir, "m/d", 0755));
	show("remount too small", mount_tmpfs("m", MS_REMOUNT, "nr_inodes=3"));
	show("remount larger", mount_tmpfs("m", MS_REMOUNT, "nr_inodes=20"));
	show("mkdir", syscall(SYS_mkdir, "m/e", 0755));
	show("umount", syscall(SYS_umount2, "m", 0));
}

static void test_read_only(void)
{
	int fd;

	show("mount", mount_tmpfs("m", 0, "mode=755"));
	fd = make_file("m/f", "x");
	syscall(SYS_mkdir, "m/d", 0755);
	show("remount with a writer", mount_tmpfs("m", MS_REMOUNT | MS_RDONLY, NULL));
	syscall(SYS_close, fd);
	show("remount", mount_tmpfs("m", MS_REMOUNT | MS_RDONLY, NULL));
	show("read", open_and_close("m/f", O_RDONLY));
	show("write", open_and_close("m/f", O_WRONLY));
	show("truncate", open_and_close("m/f", O_RDONLY | O_TRUNC));
	show("create", open_and_close("m/g", O_WRONLY | O_CREAT));
	show("create existing", open_and_close("m/f", O_RDONLY | O_CREAT));
	show("create exclusively", open_and_close("m/f", O_RDONLY | O_CREAT | O_EXCL));
	show("access", syscall(SYS_access, "m/f", 2));
	show("mkdir", syscall(SYS_mkdir, "m/e", 0755));
	show("mkdir existing", syscall(SYS_mkdir, "m/d", 0755));
	show("rmdir", syscall(SYS_rmdir, "m/d"));
	show("unlink", syscall(SYS_unlink, "m/f"));
	show("unlink missing", syscall(SYS_unlink, "m/missing"));
	show("rename", syscall(SYS_rename, "m/f", "m/g"));
	show("link", syscall(LINK, "m/f", "m/g"));
	show("symlink", syscall(SYS_symlink, "x", "m/g"));
	show("chmod", syscall(SYS_chmod, "m/f", 0600));
	show("utimensat", syscall(SYS_utimensat, AT_FDCWD, "m/f", NULL, 0));
	show("remount for writing", mount_tmpfs("m", MS_REMOUNT, NULL));
	show("write", open_and_close("m/f", O_WRONLY));
	show("umount", syscall(SYS_umount2, "m", 0));
}

static void test_flags(void)
{
	char *argv[] = { "m/f", NULL };

	show("mount", mount_tmpfs("m", NOSUID | NODEV | NOEXEC, NULL));
	syscall(SYS_close, make_file("m/f", "#!/bin/sh\n"));
	syscall(SYS_chmod, "m/f", 0755);
	show("execute", syscall(SYS_execve, "m/f", argv, NULL));
	show("access x", syscall(SYS_access, "m/f", 1));
	show("mknod", syscall(SYS_mknod, "m/null", 020666, 0x103));
	show("open device", open_and_close("m/null", O_RDONLY));
	show("umount", syscall(SYS_umount2, "m", 0));
	show("mknod", syscall(SYS_mknod, "null", 020666, 0x103));
	show("open device", open_and_close("null", O_RDWR));
	show("no such device", syscall(SYS_mknod, "none", 060666, 0xfe));
	show("open it", open_and_close("none", O_RDONLY));
	show("mknod of a directory", syscall(SYS_mknod, "dir", 040755, 0));
	show("mknod of nothing", syscall(SYS_mknod, "dir", 0150000, 0));
}

/* The file system exists in the background until its last user is gone. */
static void test_detach(void)
{
	int fd;

	show("mount", mount_tmpfs("m", 0, NULL));
	fd = make_file("m/f", "content");
	show("busy", syscall(SYS_umount2, "m", 0));
	show("detach", syscall(SYS_umount2, "m", DETACH));
	show("gone", syscall(SYS_access, "m/f", 0));
	show("write", syscall(SYS_write, fd, "more", 4));
	show("seek", syscall(SYS_lseek, fd, 0, SEEK_SET));
	show("read", syscall(SYS_read, fd, buffer, 20));
	show("close", syscall(SYS_close, fd));
}

static void test_sync(void)
{
	int fds[2], fd = make_file("s", "x"), dir = syscall(SYS_open, ".", O_RDONLY, 0);

	syscall(SYS_pipe, fds);
	show("fsync", syscall(SYS_fsync, fd));
	show("fdatasync", syscall(FDATASYNC, fd));
	show("syncfs", syscall(SYNCFS, fd));
	show("fsync of a directory", syscall(SYS_fsync, dir));
	show("fsync of a pipe", syscall(SYS_fsync, fds[0]));
	show("fsync of nothing", syscall(SYS_fsync, 99));
	show("syncfs of nothing", syscall(SYNCFS, 99));
	show("sync_file_range flags", syscall(SYNC_FILE_RANGE, fd, 0, 0, 0, 0, 8));
	show("sync_file_range", syscall(SYNC_FILE_RANGE, fd, 0, 0, 0, 0, 7));
	show("sync", syscall(SYS_sync));
}

int main(int argc, char **argv, char **envp)
{
	syscall(SYS_umask, 022);
	syscall(SYS_mkdir, "/tmp/mounts", 0755);
	syscall(SYS_chdir, "/tmp/mounts");
	test_mount();
	test_errors();
	test_limits();
	test_read_only();
	test_flags();
	test_detach();
	test_sync();
	return 0;
}
