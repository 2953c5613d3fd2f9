/* SPDX-License-Identifier: MIT */
#include <asm/uaccess.h>
#include <block/block.h>
#include <fs/block_file.h>
#include <fs/cred.h>
#include <fs/path.h>
#include <fs/super.h>
#include <kernel/printk.h>
#include <kernel/syscall.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>
#include <mm/kmalloc.h>

/*
 * mount(2) and umount(2), and the lines of /proc/mounts. The errors have the order of Linux:
 * arguments, rights, the directory, the type, the device, and at last what the file system finds
 * on it.
 *
 * A device is mounted once at a time: two file systems on it would not know of each other's
 * changes. Binds, moves and shared subtrees are not supported (EINVAL).
 */

#define MNT_FORCE       1u
#define MNT_DETACH      2u
#define MNT_EXPIRE      4u
#define UMOUNT_NOFOLLOW 8u
#define UMOUNT_FLAGS    0xfu

#define MS_MAGIC_MASK 0xffff0000u
#define MS_MAGIC      0xc0ed0000u
#define MS_PROPAGATE  0x001e0000u /* unbindable, private, slave, shared */
#define KEPT_FLAGS    (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME)

const struct fs_type *fs_type_find(const char *name)
{
	const struct fs_type *type;

	for_each_fs_type(type) {
		if (strcmp(type->name, name) == 0)
			return type;
	}
	return NULL;
}

/* --- mounting --------------------------------------------------------------------------------- */

bool super_has_device(const struct block_device *device)
{
	const struct super *super;

	list_for_each_entry(super, &root_super.link, link)
		if (super->device && block_overlap(super->device, device))
			return true;
	return super_is_detached(device);
}

static int find_device(const char *source, struct block_device **device)
{
	struct inode *inode;
	int error = path_find(&root_inode, source, true, &inode);

	if (error)
		return error;
	if ((inode->mode & S_IFMT) != S_IFBLK)
		error = -ENOTBLK;
	else if (inode->super && (inode->super->flags & MS_NODEV))
		error = -EACCES;
	*device = error ? NULL : block_find_number(inode->device);
	inode_put(inode);
	if (error)
		return error;
	return *device ? 0 : -ENXIO;
}

/* mount_lock is held. */
static int make_super(const struct fs_type *type, const char *source, u32 flags,
		      const char *options, struct super **made)
{
	struct block_device *device = NULL;
	char message[MOUNT_MESSAGE] = "";
	int error = type->needs_device ? find_device(source, &device) : 0;

	if (!error && device && (super_has_device(device) || device_is_reserved(device)))
		error = -EBUSY;
	if (!error && device && device->read_only && !(flags & MS_RDONLY))
		error = -EACCES;
	if (error)
		return error;
	error = type->mount(device, flags, options, made, message);
	if (message[0])
		pr_warn("%s: %s: %s\n", type->name, source, message);
	if (error)
		return error;
	(*made)->source = kmalloc(strlen(source) + 1, GFP_KERNEL);
	if ((*made)->source)
		memcpy((*made)->source, source, strlen(source) + 1);
	if (device && !super_tick_start())
		pr_warn("%s: %s: no memory for the thread that writes inodes\n", type->name,
			source);
	return 0;
}

/* The directory may have been covered or removed meanwhile. */
static int attach(struct super *super, struct inode *dir)
{
	int error = 0;

	mutex_lock(&tree_lock);
	if (dir->mounted)
		error = -EBUSY;
	else if (!dir->nr_links)
		error = -ENOENT;
	else
		super_attach(super, dir);
	mutex_unlock(&tree_lock);
	return error;
}

int fs_mount(const char *source, struct inode *dir, const char *name, u32 flags,
	     const char *options)
{
	const struct fs_type *type = fs_type_find(name);
	struct super *super;
	int error;

	if (!type)
		return -ENODEV;
	if (!inode_is_dir(dir))
		return -ENOTDIR;
	mutex_lock(&mount_lock);
	error = make_super(type, source, flags, options, &super);
	if (!error) {
		error = attach(super, dir);
		if (error) {
			mutex_lock(&tree_lock);
			super_drop_unattached(super);
			mutex_unlock(&tree_lock);
			super_end(super);
		}
	}
	mutex_unlock(&mount_lock);
	return error;
}

/* --- changing --------------------------------------------------------------------------------- */

/* The root of a mounted file system: its super. mount_lock is held. */
static struct super *super_at(const struct inode *root)
{
	return root->super && root->super->root == root ? root->super : NULL;
}

static int remount(struct inode *root, u32 flags, const char *options)
{
	struct super *super;
	int error = 0;

	mutex_lock(&mount_lock);
	super = super_at(root);
	if (!super) {
		error = -EINVAL;
	} else {
		/* A file that is open for writing would go on to be written. */
		if ((flags & MS_RDONLY) && !(super->flags & MS_RDONLY)) {
			if (super_has_writers(super))
				error = -EBUSY;
			else
				error = super_sync(super);
		}
		if (!error && !(flags & MS_RDONLY) && super->device && super->device->read_only)
			error = -EACCES;
		if (!error && super->ops->remount)
			error = super->ops->remount(super, flags, options);
		if (!error)
			super->flags = flags & KEPT_FLAGS;
	}
	mutex_unlock(&mount_lock);
	return error;
}

static int umount(struct inode *root, u32 flags)
{
	struct super *super;
	int error = 0;

	mutex_lock(&mount_lock);
	super = super_at(root);
	mutex_lock(&tree_lock);
	/* The caller has a reference to the root. */
	inode_put(root);
	if (!super || !super->covered)
		error = super == &root_super ? -EBUSY : -EINVAL;
	else if (!(flags & MNT_DETACH) && super_busy(super))
		error = -EBUSY;
	else if (flags & MNT_EXPIRE)
		error = -EAGAIN;
	else
		super_detach(super);
	mutex_unlock(&tree_lock);
	if (!error)
		super_end(super);
	mutex_unlock(&mount_lock);
	return error;
}

/* --- system calls ----------------------------------------------------------------------------- */

/* Copies a string; NULL is one that is missing. Its memory has PATH_MAX bytes. */
static int string_from_user(unsigned long user, char **text)
{
	long length;

	*text = NULL;
	if (!user)
		return 0;
	*text = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!*text)
		return -ENOMEM;
	length = strncpy_from_user(*text, (const char __user *)user, PATH_MAX);
	if (length >= 0 && length < (long)PATH_MAX)
		return 0;
	kfree(*text);
	*text = NULL;
	return length < 0 ? (int)length : -EINVAL;
}

/* The options are a page that need not end with a zero. */
static int options_from_user(unsigned long user, char **text)
{
	size_t failed;

	*text = kzalloc(PAGE_SIZE, GFP_KERNEL);
	if (!*text)
		return -ENOMEM;
	if (!user)
		return 0;
	failed = copy_from_user(*text, (const void __user *)user, PAGE_SIZE - 1);
	if (failed < PAGE_SIZE - 1)
		return 0;
	kfree(*text);
	*text = NULL;
	return -EFAULT;
}

static int mount_on(struct inode *dir, const char *source, const char *type, u32 flags,
		    const char *options)
{
	if (!cred_capable())
		return -EPERM;
	if (flags & MS_REMOUNT)
		return remount(dir, flags, options);
	/* Every mount is private, so these change nothing. */
	if (flags & MS_PROPAGATE)
		return flags & (MS_BIND | MS_MOVE) ? -EINVAL : 0;
	if (flags & (MS_BIND | MS_MOVE) || !type)
		return -EINVAL;
	return fs_mount(source ?: "none", dir, type, flags, options);
}

SYSCALL(21, mount)
{
	char *type, *source = NULL, *options = NULL;
	u32 flags = ARG4(regs);
	struct inode *dir;
	int error = string_from_user(ARG3(regs), &type);

	if ((flags & MS_MAGIC_MASK) == MS_MAGIC)
		flags &= ~MS_MAGIC_MASK;
	if (!error)
		error = string_from_user(ARG1(regs), &source);
	if (!error)
		error = options_from_user(ARG5(regs), &options);
	if (!error) {
		dir = path_find_user(AT_FDCWD, ARG2(regs), 0, &error);
		if (dir) {
			error = mount_on(dir, source, type, flags, options);
			inode_put(dir);
		}
	}
	kfree(options);
	kfree(source);
	kfree(type);
	return error;
}

static long umount_path(unsigned long path, u32 flags)
{
	struct inode *root;
	int error;

	if ((flags & ~UMOUNT_FLAGS) || ((flags & MNT_EXPIRE) && (flags & (MNT_FORCE | MNT_DETACH))))
		return -EINVAL;
	root = path_find_user(AT_FDCWD, path, flags & UMOUNT_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0,
			      &error);
	if (!root)
		return error;
	if (cred_capable())
		return umount(root, flags);
	inode_put(root);
	return -EPERM;
}

SYSCALL(52, umount2)
{
	return umount_path(ARG1(regs), ARG2(regs));
}

SYSCALL(22, oldumount)
{
	return umount_path(ARG1(regs), 0);
}

/* --- the list --------------------------------------------------------------------------------- */

/* Is it under a file system that covers the root in memory? No path leads there. */
static bool is_hidden(const struct super *super)
{
	const struct inode *covered = NULL;

	for (; super->covered; super = covered->super)
		covered = super->covered;
	return root_inode.mounted && covered != &root_inode;
}

static bool call_for(struct super *super, char *buffer,
		     bool (*fn)(struct super *super, const char *path, void *arg), void *arg)
{
	const char *path;
	int error;

	if (is_hidden(super))
		return true;
	path = inode_path(super->root, buffer, PATH_MAX, &error);
	return fn(super, path ?: "", arg);
}

void for_each_mount(bool (*fn)(struct super *super, const char *path, void *arg), void *arg)
{
	char *buffer = kmalloc(PATH_MAX, GFP_KERNEL);
	struct super *super;
	bool more;

	if (!buffer)
		return;
	mutex_lock(&tree_lock);
	more = call_for(&root_super, buffer, fn, arg);
	list_for_each_entry(super, &root_super.link, link) {
		if (!more)
			break;
		more = call_for(super, buffer, fn, arg);
	}
	mutex_unlock(&tree_lock);
	kfree(buffer);
}

static const char *source_of(const struct super *super)
{
	return super->source ?: super == &root_super ? "rootfs" : "none";
}

static u32 add_flags(u32 flags, char *to, size_t size)
{
	return scnprintf(to, size, "%s%s%s%s%s", flags & MS_RDONLY ? "ro" : "rw",
			 flags & MS_NOSUID ? ",nosuid" : "", flags & MS_NODEV ? ",nodev" : "",
			 flags & MS_NOEXEC ? ",noexec" : "",
			 flags & MS_NOATIME ? ",noatime" : ",relatime");
}

static u32 add_options(struct super *super, char *to, size_t size)
{
	u32 n = super->ops->show_options ? super->ops->show_options(super, to, size) : 0;

	return min(n, (u32)size - 1);
}

u32 mount_line(struct super *super, const char *path, char *to, size_t size)
{
	u32 n = scnprintf(to, size, "%s %s %s ", source_of(super), path, super->type);

	n += add_flags(super->flags, to + n, size - n);
	n += add_options(super, to + n, size - n);
	return n + scnprintf(to + n, size - n, " 0 0\n");
}

u32 mountinfo_line(struct super *super, const char *path, char *to, size_t size)
{
	const struct inode *covered = super->covered;
	u32 parent = covered && covered != &root_inode ? covered->super->id : 0;
	u32 n = scnprintf(to, size, "%u %u %u:%u / %s ", super->id, parent, super->dev >> 8,
			  super->dev & 0xff, path);

	n += add_flags(super->flags, to + n, size - n);
	n += scnprintf(to + n, size - n, " - %s %s %s", super->type, source_of(super),
		       super->flags & MS_RDONLY ? "ro" : "rw");
	n += add_options(super, to + n, size - n);
	return n + scnprintf(to + n, size - n, "\n");
}
