/* SPDX-License-Identifier: MIT */
#include <drivers/input.h>
#include <fs/inode.h>
#include <fs/path.h>
#include <kernel/command.h>
#include <kernel/console.h>
#include <lib/string.h>
#include <mm/kmalloc.h>

/* Two commands of the prompt that look at the tree: ls and cat. */

static struct inode *find(const char *command, const char *path)
{
	struct inode *inode = NULL;
	int error = path_find(&root_inode, path, true, &inode);

	if (error)
		console_printf("%s: '%s': %s, expected a path that `ls` shows\n", command, path,
			       error == -ENOENT ? "no such file" : "no such directory");
	return inode;
}

static char type_letter(const struct inode *inode)
{
	/* By S_IFMT, which is the type times 010000. */
	return "?pc?d?b?-?l?s???"[inode->mode >> 12];
}

static void show(struct inode *inode, const char *name)
{
	console_printf("%c %04o %10llu %s", type_letter(inode), inode->mode & 07777,
		       inode_size(inode), name);
	if (inode->target)
		console_printf(" -> %s", inode->target);
	console_printf("\n");
}

static int ls(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "/";
	struct inode *inode = find("ls", path);
	struct entry *entry;

	if (!inode)
		return -ENOENT;
	mutex_lock(&tree_lock);
	if (inode_is_dir(inode)) {
		list_for_each_entry(entry, &inode->entries, link)
			show(entry->inode, entry->name);
	} else {
		show(inode, path);
	}
	mutex_unlock(&tree_lock);
	inode_put(inode);
	return 0;
}

static int cat(int argc, char **argv)
{
	struct inode *inode = find("cat", argv[1]);
	u64 pos = 0;
	char text[256];
	long n;

	if (!inode)
		return -ENOENT;
	if (!inode->object) {
		console_printf("cat: '%s' has no content, expected a regular file\n", argv[1]);
		inode_put(inode);
		return -EINVAL;
	}
	while (!console_interrupted()) {
		n = vm_object_read(inode->object, pos, text, sizeof(text) - 1);
		if (n <= 0)
			break;
		text[n] = '\0';
		console_printf("%s", text);
		pos += (u64)n;
	}
	inode_put(inode);
	return 0;
}

static void offer_paths(const char *prefix, word_offer_fn *offer, void *arg)
{
	char path[NAME_MAX + 1];
	const char *slash = strrchr(prefix, '/');
	size_t head = slash ? (size_t)(slash - prefix) + 1 : 0;
	struct lookup at;
	struct entry *entry;

	if (head >= sizeof(path))
		return;
	memcpy(path, prefix, head);
	path[head] = '\0';
	mutex_lock(&tree_lock);
	if (path_walk(&root_inode, head ? path : "/", true, &at) == 0 && at.inode &&
	    inode_is_dir(at.inode)) {
		list_for_each_entry(entry, &at.inode->entries, link) {
			if (head + entry->length >= sizeof(path))
				continue;
			strscpy(path + head, entry->name, sizeof(path) - head);
			offer(arg, path);
		}
	}
	mutex_unlock(&tree_lock);
}

PROMPT_COMMAND("ls", "[PATH]", "files of a directory", ls, offer_paths, .example = "ls /dev");
PROMPT_COMMAND("cat", "PATH", "text of a file", cat, offer_paths, .example = "cat /etc/motd");
