/* SPDX-License-Identifier: MIT */
#include <fs/ext2/ext2.h>
#include <lib/string.h>

/*
 * Directories. A block of a directory is a row of entries that fills it to the last byte: an entry
 * says how far the next one is, so a hole belongs to the entry before it.
 *
 *	┌───┬────┬───┬───┬───┬─────┬────┬───┬────┬───────────────────────┐
 *	│ 2 │ 12 │ 1 │ 2 │ . │  2  │ 12 │ 2 │ .. │ 11 │ 1000 │ lost+found │ ... to the end
 *	└───┴────┴───┴───┴───┴─────┴────┴───┴────┴───────────────────────┘
 *
 * A block is copied, and the copy is checked as a whole before anything in it is used. Then a
 * change is made in the copy, which is copied back. A directory is searched from its start to
 * its end. The kernel keeps the names that it has found (fs/path.c), so a search is rare.
 *
 * A directory with a hash tree, as e2fsck -D makes it, looks like one without to this code. The
 * first change clears the flag, because the tree is not kept up.
 */

/* Bytes that an entry with a name needs. */
static u32 entry_bytes(u32 length)
{
	return ALIGN_UP((u32)sizeof(struct ext2_disk_entry) + length, 4u);
}

static struct ext2_disk_entry *entry_at(const struct ext2 *fs, u32 offset)
{
	return (struct ext2_disk_entry *)(fs->names + offset);
}

static bool entry_is_right(const struct ext2 *fs, u32 offset)
{
	const struct ext2_disk_entry *entry = entry_at(fs, offset);

	if (entry->size < sizeof(*entry) || entry->size % 4 ||
	    entry->size > fs->block_size - offset)
		return false;
	if (!entry->inode)
		return true;
	return entry->inode <= fs->super.inodes && entry->length &&
	       entry_bytes(entry->length) <= entry->size &&
	       !memchr(entry->name, '/', entry->length) && !memchr(entry->name, 0, entry->length);
}

/* Reads a block of a directory into fs->names, and checks it. */
static int load_block(struct ext2 *fs, struct ext2_node *dir, u32 index, u32 *block)
{
	struct ext2_run run;
	int error = ext2_map(fs, dir, index, 1, false, &run);

	if (error)
		return error;
	if (!run.start)
		return ext2_error(fs, "directory %u: block %u of %llu is missing", dir->number,
				  index, dir->size >> fs->shift);
	*block = run.start;
	error = meta_read(fs->meta, run.start, 0, fs->names, fs->block_size);
	if (error)
		return error;
	for (u32 at = 0; at < fs->block_size; at += entry_at(fs, at)->size) {
		/* Sizes are multiples of 4, so the last one may leave too little for an entry. */
		if (fs->block_size - at < sizeof(struct ext2_disk_entry) || !entry_is_right(fs, at))
			return ext2_error(fs,
					  "directory %u: the entry at byte %u of block %u is wrong",
					  dir->number, at, run.start);
	}
	return 0;
}

static int store_block(struct ext2 *fs, struct ext2_node *dir, u32 block)
{
	int error = meta_write(fs->meta, block, 0, fs->names, fs->block_size);

	dir->flags &= ~EXT2_INDEXED;
	return error ? error : ext2_write_node(fs, dir);
}

/* Where an entry is in fs->names. */
struct place {
	u32 block, offset, previous;
};

/* Returns 1 if the name is there. */
static int find(struct ext2 *fs, struct ext2_node *dir, const char *name, u32 length,
		struct place *place)
{
	u32 blocks = (u32)(dir->size >> fs->shift);

	for (u32 index = 0; index < blocks; index++) {
		int error = load_block(fs, dir, index, &place->block);

		if (error)
			return error;
		place->previous = 0;
		for (u32 at = 0; at < fs->block_size; at += entry_at(fs, at)->size) {
			const struct ext2_disk_entry *entry = entry_at(fs, at);

			if (entry->inode && entry->length == length &&
			    memcmp(entry->name, name, length) == 0) {
				place->offset = at;
				return 1;
			}
			place->previous = at;
		}
	}
	return 0;
}

int ext2_find_name(struct ext2 *fs, struct ext2_node *dir, const char *name, u32 length, u32 *inode,
		   u32 *block)
{
	struct place place;
	int found = find(fs, dir, name, length, &place);

	*inode = 0;
	if (found <= 0)
		return found;
	*inode = entry_at(fs, place.offset)->inode;
	*block = place.block;
	return 0;
}

static const u8 type_of_mode[16] = {
	[1] = 5, [2] = 3, [4] = 2, [6] = 4, [8] = 1, [10] = 7, [12] = 6
};

static void fill_entry(const struct ext2 *fs, struct ext2_disk_entry *entry, u32 inode, u32 mode)
{
	entry->inode = inode;
	entry->type =
		fs->super.incompat & EXT2_INCOMPAT_FILETYPE ? type_of_mode[mode >> 12 & 15] : 0;
}

/* Makes an entry of the free end of the entry at an offset. Returns false if it is too short. */
static bool split_entry(struct ext2 *fs, u32 offset, const char *name, u32 length, u32 inode,
			u32 mode)
{
	struct ext2_disk_entry *entry = entry_at(fs, offset);
	u32 used = entry->inode ? entry_bytes(entry->length) : 0, size = entry->size;

	if (size - used < entry_bytes(length))
		return false;
	if (used) {
		entry->size = (u16)used;
		entry = entry_at(fs, offset + used);
		entry->size = (u16)(size - used);
	}
	fill_entry(fs, entry, inode, mode);
	entry->length = (u8)length;
	memcpy(entry->name, name, length);
	return true;
}

/* Makes the directory one block longer. fs->names has the block, with one hole. */
static int append_block(struct ext2 *fs, struct ext2_node *dir, u32 *block)
{
	struct ext2_run run;
	int error = ext2_map(fs, dir, (u32)(dir->size >> fs->shift), 1, true, &run);

	if (error)
		return error;
	*block = run.start;
	dir->size += fs->block_size;
	memset(fs->names, 0, fs->block_size);
	entry_at(fs, 0)->size = (u16)fs->block_size;
	return 0;
}

int ext2_add_name(struct ext2 *fs, struct ext2_node *dir, const char *name, u32 length, u32 inode,
		  u32 mode, u32 *block)
{
	u32 blocks = (u32)(dir->size >> fs->shift);
	int error;

	for (u32 index = 0; index < blocks; index++) {
		error = load_block(fs, dir, index, block);
		if (error)
			return error;
		for (u32 at = 0; at < fs->block_size; at += entry_at(fs, at)->size) {
			if (split_entry(fs, at, name, length, inode, mode))
				return store_block(fs, dir, *block);
		}
	}
	error = append_block(fs, dir, block);
	if (error)
		return error;
	split_entry(fs, 0, name, length, inode, mode);
	return store_block(fs, dir, *block);
}

int ext2_set_name(struct ext2 *fs, struct ext2_node *dir, const char *name, u32 length, u32 inode,
		  u32 mode, u32 *block)
{
	struct ext2_disk_entry *entry;
	struct place place;
	int found = find(fs, dir, name, length, &place);

	if (found <= 0)
		return found ? found : -ENOENT;
	entry = entry_at(fs, place.offset);
	*block = place.block;
	if (inode)
		fill_entry(fs, entry, inode, mode);
	else if (place.offset)
		entry_at(fs, place.previous)->size += entry->size;
	else
		entry->inode = 0;
	return store_block(fs, dir, place.block);
}

int ext2_init_dir(struct ext2 *fs, struct ext2_node *dir, u32 parent)
{
	u32 block;
	int error = append_block(fs, dir, &block);

	if (error)
		return error;
	split_entry(fs, 0, ".", 1, dir->number, EXT2_DIR);
	split_entry(fs, 0, "..", 2, parent, EXT2_DIR);
	return store_block(fs, dir, block);
}

static bool is_dots(const struct ext2_disk_entry *entry)
{
	return entry->name[0] == '.' &&
	       (entry->length == 1 || (entry->length == 2 && entry->name[1] == '.'));
}

int ext2_is_empty(struct ext2 *fs, struct ext2_node *dir)
{
	for (u32 index = 0, block; index < dir->size >> fs->shift; index++) {
		int error = load_block(fs, dir, index, &block);

		if (error)
			return error;
		for (u32 at = 0; at < fs->block_size; at += entry_at(fs, at)->size) {
			if (entry_at(fs, at)->inode && !is_dots(entry_at(fs, at)))
				return 0;
		}
	}
	return 1;
}

int ext2_read_dir(struct ext2 *fs, struct ext2_node *dir, u64 *pos, ext2_filldir *fill, void *arg)
{
	static const u8 mode_of_type[8] = { 0, 8, 4, 2, 6, 1, 12, 10 };
	u32 mask = fs->block_size - 1;

	while (*pos < dir->size) {
		u32 block;
		u64 start = *pos - (*pos & mask);
		int error = load_block(fs, dir, (u32)(start >> fs->shift), &block);

		if (error)
			return error;
		/* The entry at the position may be gone: the next one is taken. */
		for (u32 at = 0; at < fs->block_size; at += entry_at(fs, at)->size) {
			const struct ext2_disk_entry *entry = entry_at(fs, at);
			u64 next = start + at + entry->size;

			if (start + at < *pos)
				continue;
			if (entry->inode && !fill(arg, entry->name, entry->length, entry->inode,
						  mode_of_type[entry->type & 7], next))
				return 0;
			*pos = next;
		}
		*pos = max(*pos, start + fs->block_size);
	}
	return 0;
}
