/* SPDX-License-Identifier: MIT */
#include <fs/file.h>
#include <fs/proc/text.h>
#include <fs/proc/tree.h>
#include <lib/errno.h>
#include <lib/parse.h>
#include <mm/kmalloc.h>
#include <sched/mutex.h>

/*
 * Open files of /proc. The text is made when a program reads from position 0, and stays as it is
 * until the end was read. So a program that reads in small pieces gets one text, and a program that
 * keeps a file open and seeks back gets a new one. The memory is given back at the end of the text,
 * since many programs close a file much later.
 */

struct open {
	struct mutex lock; /* guards text. Taken before mm->lock */
	struct text text;
};

static int show(void *arg, printf_fn *out)
{
	const struct proc_inode *what = arg;

	if (what->task_file)
		return what->task_file->show(&what->task, out);
	what->file->show(out);
	return 0;
}

static int proc_open(struct file *file)
{
	const struct proc_inode *what = proc_inode(file->inode);

	/* For root, too: there is nothing to read. */
	if (what->file && !what->file->show && (file->flags & O_ACCMODE) != O_WRONLY)
		return -EACCES;
	file->private = kzalloc(sizeof(struct open), GFP_KERNEL);
	return file->private ? 0 : -ENOMEM;
}

static void proc_release(struct file *file)
{
	struct open *open = file->private;

	text_free(&open->text);
	kfree(open);
}

static long copy_text(struct text *text, void __user *data, size_t size, u64 pos)
{
	size_t part;

	if (pos >= text->used) {
		text_free(text);
		return 0;
	}
	part = min(size, text->used - (size_t)pos);
	part -= copy_to_user(data, text->data + (size_t)pos, part);
	return part || !size ? (long)part : -EFAULT;
}

static long proc_read(struct file *file, void __user *data, size_t size, u64 pos)
{
	struct open *open = file->private;
	long result = 0;

	mutex_lock(&open->lock);
	if (!pos || !open->text.data)
		result = text_make(&open->text, show, proc_inode(file->inode));
	if (!result)
		result = copy_text(&open->text, data, size, pos);
	mutex_unlock(&open->lock);
	return result;
}

/* A text, or a number, which has a sign only in files of processes. */
static int write_value(const struct proc_inode *what, const char *text)
{
	bool negative = what->task_file && *text == '-';
	u32 value;

	if (!what->task_file && what->file->write_text)
		return what->file->write_text(text);
	if (parse_u32(text + negative, what->task_file ? INT_MAX : UINT_MAX, &value))
		return -EINVAL;
	if (what->task_file)
		return what->task_file->write(&what->task, negative ? -(s32)value : (s32)value);
	return what->file->write(value);
}

/* With a line end or without. */
static long proc_write(struct file *file, const void __user *data, size_t size, u64 pos)
{
	const struct proc_inode *what = proc_inode(file->inode);
	char text[40];
	int error;

	if (what->task_file ? !what->task_file->write
			    : !(what->file->write || what->file->write_text))
		return -EIO;
	if (size >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, data, size))
		return -EFAULT;
	text[size] = '\0';
	if (size && text[size - 1] == '\n')
		text[size - 1] = '\0';
	error = write_value(what, text);
	return error ? error : (long)size;
}

const struct file_ops proc_file_ops = {
	.has_position = true,
	.open = proc_open,
	.read = proc_read,
	.write = proc_write,
	.release = proc_release,
};
