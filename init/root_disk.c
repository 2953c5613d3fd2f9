/* SPDX-License-Identifier: MIT */
#include <block/block.h>
#include <fs/inode.h>
#include <fs/path.h>
#include <fs/super.h>
#include <init/root_disk.h>
#include <kernel/command.h>
#include <kernel/printk.h>
#include <lib/errno.h>

/*
 * root=/dev/NAME: the file system of a disk becomes the root. It covers the root in memory, with
 * all that a boot module has brought. A program finds its devices and reports where it expects
 * them: so /dev and /proc are mounted on the disk, too, if it has folders of these names.
 */

static const char *device;
static u32 root_flags;

static int parse_root(const char *value)
{
	if (*value != '/')
		return -EINVAL;
	device = value;
	return 0;
}
BOOT_PARAM("root", "root=/dev/NAME", "the file system of this disk becomes /", parse_root);

static int parse_ro(const char *value)
{
	root_flags = MS_RDONLY;
	return 0;
}
BOOT_PARAM("ro", "ro", "mount the disk of root= for reading only", parse_ro);

static int mount_at(const char *source, const char *path, const char *type, u32 flags)
{
	struct inode *dir, *root = inode_root();
	int error = path_find(root, path, true, &dir);

	inode_put(root);
	if (error)
		return error;
	error = fs_mount(source, dir, type, flags, "");
	inode_put(dir);
	return error;
}

static void mount_in_memory(const char *path, const char *type)
{
	int error = mount_at(type, path, type, 0);

	if (error && error != -ENOENT)
		pr_warn("root=: %s cannot be mounted on %s: errno %d\n", type, path, -error);
}

static int print_name(struct block_device *disk, void *unused)
{
	pr_err("  /dev/%s\n", disk->name);
	return 0;
}

void root_disk_mount(void)
{
	int error;

	if (!device)
		return;
	error = mount_at(device, "/", "ext2", root_flags);
	if (error) {
		pr_err("root=%s: errno %d, expected a disk with a file system of type ext2; "
		       "the root stays in memory. Disks:\n",
		       device, -error);
		block_for_each(print_name, NULL);
		return;
	}
	mount_in_memory("/dev", "devtmpfs");
	mount_in_memory("/proc", "proc");
}
