/* SPDX-License-Identifier: MIT */
#pragma once

#include <fs/inode.h>

/**
 * struct archive - where the bytes of an archive are
 * @name: for messages
 * @size: bytes
 * @memory: the bytes, if they are in the kernel's memory; otherwise NULL
 * @phys: physical address of the first byte, if @memory is NULL
 */
struct archive {
	const char *name;
	u32 size;
	const char *memory;
	u32 phys;
};

/**
 * struct archive_error - what is wrong with an archive
 * @offset: where in the archive
 * @text: the fault, and what was expected
 * @path: the name of the member, or ""
 */
struct archive_error {
	u32 offset;
	char text[64];
	char path[64];
};

/**
 * archive_unpack() - make the files of an archive
 * @archive: a cpio archive in the format newc
 * @root: directory for the files
 * @error: set on failure
 *
 * Files before an error stay. A file that exists is replaced, and a missing directory is made.
 * Context: thread, may sleep; takes tree_lock.
 * Return: number of members, or a negative errno.
 */
int archive_unpack(const struct archive *archive, struct inode *root, struct archive_error *error);

/**
 * archive_unpack_modules() - unpack all boot modules that are archives
 *
 * The memory of a module that was unpacked becomes free.
 * Context: boot, once, after files_init().
 */
void archive_unpack_modules(void);
