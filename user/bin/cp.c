/* SPDX-License-Identifier: MIT */
#include "libc.h"

/* Copies files, and with -r folders. The last argument is the new name, or a folder. */

static bool folders;

static int copy_any(const char *from, const char *to);

static int copy_into(const char *from, void *to)
{
	const char *path = path_in(to, last_name(from));
	int failed = copy_any(from, path);

	free((void *)path);
	return failed;
}

static int copy_folder(const char *from, const char *to, unsigned int mode)
{
	int failed;

	if (mkdir(to, (int)(mode | 0700)) < 0 && (errno != EEXIST || !is_folder(to)))
		return complain("cp", to);
	failed = for_each_name(from, copy_into, (void *)to);
	return failed < 0 ? complain("cp", from) : failed;
}

static int copy_bytes(int in, const char *from, int out, const char *to)
{
	static char data[65536];
	long size;

	while ((size = read(in, data, sizeof(data))) > 0) {
		if (write_all(out, data, size) < 0)
			return complain("cp", to);
	}
	return size < 0 ? complain("cp", from) : 0;
}

static bool same_file(const struct stat64 *a, const char *path)
{
	struct stat64 b;

	return stat(path, &b) == 0 && a->dev == b.dev && a->ino == b.ino;
}

static int copy_file(const char *from, const char *to, const struct stat64 *st)
{
	int in, out, failed;

	if (same_file(st, to)) {
		dprintf(2, "cp: %s and %s are the same file\n", from, to);
		return 1;
	}
	in = open(from, O_RDONLY);
	if (in < 0)
		return complain("cp", from);
	out = open(to, O_WRONLY | O_CREAT | O_TRUNC, st->mode & 0777);
	if (out < 0) {
		close(in);
		return complain("cp", to);
	}
	failed = copy_bytes(in, from, out, to);
	close(in);
	if (close(out) < 0)
		failed = complain("cp", to);
	return failed;
}

static int copy_link(const char *from, const char *to)
{
	char target[PATH_MAX];
	long length = readlink(from, target, sizeof(target) - 1);

	if (length < 0)
		return complain("cp", from);
	target[length] = 0;
	return symlink(target, to) < 0 ? complain("cp", to) : 0;
}

static int copy_any(const char *from, const char *to)
{
	struct stat64 st;

	if ((folders ? lstat : stat)(from, &st) < 0)
		return complain("cp", from);
	switch (st.mode & S_IFMT) {
	case S_IFREG:
		return copy_file(from, to, &st);
	case S_IFLNK:
		return copy_link(from, to);
	case S_IFDIR:
		if (folders)
			return copy_folder(from, to, st.mode & 0777);
		dprintf(2, "cp: %s is a folder, expected -r\n", from);
		return 1;
	default:
		if (!folders)
			return copy_file(from, to, &st);
		return mknod(to, st.mode, (unsigned int)st.rdev) < 0 ? complain("cp", to) : 0;
	}
}

int main(int argc, char **argv, char **envp)
{
	int first = 1, failed = 0;
	const char *to = argv[argc - 1];

	for (; first < argc && argv[first][0] == '-'; first++)
		folders |= strchr(argv[first], 'r') || strchr(argv[first], 'R') ||
			   strchr(argv[first], 'a');
	if (argc - first < 2) {
		dprintf(2, "usage: cp [-r] FROM... TO\n");
		return 1;
	}
	if (is_folder(to)) {
		for (; first < argc - 1; first++)
			failed |= copy_into(argv[first], (void *)to);
		return failed;
	}
	if (argc - first > 2) {
		dprintf(2, "cp: %s is no folder, expected one for several files\n", to);
		return 1;
	}
	return copy_any(argv[first], to);
}
