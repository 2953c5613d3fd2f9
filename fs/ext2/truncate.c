/* SPDX-License-Identifier: MIT */
#include <fs/ext2/ext2.h>
#include <lib/string.h>

/*
 * Freeing the end of a file. Three trees of pointers and the pointers of the inode lose what is at
 * or above an index:
 *
 *	trim   a block of pointers of which the first ones stay: the others become 0
 *	free   a tree of which nothing stays
 *
 * A pointer is made 0 before its block is freed. So a commit in the middle, when the list of freed
 * blocks is full, finds nothing on the disk that refers to them.
 */

#define CHUNK 64u

/* Counts a block off, and frees it. */
static int drop_block(struct ext2 *fs, struct ext2_node *node, u32 block)
{
	int error = ext2_may_own(fs, block, 1);

	if (error < 0)
		return error;
	/* A tree that contains a block again and again would keep the kernel busy for hours. */
	if (!error || ++fs->nr_dropped > fs->super.blocks)
		return ext2_error(fs, "inode %u: cannot free block %u (of %u)", node->number, block,
				  fs->super.blocks);
	node->sectors -= min(node->sectors, fs->block_size >> 9);
	return ext2_free_blocks(fs, block, 1);
}

/*
 * Frees what @count pointers mean. With @levels of 0 they mean blocks of the file.
 */
static int free_pointers(struct ext2 *fs, struct ext2_node *node, const u32 *pointers, u32 count,
			 u32 levels);

static int free_tree(struct ext2 *fs, struct ext2_node *node, u32 block, u32 levels)
{
	u32 pointers[CHUNK];
	int error = ext2_may_own(fs, block, 1);

	if (error < 0)
		return error;
	if (error) {
		for (u32 i = 0; i < fs->block_size / 4; i += CHUNK) {
			error = meta_read(fs->meta, block, i * 4, pointers, sizeof(pointers));
			if (!error)
				error = free_pointers(fs, node, pointers, CHUNK, levels - 1);
			if (error)
				return error;
		}
		meta_forget(fs->meta, block);
	}
	return drop_block(fs, node, block);
}

static int free_pointers(struct ext2 *fs, struct ext2_node *node, const u32 *pointers, u32 count,
			 u32 levels)
{
	int error = 0;

	for (u32 i = 0; i < count && !error; i++) {
		if (!pointers[i])
			continue;
		error = levels ? free_tree(fs, node, pointers[i], levels)
			       : drop_block(fs, node, pointers[i]);
	}
	return error;
}

/* Clears the pointers of a block from @first on, and frees what they mean. */
static int trim_block(struct ext2 *fs, struct ext2_node *node, u32 block, u32 first, u32 levels)
{
	static const u32 zeroes[CHUNK];
	u32 pointers[CHUNK];
	int error = 0;

	for (u32 count; first < fs->block_size / 4 && !error; first += count) {
		count = min(CHUNK, fs->block_size / 4 - first);
		error = meta_read(fs->meta, block, first * 4, pointers, count * 4);
		if (!error)
			error = meta_write(fs->meta, block, first * 4, zeroes, count * 4);
		if (!error)
			error = free_pointers(fs, node, pointers, count, levels);
	}
	return error;
}

int ext2_truncate(struct ext2 *fs, struct ext2_node *node, u32 index)
{
	u32 path[4], gone[EXT2_NR_POINTERS], block, keep;
	int levels = ext2_levels(fs, index, path), error;

	fs->nr_dropped = 0;
	if (levels < 0)
		return ext2_write_node(fs, node);
	/* Trees behind the index go as a whole; of its own one, if the index is not its start. */
	keep = path[0];
	for (int i = 1; i <= levels; i++) {
		if (path[i]) {
			keep++;
			break;
		}
	}
	memset(gone, 0, sizeof(gone));
	for (u32 i = keep; i < EXT2_NR_POINTERS; i++) {
		gone[i] = node->block[i];
		node->block[i] = 0;
	}
	error = ext2_write_node(fs, node);
	if (error)
		return error;
	/* The way down to the index, from the top: what is right of it goes. */
	block = keep > path[0] ? node->block[path[0]] : 0;
	for (int i = 1; i <= levels && block; i++) {
		u32 below = 0, next = 0;

		error = ext2_may_own(fs, block, 1);
		if (error < 0)
			return error;
		if (!error)
			return ext2_error(fs, "inode %u: block %u of pointers is not for files",
					  node->number, block);
		/* The pointer on the way stays if something below it stays. */
		for (int l = i + 1; l <= levels; l++)
			below |= path[l];
		error = 0;
		if (below)
			error = meta_read(fs->meta, block, path[i] * 4, &next, 4);
		if (!error)
			error = trim_block(fs, node, block, path[i] + (below ? 1 : 0),
					   (u32)(levels - i));
		if (error)
			return error;
		block = next;
	}
	for (u32 i = keep; i < EXT2_NR_POINTERS; i++) {
		error = free_pointers(fs, node, &gone[i], 1,
				      i < EXT2_NR_DIRECT ? 0 : i - EXT2_NR_DIRECT + 1);
		if (error)
			return error;
	}
	node->goal = 0;
	return ext2_write_node(fs, node);
}
