/* SPDX-License-Identifier: MIT */
#include <asm/entropy.h>
#include <block/block.h>
#include <fs/block_file.h>
#include <fs/devices.h>
#include <fs/inode.h>
#include <fs/path.h>
#include <fs/super.h>
#include <fs/terminal.h>
#include <fs/tmpfs.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <lib/string.h>
#include <sched/wait.h>

/*
 * Devices, and the first names of the tree: /dev, and the empty directories /proc and /tmp. They
 * are made before an archive is unpacked, and a name that exists already wins. So an archive cannot
 * replace a device.
 *
 * /dev is a file system of its own, of the type devtmpfs: a tmpfs in which each device has a name
 * from the start, and a disk since it was found. It can be mounted several times, for example
 * below a root on a disk; each mount has its own names. A node that mknod(2) makes elsewhere
 * leads to the same device, because it is found by its number.
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

const struct file_ops *device_ops(const struct inode *inode)
{
	if ((inode->mode & S_IFMT) == S_IFBLK)
		return &block_file_ops;
	if ((inode->mode & S_IFMT) != S_IFCHR)
		return NULL;
	for (u32 i = 0; i < ARRAY_SIZE(devices); i++) {
		if (devices[i].number == inode->device)
			return devices[i].ops;
	}
	return NULL;
}

/* tree_lock is held. A name that exists stays. */
static int add_node(struct inode *dir, const char *name, u32 mode, u32 number)
{
	struct inode *node;
	int error;

	if (entry_find(dir, name, strlen(name)))
		return 0;
	error = inode_make(dir, name, strlen(name), mode, &node);
	if (error)
		return error;
	node->device = number;
	node->ops = device_ops(node);
	inode_put(node);
	return 0;
}

/* --- disks ------------------------------------------------------------------------------------ */

static int add_disk_to(struct block_device *device, void *dir)
{
	return add_node(dir, device->name, S_IFBLK | 0660, device->number);
}

static int add_locked(struct block_device *device, void *dir)
{
	int error;

	mutex_lock(&tree_lock);
	error = add_disk_to(device, dir);
	mutex_unlock(&tree_lock);
	return error;
}

/* tree_lock is held. A file that has the name stays. */
static void remove_disk_from(struct block_device *device, struct inode *dir)
{
	struct entry *entry = entry_find(dir, device->name, strlen(device->name));

	if (entry && entry->inode->ops == &block_file_ops && entry->inode->device == device->number)
		entry_remove(dir, entry);
}

static void name_disk(struct block_device *device, bool there)
{
	struct super *super;

	mutex_lock(&tree_lock);
	list_for_each_entry(super, &root_super.link, link) {
		if (strcmp(super->type, "devtmpfs") != 0)
			continue;
		if (!there)
			remove_disk_from(device, super->root);
		else if (add_disk_to(device, super->root))
			pr_warn("%s: no memory for its name in /dev\n", device->name);
	}
	mutex_unlock(&tree_lock);
	if (!there)
		device_forget(device);
}

/* A disk that is found meanwhile may be added twice, and the second time changes nothing. */
static int add_disks(struct inode *dir)
{
	return block_for_each(add_locked, dir);
}

static int devtmpfs_mount(struct block_device *device, u32 flags, const char *options,
			  struct super **made, char *message)
{
	int error = tmpfs_make("devtmpfs", flags, options, made, message);
	struct inode *root;

	if (error)
		return error;
	root = (*made)->root;
	root->mode = S_IFDIR | 0755;
	mutex_lock(&tree_lock);
	for (u32 i = 0; !error && i < ARRAY_SIZE(devices); i++)
		error = add_node(root, devices[i].name, S_IFCHR | 0666, devices[i].number);
	mutex_unlock(&tree_lock);
	if (!error)
		error = add_disks(root);
	if (error) {
		(*made)->ops->put(*made);
		super_destroy(*made);
	}
	return error;
}

FS_TYPE("devtmpfs", false, devtmpfs_mount);

static struct inode *make(struct inode *dir, const char *name, u32 mode)
{
	struct inode *inode = NULL;

	if (inode_make(dir, name, strlen(name), mode, &inode) != 0)
		panic("no memory for the name %s", name);
	return inode;
}

void files_init(void)
{
	struct inode *dev, *proc;

	inode_path_init();
	tmpfs_init();
	mutex_lock(&tree_lock);
	dev = make(&root_inode, "dev", S_IFDIR | 0755);
	proc = make(&root_inode, "proc", S_IFDIR | 0555);
	inode_put(make(&root_inode, "tmp", S_IFDIR | 01777));
	mutex_unlock(&tree_lock);
	if (fs_mount("devtmpfs", dev, "devtmpfs", MS_NOSUID, "mode=755"))
		panic("no memory for /dev");
	if (fs_mount("proc", proc, "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, ""))
		panic("no memory for /proc");
	inode_put(dev);
	inode_put(proc);
	block_use_names(name_disk);
}
