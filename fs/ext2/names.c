/* SPDX-License-Identifier: MIT */
#include <fs/ext2/ext2.h>
#include <lib/string.h>

/*
 * The operations that change names and counts of links together. They check before they change, and
 * undo what they have done if the disk is full. The order on the disk matters in one of them only:
 *
 *	rename    the new name is on the disk before the old one, or the replaced file, goes. A
 *		  power cut can leave both names, never none. If both are in one block, and
 *		  nothing is replaced, one write does both. Else the price is a flush.
 *
 * A file that was unlinked while it is open has no links on the disk, and its blocks. After a power
 * cut e2fsck frees it.
 */

static int delete_again(struct ext2 *fs, struct ext2_node *node, int error)
{
	int again;

	node->links = 0;
	again = fs->read_only ? 0 : ext2_delete_node(fs, node, 1);
	return again ? again : error;
}

static int write_link(struct ext2 *fs, struct ext2_node *node, const char *target)
{
	u32 length = (u32)strlen(target);
	struct ext2_run run;
	int error;

	if (!length || length >= fs->block_size)
		return length ? -ENAMETOOLONG : -ENOENT;
	if (length < sizeof(node->block)) {
		memcpy(node->block, target, length);
		node->size = length;
		return 0;
	}
	error = ext2_map(fs, node, 0, 1, true, &run);
	node->size = length;
	return error ? error : meta_write(fs->meta, run.start, 0, target, length);
}

/* Makes the blocks or the text that a new inode begins with. */
static int make_content(struct ext2 *fs, const struct ext2_name *name, struct ext2_node *node,
			const char *target)
{
	switch (EXT2_TYPE(node->mode)) {
	case EXT2_DIR:
		return ext2_init_dir(fs, node, name->dir->number);
	case EXT2_LINK:
		return write_link(fs, node, target);
	case EXT2_CHAR:
	case EXT2_BLOCK:
		/* The first word has room for 8 bits each of major and minor number. */
		node->block[node->device > 0xffff] = node->device;
		break;
	}
	return 0;
}

int ext2_make(struct ext2 *fs, const struct ext2_name *name, struct ext2_node *node,
	      const char *target)
{
	struct ext2_node wanted = *node;
	bool is_dir = EXT2_TYPE(wanted.mode) == EXT2_DIR;
	u32 block;
	int error;

	if (is_dir && name->dir->links >= EXT2_LINKS_MAX)
		return -EMLINK;
	error = ext2_new_node(fs, name->dir, wanted.mode, node);
	if (error)
		return error;
	node->uid = wanted.uid;
	node->gid = wanted.gid;
	node->device = wanted.device;
	node->atime = node->mtime = node->ctime = wanted.mtime;
	node->generation = (u32)wanted.mtime;
	error = make_content(fs, name, node, target);
	if (error)
		return delete_again(fs, node, error);
	node->links = is_dir ? 2 : 1;
	error = ext2_write_node(fs, node);
	if (!error)
		error = ext2_add_name(fs, name->dir, name->text, name->length, node->number,
				      node->mode, &block);
	if (error)
		return delete_again(fs, node, error);
	if (is_dir) {
		name->dir->links++;
		error = ext2_write_node(fs, name->dir);
	}
	return error;
}

int ext2_add_link(struct ext2 *fs, const struct ext2_name *name, struct ext2_node *node)
{
	u32 block;
	int error;

	if (node->links >= EXT2_LINKS_MAX)
		return -EMLINK;
	error = ext2_add_name(fs, name->dir, name->text, name->length, node->number, node->mode,
			      &block);
	if (error)
		return error;
	node->links++;
	return ext2_write_node(fs, node);
}

/* A node has lost a name in a directory. */
static int drop_link(struct ext2 *fs, struct ext2_node *dir, struct ext2_node *node)
{
	int error = 0;

	if (EXT2_TYPE(node->mode) == EXT2_DIR) {
		/* Its own "." goes, too, and the ".." in it was a link of the directory. */
		node->links = 0;
		dir->links -= dir->links > 2;
		error = ext2_write_node(fs, dir);
	} else {
		node->links -= node->links > 0;
	}
	return error ? error : ext2_write_node(fs, node);
}

static int check_empty(struct ext2 *fs, struct ext2_node *node)
{
	int empty = EXT2_TYPE(node->mode) == EXT2_DIR ? ext2_is_empty(fs, node) : 1;

	return empty < 0 ? empty : empty ? 0 : -ENOTEMPTY;
}

int ext2_remove(struct ext2 *fs, const struct ext2_name *name, struct ext2_node *node)
{
	u32 block;
	int error = check_empty(fs, node);

	if (!error)
		error = ext2_set_name(fs, name->dir, name->text, name->length, 0, 0, &block);
	return error ? error : drop_link(fs, name->dir, node);
}

/* A directory has got another parent. */
static int move_dir(struct ext2 *fs, struct ext2_node *from, struct ext2_node *node,
		    struct ext2_node *to)
{
	u32 block;
	int error = ext2_set_name(fs, node, "..", 2, to->number, EXT2_DIR, &block);

	if (error)
		return error == -ENOENT ? ext2_error(fs, "directory %u has no ..", node->number)
					: error;
	to->links++;
	from->links -= from->links > 2;
	error = ext2_write_node(fs, from);
	return error ? error : ext2_write_node(fs, to);
}

int ext2_rename(struct ext2 *fs, const struct ext2_name *from, struct ext2_node *node,
		const struct ext2_name *to, struct ext2_node *replaced)
{
	bool moves_dir = from->dir != to->dir && EXT2_TYPE(node->mode) == EXT2_DIR;
	u32 inode, old_block, new_block;
	int error = ext2_find_name(fs, from->dir, from->text, from->length, &inode, &old_block);

	if (error)
		return error;
	if (inode != node->number)
		return inode ? ext2_error(fs, "directory %u: expected a name of inode %u, found %u",
					  from->dir->number, node->number, inode)
			     : -ENOENT;
	error = replaced ? check_empty(fs, replaced) : 0;
	if (!error && moves_dir && !replaced && to->dir->links >= EXT2_LINKS_MAX)
		error = -EMLINK;
	if (error)
		return error;
	error = replaced ? ext2_set_name(fs, to->dir, to->text, to->length, node->number,
					 node->mode, &new_block)
			 : ext2_add_name(fs, to->dir, to->text, to->length, node->number,
					 node->mode, &new_block);
	if (!error && (replaced || new_block != old_block))
		error = ext2_write_out(fs);
	if (!error)
		error = ext2_set_name(fs, from->dir, from->text, from->length, 0, 0, &old_block);
	if (!error && moves_dir)
		error = move_dir(fs, from->dir, node, to->dir);
	if (!error)
		error = replaced ? drop_link(fs, to->dir, replaced) : 0;
	return error ? error : ext2_write_node(fs, node);
}
