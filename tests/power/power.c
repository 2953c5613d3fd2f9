/* SPDX-License-Identifier: MIT */
#include <libc.h>

/*
 * The guest's side of tests/qemu/power_cut.py: it changes files on a disk, and says which contents
 * a power cut must not take any more.
 *
 *	power DEVICE SEED STEPS OTHERS
 *
 * OTHERS processes change files at the same time and say nothing, so the disk is never idle.
 *
 * A line that begins with "@@" is a statement, and the program waits for an answer before it
 * continues. So the reader knows how much the disk had written at this point:
 *
 *	@@ file PATH SIZE NUMBER   the file has these bytes of contents NUMBER, perhaps more
 *	@@ either PATH SIZE NUMBER the file is as was said before, or like this
 *	@@ leave PATH              the file is going to change: any older statement about it may end
 *	@@ gone PATH               there is no such name
 *	@@ folder PATH             there is such a folder
 *	@@ done
 */

#define MOUNT      "/mnt"
#define MOST_FILES 64
#define MOST_NOISE 8
#define PIECE      8192

enum { SYS_MSYNC = 144, SYS_FTRUNCATE64 = 194 };

static uint32_t state;

static uint32_t below(uint32_t limit)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % limit;
}

/* --- statements ------------------------------------------------------------------------------- */

static void wait_for_answer(void)
{
	char c = 0;

	while (c != '\n' && read(0, &c, 1) == 1)
		;
}

static void fail(const char *what, const char *path)
{
	printf("@@ failed %s %s %s\n", what, path, errno_name(errno));
	exit(1);
}

/* --- files ------------------------------------------------------------------------------------ */

struct file {
	char path[48];
	uint32_t size, number; /* 0: no file */
};

static struct file files[MOST_FILES], noise[MOST_NOISE];
static char folders[8][32] = { MOUNT };
static uint32_t nr_folders = 1, nr_names, nr_numbers;

static void state_file(const struct file *file)
{
	printf("@@ file %s %u %u\n", file->path, file->size, file->number);
	wait_for_answer();
}

static void state_leave(const struct file *file)
{
	printf("@@ leave %s\n", file->path);
	wait_for_answer();
}

/* The contents of a file: each word depends on its place. */
static void fill(uint32_t *words, uint32_t from, uint32_t size, uint32_t number)
{
	for (uint32_t i = 0; i < (size + 3) / 4; i++)
		words[i] = (from / 4 + i) * 0x9e3779b1u ^ number * 0x85ebca6bu;
}

/* @from is a multiple of 4. */
static void write_part(int fd, const struct file *file, uint32_t from, uint32_t to)
{
	static uint32_t words[PIECE / 4];

	while (from < to) {
		uint32_t size = to - from < PIECE ? to - from : PIECE;

		fill(words, from, size, file->number);
		if (write_all(fd, (char *)words, (long)size) < 0)
			fail("write", file->path);
		from += size;
	}
}

static void sync_folder(const char *path)
{
	char folder[48];
	int fd;

	strcpy(folder, path);
	*strrchr(folder, '/') = '\0';
	fd = open(folder, O_RDONLY);
	if (fd < 0 || fsync(fd) < 0)
		fail("fsync", folder);
	close(fd);
}

static uint32_t some_size(void)
{
	switch (below(8)) {
	case 0:
		return below(8) * 4;
	case 1:
		return (below(60) + 1) * 16384; /* with indirect blocks */
	default:
		return below(40000) & ~3u;
	}
}

static void new_name(struct file *file)
{
	snprintf(file->path, sizeof(file->path), "%s/f%u", folders[below(nr_folders)], nr_names++);
}

static int create(struct file *file, uint32_t size)
{
	int fd = open(file->path, O_RDWR | O_CREAT | O_TRUNC, 0644);

	if (fd < 0)
		fail("open", file->path);
	file->number = ++nr_numbers;
	file->size = size;
	return fd;
}

static void sync_and_close(int fd, const struct file *file)
{
	if (fsync(fd) < 0)
		fail("fsync", file->path);
	close(fd);
}

/* --- steps ------------------------------------------------------------------------------------ */

static void step_create(struct file *file)
{
	int fd;

	new_name(file);
	fd = create(file, some_size());
	write_part(fd, file, 0, file->size);
	sync_and_close(fd, file);
	sync_folder(file->path);
	state_file(file);
}

/* The older part is not touched, so the older statement stays true. */
static void step_append(struct file *file)
{
	uint32_t size = file->size + some_size();
	int fd = open(file->path, O_WRONLY | O_APPEND);

	if (fd < 0)
		fail("open", file->path);
	write_part(fd, file, file->size, size);
	file->size = size;
	sync_and_close(fd, file);
	state_file(file);
}

/* Before the rename the old file is there, and afterwards the new one, and never none. */
static void step_replace(struct file *file)
{
	struct file new = { 0 };
	int fd;

	snprintf(new.path, sizeof(new.path), "%s.new", file->path);
	fd = create(&new, some_size());
	write_part(fd, &new, 0, new.size);
	sync_and_close(fd, &new);
	printf("@@ either %s %u %u\n", file->path, new.size, new.number);
	wait_for_answer();
	if (rename(new.path, file->path) < 0)
		fail("rename", new.path);
	sync_folder(file->path);
	file->size = new.size;
	file->number = new.number;
	state_file(file);
}

static void step_remove(struct file *file)
{
	state_leave(file);
	if (unlink(file->path) < 0)
		fail("unlink", file->path);
	sync_folder(file->path);
	printf("@@ gone %s\n", file->path);
	wait_for_answer();
	file->number = 0;
}

static void step_shorten(struct file *file)
{
	uint32_t size = below(file->size + 1) & ~3u;
	int fd = open(file->path, O_RDWR);

	state_leave(file);
	if (fd < 0 || syscall(SYS_FTRUNCATE64, fd, size, 0) < 0)
		fail("truncate", file->path);
	file->size = size;
	sync_and_close(fd, file);
	state_file(file);
}

static void step_map(struct file *file)
{
	uint32_t size = (below(8) + 1) * 4096;
	void *map;
	int fd;

	new_name(file);
	fd = create(file, size);
	if (syscall(SYS_FTRUNCATE64, fd, size, 0) < 0)
		fail("truncate", file->path);
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		fail("mmap", file->path);
	fill(map, 0, size, file->number);
	if (syscall(SYS_MSYNC, map, size, 4 /* MS_SYNC */) < 0)
		fail("msync", file->path);
	munmap(map, size);
	close(fd);
	sync_folder(file->path);
	state_file(file);
}

static void step_folder(void)
{
	char *path = folders[nr_folders];

	if (nr_folders == sizeof(folders) / sizeof(folders[0]))
		return;
	snprintf(path, sizeof(folders[0]), "%s/d%u",
		 folders[below(nr_folders < 3 ? nr_folders : 3)], nr_names++);
	if (mkdir(path, 0755) < 0)
		fail("mkdir", path);
	sync_folder(path);
	printf("@@ folder %s\n", path);
	wait_for_answer();
	nr_folders++;
}

/* Files that are not synced. Some are removed again. */
static void step_noise(void)
{
	struct file *file = &noise[below(MOST_NOISE)];
	int fd;

	if (file->number) {
		state_leave(file);
		if (unlink(file->path) < 0)
			fail("unlink", file->path);
		file->number = 0;
		return;
	}
	new_name(file);
	fd = create(file, some_size());
	write_part(fd, file, 0, file->size);
	close(fd);
}

static void step_sync(void)
{
	sync();
	for (int i = 0; i < MOST_NOISE; i++)
		if (noise[i].number)
			state_file(&noise[i]);
}

static void step(void)
{
	struct file *file = &files[below(MOST_FILES)];

	step_noise();
	if (below(12) == 0) {
		step_sync();
		return;
	}
	if (below(15) == 0) {
		step_folder();
		return;
	}
	if (!file->number) {
		if (below(5) == 0)
			step_map(file);
		else
			step_create(file);
		return;
	}
	switch (below(6)) {
	case 0:
		step_remove(file);
		break;
	case 1:
		step_shorten(file);
		break;
	case 2:
	case 3:
		step_replace(file);
		break;
	default:
		if (file->size < 2000000)
			step_append(file);
	}
}

/* Change files of this process for ever. A full disk is no error. */
static void __attribute__((noreturn)) churn(uint32_t number)
{
	char folder[32], path[48], other[48];

	snprintf(folder, sizeof(folder), MOUNT "/o%u", number);
	mkdir(folder, 0755);
	for (;;) {
		struct file file = { .number = below(1000) };
		int fd;

		snprintf(path, sizeof(path), "%s/%u", folder, below(12));
		snprintf(other, sizeof(other), "%s/%u", folder, below(12));
		fd = open(path, O_RDWR | O_CREAT | (below(2) ? O_TRUNC : O_APPEND), 0644);
		if (fd >= 0) {
			write_part(fd, &file, 0, below(30000));
			if (below(3) == 0)
				fsync(fd);
			close(fd);
		}
		if (below(3) == 0)
			rename(path, other);
		if (below(3) == 0)
			unlink(other);
		sleep_ms(below(20));
	}
}

int main(int argc, char **argv)
{
	int others[8], nr_others = 0;

	if (argc < 5) {
		puts("power DEVICE SEED STEPS OTHERS");
		return 2;
	}
	mkdir(MOUNT, 0755);
	if (mount(argv[1], MOUNT, "ext2", 0, NULL) < 0)
		fail("mount", argv[1]);
	state = (uint32_t)atoi(argv[2]) * 2654435761u | 1;
	while (nr_others < atoi(argv[4]) && nr_others < 8) {
		state += 2;
		others[nr_others] = fork();
		if (others[nr_others] == 0)
			churn((uint32_t)nr_others);
		nr_others++;
	}
	for (int steps = atoi(argv[3]); steps > 0; steps--)
		step();
	while (nr_others > 0) {
		kill(others[--nr_others], 9);
		waitpid(others[nr_others], NULL, 0);
	}
	sync(); /* nothing is written after the last statement */
	puts("@@ done");
	wait_for_answer();
	return 0;
}
