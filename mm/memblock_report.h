/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * memblock_dump_all() - log all three lists, if memblock=debug was given
 */
void memblock_dump_all(void);
