/* SPDX-License-Identifier: MIT */
#include <fs/ext2/ext2.h>
#include <lib/string.h>

/*
 * Which blocks are free. A block is allocated near a goal: at the goal itself, behind it in its
 * group, elsewhere in the group, or in the next group that has one.
 *
 * Two rules make a power cut harmless. The disk may have written any of the changes since the last
 * flush, and not the others. e2fsck must find no file that claims a block of another file as its
 * pointers: it would repair what is somebody's data.
 *
 *  - A freed block stays allocated until a commit. The commit writes all metadata and flushes the
 *    device. After it nothing on the disk refers to the block.
 *  - A block of pointers or names is zero on the disk before anything refers to it. Zeroing and
 *    flushing one at a time would be slow, so a pool of 16 is prepared at once.
 *
 * The price: blocks of a deleted file come back with the next commit, which sync(2) or a lack of
 * blocks causes, and after a power cut some blocks may be allocated in vain, which e2fsck finds.
 */

static bool test_bit(const u8 *bitmap, u32 bit)
{
	return bitmap[bit >> 3] >> (bit & 7) & 1;
}

u32 ext2_find_bit(const u8 *bitmap, u32 from, u32 size)
{
	u32 first = size;

	/* Eight free bits together are worth a search: a file should be contiguous. */
	for (u32 bit = from; bit < size; bit++) {
		if (bit % 8 == 0 && size - bit >= 8) {
			if (bitmap[bit >> 3] == 0)
				return bit;
			if (bitmap[bit >> 3] == 0xff || first < size) {
				bit += 7;
				continue;
			}
		}
		if (first < size || test_bit(bitmap, bit))
			continue;
		if (bit == from)
			return bit;
		first = bit;
	}
	return first == size && from ? ext2_find_bit(bitmap, 0, from) : first;
}

static int read_bitmap(struct ext2 *fs, u32 block)
{
	return meta_read(fs->meta, block, 0, fs->bitmap, fs->block_size);
}

/* Sets or clears bits, and counts. They have the other value, as the caller has seen. */
static int change_bits(struct ext2 *fs, u32 group, struct ext2_disk_group *desc, u32 bit, u32 count,
		       bool set)
{
	u32 first = bit >> 3, last = (bit + count - 1) >> 3;
	int error;

	for (u32 end = bit + count; bit < end; bit++)
		fs->bitmap[bit >> 3] ^= (u8)(1u << (bit & 7));
	desc->free_blocks = (u16)(set ? desc->free_blocks - count : desc->free_blocks + count);
	fs->super.free_blocks = set ? fs->super.free_blocks - min(count, fs->super.free_blocks)
				    : fs->super.free_blocks + count;
	error = meta_write(fs->meta, desc->block_bitmap, first, fs->bitmap + first,
			   last - first + 1);
	if (!error)
		error = ext2_write_group(fs, group, desc);
	return error ? error : ext2_write_super(fs);
}

/* Returns -ENOSPC if the group has no free block. */
static int alloc_in_group(struct ext2 *fs, u32 group, u32 from, u32 want, struct ext2_run *run)
{
	u32 size = ext2_group_size(fs, group), bit, count = 0;
	struct ext2_disk_group desc;
	int error = ext2_read_group(fs, group, &desc);

	if (error)
		return error;
	if (!desc.free_blocks)
		return -ENOSPC;
	error = read_bitmap(fs, desc.block_bitmap);
	if (error)
		return error;
	bit = ext2_find_bit(fs->bitmap, from, size);
	want = min(want, (u32)desc.free_blocks);
	while (count < want && bit + count < size && !test_bit(fs->bitmap, bit + count))
		count++;
	if (!count)
		return ext2_error(fs, "group %u: %u free blocks are expected, the bitmap has none",
				  group, desc.free_blocks);
	run->start = ext2_group_start(fs, group) + bit;
	run->count = count;
	error = ext2_may_own(fs, run->start, count);
	if (error < 0)
		return error;
	if (!error)
		return ext2_error(fs, "group %u: the bitmap says that metadata at %u is free",
				  group, run->start);
	return change_bits(fs, group, &desc, bit, count, true);
}

static int try_groups(struct ext2 *fs, u32 goal, u32 want, struct ext2_run *run)
{
	u32 group = ext2_group_of(fs, goal), from = goal - ext2_group_start(fs, group);

	for (u32 i = 0; i < fs->nr_groups; i++) {
		int error = alloc_in_group(fs, group, from, want, run);

		if (error != -ENOSPC)
			return error;
		group = group + 1 < fs->nr_groups ? group + 1 : 0;
		from = 0;
	}
	return -ENOSPC;
}

int ext2_alloc_blocks(struct ext2 *fs, u32 goal, u32 want, struct ext2_run *run)
{
	int error;

	if (goal < fs->super.first_data_block || goal >= fs->super.blocks)
		goal = fs->super.first_data_block;
	if (!fs->privileged && ext2_free_count(fs) <= fs->super.reserved_blocks)
		return -ENOSPC;
	error = try_groups(fs, goal, want, run);
	if (error != -ENOSPC || (!fs->nr_freed && !fs->nr_pool))
		return error;
	error = ext2_drop_pool(fs);
	if (!error)
		error = ext2_commit(fs);
	return error ? error : try_groups(fs, goal, want, run);
}

static int fill_pool(struct ext2 *fs, u32 goal)
{
	struct ext2_run run;
	int error =
		ext2_alloc_blocks(fs, goal, min(fs->super.free_blocks / 64 + 1, EXT2_POOL), &run);

	if (error)
		return error;
	for (u32 i = 0; i < run.count && !error; i++)
		error = meta_clear(fs->meta, run.start + i);
	if (!error)
		error = meta_sync(fs->meta, run.start, run.count);
	if (!error)
		error = meta_flush(fs->meta);
	if (error)
		return error; /* the blocks are lost until e2fsck finds them */
	/* The first block is taken first. */
	for (u32 i = run.count; i-- > 0;)
		fs->pool[fs->nr_pool++] = run.start + i;
	return 0;
}

int ext2_alloc_meta(struct ext2 *fs, u32 goal, u32 *block)
{
	int error = fs->nr_pool ? 0 : fill_pool(fs, goal);

	if (!error)
		*block = fs->pool[--fs->nr_pool];
	return error;
}

/* The blocks of a run that are in its first group become free. */
static int clear_in_group(struct ext2 *fs, struct ext2_run *run)
{
	u32 group = ext2_group_of(fs, run->start), bit = run->start - ext2_group_start(fs, group);
	u32 count = min(run->count, ext2_group_size(fs, group) - bit);
	struct ext2_disk_group desc;
	int error = ext2_read_group(fs, group, &desc);

	if (!error)
		error = read_bitmap(fs, desc.block_bitmap);
	if (error)
		return error;
	for (u32 i = 0; i < count; i++) {
		if (!test_bit(fs->bitmap, bit + i))
			return ext2_error(fs, "block %u was freed, but is free already",
					  run->start + i);
	}
	run->start += count;
	run->count -= count;
	return change_bits(fs, group, &desc, bit, count, false);
}

static int clear_run(struct ext2 *fs, struct ext2_run run)
{
	int error = 0;

	while (run.count && !error)
		error = clear_in_group(fs, &run);
	return error;
}

int ext2_drop_pool(struct ext2 *fs)
{
	int error = 0;

	/* Nothing on the disk has ever referred to them. */
	while (fs->nr_pool && !error) {
		u32 block = fs->pool[--fs->nr_pool];

		meta_forget(fs->meta, block);
		error = clear_run(fs, (struct ext2_run){ block, 1 });
	}
	return error;
}

int ext2_commit(struct ext2 *fs)
{
	int error = ext2_write_out(fs);

	for (u32 i = 0; i < fs->nr_freed && !error; i++)
		error = clear_run(fs, fs->freed[i]);
	/* After an error they stay allocated, which is safe. */
	fs->nr_freed = fs->freed_blocks = 0;
	return error;
}

int ext2_free_blocks(struct ext2 *fs, u32 start, u32 count)
{
	struct ext2_run *last = fs->freed + (fs->nr_freed ? fs->nr_freed - 1 : 0);
	int error = 0;

	if (fs->nr_freed && last->start + last->count == start) {
		last->count += count;
	} else if (fs->nr_freed && start + count == last->start) {
		last->start = start;
		last->count += count;
	} else {
		if (fs->nr_freed == EXT2_FREED)
			error = ext2_commit(fs);
		fs->freed[fs->nr_freed++] = (struct ext2_run){ start, count };
	}
	fs->freed_blocks += count;
	return error;
}
