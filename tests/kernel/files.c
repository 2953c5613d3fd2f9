/* SPDX-License-Identifier: MIT */
#include <fs/files.h>
#include <fs/inode.h>
#include <fs/path.h>
#include <fs/pipe.h>
#include <fs/poll.h>
#include <fs/terminal_line.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>
#include <mm/kmalloc.h>
#include <sched/sched.h>
#include <tests/kernel/ktest.h>
#include <thread/thread.h>
#include <vm/mm.h>
#include <vm/mman.h>

/*
 * Names, paths, pipes and the line discipline, without a program: what needs the memory of a
 * program is tested by programs (tests/user).
 */

/* A tree of its own below /tmp. Returns its directory, with a reference. */
static struct inode *begin(void)
{
	struct inode *tmp = NULL, *dir = NULL;

	if (path_find(&root_inode, "/tmp", true, &tmp) != 0)
		return NULL;
	mutex_lock(&tree_lock);
	if (inode_make(tmp, "ktest", 5, S_IFDIR | 0755, &dir) != 0)
		dir = NULL;
	mutex_unlock(&tree_lock);
	inode_put(tmp);
	return dir;
}

/* Removes all that is below a directory. tree_lock is held. */
static void empty(struct inode *dir)
{
	while (!list_empty(&dir->entries)) {
		struct entry *entry = list_entry(dir->entries.next, struct entry, link);

		if (inode_is_dir(entry->inode))
			empty(entry->inode);
		entry_remove(dir, entry);
	}
}

static void end(struct inode *dir)
{
	mutex_lock(&tree_lock);
	empty(dir);
	entry_remove(dir->parent, entry_find(dir->parent, "ktest", 5));
	mutex_unlock(&tree_lock);
	inode_put(dir);
}

static int make(struct inode *base, const char *path, u32 mode, const char *target)
{
	struct lookup at;
	struct inode *inode = NULL;
	int error;

	mutex_lock(&tree_lock);
	error = path_walk(base, path, false, &at);
	if (!error)
		error = at.inode ? -EEXIST : inode_make(at.dir, at.name, at.length, mode, &inode);
	if (!error && target) {
		size_t size = strlen(target) + 1;

		inode->target = kmalloc(size, GFP_KERNEL);
		strscpy(inode->target, target, size);
	}
	mutex_unlock(&tree_lock);
	inode_put(inode);
	return error;
}

/* The number of the inode that a path means, or a negative errno. */
static long look(struct inode *base, const char *path, bool follow)
{
	struct inode *inode;
	int error = path_find(base, path, follow, &inode);
	long number;

	if (error)
		return error;
	number = (long)inode->number;
	inode_put(inode);
	return number;
}

/* The slots behind the largest number in use are not initialised. */
KTEST(files, a_number_that_was_never_used_has_no_file)
{
	struct files *files = files_create(), *before = current->files;

	KTEST_REQUIRE(files);
	memset(files->first_slots, 0x22, sizeof(files->first_slots));
	current->files = files;
	EXPECT(!file_of(0));
	EXPECT(!file_of(FIRST_SLOTS - 1));
	EXPECT(!file_of(FIRST_SLOTS));
	EXPECT_EQ(files_close(0), -EBADF);
	current->files = before;
	files_put(files);
}

static char maps[160];
static const struct mm *maps_of;

static int add_to_maps(const char *fmt, ...)
{
	size_t used = strlen(maps);
	va_list args;
	int length;

	/* Names of files need locks that are held by threads which wait for the address space. */
	EXPECT_EQ(maps_of->lock.state, 0);
	va_start(args, fmt);
	length = vsnprintf(maps + used, sizeof(maps) - used, fmt, args);
	va_end(args);
	return length;
}

/* Does the report of an address space with one area end with this name? */
static bool maps_end_with(struct mm *mm, const char *name)
{
	size_t length;

	maps[0] = '\0';
	maps_of = mm;
	vm_show_maps(mm, add_to_maps);
	length = strlen(maps);
	return length > strlen(name) &&
	       strncmp(maps + length - 1 - strlen(name), name, strlen(name)) == 0;
}

KTEST(files, a_report_of_an_address_space_names_files)
{
	struct inode *dir = begin(), *file = NULL;
	struct mm *mm = mm_create();
	long addr = -ENOMEM;

	if (dir && mm) {
		mutex_lock(&tree_lock);
		EXPECT_EQ(inode_make(dir, "program", 7, S_IFREG | 0755, &file), 0);
		mutex_unlock(&tree_lock);
	}
	if (file)
		addr = vm_mmap(mm, 0, PAGE_SIZE, PROT_READ, MAP_PRIVATE, file->object, 0, false);
	EXPECT(addr > 0 || addr < -4095);
	if (file) {
		EXPECT(maps_end_with(mm, " /tmp/ktest/program"));
		mutex_lock(&tree_lock);
		EXPECT_EQ(entry_add(dir, "other", 5, file), 0);
		entry_remove(dir, entry_find(dir, "program", 7));
		mutex_unlock(&tree_lock);
		EXPECT(maps_end_with(mm, " /tmp/ktest/other"));
		mutex_lock(&tree_lock);
		empty(dir);
		mutex_unlock(&tree_lock);
		EXPECT(maps_end_with(mm, " (deleted)"));
		/* The area keeps the pages, but not the inode. */
		inode_put(file);
		EXPECT(maps_end_with(mm, " (deleted)"));
	}
	if (mm)
		mm_put(mm);
	if (dir)
		end(dir);
	KTEST_REQUIRE(file);
}

KTEST(files, paths)
{
	struct inode *dir = begin();
	char *name = kmalloc(512, GFP_KERNEL);
	long file, sub;

	KTEST_REQUIRE(dir && name);
	EXPECT_EQ(make(dir, "sub", S_IFDIR | 0755, NULL), 0);
	EXPECT_EQ(make(dir, "sub/file", S_IFREG | 0644, NULL), 0);
	EXPECT_EQ(make(dir, "sub/file", S_IFREG | 0644, NULL), -EEXIST);
	EXPECT_EQ(make(dir, "none/file", S_IFREG | 0644, NULL), -ENOENT);
	EXPECT_EQ(make(dir, "sub/file/x", S_IFREG | 0644, NULL), -ENOTDIR);
	EXPECT_EQ(make(dir, "link", S_IFLNK | 0777, "sub/../sub/"), 0);
	EXPECT_EQ(make(dir, "loop", S_IFLNK | 0777, "loop"), 0);
	EXPECT_EQ(make(dir, "far", S_IFLNK | 0777, "/tmp/ktest/link/file"), 0);
	file = look(dir, "sub/file", true);
	sub = look(dir, "sub", true);
	EXPECT(file > 0 && sub > 0 && file != sub);
	EXPECT_EQ(look(dir, ".//sub/.././sub///file", true), file);
	EXPECT_EQ(look(dir, "/tmp/ktest/sub/file", true), file);
	EXPECT_EQ(look(dir, "link/file", true), file);
	EXPECT_EQ(look(dir, "far", true), file);
	EXPECT(look(dir, "far", false) != file);
	EXPECT_EQ(look(dir, "link", true), sub);
	EXPECT(look(dir, "link", false) != sub);
	EXPECT_EQ(look(dir, "link/", false), sub);
	EXPECT_EQ(look(dir, "far/", true), -ENOTDIR);
	EXPECT_EQ(look(dir, "sub/file/", true), -ENOTDIR);
	EXPECT_EQ(look(dir, "sub/file/..", true), -ENOTDIR);
	EXPECT_EQ(look(dir, "sub/x", true), -ENOENT);
	EXPECT_EQ(look(dir, "loop", true), -ELOOP);
	EXPECT_EQ(look(dir, "loop/x", true), -ELOOP);
	EXPECT_EQ(look(dir, "", true), -ENOENT);
	EXPECT_EQ(look(dir, "../../..", true), look(dir, "/", true));
	memset(name, 'n', 256);
	name[256] = '\0';
	EXPECT_EQ(look(dir, name, true), -ENAMETOOLONG);
	name[255] = '\0';
	EXPECT_EQ(look(dir, name, true), -ENOENT);
	kfree(name);
	end(dir);
}

KTEST(files, a_removed_directory_lives_until_its_last_user)
{
	struct inode *dir = begin(), *sub = NULL;
	struct entry *entry;

	KTEST_REQUIRE(dir);
	EXPECT_EQ(make(dir, "sub", S_IFDIR | 0755, NULL), 0);
	KTEST_REQUIRE(path_find(dir, "sub", true, &sub) == 0);
	mutex_lock(&tree_lock);
	EXPECT_EQ(dir->nr_links, 3);
	entry_remove(dir, entry_find(dir, "sub", 3));
	EXPECT_EQ(dir->nr_links, 2);
	EXPECT_EQ(sub->nr_links, 0);
	EXPECT_EQ(entry_add(sub, "x", 1, dir), -ENOENT);
	entry = entry_find(dir, "sub", 3);
	mutex_unlock(&tree_lock);
	EXPECT(!entry);
	EXPECT_EQ(look(sub, "..", true), dir->number);
	inode_put(sub);
	end(dir);
}

/* --- pipes ------------------------------------------------------------------------------------ */

#define PIPE_BYTES (3 * 65536u + 5)

static int send_bytes(void *arg)
{
	struct file *end = arg;
	u8 piece[100];
	u32 sent = 0;

	while (sent < PIPE_BYTES) {
		u32 n = min(PIPE_BYTES - sent, (u32)sizeof(piece));

		for (u32 i = 0; i < n; i++)
			piece[i] = (u8)((sent + i) * 7 >> 3);
		if (pipe_write(end, piece, n) != (long)n)
			break;
		sent += n;
	}
	file_put(end);
	return (int)sent;
}

KTEST(files, a_pipe_carries_all_bytes_in_order)
{
	struct file *ends[2];
	struct thread *thread;
	u8 piece[333];
	u32 got = 0, wrong = 0;
	long n;

	KTEST_REQUIRE(pipe_create(ends, 0) == 0);
	thread = kthread_run(send_bytes, ends[1], "pipe");
	KTEST_REQUIRE(thread);
	while ((n = pipe_read(ends[0], piece, sizeof(piece))) > 0) {
		for (long i = 0; i < n; i++, got++)
			wrong += piece[i] != (u8)(got * 7 >> 3);
	}
	EXPECT_EQ(n, 0);
	EXPECT_EQ(got, PIPE_BYTES);
	EXPECT_EQ(wrong, 0);
	EXPECT_EQ(kthread_join(thread), PIPE_BYTES);
	EXPECT_EQ(ends[0]->ops->poll(ends[0]), POLLHUP);
	file_put(ends[0]);
}

/* The pipe never becomes empty before the end: an empty one begins again at its first page. */
KTEST(files, a_ring_goes_on_behind_its_end)
{
	static const s8 pages[] = { 12, -11, 12, -13 }; /* written, read */
	u8 *page = kmalloc(4096, GFP_KERNEL);
	u32 sent = 0, got = 0, wrong = 0;
	struct file *ends[2];

	KTEST_REQUIRE(page && pipe_create(ends, O_NONBLOCK) == 0);
	for (u32 step = 0; step < ARRAY_SIZE(pages); step++) {
		for (s8 nr = pages[step]; nr > 0; nr--) {
			for (u32 i = 0; i < 4096; i++, sent++)
				page[i] = (u8)(sent * 7 >> 3);
			EXPECT_EQ(pipe_write(ends[1], page, 4096), 4096);
		}
		for (s8 nr = pages[step]; nr < 0; nr++) {
			EXPECT_EQ(pipe_read(ends[0], page, 4096), 4096);
			for (u32 i = 0; i < 4096; i++, got++)
				wrong += page[i] != (u8)(got * 7 >> 3);
		}
	}
	EXPECT_EQ(wrong, 0);
	file_put(ends[0]);
	file_put(ends[1]);
	kfree(page);
}

KTEST(files, a_full_pipe_takes_no_part_of_a_short_write)
{
	struct file *ends[2];
	char *page = kzalloc(4096, GFP_KERNEL);

	KTEST_REQUIRE(page && pipe_create(ends, O_NONBLOCK) == 0);
	EXPECT_EQ(pipe_read(ends[0], page, 1), -EAGAIN);
	EXPECT_EQ(ends[1]->ops->poll(ends[1]), POLLOUT);
	for (u32 i = 0; i < 15; i++)
		EXPECT_EQ(pipe_write(ends[1], page, 4096), 4096);
	EXPECT_EQ(pipe_write(ends[1], page, 1), 1);
	EXPECT_EQ(pipe_write(ends[1], page, 4096), -EAGAIN);
	EXPECT_EQ(ends[1]->ops->poll(ends[1]), 0);
	EXPECT_EQ(pipe_write(ends[1], page, 4095), 4095);
	EXPECT_EQ(pipe_write(ends[1], page, 1), -EAGAIN);
	EXPECT_EQ(ends[0]->ops->poll(ends[0]), POLLIN);
	file_put(ends[0]);
	EXPECT_EQ(pipe_write(ends[1], page, 1), -EPIPE);
	file_put(ends[1]);
	kfree(page);
}

/* --- the line discipline ---------------------------------------------------------------------- */

static char shown[64];
static size_t nr_shown;

static void show(const char *s, size_t n)
{
	for (; n && nr_shown < sizeof(shown) - 1; n--)
		shown[nr_shown++] = *s++;
	shown[nr_shown] = '\0';
}

/* Types text. Returns the last signal. */
static int type(struct line *line, const char *text)
{
	int last = 0;

	nr_shown = 0;
	shown[0] = '\0';
	for (; *text; text++) {
		int signal = line_input(line, *text);

		last = signal ? signal : last;
	}
	return last;
}

/* Reads as read(2) does. Returns the text, or "EOF" or "none". */
static const char *take(struct line *line, u32 size)
{
	static char text[32];
	u32 taken, n = line_peek(line, text, size, &taken);

	line->tail += taken;
	text[n] = '\0';
	if (n)
		return text;
	return taken ? "EOF" : "none";
}

KTEST(files, a_line_is_edited_before_it_is_read)
{
	struct line line = { .termios = termios_default, .echo = show };
	struct termios raw = termios_default;

	line.bytes = kzalloc(LINE_SIZE * sizeof(*line.bytes), GFP_KERNEL);
	KTEST_REQUIRE(line.bytes);
	type(&line, "lx\177s");
	EXPECT_STREQ(shown, "lx\b \bs");
	EXPECT_STREQ(take(&line, 9), "none");
	type(&line, " -l\r");
	EXPECT_STREQ(shown, " -l\n");
	type(&line, "gone\025a b \027c\n\003");
	EXPECT_STREQ(take(&line, 2), "none"); /* Ctrl-C has flushed all */
	type(&line, "two words \027\027x\n");
	EXPECT_STREQ(take(&line, 9), "x\n");
	type(&line, "abc\n\004");
	EXPECT_STREQ(take(&line, 2), "ab");
	EXPECT_STREQ(take(&line, 9), "c\n");
	EXPECT_STREQ(take(&line, 9), "EOF");
	type(&line, "ab\004");
	EXPECT_STREQ(take(&line, 9), "ab");
	EXPECT_STREQ(take(&line, 9), "none");
	EXPECT_EQ(type(&line, "\003"), SIGINT);
	EXPECT_STREQ(shown, "^C");
	EXPECT_EQ(type(&line, "\032"), SIGTSTP);
	/* A character of UTF-8 goes at once. */
	type(&line, "a\303\244\177\n");
	EXPECT_STREQ(take(&line, 9), "a\n");
	raw.lflag &= ~(ICANON | ISIG | ECHO);
	line_set(&line, &raw);
	EXPECT_EQ(type(&line, "\003x"), 0);
	EXPECT_STREQ(shown, "");
	EXPECT_STREQ(take(&line, 9), "\003x");
	/* A line without an end loses bytes, and can still be ended. */
	line_set(&line, &termios_default);
	for (u32 i = 0; i < LINE_SIZE + 10; i++)
		line_input(&line, 'y');
	EXPECT_EQ(line.ready, line.tail);
	line_input(&line, '\n');
	EXPECT_EQ(line.ready - line.tail, LINE_SIZE);
	kfree(line.bytes);
}
