/* SPDX-License-Identifier: MIT */
#pragma once

#include "ext2_image.h"

/*
 * A tree of files in memory, and random operations on it and on an image at the same time.
 */

/* model_begin() - start with an empty file system; model_end() forgets it, except the image. */
void model_begin(struct ext2 *fs, struct image *image);
void model_end(void);

/* model_step() - one random operation. Its result has to be the expected one. */
void model_step(void);

/* model_sync() - write everything, as sync(2). */
void model_sync(void);

/* model_compare() - read the whole tree of a mounted image, and compare it with the model. */
void model_compare(struct ext2 *fs);

/* model_compare_synced() - mount an image after a power cut, and look for the synced files. */
void model_compare_synced(struct image *image);
