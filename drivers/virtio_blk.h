/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * For tests: the next commands that drivers/virtio_blk.c gets do not reach their device, as if it
 * had died. Each command that is lost subtracts one.
 */
extern u32 virtio_blk_lose;
