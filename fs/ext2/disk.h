/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * The structures of ext2 on a disk, as "The Second Extended File System" by Dave Poirier describes
 * them (https://www.nongnu.org/ext2-doc/ext2.html). All numbers are little-endian, like those of
 * the CPU.
 *
 *	byte 1024  superblock; its block and the blocks behind it:
 *	┌───────┬────────────────────┬──────────────┬──────────────┬─────────────┬──────┐
 *	│ super │ group descriptors  │ block bitmap │ inode bitmap │ inode table │ data │   group 0
 *	└───────┴────────────────────┴──────────────┴──────────────┴─────────────┴──────┘
 *
 * Each group has its own bitmaps and inode table. Group 1 and the groups that are powers of 3, 5
 * and 7 begin with copies of the superblock and the descriptors. Only e2fsck reads these.
 */

#define EXT2_MAGIC       0xEF53u
#define EXT2_SUPER_BYTE  1024u /* where the superblock begins */
#define EXT2_ROOT        2u    /* number of the root directory */
#define EXT2_LINKS_MAX   32000u
#define EXT2_NR_POINTERS 15u /* in an inode: 12 blocks, and 3 trees of 1, 2 and 3 levels */
#define EXT2_NR_DIRECT   12u

/* super.state */
#define EXT2_CLEAN  1u /* unmounted properly */
#define EXT2_ERRORS 2u /* errors were found; e2fsck checks everything */

/* super.compat: a driver may ignore these. */
#define EXT2_COMPAT_SPARSE_SUPER2 0x200u
/* super.incompat: a driver that does not know one must not mount. */
#define EXT2_INCOMPAT_FILETYPE    0x2u
/* super.ro_compat: a driver that does not know one must not write. */
#define EXT2_RO_SPARSE_SUPER      0x1u
#define EXT2_RO_LARGE_FILE        0x2u

/* Flags of an inode. */
#define EXT2_IMMUTABLE 0x10u
#define EXT2_APPEND    0x20u
#define EXT2_INDEXED   0x1000u     /* a directory with a hash tree; cleared by changing it */
#define EXT2_FOREIGN   0x10090804u /* inline data, extents, encryption, compression */

struct ext2_disk_super {
	u32 inodes, blocks, reserved_blocks, free_blocks, free_inodes;
	u32 first_data_block; /* block of the superblock */
	u32 log_block_size;   /* 0: 1024 bytes */
	u32 log_fragment_size;
	u32 blocks_per_group, fragments_per_group, inodes_per_group;
	u32 mounted, written; /* times */
	u16 mounts, most_mounts;
	u16 magic, state, on_errors, minor_revision;
	u32 checked, check_interval;
	u32 creator, revision;
	u16 reserved_uid, reserved_gid;
	/* From here on revision 1. */
	u32 first_inode; /* the numbers below it are reserved */
	u16 inode_size;
	u16 group; /* of this copy */
	u32 compat, incompat, ro_compat;
	u8 uuid[16];
	char label[16];
	char last_path[64];
	u32 compression;
	u8 preallocated, preallocated_dir;
	u16 reserved_group_blocks; /* room for more group descriptors */
};
_Static_assert(sizeof(struct ext2_disk_super) == 208, "superblock");

struct ext2_disk_group {
	u32 block_bitmap, inode_bitmap, inode_table;
	u16 free_blocks, free_inodes, directories, flags;
	u32 unused[3];
};
_Static_assert(sizeof(struct ext2_disk_group) == 32, "group descriptor");

struct ext2_disk_inode {
	u16 mode, uid;
	u32 size, atime, ctime, mtime, deleted;
	u16 gid, links;
	u32 sectors; /* 512 bytes each, with the blocks of pointers */
	u32 flags, version;
	u32 block[EXT2_NR_POINTERS];
	u32 generation, attributes; /* block with extended attributes, or 0 */
	u32 size_high;              /* of a regular file */
	u32 fragment;
	u16 unused[2], uid_high, gid_high;
	u32 unused2;
	/* Only in inodes of 256 bytes, as far as @extra says. */
	u16 extra; /* bytes from here on */
	u16 checksum;
	u32 ctime_extra, mtime_extra, atime_extra; /* nanoseconds * 4 + two high bits */
	u32 created, created_extra;
};
_Static_assert(sizeof(struct ext2_disk_inode) == 152, "inode");

#define EXT2_SMALL_INODE 128u
#define EXT2_EXTRA       24u /* the bytes of struct ext2_disk_inode behind the first 128 */

struct ext2_disk_entry {
	u32 inode; /* 0: a hole */
	u16 size;  /* from this entry to the next one, or to the end of the block */
	u8 length; /* of @name */
	u8 type;   /* with EXT2_INCOMPAT_FILETYPE, else 0 */
	char name[];
};
