/* SPDX-License-Identifier: MIT */
#include <fs/proc/tree.h>
#include <fs/super.h>
#include <lib/errno.h>
#include <lib/string.h>

/*
 * The file system of /proc. It has no names of its own: the names of the machine's files are those
 * of a linker set (kernel/proc_file.h), and the others are numbers of processes. Each lookup asks
 * them, and an inode is made for what is looked up:
 *
 *	/proc ─ "meminfo" ─▶ PROC_FILE("meminfo")     the file that owns the report
 *	      ─ "sys" ─────▶ a directory: the first part of the name of some record
 *	      ─ "7" ───────▶ struct proc_task { 7, began at } ─ "stat" ─▶ PROC_TASK_FILE()
 *
 * A name that was looked up stays in memory, as with each file system. Each walk over the name of a
 * process calls is_current(), which finds out that it has ended.
 */

/* --- files of the machine --------------------------------------------------------------------- */

static const struct inode_ops dir_ops, root_ops;

static u32 number_of(const struct proc_file *file)
{
	extern const struct proc_file __start_proc_files[] __weak;

	return NUMBER_OF_DIRS + 1 + (u32)(file - __start_proc_files);
}

/* The part of a file's path behind a directory; NULL if it is not below it. */
static const char *rest_of(const struct proc_file *file, const struct proc_inode *dir)
{
	if (dir->prefix && strncmp(file->name, dir->file->name, dir->prefix) != 0)
		return NULL;
	return file->name + dir->prefix;
}

static size_t part_length(const char *path)
{
	size_t length = 0;

	while (path[length] && path[length] != '/')
		length++;
	return length;
}

static struct inode *make_file(struct inode *dir, const struct proc_file *file)
{
	u32 mode = file->mode ?: file->write || file->write_text ? 0644u : 0444u;
	struct inode *inode = proc_make(dir, S_IFREG | mode, number_of(file),
					&(struct proc_inode){ .file = file });

	if (inode)
		inode->ops = &proc_file_ops;
	return inode;
}

static struct inode *make_dir(struct inode *parent, const struct proc_file *file, size_t prefix)
{
	struct inode *dir = proc_make(parent, S_IFDIR | 0555, NUMBERS_OF_TASK / 2 + number_of(file),
				      &(struct proc_inode){ .file = file, .prefix = prefix });

	if (dir)
		dir->fs_ops = &dir_ops;
	return dir;
}

static int dir_lookup(struct inode *dir, const char *name, size_t length, struct inode **found)
{
	const struct proc_inode *what = proc_inode(dir);
	const struct proc_file *file;

	*found = NULL;
	for_each_in_set(file, proc_files) {
		const char *rest = rest_of(file, what);

		if (!rest || part_length(rest) != length || strncmp(rest, name, length) != 0)
			continue;
		if (rest[length])
			*found = make_dir(dir, file, what->prefix + length + 1);
		else
			*found = make_file(dir, file);
		return *found ? 0 : -ENOMEM;
	}
	return 0;
}

/* Has an earlier file the same first part? */
static bool is_repeated(const struct proc_file *file, const struct proc_inode *dir)
{
	const char *rest = rest_of(file, dir), *other;
	size_t length = part_length(rest);
	const struct proc_file *earlier;

	for_each_in_set(earlier, proc_files) {
		if (earlier == file)
			break;
		other = rest_of(earlier, dir);
		if (other && part_length(other) == length && strncmp(other, rest, length) == 0)
			return true;
	}
	return false;
}

/* The cookie of a file is its place in the set, from 2 on. */
static bool fill_files(const struct inode *dir, u64 *cookie, filldir_fn *fill, void *arg)
{
	const struct proc_inode *what = proc_inode(dir);
	const struct proc_file *file;
	u64 at = 2;

	for_each_in_set(file, proc_files) {
		const char *rest = rest_of(file, what);
		size_t length = rest ? part_length(rest) : 0;

		if (at++ < *cookie)
			continue;
		if (rest && !is_repeated(file, what) &&
		    !fill(arg, rest, length,
			  number_of(file) + (rest[length] ? NUMBERS_OF_TASK / 2 : 0),
			  (rest[length] ? S_IFDIR : S_IFREG) >> 12, at))
			return false;
		*cookie = at;
	}
	return true;
}

static int dir_readdir(struct inode *dir, u64 *cookie, filldir_fn *fill, void *arg)
{
	fill_files(dir, cookie, fill, arg);
	return 0;
}

static const struct inode_ops dir_ops = {
	.lookup = dir_lookup,
	.create = proc_create,
	.readdir = dir_readdir,
};

/* --- /proc ------------------------------------------------------------------------------------ */

/* Links come first, then the files of the machine, then processes. */
static const struct {
	const char *name;
	proc_link_fn *link;
} links[] = {
	{ "self", proc_self_link },
	{ "thread-self", proc_thread_self_link },
	{ "mounts", proc_mounts_link },
};

#define COOKIE_OF_LINKS 0x10000000ull
#define COOKIE_OF_TASKS 0x20000000ull

static int lookup_link(struct inode *root, u32 which, struct inode **found)
{
	*found = proc_make(root, S_IFLNK | 0777, 2 + which,
			   &(struct proc_inode){ .link = links[which].link });
	if (!*found)
		return -ENOMEM;
	(*found)->fs_ops = &proc_link_ops;
	return 0;
}

static int root_lookup(struct inode *root, const char *name, size_t length, struct inode **found)
{
	struct proc_inode what = { 0 };
	u32 number;

	*found = NULL;
	for (u32 i = 0; i < ARRAY_SIZE(links); i++)
		if (strlen(links[i].name) == length && memcmp(links[i].name, name, length) == 0)
			return lookup_link(root, i, found);
	if (!proc_parse_number(name, length, &number))
		return dir_lookup(root, name, length, found);
	if (!number || !proc_processes || !proc_processes->find(number, 0, &what.task))
		return 0;
	*found = proc_make(root, S_IFDIR | 0555, proc_task_number(&what.task), &what);
	if (!*found)
		return -ENOMEM;
	(*found)->fs_ops = &proc_task_ops;
	return 0;
}

static bool root_is_current(struct inode *root, const struct inode *inode)
{
	const struct proc_task *task;

	if (!inode)
		return false;
	task = &proc_inode(inode)->task;
	return !task->process || proc_processes->lives(task);
}

static bool fill_links(u64 *cookie, filldir_fn *fill, void *arg)
{
	for (u32 i = 0; i < ARRAY_SIZE(links); i++) {
		u64 next = COOKIE_OF_LINKS + i + 1;

		if (*cookie >= next)
			continue;
		if (!fill(arg, links[i].name, strlen(links[i].name), 2 + i, S_IFLNK >> 12, next))
			return false;
		*cookie = next;
	}
	return true;
}

static int root_readdir(struct inode *root, u64 *cookie, filldir_fn *fill, void *arg)
{
	struct proc_task task = { 0 };

	if (*cookie < COOKIE_OF_LINKS && !fill_files(root, cookie, fill, arg))
		return 0;
	if (*cookie < COOKIE_OF_TASKS && !fill_links(cookie, fill, arg))
		return 0;
	*cookie = max(*cookie, COOKIE_OF_TASKS);
	while (proc_processes) {
		task.process = proc_processes->next(0, (u32)(*cookie - COOKIE_OF_TASKS));
		if (!task.process ||
		    !proc_fill_number(fill, arg, task.process, proc_task_number(&task), S_IFDIR,
				      COOKIE_OF_TASKS + task.process + 1))
			break;
		*cookie = COOKIE_OF_TASKS + task.process + 1;
	}
	return 0;
}

static const struct inode_ops root_ops = {
	.lookup = root_lookup,
	.create = proc_create,
	.is_current = root_is_current,
	.readdir = root_readdir,
};

/* --- mounting --------------------------------------------------------------------------------- */

#define PROC_MAGIC 0x9fa0u

static int proc_statfs(struct super *super, struct fs_counts *counts)
{
	counts->magic = PROC_MAGIC;
	counts->block_size = PAGE_SIZE;
	return 0;
}

static const struct super_ops super_ops = { .statfs = proc_statfs };

static int proc_mount(struct block_device *device, u32 flags, const char *options,
		      struct super **made, char *message)
{
	struct super *super = super_create("proc", NULL, flags, &super_ops);

	if (!super)
		return -ENOMEM;
	super->inode_extra = sizeof(struct proc_inode);
	super->root = inode_create_in(super, S_IFDIR | 0555, 1);
	if (!super->root) {
		super_destroy(super);
		return -ENOMEM;
	}
	super->root->parent = super->root;
	super->root->nr_links = 2;
	super->root->fs_ops = &root_ops;
	*made = super;
	return 0;
}
FS_TYPE("proc", false, proc_mount);
