/* SPDX-License-Identifier: MIT */
#include "ext2_model.h"

/*
 * ext2 on images that mke2fs has made. Random operations run beside a model in memory; then e2fsck
 * judges the image, and what is in it is compared with the model. Power cuts in the middle: e2fsck
 * repairs, and each file that was synced has its bytes.
 */

static struct image image;
static struct ext2 fs;

static const char *const kinds[] = {
	"-b 1024 -I 128 -g 1024 -N 400",
	"-b 1024 -I 256 -g 2048 -N 300",
	"-b 2048 -I 128 -g 1024 -N 400",
	"-b 4096 -I 256 -g 512 -N 500",
	"-b 4096 -I 128 -O ^sparse_super,^filetype,^resize_inode -g 256 -N 200",
	"-r 0 -b 1024 -N 300",
};

static void operations(bool cuts)
{
	for (u32 kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
		REQUIRE(image_make(&image, kinds[kind], kind == 3 ? 8192 : 4096));
		CHECK_EQ(image_mount(&image, &fs, false), 0);
		model_begin(&fs, &image);
		for (u32 round = 0; round < (cuts ? 12 : 3); round++) {
			struct image lost;

			for (u32 i = cuts ? 20 + (u32)host_random_below(100) : 400; i; i--)
				model_step();
			if (!cuts) {
				model_sync();
				CHECK(image_check(&image, false));
				model_compare(&fs);
				continue;
			}
			image_copy(&lost, &image);
			memcpy(lost.medium, image.medium, image.size);
			memcpy(lost.unflushed, image.unflushed, image.size >> 10);
			image_cut(&lost);
			CHECK(image_check(&lost, true));
			model_compare_synced(&lost);
			image_free(&lost);
		}
		model_end();
		CHECK_EQ(ext2_close(&fs, 2000), 0);
		CHECK(image_check(&image, false));
		CHECK_EQ(image.sent[1024 + 58] & 3, EXT2_CLEAN);
		image_free(&image);
		CHECK_EQ(host_warnings, 0);
		CHECK_STREQ(strstr(host_log, "now read-only") ?: "", "");
		host_log_clear();
	}
}

static void random_operations(void)
{
	operations(false);
}

static void power_cuts(void)
{
	operations(true);
}

static int make_root_file(struct ext2_node *root, struct ext2_node *node)
{
	struct ext2_name name = { root, "file", 4 };

	*node = (struct ext2_node){ .mode = EXT2_FILE | 0644, .mtime = 1 };
	return ext2_make(&fs, &name, node, NULL);
}

/* Blocks at the borders of the trees, and truncation to each place near them. */
static void borders_of_trees(void)
{
	for (u32 shift = 10; shift <= 12; shift++) {
		u32 n = 1u << (shift - 2), index[14], nr = 0;
		struct ext2_node root, file;
		struct ext2_run run;
		char options[64];
		u8 zero[4096] = { 0 };

		for (u32 base = 12, tree = n, i = 0; i < 4; i++) {
			index[nr++] = base - 1;
			if (i < 3) {
				index[nr++] = base;
				index[nr++] = base + (i ? tree / n : 1);
			}
			base += tree;
			tree *= n;
		}
		snprintf(options, sizeof(options), "-b %u -N 64", 1u << shift);
		REQUIRE(image_make(&image, options, 2048));
		CHECK_EQ(image_mount(&image, &fs, false), 0);
		CHECK_EQ(ext2_read_node(&fs, EXT2_ROOT, &root), 0);
		CHECK_EQ(make_root_file(&root, &file), 0);
		for (u32 last = nr; last-- > 0;) {
			for (u32 i = 0; i < nr; i++) {
				CHECK_EQ(ext2_map(&fs, &file, index[i], 1, true, &run), 0);
				CHECK(run.start && run.count == 1);
				image_write(&image, run.start, shift, zero);
			}
			file.size = ((u64)index[nr - 1] + 1) << shift;
			CHECK_EQ(ext2_write_node(&fs, &file), 0);
			if (last == nr - 1 || host_random_below(3) == 0) {
				CHECK_EQ(ext2_sync(&fs), 0);
				CHECK(image_check(&image, false));
			}
			file.size = ((u64)index[last]) << shift;
			CHECK_EQ(ext2_truncate(&fs, &file, index[last]), 0);
			for (u32 i = 0; i < nr; i++) {
				CHECK_EQ(ext2_map(&fs, &file, index[i], 1, false, &run), 0);
				CHECK_EQ(run.start != 0, i < last);
			}
			CHECK_EQ(ext2_sync(&fs), 0);
			if (last % 4 == 0)
				CHECK(image_check(&image, false));
		}
		CHECK_EQ(file.sectors != 0, index[0] != 0 && 0);
		CHECK_EQ(ext2_map(&fs, &file, 0xffffffff, 1, true, &run), -EFBIG);
		CHECK_EQ(ext2_close(&fs, 1), 0);
		CHECK(image_check(&image, false));
		image_free(&image);
	}
	CHECK_STREQ(host_log, "");
}

/* Sets a word of the superblock. */
static void poke(u32 offset, u32 value)
{
	memcpy(image.sent + 1024 + offset, &value, 4);
}

static void check_refusal(u32 offset, u32 value, int error, const char *text)
{
	u32 old;

	memcpy(&old, image.sent + 1024 + offset, 4);
	poke(offset, value);
	host_log_clear();
	CHECK_EQ(image_mount(&image, &fs, false), error);
	CHECK(strstr(host_log, text));
	if (!error) {
		CHECK(fs.read_only);
		CHECK_EQ(ext2_remount(&fs, false, 1), -EROFS);
		ext2_close(&fs, 1);
	}
	poke(offset, old);
}

static void features_are_named(void)
{
	REQUIRE(image_make(&image, "-b 1024 -N 64", 1024));
	check_refusal(0x60, 0x42, -EINVAL, "feature extents (bit 6) is not supported: not mounted");
	check_refusal(0x60, 0x6, -EINVAL, "feature needs_recovery (bit 2)");
	check_refusal(0x60, 1u << 31, -EINVAL, "feature ? (bit 31)");
	check_refusal(0x64, 0x11, 0, "feature uninit_bg (bit 4) is not supported: read-only");
	check_refusal(0x64, 0x403, 0, "feature metadata_csum (bit 10)");
	check_refusal(24, 3, -EINVAL, "block size 1024 << 3 is impossible");
	check_refusal(4, 1025, -EINVAL, "more than the device has");
	check_refusal(20, 0, -EINVAL, "first data block 0");
	check_refusal(32, 8193 * 8, -EINVAL, "blocks per group");
	check_refusal(40, 0, -EINVAL, "inodes per group 0");
	check_refusal(56, 0, -EINVAL, "");
	host_log_clear();
	/* A device that is too small for a superblock. */
	image.size = 2048;
	CHECK_EQ(image_mount(&image, &fs, false), -EINVAL);
	image.size = 1024 << 10;
	/* Not clean: a warning, and it stays so. */
	image.sent[1024 + 58] = 0;
	CHECK_EQ(image_mount(&image, &fs, false), 0);
	CHECK(strstr(host_log, "was not unmounted"));
	CHECK_EQ(ext2_close(&fs, 1), 0);
	CHECK_EQ(image.sent[1024 + 58], 0);
	image_free(&image);
	host_log_clear();
}

/* Changes the 16 bits of the entry of "lost+found" in the root at an offset. */
static void check_entry(u32 offset, u16 value)
{
	struct ext2_node root;
	u32 inode, block;
	u8 *at;

	REQUIRE(image_make(&image, "-b 1024 -N 64", 1024));
	CHECK_EQ(image_mount(&image, &fs, true), 0);
	CHECK_EQ(ext2_read_node(&fs, EXT2_ROOT, &root), 0);
	at = image.sent + (root.block[0] << 10) + 24 + offset;
	memcpy(at, &value, 2);
	CHECK_EQ(ext2_find_name(&fs, &root, "no", 2, &inode, &block), -EUCLEAN);
	CHECK(strstr(host_log, "directory 2: the entry at byte"));
	CHECK(fs.read_only);
	ext2_close(&fs, 1);
	image_free(&image);
	host_log_clear();
}

static void damaged_entries(void)
{
	check_entry(4, 2000);           /* the next entry is behind the block */
	check_entry(4, 998);            /* not a multiple of 4 */
	check_entry(4, 4);              /* in this entry */
	check_entry(4, 0);              /* this entry again */
	check_entry(4, 996);            /* a rest of 4 bytes */
	check_entry(0, 65);             /* there are 64 inodes */
	check_entry(6, 0x0200);         /* no name */
	check_entry(8, 'a' | '/' << 8); /* not in a name */
}

/* An impossible value: a message with its place, and nothing is written after it. */
static void errors_make_read_only(void)
{
	struct ext2_node root, file;
	struct ext2_run run;

	REQUIRE(image_make(&image, "-b 1024 -N 64", 1024));
	CHECK_EQ(image_mount(&image, &fs, false), 0);
	CHECK_EQ(ext2_read_node(&fs, EXT2_ROOT, &root), 0);
	CHECK_EQ(make_root_file(&root, &file), 0);
	file.block[0] = 3; /* of the descriptors */
	CHECK_EQ(ext2_map(&fs, &file, 0, 1, true, &run), -EUCLEAN);
	CHECK(strstr(host_log, "image: inode 12: block 3 (of 1) is not for files; now read-only"));
	CHECK(fs.read_only);
	CHECK_EQ(ext2_remount(&fs, false, 1), -EROFS);
	CHECK_EQ(ext2_close(&fs, 1), 0);
	CHECK_EQ(image.sent[1024 + 58], EXT2_ERRORS);
	image_free(&image);
	host_log_clear();
	damaged_entries();
	/* A disk that does not take writes. */
	REQUIRE(image_make(&image, "-b 1024 -N 64", 1024));
	CHECK_EQ(image_mount(&image, &fs, false), 0);
	image.writes_fail = true;
	CHECK_EQ(ext2_sync(&fs), -EIO);
	CHECK(strstr(host_log, "image: metadata could not be written (error 5); now read-only"));
	CHECK(fs.read_only);
	CHECK_EQ(ext2_close(&fs, 1), -EIO);
	image_free(&image);
	host_log_clear();
}

/* mke2fs -d has put files into an image. */
static void reads_what_mke2fs_wrote(void)
{
	struct ext2_node root, node;
	struct ext2_run run;
	u32 inode, block;
	char text[128];
	u8 data[1024];

	CHECK_EQ(system("rm -rf /tmp/highland-ext2-d; mkdir -p /tmp/highland-ext2-d/sub && "
			"echo hello >/tmp/highland-ext2-d/sub/file && "
			"ln -s sub/file /tmp/highland-ext2-d/short && "
			"ln -s $(printf %0100d 7) /tmp/highland-ext2-d/long"),
		 0);
	REQUIRE(image_make(&image, "-b 1024 -N 64 -d /tmp/highland-ext2-d", 1024));
	CHECK_EQ(image_mount(&image, &fs, true), 0);
	CHECK_EQ(ext2_read_node(&fs, EXT2_ROOT, &root), 0);
	CHECK_EQ(ext2_find_name(&fs, &root, "sub", 3, &inode, &block), 0);
	CHECK_EQ(ext2_read_node(&fs, inode, &node), 0);
	CHECK_EQ(ext2_find_name(&fs, &node, "nothing", 7, &inode, &block), 0);
	CHECK_EQ(inode, 0);
	CHECK_EQ(ext2_find_name(&fs, &node, "file", 4, &inode, &block), 0);
	CHECK_EQ(ext2_read_node(&fs, inode, &node), 0);
	CHECK_EQ(node.size, 6);
	CHECK_EQ(ext2_map(&fs, &node, 0, 1, false, &run), 0);
	image_read(&image, run.start, 10, data);
	CHECK(memcmp(data, "hello\n", 6) == 0);
	CHECK_EQ(ext2_find_name(&fs, &root, "short", 5, &inode, &block), 0);
	CHECK_EQ(ext2_read_node(&fs, inode, &node), 0);
	CHECK_EQ(ext2_read_link(&fs, &node, text), 0);
	CHECK_STREQ(text, "sub/file");
	CHECK_EQ(ext2_find_name(&fs, &root, "long", 4, &inode, &block), 0);
	CHECK_EQ(ext2_read_node(&fs, inode, &node), 0);
	CHECK(!ext2_is_short_link(&fs, &node));
	CHECK_EQ(ext2_read_link(&fs, &node, text), 0);
	CHECK_EQ(strlen(text), 100);
	CHECK_EQ(ext2_close(&fs, 1), 0);
	image_free(&image);
	CHECK_EQ(system("rm -rf /tmp/highland-ext2-d"), 0);
}

static void times_and_devices(void)
{
	static const u64 times[] = { 0,
				     1,
				     1500000000ull * 1000000000 + 7,
				     0x7fffffffull * 1000000000,
				     0x80000000ull * 1000000000 + 5,
				     0x100000001ull * 1000000000 };
	static const u32 devices[] = { 0, 0x0105, 0xffff, 0x10000, 0x12345678 };

	for (u32 size = 128; size <= 256; size += 128) {
		struct ext2_node root, node, again;
		char options[32];

		snprintf(options, sizeof(options), "-b 1024 -I %u -N 64", size);
		REQUIRE(image_make(&image, options, 1024));
		CHECK_EQ(image_mount(&image, &fs, false), 0);
		CHECK_EQ(ext2_read_node(&fs, EXT2_ROOT, &root), 0);
		CHECK_EQ(make_root_file(&root, &node), 0);
		for (u32 i = 0; i < ARRAY_SIZE(times); i++) {
			u64 expected = size == 256 ? times[i] : times[i] / 1000000000 * 1000000000;

			node.mtime = node.atime = times[i];
			node.uid = 70000 + i;
			node.gid = 0x10001 * i;
			CHECK_EQ(ext2_write_node(&fs, &node), 0);
			CHECK_EQ(ext2_read_node(&fs, node.number, &again), 0);
			if (size == 256 || times[i] / 1000000000 < 0x80000000) {
				CHECK_EQ(again.mtime, expected);
				CHECK_EQ(again.atime, expected);
			}
			CHECK_EQ(again.uid, node.uid);
			CHECK_EQ(again.gid, node.gid);
		}
		for (u32 i = 0; i < ARRAY_SIZE(devices); i++) {
			char letter = (char)('a' + i);
			struct ext2_name name = { &root, &letter, 1 };

			node = (struct ext2_node){ .mode = EXT2_CHAR, .device = devices[i] };
			CHECK_EQ(ext2_make(&fs, &name, &node, NULL), 0);
			CHECK_EQ(ext2_read_node(&fs, node.number, &again), 0);
			CHECK_EQ(again.device, devices[i]);
		}
		CHECK_EQ(ext2_close(&fs, 1), 0);
		CHECK(image_check(&image, false));
		image_free(&image);
	}
}

/* Blocks of a deleted file are not given out before the disk knows that it is deleted. */
static void freed_blocks_wait(void)
{
	struct ext2_node root, node;
	struct ext2_run run, first = { 0 }, again = { 0 };
	u32 flushes, free;
	struct ext2_name name = { &root, "file", 4 };
	bool old[2048] = { false };

	REQUIRE(image_make(&image, "-b 1024 -N 64", 2048));
	CHECK_EQ(image_mount(&image, &fs, false), 0);
	CHECK_EQ(ext2_read_node(&fs, EXT2_ROOT, &root), 0);
	CHECK_EQ(make_root_file(&root, &node), 0);
	free = ext2_free_count(&fs);
	for (u32 i = 0; i < 300; i += run.count) {
		CHECK_EQ(ext2_map(&fs, &node, i, 300 - i, true, &run), 0);
		memset(old + run.start, 1, run.count);
		if (!i)
			first = run;
	}
	/* Its blocks of pointers. */
	old[node.block[12]] = old[node.block[13]] = true;
	node.size = 300 << 10;
	CHECK_EQ(ext2_sync(&fs), 0);
	CHECK_EQ(ext2_remove(&fs, &name, &node), 0);
	flushes = image.nr_flushes;
	CHECK_EQ(ext2_delete_node(&fs, &node, 5), 0);
	CHECK_EQ(ext2_free_count(&fs), free);
	CHECK_EQ(image.nr_flushes, flushes);
	CHECK_EQ(make_root_file(&root, &node), 0);
	for (u32 i = 0; i < 100; i += run.count) {
		CHECK_EQ(ext2_map(&fs, &node, i, 100 - i, true, &run), 0);
		CHECK(!memchr(old + run.start, 1, run.count));
	}
	CHECK_EQ(ext2_truncate(&fs, &node, 0), 0);
	CHECK_EQ(ext2_sync(&fs), 0);
	CHECK_EQ(ext2_map(&fs, &node, 0, 12, true, &again), 0);
	CHECK_EQ(again.start, first.start);
	/* A full disk makes them free, too. */
	for (u32 i = again.count; i < free - 30; i += run.count)
		CHECK_EQ(ext2_map(&fs, &node, i, 64, true, &run), 0);
	CHECK_EQ(ext2_truncate(&fs, &node, 12), 0);
	for (u32 i = 12; i < free - 30; i += run.count)
		CHECK_EQ(ext2_map(&fs, &node, i, 64, true, &run), 0);
	node.size = (u64)(free + 100) << 10;
	CHECK_EQ(ext2_write_node(&fs, &node), 0);
	CHECK_EQ(ext2_close(&fs, 1), 0);
	CHECK(image_check(&image, false));
	image_free(&image);
	CHECK_STREQ(host_log, "");
}

/* The new name is on the disk before the old one goes. */
static void renames_flush(void)
{
	struct ext2_node root, dir = { .mode = EXT2_DIR | 0755 }, node, other;
	struct ext2_name file = { &root, "file", 4 }, sub = { &root, "sub", 3 };
	struct ext2_name new = { &root, "new", 3 }, moved = { &dir, "moved", 5 };
	u32 flushes;

	REQUIRE(image_make(&image, "-b 1024 -N 64", 1024));
	CHECK_EQ(image_mount(&image, &fs, false), 0);
	CHECK_EQ(ext2_read_node(&fs, EXT2_ROOT, &root), 0);
	CHECK_EQ(ext2_make(&fs, &sub, &dir, NULL), 0);
	CHECK_EQ(make_root_file(&root, &node), 0);
	CHECK_EQ(ext2_sync(&fs), 0);
	flushes = image.nr_flushes;
	CHECK_EQ(ext2_rename(&fs, &file, &node, &new, NULL), 0);
	CHECK_EQ(image.nr_flushes, flushes); /* one block has both */
	CHECK_EQ(ext2_rename(&fs, &new, &node, &moved, NULL), 0);
	CHECK_EQ(image.nr_flushes, flushes + 1);
	CHECK_EQ(make_root_file(&root, &other), 0);
	CHECK_EQ(ext2_rename(&fs, &file, &other, &moved, &node), 0);
	CHECK_EQ(image.nr_flushes, flushes + 2);
	CHECK_EQ(node.links, 0);
	CHECK_EQ(ext2_delete_node(&fs, &node, 1), 0);
	CHECK_EQ(ext2_close(&fs, 1), 0);
	CHECK(image_check(&image, false));
	image_free(&image);
}

int main(void)
{
	host_run("reads what mke2fs wrote", reads_what_mke2fs_wrote);
	host_run("features are named", features_are_named);
	host_run("errors make read-only", errors_make_read_only);
	host_run("times, owners, devices", times_and_devices);
	host_run("freed blocks wait", freed_blocks_wait);
	host_run("renames flush", renames_flush);
	host_run("borders of trees", borders_of_trees);
	host_run("random operations", random_operations);
	host_run("power cuts", power_cuts);
	return host_done();
}
