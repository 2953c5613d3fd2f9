/* SPDX-License-Identifier: MIT */
#include <fs/change.h>
#include <fs/inode.h>
#include <fs/path.h>
#include <fs/permission.h>
#include <fs/super.h>
#include <fs/tmpfs.h>
#include <lib/string.h>
#include <mm/kmalloc.h>
#include <mm/mmzone.h>
#include <tests/kernel/ktest.h>

/*
 * The tree of several file systems, with a file system that has a disk in this file only: its
 * directories have two files under three names, and count how often they are asked.
 *
 *	/tmp/ktest-fs ── mounted ──▶ root (1) ─ "file" ─▶ 2    "same" ─▶ 2    "dir" ─▶ 3
 */

static u32 nr_lookups, nr_evicted, nr_written;
static bool names_changed, has_file;

static int test_lookup(struct inode *dir, const char *name, size_t length, struct inode **found);
static int test_unlink(struct inode *dir, const char *name, size_t length, struct inode *inode)
{
	has_file = false;
	inode_unlinked(dir, inode);
	return 0;
}

static bool test_is_current(struct inode *dir, const struct inode *inode)
{
	return !names_changed;
}

static int test_write(struct inode *inode)
{
	nr_written++;
	return 0;
}

static void test_evict(struct inode *inode)
{
	nr_evicted++;
}

static const struct inode_ops test_ops = {
	.lookup = test_lookup,
	.is_current = test_is_current,
	.unlink = test_unlink,
	.write_inode = test_write,
	.evict = test_evict,
};

static const struct super_ops test_super_ops;

static int test_lookup(struct inode *dir, const char *name, size_t length, struct inode **found)
{
	bool is_dir = length == 3;
	bool fresh;

	nr_lookups++;
	*found = NULL;
	if (!is_dir && !(length == 4 && has_file &&
			 (memcmp(name, "file", 4) == 0 || memcmp(name, "same", 4) == 0)))
		return 0;
	*found = inode_find(dir->super, is_dir ? 3 : 2, &fresh);
	if (!*found)
		return -ENOMEM;
	if (fresh) {
		(*found)->mode = is_dir ? S_IFDIR | 0755 : S_IFREG | 0644;
		(*found)->nr_links = 2;
		(*found)->fs_ops = &test_ops;
		inode_loaded(*found, 0);
	}
	return 0;
}

/* Mounts it over a new directory. Returns NULL if there is no memory. */
static struct super *begin(void)
{
	struct super *super = super_create("ktest", NULL, 0, &test_super_ops);
	struct inode *tmp = NULL, *dir = NULL;

	nr_lookups = nr_evicted = nr_written = 0;
	names_changed = false;
	has_file = true;
	if (super)
		super->root = inode_create_in(super, S_IFDIR | 0755, 1);
	if (!super || !super->root || path_find(&root_inode, "/tmp", true, &tmp) != 0)
		return NULL;
	super->root->parent = super->root;
	super->root->nr_links = 3;
	super->root->fs_ops = &test_ops;
	mutex_lock(&tree_lock);
	if (inode_make(tmp, "ktest-fs", 8, S_IFDIR | 0755, &dir) == 0)
		super_attach(super, dir);
	mutex_unlock(&tree_lock);
	inode_put(tmp);
	inode_put(dir);
	return super;
}

/* Returns false if the file system is still busy. */
static bool end(struct super *super)
{
	struct inode *dir = super->covered;
	bool ended;

	mutex_lock(&mount_lock);
	mutex_lock(&tree_lock);
	inode_get(dir);
	super_detach(super);
	entry_remove(dir->parent, dir->entry);
	mutex_unlock(&tree_lock);
	ended = super_end(super);
	mutex_unlock(&mount_lock);
	inode_put(dir);
	return ended;
}

/* The inode's number, or a negative errno. */
static long look(const char *path)
{
	struct inode *inode;
	int error = path_find(&root_inode, path, true, &inode);
	long number;

	if (error)
		return error;
	number = (long)inode->number;
	inode_put(inode);
	return number;
}

KTEST(filesystems, names_of_a_disk_are_looked_up_once)
{
	struct super *super = begin();

	KTEST_REQUIRE(super);
	EXPECT_EQ(look("/tmp/ktest-fs"), 1);
	EXPECT_EQ(look("/tmp/ktest-fs/file"), 2);
	EXPECT_EQ(look("/tmp/ktest-fs/file"), 2);
	EXPECT_EQ(nr_lookups, 1);
	EXPECT_EQ(look("/tmp/ktest-fs/no"), -ENOENT);
	EXPECT_EQ(look("/tmp/ktest-fs/no"), -ENOENT);
	EXPECT_EQ(look("/tmp/ktest-fs/no/x"), -ENOENT);
	EXPECT_EQ(nr_lookups, 2);
	/* Two names, one inode. */
	EXPECT_EQ(look("/tmp/ktest-fs/same"), 2);
	EXPECT_EQ(super->nr_inodes, 2);
	EXPECT_EQ(look("/tmp/ktest-fs/dir/file"), 2);
	EXPECT_EQ(look("/tmp/ktest-fs/dir/../file"), 2);
	EXPECT_EQ(nr_lookups, 5);
	EXPECT(end(super));
	EXPECT_EQ(nr_evicted, 3);
}

KTEST(filesystems, a_name_that_may_have_changed_is_looked_up_again)
{
	struct super *super = begin();

	KTEST_REQUIRE(super);
	EXPECT_EQ(look("/tmp/ktest-fs/dir/file"), 2);
	has_file = false;
	EXPECT_EQ(look("/tmp/ktest-fs/dir/file"), 2);
	EXPECT_EQ(look("/tmp/ktest-fs/other"), -ENOENT);
	names_changed = true;
	EXPECT_EQ(look("/tmp/ktest-fs/dir/file"), -ENOENT);
	has_file = true;
	EXPECT_EQ(look("/tmp/ktest-fs/dir/file"), 2);
	EXPECT(end(super));
}

KTEST(filesystems, a_file_in_use_outlives_its_name_and_its_mount)
{
	struct super *super = begin();
	struct inode *inode;
	struct lookup at;

	KTEST_REQUIRE(super);
	KTEST_REQUIRE(path_find(&root_inode, "/tmp/ktest-fs/file", true, &inode) == 0);
	EXPECT_EQ(path_lock(&root_inode, "/tmp/ktest-fs/file", false, &at), 0);
	EXPECT_EQ(change_unlink(&at), 0);
	EXPECT(super_busy(super));
	path_unlock(&at);
	EXPECT_EQ(look("/tmp/ktest-fs/file"), -ENOENT);
	EXPECT_EQ(nr_evicted, 0);
	EXPECT_EQ(inode->nr_links, 1);
	EXPECT(inode->state & INODE_DIRTY);
	EXPECT(!end(super));
	inode_put(inode);
	EXPECT_EQ(nr_evicted, 1);
	EXPECT(nr_written > 0);
	mutex_lock(&mount_lock);
	EXPECT(super_end(super));
	mutex_unlock(&mount_lock);
}

KTEST(filesystems, many_names_are_forgotten_again)
{
	u32 most = min((u32)nr_managed_pages() / 4, 0x38000u / 4), before;
	struct super *super = begin();
	char path[40] = "/tmp/ktest-fs/file", *digits = path + strlen(path);

	KTEST_REQUIRE(super);
	if (most > 2048) {
		EXPECT(end(super));
		ktest_skip("there are more names than a test should make");
		return;
	}
	EXPECT_EQ(look(path), 2);
	before = nr_lookups;
	for (u32 i = 0; i < max(most, 256u) + 16; i++) {
		for (u32 n = i, at = 0; at < 5; n /= 10, at++)
			digits[at] = (char)('0' + n % 10);
		EXPECT_EQ(look(path), -ENOENT);
	}
	EXPECT_EQ(nr_lookups - before, max(most, 256u) + 16);
	/* The first one of them is not known any more. */
	memset(digits, '0', 5);
	before = nr_lookups;
	look(path);
	EXPECT_EQ(nr_lookups, before + 1);
	EXPECT(end(super));
}

static int limit_of(const char *options, u32 *nr_inodes)
{
	char message[MOUNT_MESSAGE];
	struct super *super;
	int error = tmpfs_make("tmpfs", 0, options, &super, message);

	if (error)
		return error;
	*nr_inodes = super->max_inodes;
	super->ops->put(super);
	super_destroy(super);
	return 0;
}

KTEST(filesystems, options_of_tmpfs_are_numbers)
{
	u32 nr = 0;

	EXPECT_EQ(limit_of("size=1m,nr_inodes=2k,mode=700", &nr), 0);
	EXPECT_EQ(nr, 2048);
	EXPECT_EQ(limit_of("", &nr), 0);
	EXPECT_EQ(limit_of("size=50%", &nr), 0);
	EXPECT_EQ(limit_of("size=", &nr), -EINVAL);
	EXPECT_EQ(limit_of("size=1x", &nr), -EINVAL);
	EXPECT_EQ(limit_of("size=99999999999999999999999", &nr), -EINVAL);
	EXPECT_EQ(limit_of("mode=9", &nr), -EINVAL);
	EXPECT_EQ(limit_of("nosuch", &nr), -EINVAL);
}

/* With these ids as those of the thread. */
static int may(u32 uid, u32 gid, u32 mode, u32 mask)
{
	struct inode inode = { .mode = S_IFREG | mode, .uid = 5, .gid = 7 };
	struct cred *cred = cred_copy(2);
	int result;

	if (!cred)
		return -ENOMEM;
	cred->uid = cred->euid = cred->fsuid = uid;
	cred->gid = cred->egid = cred->fsgid = gid;
	cred->groups[0] = 7;
	cred->groups[1] = 8;
	cred->nr_groups = gid == 9 ? 0 : 2;
	cred_use(cred);
	result = inode_may(&inode, mask);
	cred_drop(current);
	return result;
}

KTEST(filesystems, one_group_of_rights_counts)
{
	KTEST_REQUIRE(!current->cred);
	EXPECT_EQ(may(5, 9, 0600, MAY_READ | MAY_WRITE), 0);
	EXPECT_EQ(may(5, 9, 0066, MAY_READ), -EACCES);
	EXPECT_EQ(may(6, 7, 0060, MAY_READ | MAY_WRITE), 0);
	EXPECT_EQ(may(6, 1, 0060, MAY_READ), 0);
	EXPECT_EQ(may(6, 1, 0606, MAY_READ), -EACCES);
	EXPECT_EQ(may(6, 9, 0006, MAY_WRITE), 0);
	EXPECT_EQ(may(6, 9, 0004, MAY_READ | MAY_WRITE), -EACCES);
	EXPECT_EQ(may(0, 9, 0000, MAY_READ | MAY_WRITE), 0);
	EXPECT_EQ(may(0, 9, 0666, MAY_EXEC), -EACCES);
	EXPECT_EQ(may(0, 9, 0001, MAY_EXEC), 0);
}
