/* SPDX-License-Identifier: MIT */
#include <fs/archive.h>
#include <fs/path.h>
#include <fs/super.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>
#include <mm/kmalloc.h>
#include <tests/kernel/ktest.h>

/* Archives that are right, and archives that are wrong in one place. */

static char *bytes;
static u32 size;

/* Appends a member; mode 0 is the trailer. */
static void member(const char *name, u32 mode, u32 number, u32 links, const char *data)
{
	u32 length = strlen(name) + 1, n = strlen(data);

	size += (u32)snprintf(bytes + size, 128,
			      "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", number,
			      mode, 0, 0, links, 5, n, 0, 0, 0, 0, length, 0);
	memcpy(bytes + size, name, length);
	size = ALIGN_UP(size + length, 4u);
	memcpy(bytes + size, data, n);
	size = ALIGN_UP(size + n, 4u);
}

static bool begin(void)
{
	bytes = kzalloc(4096, GFP_KERNEL);
	size = 0;
	return bytes;
}

static int unpack(struct inode *root, struct archive_error *error)
{
	struct archive archive = { .name = "test", .size = size, .memory = bytes };

	return archive_unpack(&archive, root, error);
}

static struct inode *tree(void)
{
	struct inode *dir = inode_create(S_IFDIR | 0755);

	if (dir)
		inode_join(dir, &root_super);
	return dir;
}

/* A tree without a name has no parent, but ".." needs one: these tests do not use it. */
static void empty(struct inode *dir)
{
	mutex_lock(&tree_lock);
	while (!list_empty(&dir->entries)) {
		struct entry *entry = list_entry(dir->entries.next, struct entry, link);

		if (inode_is_dir(entry->inode)) {
			mutex_unlock(&tree_lock);
			empty(entry->inode);
			mutex_lock(&tree_lock);
		}
		entry_remove(dir, entry);
	}
	mutex_unlock(&tree_lock);
}

static void expect_file(struct inode *root, const char *path, const char *text, u32 links)
{
	struct inode *inode = NULL;
	char got[32];
	long n;

	KTEST_REQUIRE(path_find(root, path, true, &inode) == 0);
	n = vm_object_read(inode->object, 0, got, sizeof(got) - 1);
	got[max(n, 0l)] = '\0';
	EXPECT_STREQ(got, text);
	EXPECT_EQ(inode->nr_links, links);
	EXPECT_EQ(inode->mtime, 5000000000ull);
	inode_put(inode);
}

KTEST(archive, makes_files_directories_and_links)
{
	struct inode *root = tree();
	struct archive_error error;

	KTEST_REQUIRE(root && begin());
	root->nr_links = 2;
	member(".", S_IFDIR | 0755, 1, 2, "");
	member("bin", S_IFDIR | 0755, 2, 2, "");
	member("bin/a", S_IFREG | 0755, 3, 1, "hello");
	member("deep/er/b", S_IFREG | 0644, 4, 1, "");
	member("bin/c", S_IFREG | 0644, 5, 2, "");
	member("bin/d", S_IFREG | 0644, 5, 2, "twice");
	member("l", S_IFLNK | 0777, 6, 1, "bin/a");
	member("tty", S_IFCHR | 0644, 7, 1, "");
	member("TRAILER!!!", 0, 0, 1, "");
	size += 32;
	member("bin/a", S_IFREG | 0755, 3, 1, "again");
	member("TRAILER!!!", 0, 0, 1, "");
	EXPECT_EQ(unpack(root, &error), 9);
	expect_file(root, "l", "again", 1);
	expect_file(root, "bin/c", "twice", 2);
	expect_file(root, "deep/er/b", "", 1);
	empty(root);
	inode_put(root);
	kfree(bytes);
}

/* Writes text over an archive of two files at an offset. */
static const struct {
	u32 at;
	const char *text;
	u32 size; /* of the archive; 0: whole */
	u32 offset;
	const char *message;
} wrong[] = {
	{ 0, "070702", 0, 0, "expected the magic number 070701" },
	{ 116, "07x701", 0, 116, "expected the magic number 070701" },
	{ 140, "q", 0, 140, "expected a hexadecimal digit" },
	{ 116 + 14, "00000000", 0, 116, "mode 0, expected a type of file" },
	{ 116 + 54, "ffffffff", 0, 116, "4294967295 bytes of data, but 132 are left" },
	{ 116 + 94, "ffffffff", 0, 116, "name of 4294967295 bytes, expected 2 to 4096" },
	{ 116 + 94, "00000001", 0, 116, "name of 1 bytes, expected 2 to 4096" },
	{ 116 + 94, "00000fff", 0, 226, "name of 4095 bytes, but 138 are left" },
	{ 116 + 110, "bbbbb", 0, 226, "expected a zero at the end of the name only" },
	{ 0, "", 126, 116, "10 bytes, expected a header of 110" },
	{ 0, "", 117, 116, "1 bytes, expected a header of 110" },
	{ 0, "", 116, 116, "0 bytes, expected a header of 110" },
};

KTEST(archive, names_the_place_of_an_error)
{
	for (u32 i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct inode *root = tree();
		struct archive_error error;

		KTEST_REQUIRE(root && begin());
		root->nr_links = 2;
		member("a", S_IFREG | 0644, 1, 1, "data");
		member("bbbb", S_IFREG | 0644, 2, 1, "datadata");
		member("TRAILER!!!", 0, 0, 1, "");
		memcpy(bytes + wrong[i].at, wrong[i].text, strlen(wrong[i].text));
		if (wrong[i].size)
			size = wrong[i].size;
		EXPECT(unpack(root, &error) < 0);
		EXPECT_EQ(error.offset, wrong[i].offset);
		EXPECT_STREQ(error.text, wrong[i].message);
		if (wrong[i].offset >= 116)
			expect_file(root, "a", "data", 1);
		empty(root);
		inode_put(root);
		kfree(bytes);
	}
}
