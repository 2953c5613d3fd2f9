/* SPDX-License-Identifier: MIT */
#include "test.h"

/*
 * filestorm FOLDER [SECONDS]: processes that disturb each other in the same directories and files
 * of a file system, which is at the folder. Each part prints one line. A part has to end, and
 * checks what it can; the file system is checked from outside afterwards.
 */

#define RW    (PROT_READ | PROT_WRITE)
#define NR    4
#define LARGE (64 * PAGE)

static unsigned int seconds = 2, start, state;

static unsigned int now(void)
{
	struct timespec time;

	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &time);
	return (unsigned int)time.sec;
}

static bool goes_on(void)
{
	return now() - start < seconds;
}

static unsigned int any(unsigned int below)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % below;
}

/* Runs a function in several processes at once. Returns how many have failed. */
static int crowd(int (*work)(int who))
{
	int status, wrong = 0;

	start = now();
	for (int who = 0; who < NR; who++) {
		if (fork() == 0) {
			state = (unsigned int)who * 2654435761u + 12345;
			exit(work(who));
		}
	}
	while (syscall(SYS_wait4, -1, &status, 0, 0) > 0)
		wrong += status != 0;
	return wrong;
}

/* --- names ------------------------------------------------------------------------------------ */

/* One of 48 names in 7 directories, of which some are in others. */
static const char *a_name(char *text)
{
	static const char *const folders[] = { ".", "a", "b", "a/c", "b/d", "a/c/e", "x" };

	snprintf(text, 64, "%s/%s%u", folders[any(SIZE(folders))], any(3) ? "f" : "name-of-a-file-",
		 any(8));
	return text;
}

static const char *a_folder(char *text)
{
	static const char *const folders[] = { "a", "b", "a/c", "b/d", "a/c/e", "x" };

	return strcpy(text, folders[any(SIZE(folders))]);
}

static void list(const char *path)
{
	DIR *dir = opendir(path);

	while (dir && readdir(dir))
		;
	if (dir)
		closedir(dir);
}

static int change_names(int who)
{
	char from[64], to[64];

	while (goes_on()) {
		int fd;

		switch (any(12)) {
		case 0 ... 2:
			fd = open(a_name(from), O_RDWR | O_CREAT, 0600);
			if (fd >= 0) {
				write(fd, from, any(64));
				if (any(8) == 0)
					fsync(fd);
				close(fd);
			}
			break;
		case 3:
			unlink(a_name(from));
			break;
		case 4:
			link(a_name(from), a_name(to));
			break;
		case 5:
			symlink(a_name(from), a_name(to));
			break;
		case 6 ... 7:
			rename(a_name(from), a_name(to));
			break;
		case 8:
			rename(a_folder(from), any(2) ? a_folder(to) : a_name(to));
			break;
		case 9:
			mkdir(any(2) ? a_folder(from) : a_name(from), 0700);
			break;
		case 10:
			rmdir(any(2) ? a_folder(from) : a_name(from));
			break;
		case 11:
			list(a_folder(from));
			break;
		}
	}
	return 0;
}

/* Folders come into folders, so the number of names has no end but that of the inodes. */
static int storm_names(void)
{
	char *const args[] = { "rm", "-r", "names", NULL };
	int wrong, status = -1;

	if (mkdir("names", 0700) || chdir("names"))
		return 1;
	wrong = crowd(change_names);
	if (chdir(".."))
		return wrong + 1;
	if (fork() == 0) {
		execve("/bin/rm", args, NULL);
		exit(127);
	}
	syscall(SYS_wait4, -1, &status, 0, 0);
	return wrong + (status != 0);
}

/* --- a full disk ------------------------------------------------------------------------------ */

static int fill(int who)
{
	static char data[8 * PAGE];
	char name[16];
	int fd;

	snprintf(name, sizeof(name), "full-%d", who);
	memset(data, 'a' + who, sizeof(data));
	while (goes_on()) {
		long done = 0, result;
		char byte;

		fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
		if (fd < 0)
			return errno != ENOSPC;
		do {
			result = syscall(SYS_write, fd, data, 1 + any(sizeof(data)));
			done += result > 0 ? result : 0;
		} while (result > 0);
		if (result != -ENOSPC)
			return 2;
		/* The bytes that were written are there. */
		if (syscall(SYS_lseek, fd, 0, SEEK_END) != done)
			return 3;
		if (done &&
		    (syscall(SYS_pread64, fd, &byte, 1, done - 1, 0) != 1 || byte != 'a' + who))
			return 4;
		if (fsync(fd))
			return 5;
		close(fd);
		if (any(3))
			unlink(name);
	}
	unlink(name);
	return 0;
}

static int storm_full(void)
{
	return crowd(fill);
}

static int make_empty(int who)
{
	char name[32];
	int nr = 0, fd;

	for (;; nr++) {
		snprintf(name, sizeof(name), "i/%d-%d", who, nr);
		fd = open(name, O_RDWR | O_CREAT, 0600);
		if (fd < 0)
			break;
		close(fd);
	}
	if (errno != ENOSPC)
		return 1;
	while (--nr >= 0) {
		snprintf(name, sizeof(name), "i/%d-%d", who, nr);
		if (unlink(name))
			return 2;
	}
	return 0;
}

static int storm_inodes(void)
{
	int wrong = mkdir("i", 0700) ? 1 : crowd(make_empty);

	return wrong + (rmdir("i") != 0);
}

/* --- files without names, and mappings -------------------------------------------------------- */

static int write_unlinked(int who)
{
	static char data[PAGE], found[PAGE];

	while (goes_on()) {
		char name[16];
		char *map;
		int fd;

		snprintf(name, sizeof(name), "gone-%d", who);
		fd = open(name, O_RDWR | O_CREAT, 0600);
		if (fd < 0 || unlink(name))
			return 1;
		memset(data, 'A' + who, sizeof(data));
		for (unsigned int i = 0; i < 64; i++)
			if (syscall(SYS_pwrite64, fd, data, PAGE, i * PAGE, 0) != (long)PAGE)
				return 2;
		map = mmap(NULL, LARGE, RW, MAP_SHARED, fd, 0);
		if (map == MAP_FAILED)
			return 3;
		if (any(2))
			fsync(fd);
		close(fd);
		/* The mapping keeps it. */
		for (unsigned int i = 0; i < 64; i++)
			map[i * PAGE + any(PAGE)] = (char)('A' + who);
		if (any(2))
			syscall(SYS_msync, map, LARGE, MS_SYNC);
		for (unsigned int i = 0; i < 64; i++) {
			memcpy(found, map + i * PAGE, PAGE);
			if (memcmp(found, data, PAGE))
				return 4;
		}
		munmap(map, LARGE);
	}
	return 0;
}

static int storm_unlinked(void)
{
	return crowd(write_unlinked);
}

static jmp_buf after_signal;
static volatile bool expects_signal;

static void on_signal(int signal)
{
	if (!expects_signal)
		exit(9);
	longjmp(after_signal, 1);
}

/* Two change the size, two write to all pages by mappings: SIGBUS or not, but no hang. */
static int cut_mapped(int who)
{
	int fd = open("cut", O_RDWR | O_CREAT, 0600);
	char *map;

	if (fd < 0)
		return 1;
	map = mmap(NULL, LARGE, RW, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return 2;
	sigaction(SIGBUS, on_signal, SA_NODEFER, 0);
	while (goes_on()) {
		if (who < 2) {
			if (syscall(SYS_ftruncate64, fd, any(LARGE + 1), 0))
				return 3;
			if (any(8) == 0)
				fsync(fd);
			continue;
		}
		expects_signal = true;
		if (!setjmp(after_signal))
			for (unsigned int i = 0; i < 64; i++)
				map[i * PAGE + any(PAGE)] = 1;
		expects_signal = false;
		/* The kernel copies from and to a page that may go at any moment. */
		syscall(SYS_pwrite64, fd, map, any(2 * PAGE), any(LARGE), 0);
		syscall(SYS_pread64, fd, map, any(2 * PAGE), any(LARGE), 0);
	}
	return 0;
}

static int storm_cut(void)
{
	int wrong = crowd(cut_mapped);

	return wrong + (unlink("cut") != 0);
}

/* --- mounts ----------------------------------------------------------------------------------- */

/* One unmounts and mounts; the others use what is there, which may be the folder below. */
static int mount_again(int who)
{
	int times = 0;

	while (goes_on()) {
		char name[64];
		int fd;

		if (who == 0) {
			int result = umount("m");

			if (result && errno != EBUSY)
				return 1;
			if (!result && mount("/dev/vdb", "m", "ext2", 0, ""))
				return 2;
			times += !result;
			continue;
		}
		snprintf(name, sizeof(name), "m/f%u", any(4));
		fd = open(name, O_RDWR | O_CREAT, 0600);
		if (fd < 0)
			continue;
		if (any(2)) {
			char *map = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);

			syscall(SYS_ftruncate64, fd, PAGE, 0);
			close(fd);
			*map = 1;
			munmap(map, PAGE);
		} else {
			write(fd, name, sizeof(name));
			close(fd);
		}
		if (any(3) == 0)
			unlink(name);
		/* Otherwise it is busy all the time. */
		sleep_ms(any(20));
	}
	return who == 0 && !times ? 3 : 0;
}

static int storm_mounts(void)
{
	int wrong;

	mkdir("m", 0700);
	if (mount("/dev/vdb", "m", "ext2", 0, ""))
		return 1;
	wrong = crowd(mount_again);
	return wrong + (umount("m") != 0);
}

static const struct {
	const char *name;
	int (*storm)(void);
} storms[] = {
	{ "names", storm_names },       { "full", storm_full }, { "inodes", storm_inodes },
	{ "unlinked", storm_unlinked }, { "cut", storm_cut },   { "mounts", storm_mounts },
};

int main(int argc, char **argv, char **envp)
{
	if (argc < 2 || chdir(argv[1]))
		return complain("filestorm", argc < 2 ? "folder" : argv[1]);
	if (argc > 2)
		seconds = (unsigned int)atoi(argv[2]);
	for (size_t i = 0; i < SIZE(storms); i++) {
		int wrong;

		if (argc > 3 && strcmp(argv[3], storms[i].name))
			continue;
		wrong = storms[i].storm();
		if (wrong)
			printf("storm %s: %d FAILED\n", storms[i].name, wrong);
		else
			printf("storm %s: passed\n", storms[i].name);
	}
	return 0;
}
