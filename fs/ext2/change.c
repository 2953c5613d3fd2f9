/* SPDX-License-Identifier: MIT */
#include <fs/ext2/vfs.h>

/*
 * Changes of names, for the kernel's inodes. The disk is changed first, by the functions of
 * names.c; then the counts of the inodes in memory follow (inode_linked(), inode_unlinked()).
 */

int ext2_create(struct inode *dir, const char *name, size_t length, u32 mode, u32 rdev,
		const char *target, struct inode **made)
{
	struct ext2_name where = { ext2_node_of(dir), name, (u32)length };
	struct ext2_node node = { .device = rdev, .mtime = inode_now() };
	struct inode owner = { .mode = mode }, *inode = NULL;
	struct ext2 *fs;
	int error = ext2_begin_change(dir->super, &fs);

	if (error)
		return error;
	inode_init_owner(&owner, dir);
	node.mode = owner.mode;
	node.uid = owner.uid;
	node.gid = owner.gid;
	error = ext2_make(fs, &where, &node, target);
	if (error)
		goto out;
	inode = inode_create_in(dir->super, node.mode, node.number);
	error = -ENOMEM;
	if (inode) {
		*ext2_node_of(inode) = node;
		error = ext2_fill_inode(inode, target);
		inode->nr_links = 0;
	}
	if (error) {
		/* The inode, if there is one, deletes the node when it goes. */
		ext2_remove(fs, &where, inode ? ext2_node_of(inode) : &node);
		if (!inode)
			ext2_delete_node(fs, &node, 1);
	}
out:
	ext2_end(dir->super);
	if (error && inode)
		inode_put(inode);
	if (error)
		return error;
	inode_linked(dir, inode);
	*made = inode;
	return 0;
}

int ext2_link(struct inode *dir, const char *name, size_t length, struct inode *inode)
{
	struct ext2_name where = { ext2_node_of(dir), name, (u32)length };
	struct ext2 *fs;
	int error = ext2_begin_change(dir->super, &fs);

	if (error)
		return error;
	error = ext2_add_link(fs, &where, ext2_node_of(inode));
	ext2_end(dir->super);
	if (!error)
		inode_linked(dir, inode);
	return error;
}

int ext2_unlink(struct inode *dir, const char *name, size_t length, struct inode *inode)
{
	struct ext2_name where = { ext2_node_of(dir), name, (u32)length };
	struct ext2 *fs;
	int error = ext2_begin_change(dir->super, &fs);

	if (error)
		return error;
	error = ext2_remove(fs, &where, ext2_node_of(inode));
	ext2_end(dir->super);
	if (!error)
		inode_unlinked(dir, inode);
	return error;
}

int ext2_move(struct inode *from_dir, const char *from_name, size_t from_length,
	      struct inode *inode, struct inode *to_dir, const char *to_name, size_t to_length,
	      struct inode *replaced)
{
	struct ext2_name from = { ext2_node_of(from_dir), from_name, (u32)from_length };
	struct ext2_name to = { ext2_node_of(to_dir), to_name, (u32)to_length };
	struct ext2 *fs;
	int error = ext2_begin_change(from_dir->super, &fs);

	if (error)
		return error;
	error = ext2_rename(fs, &from, ext2_node_of(inode), &to,
			    replaced ? ext2_node_of(replaced) : NULL);
	ext2_end(from_dir->super);
	if (error)
		return error;
	if (replaced)
		inode_unlinked(to_dir, replaced);
	inode_linked(to_dir, inode);
	inode_unlinked(from_dir, inode);
	return 0;
}
