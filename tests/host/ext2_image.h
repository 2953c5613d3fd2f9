/* SPDX-License-Identifier: MIT */
#pragma once

#include "host.h"

#include <fs/ext2/ext2.h>

/*
 * A disk for the tests of ext2, with the memory that loses data: a cache of metadata whose changes
 * reach the disk in any order, and a disk with a cache of its own that keeps
 * only what was flushed. Both may also write at any other time.
 *
 *	meta_write ─▶ cache ── meta_sync ─▶ sent ── meta_flush ─▶ medium
 *
 * Data of files goes to @sent directly. So metadata that was freed, and is written all the same,
 * destroys data. An access outside of the disk ends the test.
 */

struct image {
	u32 size; /* bytes */
	u8 *sent, *medium;
	u8 *unflushed;    /* of each KiB: is @sent newer? */
	bool writes_fail; /* -EIO */
	u32 nr_flushes;
};

/**
 * image_make() - make an image with mke2fs
 * @image: filled in
 * @options: of mke2fs, with -t ext2 before them
 * @kib: size
 *
 * Return: false if mke2fs failed.
 */
bool image_make(struct image *image, const char *options, u32 kib);

/* image_copy() - a second image with the same bytes. */
void image_copy(struct image *to, const struct image *from);
void image_free(struct image *image);

/**
 * image_check() - judge the bytes that were sent
 * @image: any
 * @repair: repair them (e2fsck -fy), and check again
 *
 * Return: true if e2fsck -fn finds nothing (then).
 */
bool image_check(struct image *image, bool repair);

/* image_cut() - cut the power: some of what was not flushed is lost. The cache is not asked. */
void image_cut(struct image *image);

/* Data of files: whole blocks. */
void image_write(struct image *image, u32 block, u32 shift, const void *from);
void image_read(const struct image *image, u32 block, u32 shift, void *to);

/* image_mount() - ext2_open() for an image. */
int image_mount(struct image *image, struct ext2 *fs, bool read_only);

/* meta_write_back() - the cache writes some blocks at a time of its own. */
void meta_write_back(struct meta *meta);
