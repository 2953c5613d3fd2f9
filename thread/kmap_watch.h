/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * kmap_watch_init() - start the thread that searches for forgotten mappings, if kmap_leak_ms= is
 *   set
 *
 * Context: boot, after the scheduler is initialised.
 */
void kmap_watch_init(void);
