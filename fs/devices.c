/* SPDX-License-Identifier: MIT */
#include <asm/entropy.h>
#include <fs/devices.h>
#include <fs/inode.h>
#include <fs/path.h>
#include <fs/terminal.h>
#include <kernel/panic.h>
#include <lib/string.h>
#include <sched/wait.h>

/*
 * The first names of the tree: /dev with the devices that have no hardware, and the empty
 * directories
 * /proc and /tmp. They are made before an archive is unpacked, and a name that exists already wins.
 * So an archive cannot replace a device.
 */

static long null_read(struct file *file, void __user *data, size_t size, u64 pos)
{
	return 0;
}

static long null_write(struct file *file, const void __user *data, size_t size, u64 pos)
{
	return (long)size;
}

static long full_write(struct file *file, const void __user *data, size_t size, u64 pos)
{
	return -ENOSPC;
}

/* A signal ends a long read between two pieces. */
static long zero_read(struct file *file, void __user *data, size_t size, u64 pos)
{
	size_t done = 0;

	while (done < size) {
		size_t n = min(size - done, (size_t)0x10000);
		size_t failed = clear_user((char __user *)data + done, n);

		done += n - failed;
		if (failed)
			return done ? (long)done : -EFAULT;
		if (signal_pending())
			break;
	}
	return (long)done;
}

static long random_read(struct file *file, void __user *data, size_t size, u64 pos)
{
	u8 bytes[64];
	size_t done = 0;

	while (done < size) {
		size_t n = min(size - done, sizeof(bytes));

		entropy_fill(bytes, n);
		if (copy_to_user((char __user *)data + done, bytes, n))
			return done ? (long)done : -EFAULT;
		done += n;
		if (signal_pending())
			break;
	}
	return (long)done;
}

static const struct file_ops null_ops = { .read = null_read, .write = null_write };
static const struct file_ops zero_ops = { .read = zero_read, .write = null_write };
static const struct file_ops full_ops = { .read = zero_read, .write = full_write };
static const struct file_ops random_ops = { .read = random_read, .write = null_write };

/* Numbers of devices are those of Linux: the major one, times 256, plus the minor one. */
static const struct {
	const char *name;
	u32 number;
	const struct file_ops *ops;
} devices[] = {
	{ "null", 0x103, &null_ops },        { "zero", 0x105, &zero_ops },
	{ "full", 0x107, &full_ops },        { "random", 0x108, &random_ops },
	{ "urandom", 0x109, &random_ops },   { "tty", 0x500, &tty_ops },
	{ "console", 0x501, &terminal_ops },
};

static struct inode *make(struct inode *dir, const char *name, u32 mode)
{
	struct inode *inode = NULL;

	if (inode_make(dir, name, strlen(name), mode, &inode) != 0)
		panic("no memory for the name %s", name);
	return inode;
}

void files_init(void)
{
	struct inode *dir;

	inode_path_init();
	mutex_lock(&tree_lock);
	dir = make(&root_inode, "dev", S_IFDIR | 0755);
	for (u32 i = 0; i < ARRAY_SIZE(devices); i++) {
		struct inode *device = make(dir, devices[i].name, S_IFCHR | 0666);

		device->device = devices[i].number;
		device->ops = devices[i].ops;
		inode_put(device);
	}
	inode_put(dir);
	inode_put(make(&root_inode, "proc", S_IFDIR | 0555));
	inode_put(make(&root_inode, "tmp", S_IFDIR | 01777));
	mutex_unlock(&tree_lock);
}
