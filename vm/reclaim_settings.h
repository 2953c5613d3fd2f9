/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Settings of reclaim and write-back, as in /proc/sys/vm. Each is a boot parameter of the same
 * name, too.
 */

/**
 * swappiness() - how willingly pages of programs go, compared with pages of files
 *
 * Context: any.
 * Return: 0: only if nothing else can go; 60: like pages of files; 200: rather than these.
 */
u32 swappiness(void);

/**
 * dirty_ratio(), dirty_background_ratio() - limits of dirty pages
 *
 * Context: any.
 * Return: percent of the memory that may hold dirty pages.
 */
u32 dirty_ratio(void);
u32 dirty_background_ratio(void);
