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

/* --- the names of a directory ----------------------------------------------------------------- */

/* Names that end with zeroes. */
struct names {
	char *text;
	size_t used;
};

static bool add_name(void *arg, const char *name, size_t length, u32 number, u32 type, u64 next)
{
	struct names *names = arg;

	if (length + 1 > PAGE_SIZE - names->used)
		return false;
	memcpy(names->text + names->used, name, length);
	names->text[names->used + length] = '\0';
	names->used += length + 1;
	return true;
}

static void read_names(struct names *names, struct inode *dir, u64 *cookie)
{
	struct entry *entry;

	names->used = 0;
	if (inode_is_cached(dir)) {
		mutex_lock(&dir->dir_lock);
		dir->fs_ops->readdir(dir, cookie, add_name, names);
		mutex_unlock(&dir->dir_lock);
		return;
	}
	mutex_lock(&tree_lock);
	list_for_each_entry(entry, &dir->entries, link) {
		if (entry->cookie < *cookie)
			continue;
		if (!add_name(names, entry->name, entry->length, 0, 0, 0))
			break;
		*cookie = entry->cookie + 1;
	}
	mutex_unlock(&tree_lock);
}

/* Calls fn for each name; no lock is held then. */
static void for_each_name(struct inode *dir,
			  void (*fn)(struct inode *dir, const char *name, void *arg), void *arg)
{
	struct names names = { .text = kmalloc(PAGE_SIZE, GFP_KERNEL) };
	u64 cookie = 2;

	if (!names.text)
		return;
	do {
		read_names(&names, dir, &cookie);
		for (size_t at = 0; at < names.used; at += strlen(names.text + at) + 1)
			fn(dir, names.text + at, arg);
	} while (names.used && !console_interrupted());
	kfree(names.text);
}

/* --- the commands ----------------------------------------------------------------------------- */

static void show_name(struct inode *dir, const char *name, void *unused)
{
	struct inode *inode;

	if (path_find(dir, name, false, &inode) != 0)
		return;
	show(inode, name);
	inode_put(inode);
}

static int ls(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "/";
	struct inode *inode = find("ls", path);

	if (!inode)
		return -ENOENT;
	if (inode_is_dir(inode))
		for_each_name(inode, show_name, NULL);
	else
		show(inode, path);
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

struct offering {
	word_offer_fn *offer;
	void *arg;
	char path[NAME_MAX + 1];
	size_t head;
};

static void offer_name(struct inode *dir, const char *name, void *arg)
{
	struct offering *offering = arg;

	if (offering->head + strlen(name) >= sizeof(offering->path))
		return;
	strscpy(offering->path + offering->head, name, sizeof(offering->path) - offering->head);
	offering->offer(offering->arg, offering->path);
}

static void offer_paths(const char *prefix, word_offer_fn *offer, void *arg)
{
	const char *slash = strrchr(prefix, '/');
	struct offering offering = { .offer = offer,
				     .arg = arg,
				     .head = slash ? (size_t)(slash - prefix) + 1 : 0 };
	struct inode *dir;

	if (offering.head >= sizeof(offering.path))
		return;
	memcpy(offering.path, prefix, offering.head);
	if (path_find(&root_inode, offering.head ? offering.path : "/", true, &dir) != 0)
		return;
	if (inode_is_dir(dir))
		for_each_name(dir, offer_name, &offering);
	inode_put(dir);
}

PROMPT_COMMAND("ls", "[PATH]", "files of a directory", ls, offer_paths, .example = "ls /dev");
PROMPT_COMMAND("cat", "PATH", "text of a file", cat, offer_paths, .example = "cat /etc/motd");
