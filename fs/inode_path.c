/* SPDX-License-Identifier: MIT */
#include <fs/inode.h>
#include <fs/path.h>
#include <fs/super.h>
#include <lib/string.h>
#include <mm/kmalloc.h>
#include <vm/mm.h>

/*
 * The way back, from an inode to its path: for getcwd(2), and for the names in the report of an
 * address space. Each inode knows the name that it got last, and a name knows its directory. So the
 * path is written from its end to its start. The root of a mounted file system has no name, and the
 * path continues with the directory that it covers.
 *
 *	inode ─▶ "sh" ─▶ directory ─▶ "bin" ─▶ root_inode
 *
 * Of a file with several names only the last one is found. If that one is removed, the path is not
 * known, as for a file without a name.
 */

char *inode_path(const struct inode *inode, char *buffer, size_t size, int *error)
{
	char *at = buffer + size - 1;

	*at = '\0';
	for (;; inode = inode->entry->dir) {
		const struct entry *entry;

		while (inode->parent == inode && inode->super->covered)
			inode = inode->super->covered;
		if (inode == &root_inode)
			break;
		entry = inode->entry;
		*error = -ENOENT;
		if (!entry)
			return NULL;
		*error = -ENAMETOOLONG;
		if ((size_t)(at - buffer) < entry->length + 1)
			return NULL;
		at -= entry->length;
		memcpy(at, entry->name, entry->length);
		*--at = '/';
	}
	if (!*at)
		*--at = '/';
	return at;
}

/* The end of a line of /proc/PID/maps. Neither shared memory nor a deleted file has a path. */
static void show_file(struct vm_object *object, int column, printf_fn *out)
{
	char *buffer = kmalloc(PATH_MAX, GFP_KERNEL);
	struct inode *inode = inode_of_object(object);
	const char *path = NULL;
	u32 device = inode && inode->super ? inode->super->dev : 1;
	int error;

	if (inode && buffer) {
		mutex_lock(&tree_lock);
		path = inode_path(inode, buffer, PATH_MAX, &error);
		mutex_unlock(&tree_lock);
	}
	column += out("%02x:%02x %u ", device >> 8, device & 0xff,
		      inode ? inode->number : object->id);
	out("%*s%s\n", max(VM_NAME_COLUMN - column, 0), "", path ?: "(deleted)");
	inode_put(inode);
	kfree(buffer);
}

void inode_path_init(void)
{
	vm_use_file_names(show_file);
}
