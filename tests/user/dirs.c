/* SPDX-License-Identifier: MIT */
#include "test.h"

/* Directories: making, removing, listing, the current one. */

static char buffer[8192];

static void test_make(void)
{
	struct stat64 st;

	show("mkdir", syscall(SYS_mkdir, "d", 0777));
	show("mkdir exists", syscall(SYS_mkdir, "d", 0777));
	show("mkdir with slash", syscall(SYS_mkdir, "e/", 0777));
	show("mkdir in missing", syscall(SYS_mkdir, "missing/d", 0777));
	show("mkdir root", syscall(SYS_mkdir, "/", 0777));
	show("mkdir dot", syscall(SYS_mkdir, "d/.", 0777));
	BAD("mkdir bad pointer", SYS_mkdir, P, 0777);
	syscall(SYS_stat64, "d", &st);
	show("mode", st.mode);
	show("links", st.nlink);
	syscall(SYS_close, make_file("d/f", "f"));
	show("rmdir not empty", syscall(SYS_rmdir, "d"));
	show("rmdir file", syscall(SYS_rmdir, "d/f"));
	show("rmdir dot", syscall(SYS_rmdir, "d/."));
	show("rmdir dot dot", syscall(SYS_rmdir, "d/.."));
	show("rmdir missing", syscall(SYS_rmdir, "missing"));
	show("rmdir root", syscall(SYS_rmdir, "/"));
	BAD("rmdir bad pointer", SYS_rmdir, P);
	show("rmdir", syscall(SYS_rmdir, "e"));
	show("mkdirat", syscall(SYS_mkdirat, AT_FDCWD, "d/g", 0700));
	show("unlinkat directory", syscall(SYS_unlinkat, AT_FDCWD, "d/g", 0));
	show("unlinkat removes directory", syscall(SYS_unlinkat, AT_FDCWD, "d/g", AT_REMOVEDIR));
	show("unlinkat flags", syscall(SYS_unlinkat, AT_FDCWD, "d/g", 1));
}

static void test_rename(void)
{
	syscall(SYS_mkdir, "m", 0755);
	syscall(SYS_mkdir, "m/n", 0755);
	show("rename into itself", syscall(SYS_rename, "m", "m/n/o"));
	show("rename over full", syscall(SYS_rename, "d", "m"));
	show("rename over empty", syscall(SYS_rename, "d", "m/n"));
	show("rename directory over file", syscall(SYS_rename, "m", "m/n/f"));
	show("file came along", syscall(SYS_access, "m/n/f", 0));
	show("rename back", syscall(SYS_rename, "m/n", "d"));
	show("rmdir", syscall(SYS_rmdir, "m"));
}

static void test_current(void)
{
	int fd;

	show("chdir", syscall(SYS_chdir, "d"));
	show("getcwd", syscall(SYS_getcwd, buffer, sizeof(buffer)));
	show_text("is", buffer);
	show("getcwd short", syscall(SYS_getcwd, buffer, 3));
	BAD("getcwd bad pointer", SYS_getcwd, P, 100);
	show("chdir file", syscall(SYS_chdir, "f"));
	show("chdir missing", syscall(SYS_chdir, "missing"));
	BAD("chdir bad pointer", SYS_chdir, P);
	show("chdir up", syscall(SYS_chdir, "../d/./.."));
	fd = syscall(SYS_open, "d", O_RDONLY | O_DIRECTORY, 0);
	show("fchdir", syscall(SYS_fchdir, fd));
	show("relative", syscall(SYS_access, "f", 0));
	syscall(SYS_close, fd);
	show("fchdir bad", syscall(SYS_fchdir, 99));
	fd = syscall(SYS_open, "f", O_RDONLY, 0);
	show("fchdir file", syscall(SYS_fchdir, fd));
	syscall(SYS_close, fd);
	syscall(SYS_chdir, "/");
	show("getcwd of root", syscall(SYS_getcwd, buffer, sizeof(buffer)));
	show("above root", syscall(SYS_access, "/../../tmp", 0));
	syscall(SYS_chdir, "/tmp/dirs");
	show("openat folder", fd = syscall(SYS_open, "d", O_RDONLY, 0) > 0);
}

/* Counts the entries of each kind, in as many calls as a small buffer needs. */
static void test_list(void)
{
	int fd = syscall(SYS_open, "d", O_RDONLY | O_DIRECTORY, 0), count = 0, dots = 0, types = 0;
	char name[16];
	long length;

	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "d/entry%d", i);
		syscall(SYS_close, make_file(name, ""));
	}
	while ((length = syscall(SYS_getdents64, fd, buffer, 200)) > 0) {
		for (long at = 0; at < length;) {
			struct dirent64 *entry = (struct dirent64 *)(buffer + at);

			count++;
			dots += entry->name[0] == '.';
			types += entry->type == 8;
			at += entry->length;
		}
	}
	show("getdents64 end", length);
	printf("entries: %d, with a dot %d, files %d\n", count, dots, types);
	syscall(SYS_lseek, fd, 0, SEEK_SET);
	show("getdents64 tiny", syscall(SYS_getdents64, fd, buffer, 10));
	BAD("getdents64 bad pointer", SYS_getdents64, fd, P, 1000);
	show("getdents64 bad file", syscall(SYS_getdents64, 99, buffer, 1000));
	syscall(SYS_close, fd);
	fd = syscall(SYS_open, "d/f", O_RDONLY, 0);
	show("getdents64 file", syscall(SYS_getdents64, fd, buffer, 1000));
	syscall(SYS_close, fd);
	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "d/entry%d", i);
		syscall(SYS_unlink, name);
	}
}

/* The current directory is removed. */
static void test_removed(void)
{
	syscall(SYS_mkdir, "r", 0755);
	syscall(SYS_chdir, "r");
	show("rmdir current", syscall(SYS_rmdir, "../r"));
	show("create in removed", syscall(SYS_open, "f", O_RDWR | O_CREAT, 0644));
	show("getcwd removed", syscall(SYS_getcwd, buffer, sizeof(buffer)));
	show("up from removed", syscall(SYS_chdir, ".."));
	show("is there", syscall(SYS_access, "d", 0));
}

int main(int argc, char **argv, char **envp)
{
	syscall(SYS_umask, 022);
	syscall(SYS_mkdir, "/tmp/dirs", 0755);
	syscall(SYS_chdir, "/tmp/dirs");
	test_make();
	test_rename();
	test_current();
	test_list();
	test_removed();
	return 0;
}
