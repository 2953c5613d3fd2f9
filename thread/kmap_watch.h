/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * kmap_watch_init() - start the thread that looks for forgotten mappings, if kmap_leak_ms= asks for
 *   it
 *
 * Context: boot, once there are threads.
 */
void kmap_watch_init(void);
