/* SPDX-License-Identifier: MIT */
#include <fs/ext2/ext2.h>

/*
 * Where the blocks of a file are. An inode has 15 pointers: 12 to blocks of the file, and one each
 * to trees with 1, 2 and 3 levels of blocks that are full of pointers. With blocks of 4 KiB, 1024
 * pointers in each, the borders are at 48 KiB, 4 MiB, 4 GiB and 4 TiB:
 *
 *	block[0] ... block[11]     block[12]        block[13]             block[14]
 *	   │            │              │                │                     │
 *	  data         data        1024 pointers    1024 pointers          1024 ...
 *	                            │        │       │
 *	                           data     data    1024 pointers ─▶ data
 *
 * A pointer of 0 is a hole: it reads as zeroes. Each pointer is checked before it is used. Adjacent
 * blocks are reported and allocated together, up to the end of a block of pointers.
 */

/* Pointers that are read at a time. */
#define CHUNK 64u

int ext2_levels(const struct ext2 *fs, u32 index, u32 path[4])
{
	u32 bits = fs->shift - 2;

	if (index < EXT2_NR_DIRECT) {
		path[0] = index;
		return 0;
	}
	index -= EXT2_NR_DIRECT;
	for (u32 levels = 1; levels <= 3; levels++) {
		u32 tree = 1u << (levels * bits);

		if (index < tree) {
			path[0] = EXT2_NR_DIRECT + levels - 1;
			for (u32 i = 1; i <= levels; i++)
				path[i] = index >> ((levels - i) * bits) & ((1u << bits) - 1);
			return (int)levels;
		}
		index -= tree;
	}
	return -EFBIG;
}

static int check_run(struct ext2 *fs, const struct ext2_node *node, u32 start, u32 count)
{
	int error = ext2_may_own(fs, start, count);

	if (error > 0)
		return 0;
	return error ? error
		     : ext2_error(fs, "inode %u: block %u (of %u) is not for files", node->number,
				  start, count);
}

static int count_sectors(struct ext2 *fs, struct ext2_node *node, u32 blocks)
{
	u32 sectors = blocks << (fs->shift - 9);

	if (node->sectors + sectors < sectors)
		return -EFBIG;
	node->sectors += sectors;
	return 0;
}

/* Puts a pointer where it belongs: into the inode, or into a block of pointers. */
static int set_pointer(struct ext2 *fs, struct ext2_node *node, u32 parent, u32 index, u32 value)
{
	if (!parent) {
		node->block[index] = value;
		return 0;
	}
	return meta_write(fs->meta, parent, index * 4, &value, 4);
}

/* Where should the next block be? Behind the last one, or in the group of the inode. */
static u32 find_goal(const struct ext2 *fs, const struct ext2_node *node)
{
	if (node->goal)
		return node->goal;
	return ext2_group_start(fs, (node->number - 1) / fs->super.inodes_per_group);
}

/* Goes down one level, and makes a block of pointers if there is none and @make. 0: a hole. */
static int step_down(struct ext2 *fs, struct ext2_node *node, u32 parent, u32 index, bool make,
		     u32 *child)
{
	int error = 0;

	if (!parent)
		*child = node->block[index];
	else
		error = meta_read(fs->meta, parent, index * 4, child, 4);
	if (error)
		return error;
	if (*child)
		return check_run(fs, node, *child, 1);
	if (!make)
		return 0;
	error = count_sectors(fs, node, 1);
	if (error)
		return error;
	error = ext2_alloc_meta(fs, find_goal(fs, node), child);
	if (error) {
		node->sectors -= fs->block_size >> 9;
		return error;
	}
	error = set_pointer(fs, node, parent, index, *child);
	return error ? error : ext2_write_node(fs, node);
}

/* Allocates blocks for @count pointers that are 0. */
static int fill_hole(struct ext2 *fs, struct ext2_node *node, u32 parent, u32 index, u32 count,
		     struct ext2_run *run)
{
	u32 pointers[CHUNK];
	int error;

	if (EXT2_TYPE(node->mode) == EXT2_FILE) {
		error = ext2_alloc_blocks(fs, find_goal(fs, node), count, run);
	} else {
		run->count = 1;
		error = ext2_alloc_meta(fs, find_goal(fs, node), &run->start);
	}
	if (error)
		return error;
	error = count_sectors(fs, node, run->count);
	if (error) {
		int again = ext2_free_blocks(fs, run->start, run->count);

		return again ? again : error;
	}
	for (u32 i = 0; i < run->count; i++) {
		pointers[i] = run->start + i;
		if (!parent)
			node->block[index + i] = pointers[i];
	}
	if (parent)
		error = meta_write(fs->meta, parent, index * 4, pointers, run->count * 4);
	node->goal = run->start + run->count;
	return error ? error : ext2_write_node(fs, node);
}

int ext2_map(struct ext2 *fs, struct ext2_node *node, u32 index, u32 want, bool make,
	     struct ext2_run *run)
{
	u32 path[4], pointers[CHUNK], parent = 0, room, last;
	int levels = ext2_levels(fs, index, path), error;

	if (levels < 0)
		return levels;
	for (int i = 0; i < levels; i++) {
		u32 child;

		error = step_down(fs, node, parent, path[i], make, &child);
		if (error)
			return error;
		if (!child) {
			/* All blocks below a missing pointer are a hole. */
			u32 below = 1u << ((u32)(levels - i) * (fs->shift - 2));

			index -= EXT2_NR_DIRECT;
			for (int l = 1; l < levels; l++)
				index -= 1u << ((u32)l * (fs->shift - 2));
			*run = (struct ext2_run){ 0, min(want, below - (index & (below - 1))) };
			return 0;
		}
		parent = child;
	}
	last = path[levels];
	room = (levels ? fs->block_size / 4 : EXT2_NR_DIRECT) - last;
	want = min(want, room);
	want = min(want, CHUNK);
	if (parent) {
		error = meta_read(fs->meta, parent, last * 4, pointers, want * 4);
		if (error)
			return error;
	} else {
		for (u32 i = 0; i < want; i++)
			pointers[i] = node->block[last + i];
	}
	run->start = pointers[0];
	for (run->count = 1; run->count < want; run->count++) {
		if (pointers[run->count] != (run->start ? run->start + run->count : 0))
			break;
	}
	if (run->start) {
		node->goal = run->start + run->count;
		return check_run(fs, node, run->start, run->count);
	}
	return make ? fill_hole(fs, node, parent, last, run->count, run) : 0;
}
