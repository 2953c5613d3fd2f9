/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * root_disk_mount() - mount the disk of root= over the root directory
 *
 * Without the parameter, or if it fails, the root stays in memory. A message says why.
 * Context: thread, once, after block_init().
 */
void root_disk_mount(void);
