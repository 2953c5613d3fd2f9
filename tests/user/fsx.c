/* SPDX-License-Identifier: MIT */
#include "test.h"

/*
 * fsx FOLDER [STEPS [SEED [KIB]]]: random changes of a file, each of which is made in memory, too.
 * After each step the two are compared, and the first difference ends the program. Three processes
 * work on a file each, of KIB kibibytes at most.
 *
 * It runs in any file system, also on Linux. Cached pages are dropped now and then, if /proc has a
 * file for that: then the disk has to know what was written.
 */

#define RW        (PROT_READ | PROT_WRITE)
#define PROCESSES 3u
#define LOG       12u

static unsigned int state, seed, most = 256 << 10;
static char path[64];
static char *wanted, *buffer;
static unsigned int size;
static int fd;

static struct {
	const char *name;
	unsigned int step, from, bytes;
} log[LOG];

static unsigned int any(unsigned int below)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % below;
}

static void fail(const char *what, long result, unsigned int step)
{
	printf("fsx: seed %u, step %u, size %u: %s: %ld\n", seed, step, size, what, result);
	for (unsigned int i = 0; i < LOG; i++) {
		if (log[(step + 1 + i) % LOG].name)
			printf("  step %u: %s, %u bytes at %u\n", log[(step + 1 + i) % LOG].step,
			       log[(step + 1 + i) % LOG].name, log[(step + 1 + i) % LOG].bytes,
			       log[(step + 1 + i) % LOG].from);
	}
	exit(1);
}

static void note(const char *name, unsigned int step, unsigned int from, unsigned int bytes)
{
	log[step % LOG].name = name;
	log[step % LOG].step = step;
	log[step % LOG].from = from;
	log[step % LOG].bytes = bytes;
}

static void compare(const char *found, unsigned int from, unsigned int bytes, unsigned int step)
{
	if (!memcmp(found, wanted + from, bytes))
		return;
	for (unsigned int i = 0; i < bytes; i++) {
		if (found[i] == wanted[from + i])
			continue;
		printf("fsx: byte %u is %x, expected %x\n", from + i, (unsigned char)found[i],
		       (unsigned char)wanted[from + i]);
		fail("wrong byte", (long)(from + i), step);
	}
}

static void scribble(char *to, unsigned int bytes)
{
	unsigned int word = any(~0u);

	for (unsigned int i = 0; i < bytes; i++, word = word * 1103515245 + 12345)
		to[i] = (char)(word >> 16 | 1);
}

/* A new size. The bytes in between are zero. */
static void resize(unsigned int to)
{
	if (to < size)
		memset(wanted + to, 0, size - to);
	size = to;
}

static void check_size(unsigned int step)
{
	struct stat64 info;
	long result = syscall(SYS_fstat64, fd, &info);

	if (result || info.size != size)
		fail("wrong size", result ? result : (long)info.size, step);
}

/* --- the steps -------------------------------------------------------------------------------- */

static void do_read(unsigned int step, unsigned int from, unsigned int bytes)
{
	unsigned int expected = from >= size ? 0 : bytes < size - from ? bytes : size - from;
	long result;

	note("read", step, from, bytes);
	result = syscall(SYS_pread64, fd, buffer, bytes, from, 0);
	if (result != (long)expected)
		fail("read", result, step);
	compare(buffer, from, expected, step);
}

static void do_write(unsigned int step, unsigned int from, unsigned int bytes, bool append)
{
	long result;

	if (append)
		from = size;
	if (from + bytes > most)
		bytes = most - from;
	note(append ? "append" : "write", step, from, bytes);
	scribble(wanted + from, bytes);
	if (append) {
		int other = open(path, O_WRONLY | O_APPEND);

		result = syscall(SYS_write, other, wanted + from, bytes);
		close(other);
	} else {
		result = syscall(SYS_pwrite64, fd, wanted + from, bytes, from, 0);
	}
	if (result != (long)bytes)
		fail("write", result, step);
	if (bytes && from + bytes > size)
		size = from + bytes;
}

static void do_truncate(unsigned int step, unsigned int to)
{
	long result;

	note("truncate", step, to, 0);
	result =
		any(2) ? syscall(SYS_ftruncate64, fd, to, 0) : syscall(SYS_truncate64, path, to, 0);
	if (result)
		fail("truncate", result, step);
	resize(to);
}

/* Through a shared mapping, which is below the size, as all of its bytes are. */
static void do_map(unsigned int step, unsigned int from, unsigned int bytes, bool change)
{
	unsigned int page = from & ~(unsigned int)(PAGE - 1);
	char *map;
	long result;

	if (from >= size)
		return;
	if (bytes > size - from)
		bytes = size - from;
	note(change ? "change by a mapping" : "read by a mapping", step, from, bytes);
	map = mmap(NULL, from - page + bytes, RW, MAP_SHARED, fd, page);
	if (map == MAP_FAILED)
		fail("mmap", -errno, step);
	if (!change || any(2))
		compare(map + (from - page), from, bytes, step);
	if (change) {
		scribble(wanted + from, bytes);
		memcpy(map + (from - page), wanted + from, bytes);
		result = any(3) ? 0 : syscall(SYS_msync, map, from - page + bytes, MS_SYNC);
		if (result)
			fail("msync", result, step);
	}
	munmap(map, from - page + bytes);
}

/* The source of a write is a mapping of the same file. */
static void do_copy(unsigned int step, unsigned int from, unsigned int bytes)
{
	unsigned int to = any(most);
	char *map;
	long result;

	if (from >= size || !bytes)
		return;
	bytes = bytes < size - from ? bytes : size - from;
	bytes = bytes < most - to ? bytes : most - to;
	if (from < to + bytes && to < from + bytes)
		return;
	note("copy from a mapping", step, to, bytes);
	map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		fail("mmap", -errno, step);
	result = syscall(SYS_pwrite64, fd, map + from, bytes, to, 0);
	munmap(map, size);
	if (result != (long)bytes)
		fail("copy", result, step);
	memcpy(wanted + to, wanted + from, bytes);
	if (to + bytes > size)
		size = to + bytes;
}

static void drop_caches(void)
{
	int file = open("/proc/sys/vm/drop_caches", O_WRONLY);

	if (file < 0)
		return;
	syscall(SYS_write, file, "3", 1);
	close(file);
}

static void do_sync(unsigned int step)
{
	long result;

	note("fsync", step, 0, 0);
	result = syscall(SYS_fsync, fd);
	if (result)
		fail("fsync", result, step);
	if (any(2))
		drop_caches();
}

static void reopen(unsigned int step)
{
	note("open again", step, 0, 0);
	close(fd);
	if (any(4) == 0)
		drop_caches();
	fd = open(path, O_RDWR);
	if (fd < 0)
		fail("open", fd, step);
}

static void one_step(unsigned int step)
{
	unsigned int from = any(most), bytes = any(any(4) ? 5000 : 70000);

	switch (any(16)) {
	case 0 ... 2:
		do_read(step, from, bytes);
		break;
	case 3 ... 5:
		do_write(step, from, bytes, false);
		break;
	case 6:
		do_write(step, from & ~(unsigned int)(PAGE - 1), PAGE * (1 + any(9)), false);
		break;
	case 7:
		do_write(step, 0, bytes, true);
		break;
	case 8 ... 9:
		do_truncate(step, any(2) ? from : size ? any(size) : 0);
		break;
	case 10 ... 11:
		do_map(step, from, bytes, true);
		break;
	case 12:
		do_map(step, from, bytes, false);
		break;
	case 13:
		do_copy(step, from, bytes);
		break;
	case 14:
		do_sync(step);
		break;
	case 15:
		reopen(step);
		break;
	}
	check_size(step);
}

static void work(unsigned int who, const char *folder, unsigned int steps)
{
	wanted = anonymous(most + PAGE);
	buffer = anonymous(70000);
	seed += who;
	state = seed * 2654435761u | 1;
	snprintf(path, sizeof(path), "%s/fsx-%u", folder, who);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
	if (fd < 0)
		fail("open", -errno, 0);
	for (unsigned int step = 1; step <= steps; step++) {
		one_step(step);
		if (step % 64 == 0) {
			for (unsigned int at = 0; at < size; at += 65536)
				do_read(step, at, 65536);
		}
	}
	close(fd);
	exit(0);
}

int main(int argc, char **argv, char **envp)
{
	const char *folder = argc > 1 ? argv[1] : "/tmp";
	unsigned int steps = argc > 2 ? (unsigned int)atoi(argv[2]) : 1000;
	int status, wrong = 0;

	seed = argc > 3 ? (unsigned int)atoi(argv[3]) : 1;
	if (argc > 4)
		most = (unsigned int)atoi(argv[4]) << 10;
	for (unsigned int who = 0; who < PROCESSES; who++) {
		if (fork() == 0)
			work(who, folder, steps);
	}
	while (syscall(SYS_wait4, -1, &status, 0, 0) > 0)
		wrong += status != 0;
	printf("fsx: %u files, %d wrong\n", PROCESSES, wrong);
	return wrong != 0;
}
