/* SPDX-License-Identifier: MIT */
#pragma once

#include <fs/super.h>

/* File systems in memory. */

/**
 * tmpfs_make() - make an empty file system in memory
 * @type: name of its type
 * @flags: MS_*
 * @options: size=, nr_inodes=, mode=, uid=, gid=
 * @made: set to the super
 * @message: as for fs_type->mount
 *
 * Context: may sleep.
 * Return: 0; -EINVAL for a bad option; -ENOMEM.
 */
int tmpfs_make(const char *type, u32 flags, const char *options, struct super **made,
	       char *message);

/**
 * tmpfs_init() - complete the root of all names, which boot finds
 *
 * Context: boot, once.
 */
void tmpfs_init(void);
