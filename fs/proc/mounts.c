/* SPDX-License-Identifier: MIT */
#include <fs/inode.h>
#include <fs/proc/proc.h>
#include <fs/super.h>
#include <kernel/proc_file.h>
#include <lib/errno.h>
#include <mm/kmalloc.h>

/* Files of /proc that tell about file systems: filesystems, mounts, mountinfo. */

static void filesystems_show(printf_fn *out)
{
	const struct fs_type *type;

	for_each_fs_type(type)
		out("%s\t%s\n", type->needs_device ? "" : "nodev", type->name);
}
PROC_FILE("filesystems", filesystems_show);

typedef u32 line_fn(struct super *super, const char *path, char *to, size_t size);

struct lines {
	printf_fn *out;
	line_fn *make;
	char *line;
};

#define LINE_SIZE (PATH_MAX + 256)

static bool show_mount(struct super *super, const char *path, void *arg)
{
	struct lines *lines = arg;

	lines->make(super, path, lines->line, LINE_SIZE);
	lines->out("%s", lines->line);
	return true;
}

static int show_all(line_fn *make, printf_fn *out)
{
	struct lines lines = { out, make, kmalloc(LINE_SIZE, GFP_KERNEL) };

	if (!lines.line)
		return -ENOMEM;
	for_each_mount(show_mount, &lines);
	kfree(lines.line);
	return 0;
}

static int mounts_show(const struct proc_task *task, printf_fn *out)
{
	return show_all(mount_line, out);
}
PROC_TASK_FILE("mounts", 0444, mounts_show);

static int mountinfo_show(const struct proc_task *task, printf_fn *out)
{
	return show_all(mountinfo_line, out);
}
PROC_TASK_FILE("mountinfo", 0444, mountinfo_show);
