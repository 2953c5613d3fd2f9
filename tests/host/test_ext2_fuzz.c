/* SPDX-License-Identifier: MIT */
#include "ext2_image.h"

#include <unistd.h>

/*
 * ext2 on images with damaged metadata. Each image is a good one in which some words of the
 * superblock, of descriptors, bitmaps, inodes, pointers or names are replaced. Then everything
 * is read, and much is changed. The code may return any error. It must not touch memory or
 * blocks outside of its own (the sanitizers and ext2_image.c watch), must come to an end, and
 * must not write after it has reported an error. A file must never overwrite the metadata of a
 * group.
 *
 * Each image has a seed, which is printed; FUZZ_SEED=n repeats one.
 */

#define NR_IMAGES 1000u

static u64 state;

static u32 rnd(u32 below)
{
	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return (u32)(((state >> 33) * below) >> 31);
}

static struct image bases[3], image;
static struct ext2 fs;
static u32 nr_mounted, nr_errors, budget;

/* --- good images ------------------------------------------------------------------------------ */

static void make_file(struct ext2_node *dir, const char *name, u32 mode, u32 blocks, u32 step,
		      struct ext2_node *node)
{
	struct ext2_name where = { dir, name, (u32)strlen(name) };
	static const char target[] =
		"a target that is too long for the inode, so it has a block of its own";
	struct ext2_run run;
	u8 data[4096];

	*node = (struct ext2_node){ .mode = mode, .mtime = 7 };
	CHECK_EQ(ext2_make(&fs, &where, node, target), 0);
	for (u32 i = 0; i < blocks; i++) {
		memset(data, (int)i, sizeof(data));
		CHECK_EQ(ext2_map(&fs, node, i * step, 1, true, &run), 0);
		image_write((struct image *)fs.device, run.start, fs.shift, data);
		node->size = (u64)(i * step + 1) << fs.shift;
	}
	CHECK_EQ(ext2_write_node(&fs, node), 0);
}

static void make_bases(void)
{
	static const char *const options[] = { "-b 1024 -g 512 -N 128", "-b 2048 -N 96 -g 256",
					       "-b 4096 -I 256 -N 128" };

	for (u32 i = 0; i < 3; i++) {
		struct ext2_node root, dir, node;
		char name[64];

		REQUIRE(image_make(&bases[i], options[i], 1024 << i));
		REQUIRE(image_mount(&bases[i], &fs, false) == 0);
		CHECK_EQ(ext2_read_node(&fs, EXT2_ROOT, &root), 0);
		make_file(&root, "dir", EXT2_DIR | 0755, 0, 0, &dir);
		make_file(&root, "long", EXT2_FILE | 0644, 40, 1, &node);
		make_file(&dir, "sparse", EXT2_FILE | 0644, 30, 3000, &node);
		make_file(&dir, "link", EXT2_LINK | 0777, 0, 0, &node);
		make_file(&dir, "null", EXT2_CHAR | 0666, 0, 0, &node);
		for (u32 f = 0; f < 40; f++) {
			snprintf(name, sizeof(name), "a file with a name of some length %u", f);
			make_file(&dir, name, EXT2_FILE | 0644, f % 3, 1, &node);
		}
		CHECK_EQ(ext2_close(&fs, 9), 0);
		CHECK(image_check(&bases[i], false));
	}
}

/* --- damage ----------------------------------------------------------------------------------- */

static const struct image *base;

/* Of the image before it was damaged. */
static u32 word(u32 at)
{
	u32 value;

	memcpy(&value, base->sent + at, 4);
	return value;
}

/* A place in the metadata, found by what the superblock says before it is damaged. */
static u32 random_place(void)
{
	u32 bs = 1024u << word(1024 + 24), ipg = word(1024 + 40),
	    inode_size = word(1024 + 88) & 0xffff;
	u32 groups = (word(1024 + 4) - 1) / word(1024 + 32) + 1;
	u32 desc = (1024 / bs + 1) * bs + 32 * rnd(groups), inode, block;

	if (desc + 32 > image.size)
		desc = 2048;
	switch (rnd(12)) {
	case 0 ... 1:
		return 1024 + rnd(240);
	case 2:
		return desc + rnd(20);
	case 3:
		return word(desc + 4 * rnd(2)) * bs + rnd(bs / 4);
	case 4 ... 7:
		return word(desc + 8) * bs + rnd(rnd(2) ? ipg : 24) * inode_size + rnd(128);
	default:
		/* A block that an inode has: names, pointers, or data. */
		inode = word((1024 / bs + 1) * bs + 8) * bs + (1 + rnd(60)) * inode_size;
		if (inode + 128 > image.size)
			return 1024;
		block = word(inode + 40 + 4 * rnd(rnd(2) ? 15 : 2));
		return block < image.size / bs ? block * bs + rnd(rnd(2) ? bs : 64) : 1024;
	}
}

/* The size or the length of an entry of a directory. */
static u32 random_entry(void)
{
	u32 bs = 1024u << word(1024 + 24), inode_size = word(1024 + 88) & 0xffff, at = 0, size;
	u32 inode = word((1024 / bs + 1) * bs + 8) * bs + (rnd(2) ? 1 : 11) * inode_size;
	u32 block = word(inode + 40) * bs;

	for (u32 n = rnd(20); n && at < bs; n--) {
		size = word(block + at + 4) & 0xffff;
		at = at + size < bs && size ? at + size : 0;
	}
	return block + at + (rnd(2) ? 4 : 6);
}

static void damage(void)
{
	if (rnd(4) == 0) {
		u32 at = random_entry();

		/* A size that is too large is a multiple of 4, as the right one. */
		image.sent[at] = (u8)(rnd(256) & ~3u);
		image.sent[at + 1] ^= (u8)rnd(17);
	}
	for (u32 n = 1 + rnd(rnd(4) ? 4 : 24); n; n--) {
		u32 at = random_place(),
		    values[] = { 0, ~0u, 1, rnd(1u << 30), rnd(2000), 0x80000000, 2, rnd(70000) };

		if (at > image.size - 4)
			continue;
		switch (rnd(4)) {
		case 0:
			image.sent[at] = (u8)rnd(256);
			break;
		case 1:
			image.sent[at] ^= (u8)(1u << rnd(8));
			break;
		case 2:
			memcpy(image.sent + (at & ~3u), &values[rnd(8)], 4);
			break;
		default:
			memcpy(image.sent + (at & ~1u), &values[rnd(8)], 2);
			break;
		}
	}
}

/* --- use -------------------------------------------------------------------------------------- */

static int note(int error)
{
	if (error == -EUCLEAN)
		nr_errors++;
	return error;
}

static void read_file(struct ext2_node *node)
{
	u64 blocks = (node->size + fs.block_size - 1) >> fs.shift;
	u8 data[4096];

	for (u64 at = 0; at < blocks && budget; budget--) {
		struct ext2_run run;

		if (note(ext2_map(&fs, node, (u32)at, 40, false, &run)))
			return;
		for (u32 i = 0; run.start && i < run.count && i < 4; i++)
			image_read(&image, run.start + i, fs.shift, data);
		at += run.count;
	}
}

/* Writes as the page cache does: where the map says. */
static void write_file(struct ext2_node *node)
{
	u8 data[4096];

	memset(data, 0xdd, sizeof(data));
	for (u32 n = rnd(30), at = rnd(2) ? 0 : rnd(300000); n && !fs.read_only; n--) {
		struct ext2_run run;

		if (note(ext2_map(&fs, node, at, 1 + rnd(20), true, &run)))
			break;
		CHECK(run.start && run.count);
		for (u32 i = 0; i < run.count; i++) {
			CHECK(ext2_may_own(&fs, run.start + i, 1) == 1);
			image_write(&image, run.start + i, fs.shift, data);
		}
		at += run.count;
		node->size = max(node->size, (u64)at << fs.shift);
	}
	if (!fs.read_only)
		note(ext2_write_node(&fs, node));
}

struct found {
	u32 nr;
	struct {
		char text[256];
		u32 length, inode;
	} names[24];
};

static bool collect(void *arg, const char *name, u32 length, u32 inode, u32 type, u64 next)
{
	struct found *found = arg;
	u32 at = found->nr < 24 ? found->nr++ : rnd(24);

	CHECK(length && length < 256);
	memcpy(found->names[at].text, name, length);
	found->names[at].length = length;
	found->names[at].inode = inode;
	if (!budget)
		return false;
	budget--;
	return true;
}

static void change(struct ext2_node *dir, struct ext2_node *node, const struct ext2_name *name)
{
	static const u32 modes[] = { EXT2_FILE, EXT2_DIR, EXT2_LINK };
	struct ext2_name other = { dir, "new name", 8 };
	struct ext2_node made = { .mode = modes[rnd(3)] | 0644, .mtime = 1 };
	u32 inode, block;

	switch (rnd(7)) {
	case 0:
		write_file(node);
		break;
	case 1:
		if (EXT2_TYPE(node->mode) == EXT2_FILE) {
			node->size = node->size / 2;
			note(ext2_truncate(&fs, node, ext2_blocks_of(&fs, node->size)));
		}
		break;
	case 2 ... 3:
		if (node->number == EXT2_ROOT || name->text[0] == '.')
			break;
		if (!note(ext2_remove(&fs, name, node)) && !node->links && !fs.read_only)
			note(ext2_delete_node(&fs, node, 5));
		break;
	case 4:
		if (!ext2_find_name(&fs, dir, "new name", 8, &inode, &block) && !inode &&
		    name->text[0] != '.')
			note(ext2_rename(&fs, name, node, &other, NULL));
		break;
	case 5:
		if (!ext2_find_name(&fs, dir, "new name", 8, &inode, &block) && !inode)
			note(ext2_make(&fs, &other, &made, rnd(2) ? "short" : name->text));
		break;
	default:
		note(ext2_sync(&fs));
		break;
	}
}

static void use_dir(struct ext2_node *dir, u32 depth)
{
	struct found found = { 0 };
	u64 pos = 0;

	note(ext2_read_dir(&fs, dir, &pos, collect, &found));
	for (u32 i = 0; i < found.nr && budget; i++) {
		struct ext2_name name = { dir, found.names[i].text, found.names[i].length };
		struct ext2_node node;
		char target[4097];
		u32 inode, block;

		budget--;
		if (note(ext2_find_name(&fs, dir, name.text, name.length, &inode, &block)) ||
		    !inode || note(ext2_read_node(&fs, inode, &node)))
			continue;
		switch (EXT2_TYPE(node.mode)) {
		case EXT2_FILE:
			read_file(&node);
			break;
		case EXT2_LINK:
			note(ext2_read_link(&fs, &node, target));
			break;
		case EXT2_DIR:
			if (depth < 4 && name.text[0] != '.')
				use_dir(&node, depth + 1);
			break;
		}
		if (!fs.read_only && rnd(3) == 0)
			change(dir, &node, &name);
	}
}

static void use_image(void)
{
	struct ext2_node root;
	int error = image_mount(&image, &fs, rnd(8) == 0);

	if (error)
		return;
	nr_mounted++;
	budget = 5000;
	for (u32 round = 0; round < 3; round++)
		if (!note(ext2_read_node(&fs, EXT2_ROOT, &root)) &&
		    EXT2_TYPE(root.mode) == EXT2_DIR)
			use_dir(&root, 0);
	if (fs.failed) {
		u32 before = fs.nr_messages;

		CHECK(fs.read_only);
		CHECK(before > 0);
		CHECK_EQ(ext2_remount(&fs, false, 1), -EROFS);
	}
	ext2_close(&fs, 11);
	/* The superblock still has its place and its magic number. */
	CHECK(image.sent[1024 + 56] == 0x53 && image.sent[1024 + 57] == 0xef);
}

static void damaged_images(void)
{
	const char *only = getenv("FUZZ_SEED");
	u64 first = host_random_below(1u << 30) * NR_IMAGES;

	make_bases();
	for (u32 i = 0; i < (only ? 1 : NR_IMAGES); i++) {
		u64 seed = only ? (u64)atoll(only) : first + i;

		printf("# FUZZ_SEED=%llu\n", seed);
		fflush(stdout);
		state = seed * 0x9e3779b97f4a7c15ull;
		rnd(2);
		base = &bases[rnd(3)];
		image_copy(&image, base);
		damage();
		alarm(30);
		use_image();
		image_free(&image);
		host_log_clear();
	}
	alarm(0);
	for (u32 i = 0; i < 3; i++)
		image_free(&bases[i]);
	printf("# %u images could be mounted, %u errors were reported\n", nr_mounted, nr_errors);
	CHECK(only || (nr_mounted > NR_IMAGES / 4 && nr_errors > NR_IMAGES / 10));
}

int main(void)
{
	host_run("damaged images", damaged_images);
	return host_done();
}
